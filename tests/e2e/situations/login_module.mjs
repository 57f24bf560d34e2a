// situations/login_module.mjs — the login module: see lib/situations.mjs.
import {
  bearer,
  new_name,
  new_reset_token,
  new_user,
  passphrase,
  password,
} from "../lib/world.mjs";

export const situations = {
  login: async (w) => ({ status: 200, json: { username: w.user.email, password } }),
  register_account: async () => {
    const name = new_name();
    return {
      status: 201,
      json: {
        email: `${name}@example.com`,
        username: name,
        password,
        full_name: "John Doe",
        recovery_passphrase: passphrase,
      },
    };
  },
  request_reset: async (w) => ({ status: 200, json: { email: w.user.email } }),
  verify_passphrase: async (w) => ({ status: 200, json: { email: w.user.email, passphrase } }),
  reset_password: async () => {
    const user = await new_user();
    return {
      status: 200,
      json: { reset_token: await new_reset_token(user), new_password: "NewSecurePassword123!" },
    };
  },
  get_profile: async (w) => ({ status: 200, headers: bearer(w.user.access) }),
  update_profile: async () => {
    const user = await new_user();
    return {
      status: 200,
      headers: bearer(user.access),
      json: { full_name: "John M. Doe", username: `${user.name}x` },
    };
  },
  change_password: async () => {
    const user = await new_user();
    return {
      status: 200,
      headers: bearer(user.access),
      json: { current_password: password, new_password: "NewPassword456!" },
    };
  },
  set_recovery_passphrase: async () => ({
    status: 200,
    headers: bearer((await new_user()).access),
    json: { current_password: password, recovery_passphrase: passphrase },
  }),
  remove_recovery_passphrase: async () => ({
    status: 200,
    headers: bearer((await new_user()).access),
    json: { current_password: password },
  }),
  list_users: async (w) => ({
    status: 200,
    headers: bearer(w.admin.access),
    query: "page=1&limit=2&active=true",
  }),
  get_user: async (w) => ({ status: 200, headers: bearer(w.admin.access), path: [w.user.id] }),
  update_user: async (w) => ({
    status: 200,
    headers: bearer(w.admin.access),
    path: [(await new_user()).id],
    json: { is_active: false, is_admin: false, full_name: "John M. Doe" },
  }),
  delete_user: async (w) => ({
    status: 204,
    headers: bearer(w.admin.access),
    path: [(await new_user()).id],
  }),
  validate_service_token: async (w) => ({
    status: 200,
    json: { token: w.user.access, service_id: "tester" },
  }),
  create_service_token: async (w) => ({
    status: 200,
    headers: bearer(w.admin.access),
    json: { service_id: "tester", scopes: [], expires_in: 3600 },
  }),
};

export const example_statuses = {
  login: { as_printed: 401 },
  register_account: { johndoe: 201 },
  request_reset: { as_printed: 200 },
  verify_passphrase: { as_printed: 401 }, // nobody has verified that address
  reset_password: { as_printed: 401 },
  update_profile: { as_printed: 200 },
  change_password: { as_printed: 401 },
  set_recovery_passphrase: { four_words: 401 },
  remove_recovery_passphrase: { removal: 401 },
  update_user: { as_printed: 200 },
  validate_service_token: { as_printed: 200 },
  create_service_token: { as_printed: 400 },
};
