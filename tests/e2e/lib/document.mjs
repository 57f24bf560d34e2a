// document.mjs — the server's own description: its operations, and whether a request or an
// answer is as it says.
import Ajv2020 from "ajv/dist/2020.js";
import add_formats from "ajv-formats";
import { call } from "./client.mjs";

const verbs = ["get", "put", "post", "delete", "patch"];

const escaped = (part) => part.replaceAll("~", "~0").replaceAll("/", "~1");

export class Description {
  static async read(base) {
    const answer = await call(base, { path: "/openapi.json" });
    if (answer.status !== 200) throw new Error(`/openapi.json answers ${answer.status}`);
    return new Description(answer.value);
  }

  constructor(document) {
    this.document = document;
    this.ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
    add_formats(this.ajv);
    this.ajv.addFormat("password", true); // a hint to programs that show fields
    this.ajv.addSchema(document, "api");
    this.operations = [];
    for (const [path, item] of Object.entries(document.paths))
      for (const verb of verbs)
        if (item[verb])
          this.operations.push({
            id: item[verb].operationId,
            verb,
            path,
            about: item[verb],
            pointer: `/paths/${escaped(path)}/${verb}`,
            is_internal: item[verb].servers !== undefined,
            // Another service answers, in its own way: only the gateway's part is looked at.
            is_passed_on: item[verb].responses.default !== undefined,
          });
  }

  operation(id) {
    const found = this.operations.find((one) => one.id === id);
    if (!found) throw new Error(`there is no operation ${id}`);
    return found;
  }

  // What stands at a place, with references followed: [the value, where it really is].
  at(pointer) {
    let value = this.document;
    for (const part of pointer.split("/").slice(1))
      value = value?.[part.replaceAll("~1", "/").replaceAll("~0", "~")];
    return value?.$ref ? this.at(value.$ref.slice(1)) : [value, pointer];
  }

  // The problems of a value by the schema at a place; empty when there are none.
  problems(pointer, value) {
    const validate = this.ajv.getSchema(`api#${encodeURI(pointer)}`);
    if (!validate) throw new Error(`no schema at ${pointer}`);
    if (validate(value)) return [];
    return validate.errors.map(
      (one) => `${one.instancePath || "it"} ${one.message} ${JSON.stringify(one.params)}`,
    );
  }

  body_pointer(operation) {
    const content = operation.about.requestBody?.content;
    return (
      content && `${operation.pointer}/requestBody/content/${escaped("application/json")}/schema`
    );
  }
  is_right_body(operation, value) {
    return this.problems(this.body_pointer(operation), value).length === 0;
  }
  // The schema of a body, or of part of one, with references followed.
  resolved(schema) {
    return schema?.$ref ? this.resolved(this.at(schema.$ref.slice(1))[0]) : schema;
  }

  request_examples(operation) {
    const media = operation.about.requestBody?.content?.["application/json"];
    return Object.entries(media?.examples ?? {}).map(([name, one]) => ({ name, value: one.value }));
  }

  // Why this is not an answer that the description promises; empty when it is one.
  problems_of_answer(operation, answer) {
    const is_named = operation.about.responses[answer.status] !== undefined;
    const status = is_named || !operation.is_passed_on ? answer.status : "default";
    const [described, pointer] = this.at(`${operation.pointer}/responses/${status}`);
    if (!described)
      return [`status ${answer.status} is not described: ${answer.text.slice(0, 300)}`];
    const found = [];
    if (!answer.headers["x-request-id"]) found.push("no X-Request-ID");
    for (const name of Object.keys(described.headers ?? {}))
      if (
        name.startsWith("X-RateLimit") &&
        answer.status < 400 &&
        !answer.headers[name.toLowerCase()]
      )
        found.push(`no ${name}`);
    const type = answer.headers["content-type"]?.split(";")[0];
    const content = described.content;
    if (operation.is_passed_on && answer.text === "") return found;
    if (!content)
      return answer.text === "" ? found : [...found, "a body where there is none described"];
    const media = Object.keys(content).find((one) => one === type || one === "*/*");
    if (!media) return [...found, `Content-Type ${type} is not described`];
    if (media !== "application/json") return found;
    if (answer.value === undefined) return [...found, `not JSON: ${answer.text.slice(0, 300)}`];
    const schema = `${pointer}/content/${escaped(media)}/schema`;
    return [
      ...found,
      ...this.problems(schema, answer.value).map((one) => `${one} in ${answer.text.slice(0, 500)}`),
    ];
  }
}
