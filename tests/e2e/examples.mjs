// Every operation is called as its description says: each documented example as it stands, and
// once so that it must succeed. Every answer is one that the description promises.
import { call, close } from "./lib/client.mjs";
import { Description } from "./lib/document.mjs";
import { Report } from "./lib/report.mjs";
import { base_of, example_statuses, request_of, situations } from "./lib/situations.mjs";
import { given, make_world } from "./lib/world.mjs";

const report = new Report();
const api = await Description.read(given.base);
const world = await make_world();

for (const name of Object.keys(situations))
  report.check(
    api.operations.some((one) => one.id === name),
    `${name} is tried but not described`,
  );

for (const operation of api.operations) {
  const make = situations[operation.id];
  if (!report.check(make, `${operation.id} is described but not tried`)) continue;

  const good = await make(world);
  if (good.json !== undefined)
    report.none(
      api.problems(api.body_pointer(operation), good.json),
      `${operation.id}, its own request`,
    );
  const answer = await call(base_of(operation), request_of(operation, good));
  report.check(
    answer.status === good.status,
    `${operation.id}: ${answer.status} instead of ${good.status}: ${answer.text.slice(0, 300)}`,
  );
  report.none(api.problems_of_answer(operation, answer), operation.id);

  for (const example of api.request_examples(operation)) {
    const sent = request_of(operation, await make(world), { json: example.value });
    const heard = await call(base_of(operation), sent);
    const expected = example_statuses[operation.id]?.[example.name];
    report.check(
      heard.status === expected,
      `${operation.id}, example ${example.name}: ${heard.status} instead of ${expected}: ${heard.text.slice(0, 300)}`,
    );
    report.none(
      api.problems_of_answer(operation, heard),
      `${operation.id}, example ${example.name}`,
    );
  }
  console.log(`examples of ${operation.id}`);
}
close();
report.finish("examples", 3 * api.operations.length);
