// The description is valid OpenAPI 3.1, and every example in it is as its own schema says.
import { Validator } from "@seriousme/openapi-schema-validator";
import { close } from "./lib/client.mjs";
import { Description } from "./lib/document.mjs";
import { Report } from "./lib/report.mjs";
import { given } from "./lib/world.mjs";

const report = new Report();
const api = await Description.read(given.base);

const validator = new Validator();
const verdict = await validator.validate(structuredClone(api.document));
report.check(verdict.valid, `not valid OpenAPI: ${JSON.stringify(verdict.errors)?.slice(0, 2000)}`);
report.check(validator.version === "3.1", `OpenAPI ${validator.version}`);

// The validator does not follow references into the document; these do.
const escaped = (part) => part.replaceAll("~", "~0").replaceAll("/", "~1");
function look_at_media(where, content) {
  for (const [type, media] of Object.entries(content ?? {}))
    for (const name of Object.keys(media.examples ?? {})) {
      const place = `${where}/content/${escaped(type)}`;
      const [example] = api.at(`${place}/examples/${escaped(name)}`);
      report.none(api.problems(`${place}/schema`, example.value), `${where} ${name}`);
    }
}
for (const operation of api.operations) {
  look_at_media(`${operation.pointer}/requestBody`, operation.about.requestBody?.content);
  for (const status of Object.keys(operation.about.responses)) {
    const [answer, where] = api.at(`${operation.pointer}/responses/${status}`);
    look_at_media(where, answer.content);
  }
  (operation.about.parameters ?? []).forEach((one, i) => {
    if (one.example === undefined) return;
    report.none(
      api.problems(`${operation.pointer}/parameters/${i}/schema`, one.example),
      `${operation.id} ${one.name}`,
    );
  });
  report.check(operation.about.summary?.length > 0, `${operation.id} has no summary`);
}
report.check(api.operations.length >= 50, `only ${api.operations.length} operations`);
close();
report.finish("valid_description", 100);
