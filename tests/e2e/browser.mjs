// /docs in a real browser: it loads from the server alone, under its policy, and a request can
// be sent from it.
import { launch } from "./lib/chromium.mjs";
import { Report } from "./lib/report.mjs";
import { given, new_user, password } from "./lib/world.mjs";
import { close } from "./lib/client.mjs";

const patience_ms = 30_000;
const report = new Report();
const user = await new_user();
close();

const browser = await launch();
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(patience_ms);
  const said = [];
  const asked = [];
  page.on(
    "console",
    (line) =>
      ["error", "warning"].includes(line.type()) && said.push(`${line.type()}: ${line.text()}`),
  );
  page.on("pageerror", (problem) => said.push(`exception: ${problem.message}`));
  page.on("requestfailed", (one) => said.push(`failed: ${one.url()} ${one.failure()?.errorText}`));
  page.on("request", (one) => asked.push(one.url()));

  const answer = await page.goto(`${given.base}/docs`);
  report.check(answer.status() === 200, `/docs answers ${answer.status()}`);
  const policy = answer.headers()["content-security-policy"] ?? "";
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ])
    report.check(policy.split("; ").includes(rule), `the policy does not say ${rule}: ${policy}`);
  report.check(!policy.includes("unsafe"), `the policy allows eval or inline code: ${policy}`);
  report.check(answer.headers()["x-content-type-options"] === "nosniff", "no nosniff");

  // Sends one request by the page's own form and gives the status and body that it shows.
  const try_out = async (tag, id, body) => {
    const block = page.locator(`#operations-${tag}-${id}`);
    await block.locator(".opblock-summary-control").click();
    await block.locator(".try-out__btn").click();
    if (body) await block.locator("textarea.body-param__text").fill(JSON.stringify(body));
    await block.locator("button.execute").click();
    const shown = block.locator(".live-responses-table .response");
    await shown.waitFor();
    return {
      status: (await shown.locator(".response-col_status").first().innerText()).trim(),
      text: await shown.locator(".response-col_description").first().innerText(),
    };
  };

  await page.locator("#operations-tag-Auth_Service").waitFor();
  for (const tag of ["Auth_Service", "Login_Module", "Platform"]) {
    const section = page.locator(`#operations-tag-${tag}`);
    if ((await section.getAttribute("data-is-open")) !== "true") await section.click();
  }
  const health = await try_out("Auth_Service", "health");
  report.check(health.status.startsWith("200"), `GET /health from the page: ${health.status}`);
  report.check(health.text.includes('"healthy"'), `GET /health shows ${health.text.slice(0, 300)}`);
  const token = await try_out("Auth_Service", "token", { username: user.name, password });
  report.check(
    token.status.startsWith("200"),
    `POST /auth/token from the page: ${token.status} ${token.text.slice(0, 300)}`,
  );
  report.check(
    token.text.includes("access_token"),
    `POST /auth/token shows ${token.text.slice(0, 300)}`,
  );

  // On a telephone nothing is wider than the window, and the dialogue opens within it.
  const window_px = { width: 390, height: 844 };
  await page.setViewportSize(window_px);
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    const fits = async (path) => {
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      report.check(wide <= window_px.width, `${path} in ${scheme} is ${wide} px wide`);
    };
    await page.goto(`${given.base}/docs/core-manager`);
    await fits("/docs/core-manager");
    await page.goto(`${given.base}/docs`);
    await page.locator("#operations-tag-Auth_Service").click();
    await page.locator("#operations-Auth_Service-token .opblock-summary-control").click();
    await page.locator("#operations-Auth_Service-token .responses-table").waitFor();
    await fits("/docs");
    await page.evaluate(() => scrollTo(0, 0));
    await page.locator(".auth-wrapper .btn.authorize").first().click();
    const at = await page.locator(".dialog-ux .modal-ux").boundingBox();
    const down = await page.evaluate(() => scrollY);
    report.check(
      down === 0 && at.y >= 0 && at.y + at.height <= window_px.height,
      `in ${scheme} the dialogue of ${at.height} px stands at ${at.y} px, ${down} px down the page`,
    );
  }

  report.check(said.length === 0, `the console says ${said.join(" | ")}`);
  const foreign = asked.filter(
    (url) =>
      !url.startsWith(`${given.base}/`) && !url.startsWith("data:") && !url.startsWith("blob:"),
  );
  report.check(foreign.length === 0, `asked elsewhere: ${foreign.join(" ")}`);
  report.check(
    asked.some((url) => url === `${given.base}/auth/token`),
    `never asked /auth/token: ${asked.join(" ")}`,
  );
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
} catch (problem) {
  report.check(false, `${problem}`);
} finally {
  await browser.close();
}
report.finish("browser", 16);
