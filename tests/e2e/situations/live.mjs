// situations/live.mjs — live sockets: see lib/situations.mjs.
import { bearer } from "../lib/world.mjs";

export const situations = {
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
};
