// Every page as it looks, in light and in dark, narrow and wide: axe finds no barrier, html-validate
// no mistake, nothing is wider than the window, and a keyboard shows where it is.
// SCREENSHOT=prefix keeps a picture of each.
import { createRequire } from "node:module";
import { HtmlValidate } from "html-validate";
import { launch } from "./lib/chromium.mjs";
import { Report } from "./lib/report.mjs";
import { close } from "./lib/client.mjs";
import { given, new_app_owner, passphrase, password, totp_code } from "./lib/world.mjs";
import { add_authenticator } from "./lib/authenticator.mjs";
import { mailed_token, register, send, sign_in } from "./lib/pages.mjs";

const axe = createRequire(import.meta.url)("axe-core");
const patience_ms = 30_000;
const looks = [
  { scheme: "light", width: 320 },
  { scheme: "dark", width: 320 },
  { scheme: "light", width: 1440 },
  { scheme: "dark", width: 1440 },
];
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const validator = new HtmlValidate({
  extends: ["html-validate:recommended"],
  rules: {
    "long-title": "off", // the brand's name is the operator's
    // What a password manager is told of a form whose username is known.
    "form-dup-name": "off",
  },
});
const report = new Report();
given.base = given.base.replace("127.0.0.1", "localhost"); // passkeys are made for a domain

const browser = await launch();
const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce" });
const page = await context.newPage();
page.setDefaultTimeout(patience_ms);
const said = [];
page.on(
  "console",
  (line) =>
    ["error", "warning"].includes(line.type()) && said.push(`${line.type()}: ${line.text()}`),
);
page.on("pageerror", (problem) => said.push(`exception: ${problem.message}`));
let html; // of the last page, as it was sent
page.on("response", (answer) => {
  const type = answer.headers()["content-type"] ?? "";
  if (!type.startsWith("text/html") || answer.status() === 303) return;
  html = answer.text();
  html.catch(() => {}); // of a page that was left: whoever wants the last one awaits it
});

const axe_problems = async () => {
  await page.evaluate(axe.source);
  const found = await page.evaluate((tags) => window.axe.run({ runOnly: tags }), rules);
  return found.violations.map(
    (one) => `${one.id}: ${one.nodes.map((node) => `${node.html} ${node.failureSummary}`).join(" ")}`,
  );
};

const html_problems = async () => {
  const found = await validator.validateString(await html);
  return found.results.flatMap((one) =>
    one.messages.map((each) => `${each.ruleId} ${each.line}:${each.column} ${each.message}`),
  );
};

// The page that `arrive` leads to, in all its looks.
async function look(name, arrive) {
  await arrive();
  report.none(await html_problems(), `${name}: HTML`);
  const headings = await page.locator("h1").count();
  report.check(headings === 1, `${name} has ${headings} first headings`);
  for (const { scheme, width } of looks) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    const where = `${name} in ${scheme} at ${width} px`;
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    report.check(wide <= width, `${where} is ${wide} px wide`);
    report.none(await axe_problems(), where);
    if (process.env.SCREENSHOT)
      await page.screenshot({
        path: `${process.env.SCREENSHOT}${name}-${scheme}-${width}.png`,
        fullPage: true,
      });
  }
}

const open = (path) => () => page.goto(`${given.base}${path}`);
const refused = (path, action, values) => async () => {
  await open(path)();
  await send(page, action, values);
};

try {
  await look("sign-in", open("/sign-in"));
  await look(
    "sign-in-wrong",
    refused("/sign-in", "/sign-in", { username: "nobody", password: "nothing at all" }),
  );
  await look("register", open("/register"));
  await look(
    "register-wrong",
    refused("/register", "/register", {
      username: "short",
      email: "short@example.com",
      password: "short",
    }),
  );
  await look("recover", open("/recover"));
  await look("recover-done", open("/recover?done=mailed"));
  await look("reset-without-token", open("/reset-password"));
  await look("verify-without-token", open("/verify-email"));
  await look("sign-in-german", open("/sign-in?language=de"));
  await open("/sign-in?language=en")();

  const owner = await new_app_owner();
  const second_step = () => sign_in(page, owner.name);
  await look("second-step", second_step);
  await look("second-step-wrong", async () => {
    await second_step();
    await send(page, "/sign-in/second-step", { code: "000000" });
  });
  await second_step();
  await page.locator('footer a[lang="de"]').click();
  await page.waitForURL(`${given.base}/sign-in`);
  await look("second-step-german", second_step);
  const language = await page.locator("html").getAttribute("lang");
  report.check(language === "de", `the second step in German is in ${language}`);
  await open("/sign-in?language=en")();
  await look("reset-by-passphrase", async () => {
    await open("/recover")();
    await send(page, "/recover/passphrase", { email: owner.email, passphrase });
  });

  // A keyboard comes to the content at once, and sees where it is.
  await open("/sign-in")();
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.className);
  report.check(first === "skip", `the first stop of a keyboard is ${first}`);
  await page.keyboard.press("Enter");
  report.check(page.url().endsWith("#content"), `the skip link leads to ${page.url()}`);
  await page.keyboard.press("Tab");
  const best = await page.evaluate(() => document.activeElement.textContent);
  report.check(best === "Sign in with a passkey", `after the skip link comes ${best}`);
  await page.keyboard.press("Tab");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
  report.check(outline !== "0px", "the focus does not show");
  const stop = await page.evaluate(() => document.activeElement.name);
  report.check(stop === "username", `after the passkey comes ${stop}`);

  // With scripts a password can be looked at; it is sent as a password all the same.
  const word = page.locator('[name="password"]');
  await word.fill("look at me");
  await page.getByRole("button", { name: "Show: Password" }).click();
  report.check((await word.getAttribute("type")) === "text", "the password does not show");
  await page.getByRole("button", { name: "Hide: Password" }).click();
  report.check((await word.getAttribute("type")) === "password", "the password does not hide");

  const name = await register(page);
  const verification = await mailed_token(name, "ev");
  await look("account-new", open("/account?done=registered"));
  await look("verify", open(`/verify-email?token=${verification}`));
  await send(page, "/verify-email");
  await send(page, "/account/passphrase", {
    current_password: password,
    recovery_passphrase: "four words as passphrase",
  });
  for (const number of [1, 2]) {
    const other = await browser.newContext({
      userAgent: [
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
      ][number - 1],
    });
    await sign_in(await other.newPage(), name);
    await other.close();
  }
  const key = { days: "90", "scope.projects:read": true };
  await look("account-key", () => send(page, "/account/keys", { name: "backup script", ...key }));
  await look("account", open("/account"));
  await look(
    "account-wrong",
    refused("/account", "/account/password", {
      current_password: "not this one",
      new_password: "a good new password",
    }),
  );
  await look(
    "account-key-wrong",
    refused("/account", "/account/keys", { name: "an invisible \u200b one", ...key }),
  );
  await add_authenticator(context, page);
  await open("/account")();
  await page.locator('form[action="/account/passkeys"] button').click();
  await page.waitForURL(`${given.base}/account?done=passkey_added`);
  await look("account-passkey", open("/account?done=passkey_added"));
  await look("account-app", () => send(page, "/account/apps"));
  const secret = await page.locator("section:has(svg.qr) .key").innerText();
  await look("account-app-wrong", () => send(page, "/account/apps/confirm", { code: "000000" }));
  await look("account-codes", () =>
    send(page, "/account/apps/confirm", { code: totp_code(secret.trim()) }),
  );
  await look("account-factors", open("/account?language=de"));
  await look("confirm", open("/account/confirm?language=en"));
  await look("sign-out", open("/sign-out"));
  await look("error", async () => {
    await open("/sign-out")();
    await page
      .locator('main [name="form_token"]')
      .evaluate((one) => (one.value = "0.x"));
    await page.locator('main button[type="submit"]').click();
    await page.waitForLoadState("load");
  });
  await open("/recover")();
  await send(page, "/recover", { email: `${name}@example.com` });
  await look("reset", open(`/reset-password?token=${await mailed_token(name, "rt")}`));

  const errors = said.filter((line) => !/status of (403|422)/.test(line));
  report.check(errors.length === 0, `the console says ${errors.join(" | ")}`);
} catch (problem) {
  report.check(false, `${problem.stack}`);
} finally {
  await browser.close();
  close();
}
report.finish("pages_look", 200);
