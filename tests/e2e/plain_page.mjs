// The plain page: it has every operation of the description, each with a command that a shell runs
// as it is printed; and a browser without scripts shows it on any screen, in light and in dark.
import { spawn } from "node:child_process";
import { Description } from "./lib/document.mjs";
import { launch } from "./lib/chromium.mjs";
import { Report } from "./lib/report.mjs";
import { given, new_user, password, sign_in } from "./lib/world.mjs";
import { close } from "./lib/client.mjs";

const patience_ms = 30_000;
const time_is_over = 28; // curl's exit code, which ends a socket that stays open
const report = new Report();
const api = await Description.read(given.base);
const user = await new_user();
const { access } = await sign_in(user.name);

// Runs a command in a shell; its output and exit code.
const run = (command) =>
  new Promise((resolve) => {
    const shell = spawn("/bin/sh", ["-c", command], {
      env: { ...process.env, ACCESS_TOKEN: access, API_KEY: "none", SERVICE_KEY: given.service_key },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let out = "";
    shell.stdout.on("data", (part) => (out += part));
    shell.on("close", (code) => resolve({ out, code }));
  });

const browser = await launch();
try {
  const page = await browser.newPage({ javaScriptEnabled: false });
  page.setDefaultTimeout(patience_ms);
  const said = [];
  const asked = [];
  page.on("console", (line) => said.push(`${line.type()}: ${line.text()}`));
  page.on("requestfailed", (one) => said.push(`failed: ${one.url()} ${one.failure()?.errorText}`));
  page.on("request", (one) => asked.push(one.url()));
  const answer = await page.goto(`${given.base}/docs/plain`);
  report.check(answer.status() === 200, `/docs/plain answers ${answer.status()}`);
  const policy = answer.headers()["content-security-policy"] ?? "";
  report.check(
    policy.startsWith("default-src 'none'; style-src 'self'") && !/script|unsafe|\*/.test(policy),
    `the policy is ${policy}`,
  );

  const shown = await page.locator(".operation").evaluateAll((all) =>
    all.map((one) => ({
      id: one.id.replace(/^operation-/, ""),
      head: one.querySelector("summary").textContent,
      command: one.querySelector(".curl code").textContent,
    })),
  );
  const names = (list) => list.map(({ id }) => id).sort().join(" ");
  report.check(
    names(shown) === names(api.operations),
    `shown are ${names(shown)}, described ${names(api.operations)}`,
  );

  // The token that the first command gets is one.
  const first = await page.locator("h2#credentials ~ .shell code").first().textContent();
  const { out } = await run(
    `${first.replace(/"username":"[^"]*"/, `"username":"${user.name}"`).replace(/"password":"[^"]*"/, `"password":"${password}"`)}; echo "$ACCESS_TOKEN"`,
  );
  report.check(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(out.trim()), `${first} gives ${out}`);

  for (const operation of api.operations) {
    const one = shown.find(({ id }) => id === operation.id);
    if (!report.check(one, `${operation.id} is not shown`)) continue;
    report.check(
      one.head.startsWith(`${operation.verb} ${operation.path} `),
      `${operation.id} is shown as ${one.head}`,
    );
    // The internal listener's port is known to this test alone.
    const command = operation.is_internal
      ? one.command.replace(operation.about.servers[0].url, given.internal)
      : one.command;
    const { out, code } = await run(command);
    report.check(
      code === 0 || (code === time_is_over && operation.about.responses[101]),
      `${operation.id}: curl ends with ${code}: ${command}`,
    );
    const status = out.match(/^HTTP\/1\.1 (\d{3})/)?.[1];
    report.check(
      operation.about.responses[status] ?? operation.is_passed_on,
      `${operation.id}: ${status} is not described: ${command}\n${out.slice(0, 500)}`,
    );
    // What is printed is well formed: only values that are nobody's may be refused.
    report.check(
      !(status?.startsWith("4") && /"field":"(body|Content-Type)"/.test(out)) && status !== "405",
      `${operation.id}: ${command}\n${out.slice(0, 500)}`,
    );
  }

  // Everything opened, nothing is wider than the window.
  for (const [width, scheme] of [
    [390, "light"],
    [390, "dark"],
    [1280, "light"],
  ]) {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.locator("details").evaluateAll((all) => all.forEach((one) => (one.open = true)));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    report.check(wide <= width, `in ${scheme} the page is ${wide} px wide, not ${width}`);
    const [text, ground] = await page.evaluate(() => {
      const { color, backgroundColor } = getComputedStyle(document.body);
      return [color, backgroundColor].map((one) =>
        one.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0),
      );
    });
    report.check(
      scheme === "dark" ? text - ground > 400 : ground - text > 400,
      `in ${scheme} text of ${text} is on ${ground}`,
    );
    if (process.env.SCREENSHOT)
      await page.screenshot({ path: `${process.env.SCREENSHOT}-${width}-${scheme}.png` });
  }
  report.check(said.length === 0, `the console says ${said.join(" | ")}`);
  report.check(
    asked.every((url) => url.startsWith(`${given.base}/`)),
    `asked elsewhere: ${asked.join(" ")}`,
  );
} catch (problem) {
  report.check(false, `${problem}`);
} finally {
  await browser.close();
  close();
}
report.finish("plain_page", 4 * api.operations.length);
