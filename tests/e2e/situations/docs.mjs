// situations/docs.mjs — the description and its viewer: see lib/situations.mjs.
export const situations = {
  root: async () => ({ status: 303 }),
  favicon: async () => ({ status: 200 }),
  openapi: async () => ({ status: 200 }),
  docs: async () => ({ status: 200 }),
  docs_plain: async () => ({ status: 200 }),
  docs_core_manager: async () => ({ status: 200 }),
  docs_asset: async () => ({ status: 200, path: ["plain.css"] }),
};
