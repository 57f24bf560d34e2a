// live.mjs — live sockets by the npm package ws: what came on one, in order, and waiting for
// more; and a script's steps, each of which checks something of them.
import WebSocket from "ws";
import { call, close } from "./client.mjs";
import { Report } from "./report.mjs";
import { bearer, given } from "./world.mjs";

const patience_ms = 60_000;
const base = given.base.replace(/^http/, "ws");

// What does not come in time is an Error that says what was waited for.
export function in_time(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`never came: ${what}`)), patience_ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// The answer to a handshake that was refused, as `call` gives one; undefined when it was not.
export function refusal({ path = "/ws", protocols = [], ...options }) {
  const socket = new WebSocket(base + path, protocols, options);
  const told = new Promise((resolve, reject) => {
    socket.on("open", () => {
      socket.terminate();
      resolve(undefined);
    });
    socket.on("error", reject);
    socket.on("unexpected-response", async (_, answer) => {
      let text = "";
      for await (const part of answer) text += part;
      resolve({ status: answer.statusCode, headers: answer.headers, value: JSON.parse(text) });
    });
  });
  return in_time(told, `an answer to ${path}`);
}

export class Live {
  // By `Authorization: Bearer` when `token` is given; other ways stand in `options`.
  static async open(token, { path = "/ws", protocols = [], headers = {}, ...options } = {}) {
    const made = new Live();
    const all = { ...(token ? bearer(token) : {}), ...headers };
    made.socket = new WebSocket(base + path, protocols, { headers: all, ...options });
    made.listen();
    await in_time(
      new Promise((resolve, reject) => {
        made.socket.on("open", resolve);
        made.socket.on("error", reject);
      }),
      `an open socket at ${path}`,
    );
    return made;
  }

  listen() {
    this.heard = []; // messages that nobody has taken
    this.all = []; // every message that ever came, as text
    this.wake = () => {};
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => {
        this.is_closed = true;
        this.wake();
        resolve({ code, reason: reason.toString() });
      });
    });
    this.socket.on("message", (bytes, is_binary) => {
      const text = bytes.toString("utf8");
      this.all.push(is_binary ? "(binary)" : text);
      this.heard.push(JSON.parse(text));
      this.wake();
    });
    this.socket.on("error", () => {}); // `closed` tells
  }

  // A message as an object, or the very text.
  say(message) {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }
  // One text message in so many fragments.
  say_in_pieces(text, pieces) {
    const bytes = Buffer.from(text); // cut anywhere, in the middle of a character too
    const size = Math.ceil(bytes.length / pieces);
    for (let at = 0; at < bytes.length; at += size) {
      const fin = at + size >= bytes.length;
      this.socket.send(bytes.subarray(at, at + size), { binary: false, fin });
      this.socket.ping(); // which may stand between fragments (RFC 6455, 5.4)
    }
  }

  // The next message.
  async next(what = "a message") {
    const come = (async () => {
      while (this.heard.length === 0) {
        if (this.is_closed) {
          const { code, reason } = await this.closed;
          throw new Error(`closed by ${code} "${reason}" before ${what}`);
        }
        await new Promise((resolve) => (this.wake = resolve));
      }
      return this.heard.shift();
    })();
    return in_time(come, what);
  }
  async ask(message) {
    this.say(message);
    return this.next(`the answer to ${JSON.stringify(message).slice(0, 200)}`);
  }
  // Messages up to and with the first that fits.
  async until(fits, what) {
    const all = [];
    do all.push(await this.next(what));
    while (!fits(all.at(-1)));
    return all;
  }
  async next_of(type) {
    return (await this.until((one) => one.type === type, type)).at(-1);
  }
  // The statuses that come, up to a workflow's last.
  statuses() {
    return this.until((one) => has_ended(one), "a workflow's last status");
  }
  async pong() {
    await in_time(new Promise((resolve) => this.socket.once("pong", resolve)), "a pong");
  }
  end() {
    return in_time(this.closed, "the close");
  }
  close() {
    this.socket.close(1000);
    return this.end();
  }
  // As when the network is gone.
  drop() {
    this.socket.terminate();
    return this.end();
  }
}

export const has_ended = (message) =>
  message.type === "workflow_status" && message.data.status !== "in_progress";

// "Auth Service Internal API Documentation", Start Workflow: as printed, but for the comment.
export const start_workflow = `{
  "type": "start_workflow",
  "id": "msg-123",
  "data": {
    "workflow_type": "content_generation",
    "agent_instance_id": "instance-uuid",
    "project_id": "project-uuid",
    "parameters": {
    }
  }
}`;

// The same with another id and what else is another.
export function order(id, more = {}) {
  const message = JSON.parse(start_workflow);
  message.id = id;
  Object.assign(message.data, more);
  return message;
}

// -- the sample core manager --------------------------------------------------------------

async function control(method, path, json) {
  const answer = await call(given.core_manager, { method, path, json });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.value;
}
// How workflows run that are started from now on; what is not said is as usual.
export const let_workflows = (how = {}) => control("PUT", "/control", how);
export const started_workflows = async () => (await control("GET", "/control/workflows")).started;
export const seen_by_core_manager = () => control("GET", "/control/requests");

// -- checks -------------------------------------------------------------------------------

export const report = new Report();

export const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

export function same(got, wanted, what) {
  const [a, b] = [got, wanted].map((value) => JSON.stringify(value));
  return report.check(a === b, `${what}: ${a?.slice(0, 400)} is not ${b?.slice(0, 400)}`);
}

export function is_error(message, id, code, field) {
  const { type, correlation_id, error } = message;
  same([type, correlation_id, error?.code, error?.details?.field], ["error", id, code, field], "");
  report.check(error?.message?.length > 0, "an error without words");
}

// Each step by itself, or those alone whose names contain the script's argument; `at_least` so
// many checks in all.
export async function check_steps(name, at_least, steps) {
  const only = process.argv.slice(2).join(" ");
  for (const [what, go] of Object.entries(steps)) {
    if (!what.includes(only)) continue;
    const already = report.problems.length;
    try {
      await let_workflows();
      await go();
    } catch (problem) {
      report.check(false, problem.stack);
    }
    const wrong = report.problems.splice(already);
    report.problems.push(...wrong.map((one) => `${what}: ${one}`));
  }
  close();
  report.finish(name, only ? 1 : at_least);
}
