// situations/auth_service.mjs — the auth service: see lib/situations.mjs.
import { bearer, new_name, password, sign_in } from "../lib/world.mjs";

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
};

export const example_statuses = {
  register_user: { testuser: 201, without_names: 201 },
  token: { as_printed: 401, testuser: 200 },
  refresh: { by_cookie: 200 },
};
