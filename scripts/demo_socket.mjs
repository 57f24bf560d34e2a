// demo_socket.mjs — a WebSocket client as small as can be (RFC 6455), for a program that shows
// what goes over the wire. It trusts its server: frames come whole and are not masked.
import { randomBytes } from "node:crypto";
import http from "node:http";

const text = 1;
const close = 8;
const ping = 9;
const pong = 10;

// One frame of a client, up to 65,535 bytes.
function frame(opcode, payload) {
  const size = payload.length;
  const head = [0x80 | opcode, ...(size < 126 ? [0x80 | size] : [0xfe, size >> 8, size & 0xff])];
  const mask = randomBytes(4);
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, i) => byte ^ mask[i % 4])]);
}

// The first frame in `bytes`, and where it ends; undefined while it is not whole.
function first_frame(bytes) {
  if (bytes.length < 2) return undefined;
  let at = 2;
  let size = bytes[1] & 0x7f;
  if (size === 126) {
    at = 4;
    size = bytes.length < at ? Infinity : bytes.readUInt16BE(2);
  } else if (size === 127) {
    at = 10;
    size = bytes.length < at ? Infinity : Number(bytes.readBigUInt64BE(2));
  }
  const end = at + size;
  if (bytes.length < end) return undefined;
  return { opcode: bytes[0] & 0x0f, payload: bytes.subarray(at, end), end };
}

export class Socket {
  // Resolves when the server has said 101, and is an Error when it said anything else.
  static open(url, headers) {
    return new Promise((resolve, reject) => {
      const request = http.get(url, {
        headers: {
          Connection: "Upgrade",
          Upgrade: "websocket",
          "Sec-WebSocket-Version": "13",
          "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
          ...headers,
        },
      });
      request.on("upgrade", (_, stream, first) => resolve(new Socket(stream, first)));
      request.on("response", (answer) => reject(new Error(`refused: ${answer.statusCode}`)));
      request.on("error", reject);
    });
  }

  constructor(stream, first) {
    this.stream = stream;
    this.frames = this.#frames(first);
  }

  say(words) {
    this.stream.write(frame(text, Buffer.from(words)));
  }

  // The next thing that the server says: { text }, or { code, reason } when it closes;
  // undefined when the connection is gone.
  async next() {
    return (await this.frames.next()).value;
  }

  // As when a train enters a tunnel.
  cut() {
    this.stream.destroy();
  }

  async *#frames(first) {
    let bytes = first;
    const more = this.stream[Symbol.asyncIterator]();
    for (;;) {
      for (let one; (one = first_frame(bytes)) !== undefined; bytes = bytes.subarray(one.end)) {
        if (one.opcode === ping) this.stream.write(frame(pong, one.payload));
        if (one.opcode === text) yield { text: one.payload.toString() };
        if (one.opcode !== close) continue;
        this.stream.end(frame(close, one.payload)); // as it must be answered
        yield { code: one.payload.readUInt16BE(0), reason: one.payload.subarray(2).toString() };
        return;
      }
      const { value, done } = await more.next();
      if (done) return;
      bytes = Buffer.concat([bytes, value]);
    }
  }
}
