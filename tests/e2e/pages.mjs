// The pages in a browser without scripts: an account from its registration to its end, by forms
// alone.
import { launch } from "./lib/chromium.mjs";
import { Report } from "./lib/report.mjs";
import { close } from "./lib/client.mjs";
import { given, password } from "./lib/world.mjs";
import {
  mailed_token,
  notice_of,
  path_of,
  problem_of,
  register,
  send,
  sign_in,
} from "./lib/pages.mjs";

const patience_ms = 30_000;
const page_bytes_max = 100 * 1024;
const next_password = "another analytical engine";
const phrase = "four words as passphrase";
const report = new Report();

const browser = await launch();
const context = await browser.newContext({ javaScriptEnabled: false, locale: "en-GB" });
const page = await context.newPage();
page.setDefaultTimeout(patience_ms);
const said = [];
const asked = [];
page.on(
  "console",
  (line) =>
    ["error", "warning"].includes(line.type()) && said.push(`${line.type()}: ${line.text()}`),
);
page.on("request", (one) => asked.push(one.url()));

const is_at = (path, what) => report.check(path_of(page) === path, `${what}: at ${path_of(page)}`);
const is_told = async (part, what) => {
  const notice = await notice_of(page);
  report.check(notice.includes(part), `${what}: told "${notice}"`);
};
const is_wrong = async (part, what) => {
  const problem = await problem_of(page);
  report.check(problem.includes(part), `${what}: told "${problem}"`);
  const title = await page.title();
  report.check(title.startsWith("Error: "), `${what}: the title is ${title}`);
};

try {
  // Nobody is signed in.
  await page.goto(`${given.base}/account`);
  is_at("/sign-in", "/account for nobody");
  await page.goto(given.base);
  is_at("/sign-in", "/ for nobody");

  // What is typed stays, but for the password.
  await page.goto(`${given.base}/register`);
  await send(page, "/register", { username: "a\u200bb", email: "ab@example.com", password });
  await is_wrong("invisible", "an invisible character");
  const kept = await page.locator('[name="email"]').inputValue();
  report.check(kept === "ab@example.com", `the address is ${kept}`);
  const typed = await page.locator('[name="password"]').inputValue();
  report.check(typed === "", "a password is shown again");
  const invalid = page.locator("[aria-invalid]");
  const described = await invalid.getAttribute("aria-describedby");
  for (const id of described.split(" "))
    report.check(await page.locator(`#${id}`).isVisible(), `${id} describes, and is not there`);

  const name = await register(page);
  is_at("/account?done=registered", "after a registration");
  await is_told("Your account is ready", "after a registration");
  await page.goto(given.base);
  is_at("/account", "/ for somebody");
  report.check(
    (await page.locator(".tag").allInnerTexts()).includes("not verified"),
    "the address counts as verified",
  );

  // The mail's link asks first; a mail scanner that opens it uses nothing up.
  const token = await mailed_token(name, "ev");
  await page.goto(`${given.base}/verify-email?token=${token}`);
  await page.goto(`${given.base}/verify-email?token=${token}`);
  await send(page, "/verify-email");
  is_at("/account?done=verified", "after the verification");
  await page.goto(`${given.base}/verify-email?token=${token}`);
  await send(page, "/verify-email");
  await is_wrong("used already", "a token twice");

  // The account.
  await page.goto(`${given.base}/account`);
  await send(page, "/account/details", { username: name, full_name: 'Ada <b>"&' });
  await is_told("profile is saved", "another name");
  const shown = await page.locator('#profile-full_name').inputValue();
  report.check(shown === 'Ada <b>"&', `the name is shown as ${shown}`);
  await send(page, "/account/passphrase", { current_password: "wrong", recovery_passphrase: phrase });
  await is_wrong("not your current password", "a passphrase by a wrong password");
  await send(page, "/account/passphrase", {
    current_password: password,
    recovery_passphrase: phrase,
  });
  await is_told("passphrase is set", "a passphrase");
  await send(page, "/account/keys", { name: "backup <i>", days: "30", "scope.profile:read": true });
  const key = await page.locator("#new-key").innerText();
  const me = await fetch(`${given.base}/auth/me`, { headers: { "X-API-Key": key } });
  report.check(me.status === 200, `the key ${key} is answered with ${me.status}`);
  await page.goto(`${given.base}/account`);
  report.check(!(await page.content()).includes(key), "the key is shown twice");
  await send(page, "/account/keys/revoke");
  await is_told("key is revoked", "a revocation");
  const dead = await fetch(`${given.base}/auth/me`, { headers: { "X-API-Key": key } });
  report.check(dead.status === 401, `a revoked key is answered with ${dead.status}`);

  // Another device.
  const elsewhere = await browser.newContext({ javaScriptEnabled: false });
  const other = await elsewhere.newPage();
  await sign_in(other, name);
  await page.goto(`${given.base}/account`);
  await send(page, "/account/sessions/end-others");
  await is_told("All other sessions", "the end of others");
  await other.goto(`${given.base}/account`);
  report.check(
    path_of(other) === "/sign-in?done=session_over",
    `a session that was ended is at ${path_of(other)}`,
  );
  await elsewhere.close();

  // Another password, and in again.
  await send(page, "/account/password", { current_password: password, new_password: "short" });
  await is_wrong("at least 8 characters", "a short password");
  await send(page, "/account/password", {
    current_password: password,
    new_password: next_password,
  });
  await is_told("password is changed", "another password");
  await send(page, "/sign-out");
  await is_told("signed out", "signing out");
  await sign_in(page, name);
  await is_wrong("username or the password is wrong", "the old password");
  await sign_in(page, name, next_password);
  is_at("/account", "after signing in");

  // Lost and found again, by mail and by the passphrase.
  await context.clearCookies();
  await page.goto(`${given.base}/recover`);
  await send(page, "/recover", { email: `${name}@example.com` });
  await is_told("on its way", "a mail");
  await page.goto(`${given.base}/reset-password?token=${await mailed_token(name, "rt")}`);
  await send(page, "/reset-password", { new_password: password });
  await is_told("new password is set", "a reset by mail");
  await page.goto(`${given.base}/recover`);
  await send(page, "/recover/passphrase", { email: `${name}@example.com`, passphrase: phrase });
  is_at("/recover/passphrase", "after the passphrase");
  const leads_on = await page.locator('a[href*="token="]').count();
  report.check(leads_on === 0, "a link holds the token of the passphrase");
  await send(page, "/reset-password", { new_password: next_password });
  await is_told("new password is set", "a reset by passphrase");

  // German, chosen in the footer, and kept.
  await page.locator('footer a[lang="de"]').click();
  report.check((await page.title()).startsWith("Anmelden"), `in German: ${await page.title()}`);
  await sign_in(page, name, next_password);
  report.check((await page.title()).startsWith("Ihr Konto"), `in German: ${await page.title()}`);
  await page.locator('footer a[lang="en"]').click();

  // A form of another browser's.
  await page.locator('[name="form_token"]').first().evaluate((one) => (one.value = "0.x"));
  await send(page, "/sign-out");
  report.check((await page.title()).includes("out of date"), `a wrong token: ${await page.title()}`);

  await page.goto(`${given.base}/account`);
  await send(page, "/account/delete", { current_password: next_password });
  await is_told("account is deleted", "the end");
  await sign_in(page, name, next_password);
  await is_wrong("wrong", "an account that is gone");

  const foreign = asked.filter((url) => !url.startsWith(`${given.base}/`));
  report.check(foreign.length === 0, `asked elsewhere: ${foreign.join(" ")}`);
  const errors = said.filter((line) => !/status of (403|422)/.test(line));
  report.check(errors.length === 0, `the console says ${errors.join(" | ")}`);
  let bytes = 0;
  page.on("response", async (one) => (bytes += (await one.body().catch(() => "")).length));
  await page.goto(`${given.base}/sign-in`, { waitUntil: "networkidle" });
  report.check(bytes > 0 && bytes < page_bytes_max, `/sign-in and its files are ${bytes} bytes`);
} catch (problem) {
  report.check(false, `${problem.stack}`);
} finally {
  await browser.close();
  close();
}
report.finish("pages", 45);
