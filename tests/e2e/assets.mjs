// What /docs is made of: compressed for those who take that, not sent again to those who have
// it, and nothing else below that path.
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { call, close } from "./lib/client.mjs";
import { Report } from "./lib/report.mjs";
import { given } from "./lib/world.mjs";

const report = new Report();
const get = (path, headers = {}, method = "GET") => call(given.base, { method, path, headers });
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

const types = {
  "/docs": "text/html; charset=utf-8",
  "/docs/page.js": "text/javascript; charset=utf-8",
  "/docs/page.css": "text/css; charset=utf-8",
  "/docs/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "/docs/swagger-ui.css": "text/css; charset=utf-8",
  "/docs/plain.css": "text/css; charset=utf-8",
  "/docs/icon.png": "image/png",
  "/docs/LICENSE": "text/plain; charset=utf-8",
};
for (const [path, type] of Object.entries(types)) {
  const plain = await get(path);
  report.check(plain.status === 200 && plain.bytes.length > 0, `${path}: ${plain.status}`);
  report.check(
    plain.headers["content-type"] === type,
    `${path} is ${plain.headers["content-type"]}`,
  );
  report.check(plain.headers["content-encoding"] === undefined, `${path} is compressed unasked`);
  const packed = await get(path, { "Accept-Encoding": "br, gzip" });
  report.check(packed.headers["content-encoding"] === "gzip", `${path} is not compressed`);
  report.check(
    hash(gunzipSync(packed.bytes)) === hash(plain.bytes),
    `${path} differs when compressed`,
  );
  report.check(packed.headers.etag !== plain.headers.etag, `${path}: one tag for two forms`);
  report.check(/^Accept-Encoding\b/.test(packed.headers.vary), `${path}: Vary ${packed.headers.vary}`);
  for (const [one, headers] of [
    [plain, {}],
    [packed, { "Accept-Encoding": "gzip" }],
  ]) {
    const again = await get(path, { ...headers, "If-None-Match": one.headers.etag });
    report.check(
      again.status === 304 && again.text === "",
      `${path}: ${again.status} for what is known`,
    );
  }
  const head = await get(path, {}, "HEAD");
  report.check(
    head.status === 200 &&
      head.text === "" &&
      Number(head.headers["content-length"]) === plain.bytes.length,
    `HEAD ${path}`,
  );
}

const described = await get("/openapi.json");
const again = await get("/openapi.json", { "If-None-Match": described.headers.etag });
report.check(again.status === 304, `/openapi.json: ${again.status} for what is known`);
report.check(
  described.headers["cache-control"] === "no-cache",
  `/openapi.json: ${described.headers["cache-control"]}`,
);

for (const path of [
  "/docs/",
  "/docs/package.json",
  "/docs/..%2fopenapi.json",
  "/docs/page.js/x",
  "/docs/%00",
])
  report.check([400, 404].includes((await get(path)).status), `${path} is there`);
report.check((await get("/docs", {}, "POST")).status === 405, "POST /docs");
close();
report.finish("assets", 70);
