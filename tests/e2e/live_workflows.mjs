// Workflows over live sockets by the npm package ws, in clear or over TLS as BASE_URL says, with
// the sample core manager behind ("Auth Service Internal API Documentation", WebSocket Protocol).
import {
  Live,
  check_steps,
  has_ended,
  is_error,
  let_workflows,
  numbers,
  order,
  report,
  same,
  seen_by_core_manager,
  start_workflow,
  started_workflows,
} from "./lib/live.mjs";
import { ask, bearer, new_user, sign_in } from "./lib/world.mjs";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

// What every status is, whatever the workflow: `from` is the first one's seq.
function check_statuses(statuses, id, from, last) {
  same(
    statuses.map((one) => one.data.seq),
    numbers(from, from + statuses.length - 1),
    "every seq once, in order",
  );
  for (const one of statuses) {
    same(
      [one.type, one.correlation_id, one.data.workflow_id],
      ["workflow_status", id, statuses[0].data.workflow_id],
      "a status",
    );
    const { step, progress, result } = one.data;
    report.check(typeof step === "string" && step.length > 0, `the step ${step}`);
    report.check(progress >= 0 && progress <= 1, `the progress ${progress}`);
    report.check(typeof result === "object" && result !== null, `the result ${result}`);
  }
  report.check(uuid.test(statuses[0].data.workflow_id), "a workflow_id that is no UUID");
  same(statuses.at(-1).data.status, last, "the last status");
  report.check(
    statuses.slice(0, -1).every((one) => one.data.status === "in_progress"),
    "something came behind the last status",
  );
}

await check_steps("live_workflows", 500, {
  async "start_workflow as it is printed"() {
    const one = await Live.open((await new_user()).access);
    one.say(start_workflow);
    const statuses = await one.statuses();
    check_statuses(statuses, "msg-123", 1, "completed");
    for (const text of one.all)
      same(Object.keys(JSON.parse(text)), ["type", "correlation_id", "data"], "the keys");
    same(
      statuses.map((status) => status.data.step),
      ["accepted", "step-1", "step-2", "step-3"],
      "the steps",
    );
    same(statuses.at(-1).data.progress, 1, "the last progress");
    same(statuses.at(-1).data.result, { number: 3 }, "the last result");
    const sent = JSON.parse(
      (await seen_by_core_manager()).find(({ body }) =>
        body.includes(statuses[0].data.workflow_id),
      ).body,
    );
    same(
      sent,
      { workflow_id: statuses[0].data.workflow_id, ...JSON.parse(start_workflow).data },
      "what the core manager was asked",
    );
    await one.close();
  },

  async "the same message id starts it once"() {
    const user = await new_user();
    const before = await started_workflows();
    const [one, two] = [await Live.open(user.access), await Live.open(user.access)];
    const message = order("once");
    one.say(message);
    two.say(message);
    const [first, second] = [await one.statuses(), await two.statuses()];
    check_statuses(first, "once", 1, "completed");
    same(second, first, "both hear the same");
    is_error(
      await one.ask(order("once", { workflow_type: "another" })),
      "once",
      "CONFLICT",
      "id",
    );
    same((await started_workflows()) - before, 1, "workflows started");
    await Promise.all([one.close(), two.close()]);
  },

  async "resume after a drop, and again"() {
    await let_workflows({ statuses: 60, interval_ms: 20 });
    const user = await new_user();
    let one = await Live.open(user.access);
    one.say(order("long"));
    const all = [];
    for (const last_seq of [5, 17, 40]) {
      all.push(...(await one.until((status) => status.data.seq === last_seq, `seq ${last_seq}`)));
      await one.drop();
      one = await Live.open(user.access);
      const { workflow_id } = all[0].data;
      const known = await one.ask({
        type: "resume",
        id: `resume-${last_seq}`,
        data: { workflow_id, last_seq },
      });
      same(
        [known.type, known.correlation_id, known.data.workflow_id],
        ["ack", `resume-${last_seq}`, workflow_id],
        "the answer to resume",
      );
      report.check(known.data.last_seq >= last_seq, `resumed behind ${known.data.last_seq}`);
    }
    all.push(...(await one.statuses()));
    check_statuses(all, "long", 1, "completed");
    same(all.length, 61, "how many statuses");

    // What has ended can be heard again.
    const { workflow_id } = all[0].data;
    same((await one.ask({ type: "resume", data: { workflow_id, last_seq: 0 } })).type, "ack", "");
    same(await one.statuses(), all, "all of it again");
    const ahead = { type: "resume", id: "r", data: { workflow_id, last_seq: 62 } };
    is_error(await one.ask(ahead), "r", "VALIDATION_ERROR", "last_seq");
    const stranger = await Live.open((await new_user()).access);
    const theirs = { type: "resume", id: "r", data: { workflow_id, last_seq: 0 } };
    is_error(await stranger.ask(theirs), "r", "NOT_FOUND", "workflow_id");
    await Promise.all([one.close(), stranger.close()]);
  },

  async "cancel_workflow"() {
    await let_workflows({ statuses: 100_000, interval_ms: 20 });
    const one = await Live.open((await new_user()).access);
    one.say(order("endless"));
    const statuses = await one.until((status) => status.data.seq === 2, "the second status");
    const { workflow_id } = statuses[0].data;
    const cancel = { type: "cancel_workflow", id: "c-1", data: { workflow_id } };
    one.say(cancel);
    const rest = await one.statuses();
    const is_ack = (message) => message.type === "ack";
    same(
      rest.filter(is_ack),
      [{ type: "ack", correlation_id: "c-1", data: { workflow_id } }],
      "the answer to cancel_workflow",
    );
    statuses.push(...rest.filter((message) => !is_ack(message)));
    check_statuses(statuses, "endless", 1, "failed");
    same(statuses.at(-1).data.step, "cancelled", "the last step");
    is_error(await one.ask(cancel), "c-1", "CONFLICT", "workflow_id");
    await one.close();
  },

  async "a workflow that fails, and one that upstream refuses"() {
    const one = await Live.open((await new_user()).access);
    await let_workflows({ fails: true });
    one.say(order("fails"));
    check_statuses(await one.statuses(), "fails", 1, "failed");
    await let_workflows({ match: "/api/v1/workflows", status: 422 });
    one.say(order("refused"));
    const refused = await one.statuses();
    check_statuses(refused, "refused", 1, "failed");
    same(
      [Object.keys(refused.at(-1)), refused.at(-1).error.code],
      [["type", "correlation_id", "data", "error"], "VALIDATION_ERROR"],
      "why it failed",
    );
    await one.close();
  },

  async "statuses as events, or over a stream that is cut"() {
    const one = await Live.open((await new_user()).access);
    for (const how of [{ answer: "sse" }, { drop_after: 2 }]) {
      await let_workflows({ statuses: 5, ...how });
      const id = JSON.stringify(how);
      one.say(order(id));
      const statuses = await one.statuses();
      check_statuses(statuses, id, 1, "completed");
      same(statuses.length, 6, "how many statuses");
    }
    await one.close();
  },

  async "a large message, whole and in fragments"() {
    await let_workflows();
    const one = await Live.open((await new_user()).access);
    const parameters = { text: "naïve café \u{1F511} ".repeat(1500) };
    for (const [id, pieces] of [
      ["whole", 1],
      ["pieces", 7],
      ["crumbs", 500],
    ]) {
      one.say_in_pieces(JSON.stringify(order(id, { parameters })), pieces);
      const statuses = await one.statuses();
      check_statuses(statuses, id, 1, "completed");
      const { body } = (await seen_by_core_manager()).find((request) =>
        request.body.includes(statuses[0].data.workflow_id),
      );
      same(JSON.parse(body).parameters, parameters, `the parameters of ${id}`);
    }
    await one.close();
  },

  async "fifty workflows at once on one socket"() {
    await let_workflows({ statuses: 10, interval_ms: 5 });
    const one = await Live.open((await new_user()).access);
    const ids = numbers(1, 50).map((i) => `many-${i}`);
    for (const id of ids) one.say(order(id));
    const heard = new Map(ids.map((id) => [id, []]));
    for (let ended = 0; ended < ids.length;) {
      const status = await one.next("a status of many");
      heard.get(status.correlation_id)?.push(status);
      ended += has_ended(status);
    }
    for (const [id, statuses] of heard) {
      check_statuses(statuses, id, 1, "completed");
      same(statuses.length, 11, `how many statuses of ${id}`);
    }
    await one.close();
  },

  async "a workflow goes on without the session that started it"() {
    await let_workflows({ statuses: 40, interval_ms: 20 });
    const user = await new_user();
    const other = await sign_in(user.name);
    const [one, kept] = [await Live.open(user.access), await Live.open(other.access)];
    one.say(order("goes on"));
    const [first] = await one.until((status) => status.data.seq === 2, "the second status");
    await ask("POST", "/auth/logout", { headers: bearer(user.access) });
    same(await one.end(), { code: 4001, reason: "session revoked" }, "the close");
    same(JSON.parse(one.all.at(-1)).type, "session_revoked", "the last message");
    const { workflow_id } = first.data;
    await kept.ask({ type: "resume", id: "r", data: { workflow_id, last_seq: 0 } });
    check_statuses(await kept.statuses(), "goes on", 1, "completed");
    await kept.close();
  },
});
