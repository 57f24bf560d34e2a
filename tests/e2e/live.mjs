// Live sockets by the npm package ws, in clear or over TLS as BASE_URL says: all of "Auth Service
// Internal API Documentation", WebSocket Protocol, but for workflows.
import { Live, check_steps, is_error, numbers, order, refusal, report, same } from "./lib/live.mjs";
import { ask, bearer, new_role, new_user, sign_in, sign_in_admin } from "./lib/world.mjs";

await check_steps("live", 50, {
  async "a handshake as documented, and no extension"() {
    const user = await new_user();
    const one = await Live.open(user.access, { perMessageDeflate: true });
    same([one.socket.extensions, one.socket.protocol], ["", ""], "what was negotiated");
    one.close();
    const refused = await refusal({});
    same([refused?.status, refused?.value.error.code], [401, "AUTH003"], "without a token");
    const foreign = await refusal({
      headers: bearer(user.access),
      origin: "https://evil.example.com",
    });
    same([foreign?.status, foreign?.value.error.code], [403, "CSRF_FAILED"], "a foreign origin");
  },

  async "the token in a subprotocol, or a ticket"() {
    const user = await new_user();
    const by_protocol = await Live.open(null, {
      protocols: ["latchkey.v1", `bearer.${user.access}`],
    });
    same(by_protocol.socket.protocol, "latchkey.v1", "the subprotocol");
    const made = await ask("POST", "/api/v1/ws/ticket", { headers: bearer(user.access) });
    same([made.status, made.value.expires_in], [201, 30], "the ticket");
    const path = `/ws?ticket=${made.value.ticket}`;
    const by_ticket = await Live.open(null, { path });
    for (const one of [by_protocol, by_ticket]) {
      same(await one.ask({ type: "ping" }), { type: "pong" }, "ping");
      same((await one.close()).code, 1000, "a close is answered");
    }
    same((await refusal({ path }))?.status, 401, "a ticket twice");
  },

  async "ping, by message and by frame"() {
    const one = await Live.open((await new_user()).access);
    same(
      await one.ask({ type: "ping", id: "p-1", data: {} }),
      { type: "pong", correlation_id: "p-1" },
      "ping",
    );
    one.socket.ping("beat");
    await one.pong();
    await one.close();
  },

  async "wrong frames are answered, and the socket stays"() {
    const one = await Live.open((await new_user()).access);
    for (const [said, id, field] of [
      ["not json", undefined, "body"],
      ["[1]", undefined, "body"],
      ["", undefined, "body"],
      ['{"type":"ping","type":"ping"}', undefined, "type"],
      [{ id: "1" }, "1", "type"],
      [{ type: "sing", id: "2" }, "2", "type"],
      [{ type: "ping", id: "3", data: [] }, "3", "data"],
      [{ type: "ping", id: "4", more: 1 }, "4", "more"],
      [order("5", { workflow_type: 7 }), "5", "workflow_type"],
      [order("6", { more: 7 }), "6", "more"],
      [order(undefined), undefined, "id"],
      [{ type: "resume", id: "7", data: { workflow_id: "msg-123" } }, "7", "workflow_id"],
    ])
      is_error(await one.ask(said), id, "VALIDATION_ERROR", field);
    same((await one.ask({ type: "ping" })).type, "pong", "it stays");
    const gone = { workflow_id: "00000000-0000-4000-8000-000000000000" };
    for (const type of ["resume", "cancel_workflow"])
      is_error(await one.ask({ type, id: "8", data: gone }), "8", "NOT_FOUND", "workflow_id");
    await one.close();
  },

  async "what is too big, and what is no text, closes it"() {
    const user = await new_user();
    for (const [said, code] of [
      ["x".repeat(65_537), 1009],
      [Buffer.from("{}"), 1003],
    ]) {
      const one = await Live.open(user.access);
      one.socket.send(said);
      same((await one.end()).code, code, "the close code");
    }
  },

  async "messages in bursts that are longer than what may wait"() {
    const one = await Live.open((await new_user()).access);
    for (const count of [300, 3000]) {
      const ids = numbers(1, count).map(String);
      for (const id of ids) one.say({ type: id % 3 === 0 ? "sing" : "ping", id });
      const answers = new Map();
      while (answers.size < count) {
        const answer = await one.next("an answer of the burst");
        report.check(!answers.has(answer.correlation_id), `twice: ${answer.correlation_id}`);
        answers.set(answer.correlation_id, answer.type);
      }
      const wrong = ids.filter((id) => answers.get(id) !== (id % 3 === 0 ? "error" : "pong"));
      same(wrong, [], "answered wrongly");
    }
    await one.close();
  },

  async "authenticate keeps the socket beyond its first token"() {
    const user = await new_user();
    const one = await Live.open(user.access);
    const fresh = await ask("POST", "/auth/token/refresh", { headers: { Cookie: user.cookie } });
    const said = (token) => ({ type: "authenticate", id: "a", data: { token } });
    const taken = await one.ask(said(fresh.value.access_token));
    same([taken.type, taken.correlation_id], ["ack", "a"], "authenticate");
    report.check(Date.parse(taken.data.expires_at) > Date.now(), `until ${taken.data.expires_at}`);
    is_error(await one.ask(said("junk")), "a", "AUTH003", "token");
    is_error(await one.ask(said((await sign_in(user.name)).access)), "a", "AUTH004", "token");
    await one.close();
  },

  async "another role and another tier are told"() {
    const user = await new_user();
    const admin = bearer((await sign_in_admin()).access);
    const one = await Live.open(user.access);
    const role = await new_role({ access: admin.Authorization.slice(7) });
    await ask("PUT", `/admin/users/${user.id}/role`, { headers: admin, json: { role } });
    const { data: permissions } = await one.next_of("permissions_changed");
    same(permissions.role, role, "permissions_changed");
    report.check(permissions.permissions.includes("users:read"), "without its permission");
    const path = `/api/v1/admin/subscriptions/${user.id}`;
    const put = await ask("PUT", path, { headers: admin, json: { tier: "pro" } });
    same(put.status, 200, `another tier: ${put.text}`);
    same((await one.next_of("subscription_changed")).data.tier, "pro", "subscription_changed");
    await one.close();
  },

  async "logout closes every socket of the session and no other"() {
    const user = await new_user();
    const kept = await Live.open((await sign_in(user.name)).access);
    const all = await Promise.all(numbers(1, 5).map(() => Live.open(user.access)));
    const out = await ask("POST", "/auth/logout", { headers: bearer(user.access) });
    same(out.status, 200, "logout");
    for (const one of all) {
      same(await one.end(), { code: 4001, reason: "session revoked" }, "the close");
      const farewell = { type: "session_revoked", data: { reason: "logout" } };
      same(await one.next(), farewell, "the last message");
    }
    same((await refusal({ headers: bearer(user.access) }))?.status, 401, "the token afterwards");
    same((await kept.ask({ type: "ping" })).type, "pong", "the other session");
    await kept.close();
  },
});
