// situations/factors.mjs — second factors: see lib/situations.mjs.
import { bearer, new_app_owner, new_mfa_token, new_user, totp_code, user_with_unconfirmed_app } from "../lib/world.mjs";

export const situations = {
  finish_sign_in: async () => {
    const owner = await new_app_owner();
    const mfa_token = await new_mfa_token(owner);
    return { status: 200, json: { mfa_token, method: "recovery_code", code: owner.codes[0] } };
  },
  step_up: async () => {
    const owner = await new_app_owner();
    return {
      status: 200,
      headers: bearer(owner.access),
      json: { method: "recovery_code", code: owner.codes[0] },
    };
  },
  list_factors: async (w) => ({ status: 200, headers: bearer(w.user.access) }),
  enrol_totp: async () => ({
    status: 201,
    headers: bearer((await new_user()).access),
    json: { name: "Phone" },
  }),
  confirm_totp: async () => {
    const user = await user_with_unconfirmed_app();
    return { status: 200, headers: bearer(user.access), json: { code: totp_code(user.secret) } };
  },
  remove_totp: async () => {
    const owner = await new_app_owner();
    return { status: 204, headers: bearer(owner.access), path: [owner.app] };
  },
  make_recovery_codes: async () => ({
    status: 201,
    headers: bearer((await new_app_owner()).access),
  }),
  reset_factors: async (w) => ({
    status: 204,
    headers: bearer(w.admin.access),
    path: [(await new_app_owner()).id],
  }),
};

export const example_statuses = {
  finish_sign_in: { app: 401, paper: 401 },
  step_up: { app: 401, password: 200 },
  enrol_totp: { named: 201 },
  confirm_totp: { code: 401 },
};
