// situations/proxied.mjs — what is passed on to an upstream: see lib/situations.mjs.
import { bearer, new_resource } from "../lib/world.mjs";

export const situations = {
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
};
