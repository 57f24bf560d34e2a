// situations/internal.mjs — the internal listener: see lib/situations.mjs.
import { service } from "../lib/world.mjs";

export const situations = {
  internal_health: async () => ({ status: 200 }),
  internal_live: async () => ({ status: 200 }),
  internal_ready: async () => ({ status: 200 }),
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

export const example_statuses = {
  take_workflow_status: { in_progress: 404 },
};
