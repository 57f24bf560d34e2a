// pages.mjs — the pages as a person goes through them: what is typed, sent and read.
import { readFile, readdir } from "node:fs/promises";
import { given, new_name, password } from "./world.mjs";

// Fills the form that is sent to that path and sends it; the answer of the page that follows.
export async function send(page, action, values = {}) {
  const form = page.locator(`form[action="${action}"]:not([data-passkey])`).first();
  for (const fold of await form.locator("xpath=ancestor::details[not(@open)]").all())
    await fold.locator("summary").click();
  for (const [name, value] of Object.entries(values)) {
    const input = form.locator(`[name="${name}"]`);
    if (value === true) await input.check();
    else if ((await input.evaluate((one) => one.tagName)) === "SELECT")
      await input.selectOption(value);
    else await input.fill(value);
  }
  const arrived = page.waitForEvent("framenavigated");
  await form.locator('button[type="submit"]').click();
  await arrived;
  await page.waitForLoadState("load");
}

export const path_of = (page) => page.url().slice(given.base.length);
export const problem_of = async (page) =>
  (await page.locator(".summary p").allInnerTexts()).join(" ");
export const notice_of = async (page) => (await page.locator(".notice").allInnerTexts()).join(" ");

// A new person with an account, signed in on that page.
export async function register(page) {
  const name = new_name();
  await page.goto(`${given.base}/register`);
  await send(page, "/register", {
    username: name,
    email: `${name}@example.com`,
    full_name: "Ada Lovelace",
    password,
  });
  return name;
}

export const sign_in = (page, username, word = password) =>
  page
    .goto(`${given.base}/sign-in`)
    .then(() => send(page, "/sign-in", { username, password: word }));

// The token in the newest mail to that name; mails are files until somebody reads them.
export async function mailed_token(name, kind) {
  const pattern = new RegExp(`${kind}_[A-Za-z0-9_-]{32}\\.[A-Za-z0-9_-]{43}`);
  for (let tries = 0; tries < 600; ++tries) {
    for (const file of await readdir(given.outbox).catch(() => [])) {
      if (!file.endsWith(".eml") || file.startsWith(".")) continue;
      const text = await readFile(`${given.outbox}/${file}`, "utf8");
      const found = text.replace(/=\r\n/g, "").replace(/=3D/g, "=").match(pattern);
      if (found && text.includes(`${name}@example.com`)) return found[0];
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`no mail with ${kind} to ${name}`);
}
