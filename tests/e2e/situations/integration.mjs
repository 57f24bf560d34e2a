// situations/integration.mjs — what services report and ask: see lib/situations.mjs.
import { in_a_day, new_user, service } from "../lib/world.mjs";

export const situations = {
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
};

export const example_statuses = {
  validate_token: { as_printed: 401 },
  sync_session: { as_printed: 400, without_session_id: 400 },
  sync_user: { as_printed: 200, without_last_sync: 200 },
  revoke_user_sessions: { as_printed: 400 },
};
