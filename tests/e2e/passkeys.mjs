// Passkeys and second factors in a browser with an authenticator of its own (WebAuthn by the DevTools
// protocol): one that comes with no click more, a sign-in by autofill, an app, a recovery code.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { promisify } from "node:util";
import {
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { add_authenticator } from "./lib/authenticator.mjs";
import { launch } from "./lib/chromium.mjs";
import { Report } from "./lib/report.mjs";
import { close } from "./lib/client.mjs";
import { given, new_name, new_user, password } from "./lib/world.mjs";
import { notice_of, problem_of, send } from "./lib/pages.mjs";

const patience_ms = 30_000;
const report = new Report();
// Passkeys are made for a domain.
const base = given.base.replace("127.0.0.1", "localhost");
const shell = promisify(execFile);

const browser = await launch();
const context = await browser.newContext({ locale: "en-GB" });
// Chromium makes a passkey without a click in its vendor's password manager alone, for somebody who
// is signed in there, and leaves any other such request open. The page's part is looked at with
// the authenticator below: it answers what no gesture was asked for.
const mediations = [];
await context.exposeFunction("note_mediation", (mediation) => mediations.push(mediation));
await context.addInitScript(() => {
  const create = navigator.credentials.create.bind(navigator.credentials);
  navigator.credentials.create = async ({ mediation, ...rest }) => {
    await window.note_mediation(`create ${mediation ?? "modal"}`);
    return create(rest);
  };
  const get = navigator.credentials.get.bind(navigator.credentials);
  navigator.credentials.get = async (wanted) => {
    await window.note_mediation(`get ${wanted.mediation ?? "modal"}`);
    return get(wanted);
  };
});
const page = await context.newPage();
page.setDefaultTimeout(patience_ms);
const said = [];
page.on("pageerror", (problem) => said.push(`exception: ${problem.message}`));

const { credentials, gesture } = await add_authenticator(context, page);

// What the browser sends by our pages, as another implementation judges it.
const sent = [];
page.on("request", (one) => {
  if (one.method() !== "POST") return;
  const credential = new URLSearchParams(one.postData() ?? "").get("credential");
  if (credential) sent.push(JSON.parse(credential));
});
const expected = (response) => ({
  response,
  expectedChallenge: JSON.parse(atob(response.response.clientDataJSON.replaceAll("-", "+").replaceAll("_", "/"))).challenge,
  expectedOrigin: base,
  expectedRPID: "localhost",
});
let known; // as the other implementation has registered it
const judge_registration = async () => {
  const judged = await verifyRegistrationResponse({
    ...expected(sent.at(-1)),
    requireUserVerification: true,
  });
  report.check(judged.verified, "the registration does not hold elsewhere");
  known = judged.registrationInfo.credential;
};
const judge_assertion = async (what) => {
  const judged = await verifyAuthenticationResponse({ ...expected(sent.at(-1)), credential: known });
  report.check(judged.verified, `${what}: the assertion does not hold elsewhere`);
  known.counter = judged.authenticationInfo.newCounter;
};

const where = () => page.url().slice(base.length);
const is_at = (path, what) => report.check(where() === path, `${what}: at ${where()}`);
const is_told = async (part, what) => {
  const notice = await notice_of(page);
  report.check(notice.includes(part), `${what}: told "${notice}"`);
};
const tags = () => page.locator("#passkeys .tag").allInnerTexts();
const sign_out = () => send(page, "/sign-out");
const app_code = async (secret, steps = 0) => {
  const now = `@${Math.floor(Date.now() / 1000) + steps * 30}`;
  const { stdout } = await shell("oathtool", ["--totp", "--base32", secret, "--now", now]);
  return stdout.trim();
};

try {
  // A passkey with no click more than the registration took.
  const name = new_name();
  await page.goto(`${base}/register`);
  await send(page, "/register", {
    username: name,
    email: `${name}@example.com`,
    full_name: "Ada Lovelace",
    password,
  });
  await page.waitForURL(`${base}/account?done=passkey_by_the_way`);
  await is_told("has made a passkey", "after a registration");
  report.check(mediations.join() === "create conditional", `it was asked by ${mediations}`);
  report.check((await credentials()).length === 1, "the authenticator has no passkey");
  report.check((await tags()).join() === "synced", `its tags are ${await tags()}`);
  await judge_registration();

  // One gesture, no name: the browser's autofill, whose answer is the gesture.
  await sign_out();
  await page.waitForURL(`${base}/account`);
  report.check(mediations.at(-1) === "get conditional", `it was asked by ${mediations.at(-1)}`);
  await judge_assertion("autofill");

  // The button does the same, where autofill was not used.
  await gesture(false);
  await sign_out();
  is_at("/sign-in?done=signed_out", "after a sign-out");
  await page.waitForLoadState("networkidle");
  await gesture(true);
  await page.locator('form[action="/sign-in/passkey"] button').click();
  await page.waitForURL(`${base}/account`);
  report.check(mediations.at(-1) === "get modal", `it was asked by ${mediations.at(-1)}`);
  await judge_assertion("the button");

  // An authenticator app; its codes are those of another implementation.
  await gesture(false);
  await send(page, "/account/apps");
  const secret = (await page.locator(".key").first().innerText()).trim();
  report.check(await page.locator("svg.qr").isVisible(), "no picture for a camera");
  await send(page, "/account/apps/confirm", { code: "000000" });
  report.check((await problem_of(page)).includes("code is wrong"), await problem_of(page));
  await send(page, "/account/apps/confirm", { code: await app_code(secret) });
  const codes = await page.locator(".codes code").allInnerTexts();
  report.check(codes.length === 10, `there are ${codes.length} recovery codes`);

  // From now on a password asks for it.
  const by_password = async () => {
    await sign_out();
    await send(page, "/sign-in", { username: name, password });
    report.check(await page.getByText("One more step").isVisible(), "no second step");
  };
  await page.goto(`${base}/account`);
  await by_password();
  // Each step works once, and the clock may be off by one.
  await send(page, "/sign-in/second-step", { code: await app_code(secret, 1) });
  is_at("/account", "after the app's code");
  await by_password();
  await send(page, "/sign-in/second-step", { code: codes[0] });
  is_at("/account", "after a recovery code");
  report.check(await page.getByText("9 of 10 recovery codes").isVisible(), "it is not used up");
  await by_password();
  await gesture(true);
  await page.locator('form[action="/sign-in/second-step"][data-passkey] button').click();
  await page.waitForURL(`${base}/account`);
  await page.waitForLoadState("load");

  // Removed here, the browser hears of it.
  await send(page, "/account/passkeys/remove");
  await is_told("The passkey is removed", "after its removal");
  await page.waitForTimeout(300);
  report.check((await credentials()).length === 0, "the browser still has the passkey");

  // Made with a gesture, asked for after the password.
  const maker = page.locator('form[action="/account/passkeys"]');
  await maker.locator('[name="second_factor"]').check();
  await maker.locator("button").click();
  await page.waitForURL(`${base}/account?done=passkey_added`);
  report.check(
    (await tags()).join() === "synced,asked for after the password",
    `its tags are ${await tags()}`,
  );

  // It has the name that its owner gives it.
  await send(page, "/account/passkeys/rename", { name: "x".repeat(101) });
  report.check((await problem_of(page)).includes("at most 100"), await problem_of(page));
  await send(page, "/account/passkeys/rename", { name: "Ada's laptop" });
  await is_told("Your passkey is changed", "after it was renamed");
  const named = await page.locator("#passkeys strong").allInnerTexts();
  report.check(named.join() === "Ada's laptop", `it is called ${named}`);

  // Another implementation's page: what it makes, the API takes.
  await page.goto(`${base}/health`);
  const bundle = createRequire(import.meta.url).resolve("@simplewebauthn/browser");
  await page.evaluate(await readFile(`${dirname(bundle)}/../dist/bundle/index.umd.min.js`, "utf8"));
  const stranger = await new_user();
  const call_api = (path, access, json) =>
    page.evaluate(
      async ({ path, access, json }) => {
        const headers = { "Content-Type": "application/json" };
        if (access) headers.Authorization = `Bearer ${access}`;
        const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(json) });
        return { status: answer.status, value: await answer.json() };
      },
      { path, access, json },
    );
  const creation = await call_api("/auth/passkeys/registration", stranger.access, {});
  const made = await page.evaluate(
    (optionsJSON) => window.SimpleWebAuthnBrowser.startRegistration({ optionsJSON }),
    creation.value.publicKey,
  );
  const added = await call_api("/auth/passkeys", stranger.access, { credential: made });
  report.check(added.status === 201, `${added.status} ${JSON.stringify(added.value)}`);
  const request = await call_api("/auth/passkeys/challenge", null, {});
  const shown = await page.evaluate(
    (optionsJSON) => window.SimpleWebAuthnBrowser.startAuthentication({ optionsJSON }),
    request.value.publicKey,
  );
  const opened = await call_api("/auth/passkeys/sign-in", null, { credential: shown });
  report.check(opened.status === 200, `${opened.status} ${JSON.stringify(opened.value)}`);

  report.check(said.length === 0, `the browser said ${said.join(" | ")}`);
} catch (problem) {
  report.check(false, `${problem.stack}\nat ${page.url()}\n${said.join("\n")}\n${await page.locator("main").innerText()}`);
} finally {
  await browser.close();
  close();
}
report.finish("passkeys", 12);
