// world.mjs — the people and things that requests are about, made through the API.
import { createHmac } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { call, cookie_of } from "./client.mjs";

export const password = "correct horse battery";
export const passphrase = "four words as passphrase";

// From the test that started the server.
export const given = {
  base: process.env.BASE_URL,
  internal: process.env.INTERNAL_URL,
  admin_password: process.env.ADMIN_PASSWORD,
  service_key: process.env.SERVICE_KEY,
  stripe_secret: process.env.STRIPE_SECRET,
  core_manager: process.env.CORE_MANAGER_URL,
  outbox: process.env.OUTBOX,
};

let last = 0;
export const new_number = () => ++last;
export const new_name = () => `user${process.pid}n${new_number()}`;
export const new_role_name = () => `role${process.pid}_${new_number()}`;

export const in_a_day = () =>
  new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z/, "Z");

export const bearer = (token) => ({ Authorization: `Bearer ${token}` });
export const service = () => ({ "X-Service-Key": given.service_key });

async function expect(status, what, answer) {
  const got = await answer;
  if (got.status !== status) throw new Error(`${what}: ${got.status} ${got.text}`);
  return got;
}

export async function ask(method, path, rest = {}) {
  return call(given.base, { method, path, ...rest });
}

export async function sign_in(name, with_password = password) {
  const answer = await expect(
    200,
    `sign-in of ${name}`,
    ask("POST", "/auth/token", { json: { username: name, password: with_password } }),
  );
  return { access: answer.value.access_token, cookie: cookie_of(answer) };
}

// What the verification mail to that address holds; mails are files until somebody reads them.
export async function new_verification_token(email) {
  for (let tries = 0; tries < 600; ++tries) {
    for (const name of await readdir(given.outbox).catch(() => [])) {
      if (!name.endsWith(".eml") || name.startsWith(".")) continue;
      const text = await readFile(`${given.outbox}/${name}`, "utf8");
      if (!text.includes(email)) continue;
      const body = text.replace(/=\r\n/g, "").replace(/=3D/g, "=");
      const found = body.match(/ev_[A-Za-z0-9_-]{32}\.[A-Za-z0-9_-]{43}/);
      if (found) return found[0];
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`no verification mail to ${email}`);
}

// A user with a recovery passphrase and a verified address, signed in.
export async function new_user() {
  const user = await new_unverified_user();
  const token = await new_verification_token(user.email);
  await expect(
    200,
    "verification",
    ask("POST", "/auth/verify-email/confirm", { json: { token } }),
  );
  return user;
}

export async function new_unverified_user() {
  const name = new_name();
  const email = `${name}@example.com`;
  const made = await expect(
    201,
    "registration",
    ask("POST", "/users/register", {
      json: {
        username: name,
        email,
        password,
        full_name: "John Doe",
        recovery_passphrase: passphrase,
      },
    }),
  );
  const tokens = await sign_in(name);
  const me = await expect(200, "me", ask("GET", "/auth/me", { headers: bearer(tokens.access) }));
  return { name, email, id: made.value.id, number: me.value.id, ...tokens };
}

export async function sign_in_admin() {
  return sign_in("admin", given.admin_password);
}

export async function new_project(user) {
  const made = await expect(
    201,
    "project",
    ask("POST", "/api/v1/projects", { headers: bearer(user.access), json: { name: "Demo" } }),
  );
  return made.value.id;
}

// At the service behind the gateway: of "templates" or "personas/instances".
export async function new_resource(kind, user) {
  const made = await expect(
    201,
    kind,
    ask("POST", `/api/v1/${kind}`, { headers: bearer(user.access), json: { name: "Demo" } }),
  );
  return made.value.id;
}

export async function new_api_key(user) {
  const made = await expect(
    201,
    "API key",
    ask("POST", "/auth/api-keys", {
      headers: bearer(user.access),
      json: { name: "ci", scopes: ["projects:read"] },
    }),
  );
  return made.value.id;
}

// RFC 6238, for the step of now and so many more.
export function totp_code(secret, steps_ahead = 0) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps_ahead));
  const mac = createHmac("sha1", key).update(step).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1000000).padStart(6, "0");
}

export async function user_with_unconfirmed_app() {
  const user = await new_user();
  const made = await expect(
    201,
    "authenticator app",
    ask("POST", "/auth/mfa/totp/enroll", { headers: bearer(user.access), json: {} }),
  );
  return { ...user, secret: made.value.secret, app: made.value.id };
}

export async function new_app_owner() {
  const user = await user_with_unconfirmed_app();
  const made = await expect(
    200,
    "first code",
    ask("POST", "/auth/mfa/totp/verify", {
      headers: bearer(user.access),
      json: { code: totp_code(user.secret) },
    }),
  );
  return { ...user, codes: made.value.recovery_codes };
}

export async function new_mfa_token(owner) {
  const asked = await expect(
    401,
    "second step",
    ask("POST", "/auth/token", { json: { username: owner.name, password } }),
  );
  return asked.value.error.details.mfa_token;
}

export async function new_role(admin) {
  const name = new_role_name();
  await expect(
    201,
    "role",
    ask("POST", "/admin/roles", {
      headers: bearer(admin.access),
      json: { name, description: "One", permissions: ["users:read"] },
    }),
  );
  return name;
}

export async function new_session_of(user) {
  const listed = await expect(
    200,
    "sessions",
    ask("GET", "/auth/sessions", { headers: bearer(user.access) }),
  );
  return listed.value.sessions[0].id;
}

export async function new_reset_token(user) {
  const granted = await expect(
    200,
    "reset token",
    ask("POST", "/recovery/verify-passphrase", { json: { email: user.email, passphrase } }),
  );
  return granted.value.reset_token;
}

export function stripe_signature(body) {
  const time = Math.floor(Date.now() / 1000);
  const mac = createHmac("sha256", given.stripe_secret).update(`${time}.${body}`).digest("hex");
  return { "Stripe-Signature": `t=${time},v1=${mac}` };
}

// The people and things that stay: what a wrong request must not change.
export async function make_world() {
  const world = { admin: await sign_in_admin(), user: await new_user() };
  world.role = await new_role(world.admin);
  world.project = await new_project(world.user);
  world.api_key = await new_api_key(world.user);
  return world;
}
