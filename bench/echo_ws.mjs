// echo_ws.mjs — node's `ws`, saying what it hears: what live sockets are compared with.
// Prints its port.
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 }, () =>
  console.log(server.address().port),
);
server.on("connection", (socket) => socket.on("message", (data) => socket.send(data.toString())));
