// Live sockets in a real browser, by its own WebSocket: a page of ours, a page of an origin
// that is allowed, and a page of one that is not.
import { launch } from "./lib/chromium.mjs";
import { close } from "./lib/client.mjs";
import { in_time, let_workflows, report, same, start_workflow } from "./lib/live.mjs";
import { given, new_user } from "./lib/world.mjs";

const allowed = "https://app.example.com"; // ALLOWED_ORIGINS of the tests' servers
const foreign = "https://app.example.com.evil.example";

// -- what runs in the pages ----------------------------------------------------------------

// Opens a socket by a subprotocol, or by a ticket when the page asked for one; starts a
// workflow, signs out after its last status, and tells all that happened, in order.
async function live_through({ base, token, by_ticket, message }) {
  const ours = { method: "POST", headers: { Authorization: `Bearer ${token}` } };
  let path = "/ws";
  let protocols = ["latchkey.v1", `bearer.${token}`];
  if (by_ticket) {
    const made = await (await fetch(`${base}/api/v1/ws/ticket`, ours)).json();
    path += `?ticket=${made.ticket}`;
    protocols = [];
  }
  const socket = new WebSocket(base.replace(/^http/, "ws") + path, protocols);
  const seen = { messages: [] };
  return new Promise((resolve) => {
    socket.onopen = () => {
      seen.opened = { protocol: socket.protocol, extensions: socket.extensions };
      socket.send(JSON.stringify({ type: "ping", id: "p" }));
      socket.send(message);
    };
    socket.onmessage = ({ data }) => {
      const heard = JSON.parse(data);
      seen.messages.push(heard);
      if (heard.type === "workflow_status" && heard.data.status !== "in_progress")
        fetch(`${base}/auth/logout`, ours).then((answer) => (seen.logout = answer.status));
    };
    socket.onerror = () => (seen.failed = true);
    socket.onclose = async ({ code, reason, wasClean }) => {
      while (seen.opened && seen.logout === undefined)
        await new Promise((again) => setTimeout(again, 10));
      resolve({ ...seen, closed: { code, reason, wasClean } });
    };
  });
}

// -- what they must see --------------------------------------------------------------------

function check_life(seen, protocol, who) {
  same(seen.opened, { protocol, extensions: "" }, `${who}: what was negotiated`);
  report.check(!seen.failed, `${who}: an error event`);
  const of_type = (type) => seen.messages.filter((one) => one.type === type);
  same(of_type("pong"), [{ type: "pong", correlation_id: "p" }], `${who}: pong`);
  const statuses = of_type("workflow_status");
  same(
    statuses.map(({ correlation_id, data }) => [correlation_id, data.seq, data.status]),
    [
      ["msg-123", 1, "in_progress"],
      ["msg-123", 2, "in_progress"],
      ["msg-123", 3, "in_progress"],
      ["msg-123", 4, "completed"],
    ],
    `${who}: the workflow`,
  );
  same(
    seen.messages.at(-1),
    { type: "session_revoked", data: { reason: "logout" } },
    `${who}: the last message`,
  );
  same(seen.logout, 200, `${who}: the logout`);
  same(
    seen.closed,
    { code: 4001, reason: "session revoked", wasClean: true },
    `${who}: the close event`,
  );
}

const browser = await launch();
try {
  await let_workflows();
  const page_at = async (url) => {
    const page = await (await browser.newContext()).newPage();
    for (const origin of [allowed, foreign])
      await page.route(`${origin}/**`, (request) =>
        request.fulfill({ contentType: "text/html", body: "<!doctype html><title>A page</title>" }),
      );
    await page.goto(url);
    return page;
  };
  const live = async (page, more) => {
    const { access: token } = await new_user();
    const all = { base: given.base, token, by_ticket: false, message: start_workflow, ...more };
    return in_time(page.evaluate(live_through, all), `the end of a socket of ${page.url()}`);
  };

  const ours = await page_at(`${given.base}/docs`);
  check_life(await live(ours), "latchkey.v1", "our page, by subprotocol");
  check_life(await live(ours, { by_ticket: true }), "", "our page, by ticket");
  const theirs = await page_at(`${allowed}/`);
  check_life(await live(theirs), "latchkey.v1", "an allowed page, by subprotocol");
  check_life(await live(theirs, { by_ticket: true }), "", "an allowed page, by ticket");

  const refused = { messages: [], failed: true, closed: { code: 1006, reason: "", wasClean: false } };
  same(await live(await page_at(`${foreign}/`)), refused, "a foreign page");
  same(await live(ours, { token: "junk" }), refused, "our page with what is no token");
} catch (problem) {
  report.check(false, problem.stack);
} finally {
  await browser.close();
}
close();
report.finish("live_browser", 25);
