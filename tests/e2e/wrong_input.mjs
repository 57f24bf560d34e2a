// Wrong input of every kind to every operation: always a 4xx that the description promises,
// with the field and the reason where the input itself is wrong, never a 5xx. And nothing
// has changed afterwards.
import { call, close } from "./lib/client.mjs";
import { Description } from "./lib/document.mjs";
import { Report } from "./lib/report.mjs";
import { base_of, request_of, situations } from "./lib/situations.mjs";
import { ask, bearer, given, make_world, sign_in_admin } from "./lib/world.mjs";
import {
  too_big,
  wrong_bytes,
  wrong_queries,
  wrong_segments,
  wrong_types,
  wrong_values,
} from "./lib/wrong.mjs";

const report = new Report();
const api = await Description.read(given.base);
const world = await make_world();

// Everything that an administrator and the user can see, without the times of last use.
async function all_there_is() {
  const seen = {};
  const look = async (name, path, who) => {
    const answer = await ask("GET", path, { headers: bearer(who.access) });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    seen[name] = JSON.parse(answer.text, (key, value) =>
      key.startsWith("last_") ? undefined : value,
    );
  };
  seen.users = [];
  for (let page = 1, total = 1; seen.users.length < total; page += 1) {
    await look("page", `/admin/users?page=${page}&limit=500`, admin);
    total = seen.page.total;
    seen.users.push(...seen.page.users);
    if (seen.page.users.length === 0) throw new Error("a page without users");
  }
  delete seen.page;
  await look("roles", "/admin/roles", admin);
  await look("profile", "/api/v1/profile", world.user);
  await look("account", "/account/profile", world.user);
  await look("projects", "/api/v1/projects?limit=1000", world.user);
  await look("keys", "/auth/api-keys", world.user);
  await look("sessions", "/auth/sessions", world.user);
  await look("subscription", "/api/v1/subscription", world.user);
  for (const user of seen.users) await look(`user ${user.id}`, `/admin/users/${user.id}`, admin);
  return seen;
}

function judge(operation, what, answer, { is_input }) {
  const where = `${operation.id}, ${what}`;
  const is_refused = answer.status >= 400 && answer.status < 500;
  if (!report.check(is_refused, `${where}: ${answer.status} ${answer.text.slice(0, 200)}`)) return;
  report.none(api.problems_of_answer(operation, answer), where);
  if (!is_input || ![400, 413, 415].includes(answer.status)) return;
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
const admin = await sign_in_admin();
const before = await all_there_is();

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
  if (operation.about.requestBody) {
    const sample = good.json ?? {};
    const is_optional = operation.about.requestBody.required === false;
    for (const [what, json] of wrong_values(api, operation, sample)) await attempt(what, { json });
    for (const [what, raw] of wrong_bytes(sample)) {
      if (is_optional && what === "no body") continue;
      await attempt(what, { raw });
    }
    for (const type of wrong_types)
      await attempt(`as ${type}`, { json: sample, headers: { "Content-Type": type } });
    await attempt("too big", { raw: too_big() });
  }
  for (const [what, query] of wrong_queries(operation)) await attempt(what, { query });
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

const after = await all_there_is();
for (const name of Object.keys({ ...before, ...after }))
  report.check(
    JSON.stringify(before[name]) === JSON.stringify(after[name]),
    `${name} changed: ${JSON.stringify(before[name])?.slice(0, 1500)} → ${JSON.stringify(after[name])?.slice(0, 1500)}`,
  );
close();
report.finish("wrong_input", 3000);
