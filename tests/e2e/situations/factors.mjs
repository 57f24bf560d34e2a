// situations/factors.mjs — second factors: see lib/situations.mjs.
import { as_localhost, create, get } from "../lib/soft_passkey.mjs";
import {
  ask,
  bearer,
  new_app_owner,
  new_mfa_token,
  new_user,
  totp_code,
  user_with_unconfirmed_app,
} from "../lib/world.mjs";

const local = (user) => ({ ...as_localhost, ...(user ? bearer(user.access) : {}) });
const options_at = async (path, user) =>
  (await ask("POST", path, { headers: local(user) })).value.publicKey;

// A user with a passkey that only opens sessions.
async function new_passkey_owner() {
  const user = await new_user();
  const { passkey, credential } = create(await options_at("/auth/passkeys/registration", user));
  const added = await ask("POST", "/auth/passkeys", {
    headers: local(user),
    json: { credential, name: "Laptop", second_factor: false },
  });
  return { ...user, passkey, passkey_id: added.value.passkey.id };
}

export const situations = {
  finish_sign_in: async () => {
    const owner = await new_app_owner();
    const mfa_token = await new_mfa_token(owner);
    const json = { mfa_token, method: "recovery_code", code: owner.codes[0] };
    return { status: 200, headers: local(), json };
  },
  step_up: async () => {
    const owner = await new_app_owner();
    return {
      status: 200,
      headers: bearer(owner.access),
      json: { method: "recovery_code", code: owner.codes[0] },
    };
  },
  challenge_passkey: async () => ({ status: 200, headers: local() }),
  challenge_own_passkey: async () => ({ status: 200, headers: local(await new_passkey_owner()) }),
  sign_in_by_passkey: async () => {
    const { passkey } = await new_passkey_owner();
    const credential = get(await options_at("/auth/passkeys/challenge"), passkey);
    return { status: 200, headers: local(), json: { credential } };
  },
  begin_passkey: async () => ({ status: 200, headers: local(await new_user()) }),
  add_passkey: async () => {
    const user = await new_user();
    const { credential } = create(await options_at("/auth/passkeys/registration", user));
    return { status: 201, headers: local(user), json: { credential, name: "Laptop" } };
  },
  change_passkey: async () => {
    const owner = await new_passkey_owner();
    const json = { name: "Work laptop", second_factor: true };
    return { status: 200, headers: local(owner), path: [owner.passkey_id], json };
  },
  remove_passkey: async () => {
    const owner = await new_passkey_owner();
    return { status: 204, headers: local(owner), path: [owner.passkey_id] };
  },
  related_origins: async () => ({ status: 200, headers: local() }),
  passkey_pages: async () => ({ status: 200, headers: local() }),
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
  finish_sign_in: { app: 401, paper: 401, passkey: 401 },
  step_up: { app: 401, password: 400 }, // the owner has a second factor
  challenge_passkey: { second_step: 401 },
  sign_in_by_passkey: { assertion: 401 },
  add_passkey: { made: 401 },
  change_passkey: { renamed: 200 },
  enrol_totp: { named: 201 },
  confirm_totp: { code: 401 },
};
