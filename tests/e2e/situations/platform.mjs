// situations/platform.mjs — the platform: see lib/situations.mjs.
import {
  bearer,
  in_a_day,
  new_number,
  new_project,
  new_user,
  stripe_signature,
} from "../lib/world.mjs";
import { situations as auth_service } from "./auth_service.mjs";

export const situations = {
  platform_register: async (w) => auth_service.register_user(w),
  platform_login: async (w) => auth_service.token(w),
  platform_refresh: async (w) => auth_service.refresh(w),
  platform_logout: async (w) => auth_service.logout(w),
  platform_me: async (w) => auth_service.me(w),
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
};

export const example_statuses = {
  platform_register: { testuser: 409 },
  platform_login: { testuser: 200 },
  platform_refresh: { by_cookie: 200 },
  put_subscription: { pro: 200 },
  stripe_webhook: { updated: 200 },
  create_project: { demo: 201 },
  update_project: { renamed: 200 },
  update_platform_profile: { company: 200 },
};
