// wrong.mjs — wrong input of every kind, made from what the description says is right.
const deep = 100_000; // levels: far beyond what is allowed, within the body's bytes
const big = 2 * 1024 * 1024; // beyond BODY_BYTES_MAX

const of_other_types = [
  ["a number", 7],
  ["a fraction", 0.5],
  ["a text", "text"],
  ["a flag", true],
  ["null", null],
  ["a list", [1]],
  ["a list of texts", ["a", "b"]],
  ["an object", { a: 1 }],
];

const replaced = (value, at, made) => {
  if (at.length === 0) return made;
  const copy = structuredClone(value);
  const holder = at.slice(0, -1).reduce((part, name) => part[name], copy);
  if (made === undefined) delete holder[at.at(-1)];
  else holder[at.at(-1)] = made;
  return copy;
};

// Values of the wrong size, form or range for one schema.
function* of_wrong_form(schema) {
  const types = [schema.type ?? []].flat();
  const is_text = types.includes("string") || schema.pattern || schema.format;
  if (is_text) {
    yield ["empty", ""];
    yield ["too long", "a".repeat((schema.maxLength ?? 5000) + 1)];
    if (schema.minLength > 1) yield ["too short", "a".repeat(schema.minLength - 1)];
    if (schema.format !== "password") {
      yield ["with NUL", "a\u0000b"];
      yield ["with a line break", "a\r\nBcc: b@example.com"];
    }
    yield ["an address list", "a@example.com,b@example.com"];
    yield ["a bad time", "2024-13-45T99:99:99Z"];
    yield ["a traversal", "../../etc/passwd"];
  }
  if (types.includes("integer")) {
    yield ["below the minimum", (schema.minimum ?? 0) - 1];
    yield ["above the maximum", (schema.maximum ?? Number.MAX_SAFE_INTEGER - 1) + 1];
    yield ["a fraction", 1.5];
  }
  if (types.includes("array")) {
    yield ["too many items", Array.from({ length: (schema.maxItems ?? 1000) + 1 }, () => "a:b")];
    yield ["items of another type", [1]];
    yield ["a bad item", ["no permission at all"]];
  }
  if (schema.enum) yield ["none of the choices", "none-of-the-choices"];
}

// Bodies that are JSON but not what the schema says: [what, value]. `api` says whether they
// are wrong at all: null may be allowed, a number may be a text's neighbour.
export function* wrong_values(api, operation, good) {
  const look = function* (schema_at, value, at) {
    const schema = api.resolved(schema_at);
    const properties = schema.properties ?? {};
    const name_of = (name) => [...at, name].join(".");
    for (const name of schema.required ?? [])
      yield [`${name_of(name)} missing`, replaced(good, [...at, name], undefined)];
    if (schema.additionalProperties === false)
      for (const extra of ["surplus", "role", "is_superuser", "__proto__", "a\u0000b"])
        if (!(extra in properties) || extra === "__proto__")
          yield [
            `${name_of(extra)} besides`,
            replaced(
              good,
              at,
              with_member(
                at.reduce((part, one) => part[one], good),
                extra,
              ),
            ),
          ];
    for (const [name, one] of Object.entries(properties)) {
      const place = [...at, name];
      const inner = api.resolved(one);
      for (const [what, made] of of_other_types)
        yield [`${name_of(name)} ${what}`, replaced(good, place, made)];
      for (const branch of [inner, ...(inner.oneOf ?? []).map((b) => api.resolved(b))])
        for (const [what, made] of of_wrong_form(branch))
          yield [`${name_of(name)} ${what}`, replaced(good, place, made)];
      if (inner.properties && value?.[name] !== undefined) yield* look(inner, value[name], place);
    }
  };
  const media = operation.about.requestBody.content["application/json"];
  for (const [what, value] of look(media.schema, good, []))
    if (!api.is_right_body(operation, value)) yield [what, value];
}

// An own member of any name, "__proto__" too.
function with_member(object, name) {
  const copy = structuredClone(object);
  Object.defineProperty(copy, name, {
    value: true,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}

// The same body written so that it is no proper JSON, or JSON that must be refused. `is_signed`:
// who signs it may put into its inner values what it likes.
export function* wrong_bytes(good, is_signed) {
  const text = JSON.stringify(good);
  const names = Object.keys(good);
  yield ["no body", ""];
  yield ["only white space", "  \n"];
  yield ["a list", "[]"];
  yield ["a text", '"text"'];
  yield ["a number", "7"];
  yield ["null", "null"];
  yield ["cut off", text.slice(0, -1)];
  yield ["more after its end", `${text}{}`];
  yield ["a comma too many", `${text.slice(0, -1)},}`];
  yield ["a comment", `/* */${text}`];
  yield ["single quotes", "{'a':1}"];
  yield ["not a number", `${text.slice(0, -1)}${names.length ? "," : ""}"surplus":NaN}`];
  yield [
    "bytes that are not UTF-8",
    Buffer.concat([
      Buffer.from(`${text.slice(0, -1)}${names.length ? "," : ""}"surplus":"`),
      Buffer.from([0xc3, 0x28, 0xff]),
      Buffer.from('"}'),
    ]),
  ];
  yield [
    "an overlong UTF-8 sequence",
    Buffer.concat([Buffer.from('{"'), Buffer.from([0xc0, 0xaf]), Buffer.from('":1}')]),
  ];
  yield ["a lone surrogate", `${text.slice(0, -1)}${names.length ? "," : ""}"surplus":"\\ud800"}`];
  yield ["UTF-16", Buffer.from(text, "utf16le")];
  yield ["nested deeply, lists", `{"surplus":${"[".repeat(deep)}${"]".repeat(deep)}}`];
  yield ["nested deeply, objects", `{"surplus":${'{"a":'.repeat(deep)}1${"}".repeat(deep)}}`];
  yield ["nested deeply, unfinished", "[".repeat(deep)];
  yield ["a number without end", `{"surplus":1${"0".repeat(5000)}}`];
  yield ["a number beyond all", '{"surplus":1e999999}'];
  yield ["many fields", `{${Array.from({ length: 5000 }, (_, i) => `"f${i}":1`).join(",")}}`];
  yield ["a name without end", `{"${"n".repeat(100_000)}":1}`];
  for (const at of places_in(good)) {
    const name = at.join(".");
    const value = JSON.stringify(at.reduce((part, one) => part[one], good));
    const with_value = (raw) => with_raw(good, at, raw);
    const is_free = is_signed && at.length > 1;
    if (typeof at.at(-1) === "string" && !is_free)
      yield [`${name} twice`, with_value(`${value},${JSON.stringify(at.at(-1))}:${value}`)];
    yield [`${name} not UTF-8`, with_value(Buffer.from([0x22, 0x61, 0xff, 0xfe, 0x62, 0x22]))];
    yield [`${name} a lone surrogate`, with_value('"a\\udc00b"')];
    // Deeper down, what we pass on as it is may hold any number.
    if (at.length === 1 || is_signed) yield [`${name} a huge number`, with_value("1e400")];
    if (at.length === 1) yield [`${name} beyond 64 bits`, with_value("18446744073709551616")];
    if (!is_free)
      yield [`${name} nested deeply`, with_value(`${"[".repeat(deep)}${"]".repeat(deep)}`)];
    yield [`${name} a control character`, with_value('"a\nb"')];
  }
}

// The ways to every value within a value, however deep.
function* places_in(value, at = []) {
  if (value === null || typeof value !== "object") return;
  for (const name of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    yield [...at, name];
    yield* places_in(value[name], [...at, name]);
  }
}

// The value as JSON, with these bytes in place of what stands there.
function with_raw(value, at, raw) {
  const mark = "here comes something else";
  const [before, after] = JSON.stringify(replaced(value, at, mark)).split(JSON.stringify(mark));
  return Buffer.concat([Buffer.from(before), Buffer.from(raw), Buffer.from(after)]);
}

// The wrong values that a form can hold, and forms that are none.
export function* wrong_forms(api, operation, good) {
  for (const [what, value] of wrong_values(api, operation, good))
    if (value && Object.values(value).every((one) => typeof one === "string"))
      yield [what, `${new URLSearchParams(value)}`];
  const text = `${new URLSearchParams(good)}`;
  for (const name of Object.keys(good)) {
    const rest = { ...good };
    delete rest[name];
    const others = `${new URLSearchParams(rest)}`;
    yield [`${name} twice`, `${text}&${name}=${encodeURIComponent(good[name])}`];
    for (const raw of ["%ff", "%c0%af", "%zz", "%", "%4", "%ed%a0%80"])
      yield [`${name} ${raw}`, `${others}&${name}=${raw}`];
    yield [
      `${name} not UTF-8`,
      Buffer.concat([Buffer.from(`${others}&${name}=a`), Buffer.from([0xff, 0xfe])]),
    ];
  }
  yield ["a surplus field", `${text}&is_admin=1`];
  yield ["no field", ""];
  yield ["JSON", JSON.stringify(good)];
  yield ["many fields", `${text}&${Array.from({ length: 5000 }, (_, i) => `f${i}=1`).join("&")}`];
}
export const form_type = "application/x-www-form-urlencoded";

export const wrong_types = [
  "text/plain",
  "application/xml",
  "multipart/form-data; boundary=x",
  "application/jsonx",
  "application/octet-stream",
  "json",
  ";",
  null,
];

export const too_big = () => `{"surplus":"${"a".repeat(big)}"}`;

// Queries that do not fit the described parameters.
export function* wrong_queries(operation) {
  for (const one of (operation.about.parameters ?? []).filter((p) => p.in === "query")) {
    const name = one.name;
    for (const value of [
      "",
      "abc",
      "1.5",
      "%ff",
      "%00",
      "%zz",
      "99999999999999999999",
      "1e3",
      "+1",
      "-1",
      "TRUE",
    ])
      yield [`${name}=${value}`, `${name}=${value}`];
    if (one.schema.minimum !== undefined)
      yield [`${name} too small`, `${name}=${one.schema.minimum - 1}`];
    if (one.schema.maximum !== undefined)
      yield [`${name} too large`, `${name}=${one.schema.maximum + 1}`];
    const right = one.schema.type === "boolean" ? "true" : "1";
    yield [`${name} twice`, `${name}=${right}&${name}=${right}`];
    yield [`${name} and another`, `${name}=${right}&surplus=1`];
  }
}

// Values in the path that name nothing.
export const wrong_segments = [
  "0",
  "-1",
  "1e3",
  "99999999999999999999",
  "00000000-0000-0000-0000-000000000000",
  "ffffffffffffffff",
  "%00",
  "%ff",
  "%2e%2e",
  "..%2f..",
  "a%0d%0ab",
  "a'%20or%201=1",
  "%F0%9F%92%A9",
  "x".repeat(2000),
  "nobody",
  "~",
  "*",
];
