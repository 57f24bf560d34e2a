// demo.mjs — what a client of live sockets does and sees, from the registration to the logout.
// Started by scripts/demo with BASE_URL and CORE_MANAGER_URL; ends with 0 when all of it was seen.
import { Socket } from "./demo_socket.mjs";

const { BASE_URL: base, CORE_MANAGER_URL: core_manager } = process.env;
const patience_ms = 60_000;
const away_ms = 1_000;
const password = "analytical engine";

// -- what is printed --------------------------------------------------------------------------

const has_colours = process.stdout.isTTY && !process.env.NO_COLOR;
const in_colour = (number, words) => (has_colours ? `\x1b[${number}m${words}\x1b[0m` : words);
// A token is a secret, and long.
const shortened = (words) => words.replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, "eyJ…");

const step = (words) => console.log(`\n${in_colour(1, words)}`);
const note = (words) => console.log(`  ${words}`);
const out = (words) => console.log(in_colour(32, `  > ${shortened(words)}`));
const back = (words) => console.log(in_colour(36, `  < ${shortened(words)}`));

function draw(status) {
  const width = 30;
  const full = Math.round(status.progress * width);
  const percent = `${Math.round(status.progress * 100)}`.padStart(3);
  const bar = in_colour(33, "█".repeat(full)) + "░".repeat(width - full);
  note(`  ${bar} ${percent} %  ${status.step}`);
}

// -- what is said -----------------------------------------------------------------------------

async function ask(path, json, token) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const body = JSON.stringify(json);
  out(`POST ${path} ${body ?? ""}`.trimEnd());
  const answer = await fetch(base + path, { method: "POST", headers, body });
  const text = await answer.text();
  back(`${answer.status} ${text}`);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return JSON.parse(text);
}

async function open_socket(token) {
  out(`GET /ws with Authorization: Bearer ${token}`);
  const socket = await Socket.open(`${base}/ws`, { Authorization: `Bearer ${token}` });
  back("101 Switching Protocols");
  return socket;
}

function say(socket, message) {
  const words = JSON.stringify(message);
  out(words);
  socket.say(words);
}

// Prints what comes until a status `is_enough`, which is given.
async function statuses_until(socket, is_enough) {
  for (;;) {
    const heard = await socket.next();
    if (heard?.text === undefined) throw new Error("the socket was closed too early");
    back(heard.text);
    const { type, data } = JSON.parse(heard.text);
    if (type === "error") throw new Error("the server refused a message");
    if (type !== "workflow_status") continue;
    draw(data);
    if (is_enough(data)) return data;
  }
}

// -- the walk ---------------------------------------------------------------------------------

async function show() {
  step("Ada registers and signs in");
  await ask("/auth/register", { username: "ada", email: "ada@example.com", password });
  const { access_token: token } = await ask("/auth/token", { username: "ada", password });

  step("She opens a live socket and starts a workflow");
  // The sample core manager is told to take its time.
  const pace = { statuses: 8, interval_ms: 300 };
  await fetch(`${core_manager}/control`, { method: "PUT", body: JSON.stringify(pace) });
  const first = await open_socket(token);
  const parameters = { topic: "engines" };
  const order = { workflow_type: "content_generation", parameters };
  say(first, { type: "start_workflow", id: "msg-1", data: order });
  const { workflow_id, seq: last_seq } = await statuses_until(first, ({ seq }) => seq === 4);

  step("Her connection is cut; the workflow goes on");
  first.cut();
  await new Promise((back_again) => setTimeout(back_again, away_ms));

  step("She is back, and asks for what she has missed: no status is lost, none comes twice");
  const socket = await open_socket(token);
  say(socket, { type: "resume", id: "msg-2", data: { workflow_id, last_seq } });
  const last = await statuses_until(socket, ({ status }) => status !== "in_progress");
  if (last.status !== "completed") throw new Error(`the workflow has ${last.status}`);

  step("She signs out, and her socket is closed before the answer");
  await ask("/auth/logout", undefined, token);
  for (let heard; (heard = await socket.next()) !== undefined;) {
    if (heard.text) back(heard.text);
    else back(`closed by ${heard.code} "${heard.reason}"`);
    if (heard.code === 4001) return;
  }
  throw new Error("the socket was not closed by 4001");
}

process.stdout.on("error", () => process.exit(1)); // nobody looks any more
note(`The server is ${base}, the sample core manager behind it ${core_manager}.`);
const late = setTimeout(() => {
  console.error("demo: it takes too long");
  process.exit(1);
}, patience_ms);
try {
  await show();
  step("That was all of it");
} catch (problem) {
  console.error(`demo: ${problem.message}`);
  process.exitCode = 1;
} finally {
  clearTimeout(late);
}
