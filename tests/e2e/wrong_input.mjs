// Wrong input of every kind to every operation: always a 4xx that the description promises,
// with the field and the reason where the input itself is wrong, never a 5xx. That nothing has
// changed afterwards is seen by the test that starts this.
import { call, close } from "./lib/client.mjs";
import { Description } from "./lib/document.mjs";
import { Report } from "./lib/report.mjs";
import { base_of, request_of, situations } from "./lib/situations.mjs";
import { given, make_world } from "./lib/world.mjs";
import {
  form_type,
  too_big,
  wrong_bytes,
  wrong_forms,
  wrong_queries,
  wrong_segments,
  wrong_types,
  wrong_values,
} from "./lib/wrong.mjs";

const report = new Report();
const api = await Description.read(given.base);
const world = await make_world();

// Lets the test that started this look at the store, and waits until it has.
function pause_at(what) {
  return new Promise((resolve) => {
    const alive = setInterval(() => {}, 1000);
    process.once("SIGUSR2", () => {
      clearInterval(alive);
      resolve();
    });
    console.log(`== ${what} ==`);
  });
}

function judge(operation, what, answer, { is_input }) {
  const where = `${operation.id}, ${what}`;
  const is_of_input = [400, 413, 415].includes(answer.status);
  const is_refused = is_of_input || (!is_input && answer.status >= 400 && answer.status < 500);
  if (!report.check(is_refused, `${where}: ${answer.status} ${answer.text.slice(0, 200)}`)) return;
  report.none(api.problems_of_answer(operation, answer), where);
  if (!is_of_input) return;
  const details = answer.value?.error?.details ?? answer.value?.details;
  report.check(
    details?.field && details?.reason,
    `${where}: no field or reason in ${answer.text.slice(0, 300)}`,
  );
}

// One request of each operation that would be right, made before anything is looked at: the
// wrong ones are made of it, so that nothing but the wrong is in their way.
const prepared = [];
for (const operation of api.operations)
  prepared.push([operation, await situations[operation.id](world)]);
await pause_at("prepared");

for (const [operation, good] of prepared) {
  let count = 0;
  const attempt = async (what, changes, rules = { is_input: true }) => {
    count += 1;
    judge(
      operation,
      what,
      await call(base_of(operation), request_of(operation, good, changes)),
      rules,
    );
  };
  // What the service behind the gateway makes of its input is its own affair.
  if (operation.about.requestBody && !operation.is_passed_on) {
    const sample = good.json ?? {};
    const is_optional = operation.about.requestBody.required === false;
    for (const [what, json] of wrong_values(api, operation, sample)) await attempt(what, { json });
    for (const [what, raw] of wrong_bytes(sample, Boolean(good.signs))) {
      if (is_optional && what === "no body") continue;
      await attempt(what, { raw });
    }
    for (const type of wrong_types)
      await attempt(`as ${type}`, { json: sample, headers: { "Content-Type": type } });
    await attempt("too big", { raw: too_big() });
    if (operation.about.requestBody.content[form_type])
      for (const [what, raw] of wrong_forms(api, operation, sample))
        await attempt(`as a form, ${what}`, { raw, headers: { "Content-Type": form_type } });
  }
  for (const [what, query] of operation.is_passed_on ? [] : wrong_queries(operation)) await attempt(what, { query });
  const slots = (operation.path.match(/\{/g) ?? []).length;
  for (const segment of slots ? wrong_segments : [])
    await attempt(
      `at ${segment.slice(0, 40)}`,
      { path: Array(slots).fill(segment) },
      { is_input: false },
    );
  for (const [scheme, names] of [
    ["bearer", ["Authorization", "X-API-Key"]],
    ["service", ["X-Service-Key"]],
  ]) {
    const is_guarded =
      (operation.about.security ?? []).length > 0 &&
      !operation.about.security.some((one) => Object.keys(one).length === 0);
    if (!is_guarded || !names.some((name) => good.headers?.[name])) continue;
    for (const name of names)
      for (const value of ["", "Bearer", "Bearer a.b.c", "Basic YTpi", "x".repeat(4000), "\u00ff"])
        await attempt(
          `${scheme} ${name} ${value.slice(0, 20)}`,
          { headers: { Authorization: null, "X-Service-Key": null, [name]: value } },
          { is_input: false },
        );
  }
  console.log(`${count} wrong requests to ${operation.id}`);
}

await pause_at("attempted");

// Nothing but the wrong was in their way.
for (const [operation, good] of prepared) {
  const answer = await call(base_of(operation), request_of(operation, good));
  report.check(
    answer.status === good.status,
    `${operation.id}, the good one: ${answer.status} ${answer.text.slice(0, 200)}`,
  );
}

// What no operation describes is refused, or makes no difference.
for (const operation of api.operations) {
  const strays = [["a surplus parameter", { query: "surplus=1" }]];
  if (!operation.about.requestBody)
    strays.push(
      ["a stray object", { raw: '{"surplus":1}' }],
      ["a stray text", { raw: "text", headers: { "Content-Type": "text/plain" } }],
      ["stray bytes", { raw: Buffer.from([0, 0xff]), headers: { "Content-Type": null } }],
    );
  for (const [what, changes] of strays) {
    const good = await situations[operation.id](world);
    const answer = await call(base_of(operation), request_of(operation, good, changes));
    const where = `${operation.id}, ${what}`;
    report.check(
      [good.status, 400, 413, 415].includes(answer.status),
      `${where}: ${answer.status} ${answer.text.slice(0, 200)}`,
    );
    report.none(api.problems_of_answer(operation, answer), where);
  }
}
close();
report.finish("wrong_input", 3000);
