// situations.mjs — for each operation a request that must succeed, and how it is put together.
import {
  bearer,
  given,
  new_api_key,
  new_name,
  new_number,
  new_project,
  new_reset_token,
  new_resource,
  new_role,
  new_role_name,
  new_session_of,
  new_unverified_user,
  new_user,
  new_verification_token,
  passphrase,
  password,
  sign_in,
  stripe_signature,
} from "./world.mjs";

const service = () => ({ "X-Service-Key": given.service_key });
const in_a_day = () => new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z/, "Z");

// For each operation a function whose every call gives what a request needs that must succeed:
// `headers`, `path` (values of the path's parameters), `query`, `json`, and the `status` of its
// answer. `signs` gives the headers that depend on the body's bytes, whatever these are.
export const situations = {
  health: async () => ({ status: 200 }),
  register_user: async () => {
    const name = new_name();
    return {
      status: 201,
      json: {
        username: name,
        email: `${name}@example.com`,
        password,
        first_name: "Test",
        last_name: "User",
      },
    };
  },
  token: async (w) => ({ status: 200, json: { username: w.user.name, password } }),
  refresh: async (w) => ({ status: 200, headers: { Cookie: (await sign_in(w.user.name)).cookie } }),
  logout: async (w) => ({ status: 200, headers: bearer((await sign_in(w.user.name)).access) }),
  me: async (w) => ({ status: 200, headers: bearer(w.user.access) }),

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

  validate_token: async (w) => ({
    status: 200,
    headers: service(),
    json: { token: w.user.access },
  }),
  sync_session: async (w) => ({
    status: 200,
    headers: service(),
    json: {
      user_id: w.user.number,
      token: w.user.access,
      session_data: {
        session_id: `of-${w.user.name}`,
        device_info: { device_type: "mobile", browser: "chrome" },
        expires_at: in_a_day(),
        is_active: true,
      },
      timestamp: "2024-01-01T00:00:00Z",
    },
  }),
  sync_user: async (w) => ({
    status: 200,
    headers: service(),
    json: {
      id: w.user.number,
      email: w.user.email,
      is_active: true,
      is_email_verified: true,
      first_name: "John",
      last_name: "Doe",
      profile_picture: "https://example.com/me.png",
      last_sync: new Date().toISOString(),
    },
  }),
  revoke_user_sessions: async () => ({
    status: 200,
    headers: service(),
    json: {
      user_id: (await new_user()).number,
      reason: "user_requested",
      timestamp: "2024-01-01T00:00:00Z",
    },
  }),

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

  platform_register: async (w) => situations.register_user(w),
  platform_login: async (w) => situations.token(w),
  platform_refresh: async (w) => situations.refresh(w),
  platform_logout: async (w) => situations.logout(w),
  platform_me: async (w) => situations.me(w),
  get_subscription: async (w) => ({ status: 200, headers: bearer(w.user.access) }),
  put_subscription: async (w) => ({
    status: 200,
    headers: bearer(w.admin.access),
    path: [(await new_user()).id],
    json: {
      tier: "pro",
      status: "active",
      end_date: in_a_day(),
      trial_ends_at: null,
      payment_method: "card",
    },
  }),
  stripe_webhook: async () => ({
    status: 200,
    signs: stripe_signature,
    json: {
      id: `evt_${process.pid}_${new_number()}`,
      type: "customer.subscription.updated",
      created: Math.floor(Date.now() / 1000),
      data: {
        object: {
          id: "sub_1",
          customer: "cus_1",
          status: "active",
          items: { data: [{ price: { id: "price_pro" } }] },
          metadata: { user_id: (await new_user()).id },
        },
      },
    },
  }),
  list_projects: async (w) => ({
    status: 200,
    headers: bearer(w.user.access),
    query: "page=1&limit=2",
  }),
  create_project: async () => ({
    status: 201,
    headers: bearer((await new_user()).access),
    json: { name: "Demo", description: "A first project", is_active: true },
  }),
  get_project: async (w) => ({ status: 200, headers: bearer(w.user.access), path: [w.project] }),
  update_project: async (w) => ({
    status: 200,
    headers: bearer(w.user.access),
    path: [w.project],
    json: { name: "Demo", description: null, is_active: true },
  }),
  delete_project: async () => {
    const user = await new_user();
    return { status: 204, headers: bearer(user.access), path: [await new_project(user)] };
  },
  get_platform_profile: async (w) => ({ status: 200, headers: bearer(w.user.access) }),
  update_platform_profile: async () => ({
    status: 200,
    headers: bearer((await new_user()).access),
    json: {
      first_name: "John",
      last_name: "Doe",
      company: "Example",
      phone: "+1 555",
      avatar_url: "https://example.com/me.png",
      preferences: { theme: "dark" },
    },
  }),

  list_templates: async (w) => ({ status: 200, headers: bearer(w.admin.access) }),
  create_template: async (w) => ({
    status: 201,
    headers: bearer(w.admin.access),
    json: { name: "Demo" },
  }),
  get_template: async (w) => ({
    status: 200,
    headers: bearer(w.admin.access),
    path: [await new_resource("templates", w.admin)],
  }),
  update_template: async (w) => ({
    status: 200,
    headers: bearer(w.admin.access),
    path: [await new_resource("templates", w.admin)],
    json: { name: "Demo" },
  }),
  delete_template: async (w) => ({
    status: 204,
    headers: bearer(w.admin.access),
    path: [await new_resource("templates", w.admin)],
  }),
  list_instances: async (w) => ({ status: 200, headers: bearer(w.user.access) }),
  create_instance: async (w) => ({
    status: 201,
    headers: bearer(w.user.access),
    json: { name: "Demo" },
  }),
  get_instance: async (w) => ({
    status: 200,
    headers: bearer(w.user.access),
    path: [await new_resource("personas/instances", w.user)],
  }),
  update_instance: async (w) => ({
    status: 200,
    headers: bearer(w.user.access),
    path: [await new_resource("personas/instances", w.user)],
    json: { name: "Demo" },
  }),
  delete_instance: async (w) => ({
    status: 204,
    headers: bearer(w.user.access),
    path: [await new_resource("personas/instances", w.user)],
  }),

  // A handshake by nobody: those that succeed are another script's.
  open_socket: async () => ({
    status: 401,
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    },
  }),
  make_ticket: async (w) => ({ status: 201, headers: bearer(w.user.access) }),

  root: async () => ({ status: 302 }),
  favicon: async () => ({ status: 200 }),
  openapi: async () => ({ status: 200 }),
  docs: async () => ({ status: 200 }),
  docs_plain: async () => ({ status: 200 }),
  docs_core_manager: async () => ({ status: 200 }),
  docs_asset: async () => ({ status: 200, path: ["plain.css"] }),
  internal_health: async () => ({ status: 200 }),
  internal_metrics: async () => ({ status: 200 }),
  metrics: async () => ({ status: 200 }),
  // Nobody has started it.
  take_workflow_status: async () => ({
    status: 404,
    headers: service(),
    path: ["123e4567-e89b-52d3-a456-426614174000"],
    json: { sequence: 1, status: "in_progress", step: "collect" },
  }),
};

// The request of a situation, with its body or its path's values replaced. `raw`: bytes.
export function request_of(operation, situation, { json, raw, path, query, headers } = {}) {
  const values = [...(path ?? situation.path ?? [])];
  let target = operation.path.replace(/\{[^}]+\}/g, () => values.shift());
  const asked = query ?? situation.query;
  if (asked) target += `?${asked}`;
  const sent = {
    method: operation.verb.toUpperCase(),
    path: target,
    headers: { ...situation.headers },
  };
  const value = json === undefined ? situation.json : json;
  if (raw !== undefined || value !== undefined) {
    sent.body = raw ?? JSON.stringify(value);
    sent.headers["Content-Type"] = "application/json";
    if (situation.signs) Object.assign(sent.headers, situation.signs(sent.body));
  }
  for (const [name, text] of Object.entries(headers ?? {}))
    if (text === null) delete sent.headers[name];
    else sent.headers[name] = text;
  return sent;
}

export const base_of = (operation) => (operation.is_internal ? given.internal : given.base);
