// situations/access.mjs — roles, API keys, verification of addresses and sessions: see lib/situations.mjs.
import {
  bearer,
  in_a_day,
  new_api_key,
  new_role,
  new_role_name,
  new_session_of,
  new_unverified_user,
  new_user,
  new_verification_token,
} from "../lib/world.mjs";

export const situations = {
  list_roles: async (w) => ({ status: 200, headers: bearer(w.admin.access) }),
  create_role: async (w) => ({
    status: 201,
    headers: bearer(w.admin.access),
    json: { name: new_role_name(), description: "One", permissions: ["users:read"] },
  }),
  get_role: async (w) => ({ status: 200, headers: bearer(w.admin.access), path: [w.role] }),
  update_role: async (w) => ({
    status: 200,
    headers: bearer(w.admin.access),
    path: [w.role],
    json: { description: "Another", permissions: ["users:read"] },
  }),
  delete_role: async (w) => ({
    status: 204,
    headers: bearer(w.admin.access),
    path: [await new_role(w.admin)],
  }),
  set_user_role: async (w) => ({
    status: 200,
    headers: bearer(w.admin.access),
    path: [(await new_user()).id],
    json: { role: w.role },
  }),
  list_api_keys: async (w) => ({ status: 200, headers: bearer(w.user.access) }),
  create_api_key: async () => ({
    status: 201,
    headers: bearer((await new_user()).access),
    json: { name: "ci", scopes: ["projects:read"], expires_at: in_a_day() },
  }),
  revoke_api_key: async () => {
    const user = await new_user();
    return { status: 204, headers: bearer(user.access), path: [await new_api_key(user)] };
  },
  request_verification: async () => ({
    status: 200,
    headers: bearer((await new_unverified_user()).access),
  }),
  confirm_verification: async () => ({
    status: 200,
    json: { token: await new_verification_token((await new_unverified_user()).email) },
  }),
  list_sessions: async (w) => ({ status: 200, headers: bearer(w.user.access) }),
  end_session: async () => {
    const user = await new_user();
    return { status: 204, headers: bearer(user.access), path: [await new_session_of(user)] };
  },
};

export const example_statuses = {
  create_role: { support: 201 },
  update_role: { support: 200 },
  set_user_role: { support: 200 },
  create_api_key: { ci: 201 },
  confirm_verification: { mailed: 401 },
};
