// What config/deploy has for Prometheus and Grafana, against a running server: a Prometheus scrapes
// it, and every query of the dashboard finds something, as does every metric of the alerts.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { call, close } from "./lib/client.mjs";
import { Report } from "./lib/report.mjs";
import { ask, given, make_world, new_name, password, sign_in } from "./lib/world.mjs";

const patience_ms = 60_000;
const report = new Report();
const deploy = process.env.DEPLOY;
const folder = await mkdtemp(`${process.env.TMPDIR}/prometheus-`);

async function free_port() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

// -- a Prometheus that scrapes the server every second -------------------------------------------

const address = `127.0.0.1:${await free_port()}`;
const config = (await readFile(`${deploy}/prometheus/prometheus.yml`, "utf8"))
  .replace("scrape_interval: 15s", "scrape_interval: 1s")
  .replace("127.0.0.1:9090", new URL(given.internal).host)
  .replace("alerts.yml", `${deploy}/prometheus/alerts.yml`);
await writeFile(`${folder}/prometheus.yml`, config);
const prometheus = spawn(
  "prometheus",
  [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=${address}`,
    "--log.level=error",
  ],
  { stdio: ["ignore", "inherit", "inherit"] },
);
process.on("exit", () => prometheus.kill("SIGKILL"));

async function query(expression) {
  const path = `/api/v1/query?query=${encodeURIComponent(expression)}`;
  const answer = await call(`http://${address}`, { path }).catch(() => undefined);
  if (answer?.status === 200) return answer.value.data.result;
  return answer ? `${answer.status} ${answer.text}` : "nobody answers";
}

async function eventually(holds) {
  for (const end = Date.now() + patience_ms; Date.now() < end; ) {
    if (await holds()) return true;
    await new Promise((done) => setTimeout(done, 200));
  }
  return false;
}

// -- something to count ----------------------------------------------------------------------------

await make_world();
const name = new_name();
await ask("POST", "/auth/register", {
  json: { username: name, email: `${name}@example.com`, password },
});
const { cookie } = await sign_in(name);
await ask("POST", "/auth/token/refresh", { headers: { Cookie: cookie } });
const has_scraped = () => query('sum(mails_total{job="latchkey"}) > 0');
report.check(
  await eventually(async () => (await has_scraped()).length === 1),
  `Prometheus has not scraped: ${JSON.stringify(await has_scraped())}`,
);

// -- what is asked of it -----------------------------------------------------------------------------

const finds = async (expression) => {
  const found = await query(expression);
  return Array.isArray(found) && found.length > 0;
};

const dashboard = JSON.parse(await readFile(`${deploy}/grafana/latchkey.json`, "utf8"));
const in_grafana = { $__rate_interval: "30s", $job: "latchkey", $instance: ".*" };
for (const panel of dashboard.panels)
  for (const { expr } of panel.targets ?? []) {
    const asked = expr.replace(/\$\w+/g, (name) => in_grafana[name]);
    report.check(await eventually(() => finds(asked)), `"${panel.title}" is empty: ${asked}`);
  }

const alerts = await readFile(`${deploy}/prometheus/alerts.yml`, "utf8");
for (const metric of new Set([...alerts.matchAll(/(\w+)\{job="latchkey"/g)].map((one) => one[1])))
  report.check(await finds(`${metric}{job="latchkey"}`), `an alert asks for ${metric}`);

close();
report.finish("monitoring", 60);
