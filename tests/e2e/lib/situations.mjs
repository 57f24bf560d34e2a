// situations.mjs — for each operation a request that must succeed, and what must come of each
// documented example of a request when somebody sends it who may. They stand in situations/, a file
// for each part of the description:
//
// `situations`: for each operation a function whose every call gives what a request needs that must
// succeed: `headers`, `path` (values of the path's parameters), `query`, `json`, and the `status` of
// its answer. `signs` gives the headers that depend on the body's bytes, whatever these are.
// `example_statuses`: for each operation the status for each example, in the order of the
// description. One example may have taken what another wants, and what is printed in the documents
// names people and tokens that do not exist here.
import * as access from "../situations/access.mjs";
import * as auth_service from "../situations/auth_service.mjs";
import * as docs from "../situations/docs.mjs";
import * as factors from "../situations/factors.mjs";
import * as integration from "../situations/integration.mjs";
import * as internal from "../situations/internal.mjs";
import * as live from "../situations/live.mjs";
import * as login_module from "../situations/login_module.mjs";
import * as platform from "../situations/platform.mjs";
import * as proxied from "../situations/proxied.mjs";
import { given } from "./world.mjs";

const parts = [access, auth_service, docs, factors, integration, internal, live, login_module, platform, proxied];

export const situations = Object.assign({}, ...parts.map((part) => part.situations));
export const example_statuses = Object.assign({}, ...parts.map((part) => part.example_statuses));

// The request of a situation, with its body or its path's values replaced. `raw`: bytes.
export function request_of(operation, situation, { json, raw, path, query, headers } = {}) {
  const values = [...(path ?? situation.path ?? [])];
  let target = operation.path.replace(/\{[^}]+\}/g, () => values.shift());
  const asked = query ?? situation.query;
  if (asked) target += `?${asked}`;
  const sent = {
    method: operation.verb.toUpperCase(),
    path: target,
    headers: { ...situation.headers },
  };
  const value = json === undefined ? situation.json : json;
  if (raw !== undefined || value !== undefined) {
    sent.body = raw ?? JSON.stringify(value);
    sent.headers["Content-Type"] = "application/json";
    if (situation.signs) Object.assign(sent.headers, situation.signs(sent.body));
  }
  for (const [name, text] of Object.entries(headers ?? {}))
    if (text === null) delete sent.headers[name];
    else sent.headers[name] = text;
  return sent;
}

export const base_of = (operation) => (operation.is_internal ? given.internal : given.base);
