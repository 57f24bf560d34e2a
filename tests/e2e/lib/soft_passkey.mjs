// soft_passkey.mjs — an authenticator as a program, for requests that no browser makes: it answers
// the options of the API with a passkey of ES256, without attestation (WebAuthn Level 3).
import { createHash, createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import { given } from "./world.mjs";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
const b64 = (bytes) => Buffer.from(bytes).toString("base64url");

// Passkeys are made for a domain: the server is reached as localhost.
const host = new URL(given.base).host.replace("127.0.0.1", "localhost");
export const as_localhost = { Host: host };
const origin = `http://${host}`;

const present_and_verified = 0x05;
const with_credential = 0x40;

// CBOR (RFC 8949) of what an attestation object has: heads of up to 65535, and no more.
const head = (major, n) =>
  n < 24
    ? Buffer.from([(major << 5) | n])
    : n < 256
      ? Buffer.from([(major << 5) | 24, n])
      : Buffer.from([(major << 5) | 25, n >> 8, n & 255]);
const number = (n) => (n >= 0 ? head(0, n) : head(1, -1 - n));
const bytes = (value) => Buffer.concat([head(2, value.length), value]);
const text = (value) => Buffer.concat([head(3, value.length), Buffer.from(value)]);
const map = (...pairs) => Buffer.concat([head(5, pairs.length / 2), ...pairs]);

const client_data = (type, challenge) =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));

function authenticator_data(rp_id, flags, count, credential = Buffer.alloc(0)) {
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(count);
  return Buffer.concat([sha256(rp_id), Buffer.from([flags]), counter, credential]);
}

// The answer to creation options (RegistrationResponseJSON), and the passkey that it registers.
export function create(options) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = publicKey.export({ format: "jwk" });
  const point = (value) => bytes(Buffer.from(value, "base64url"));
  const key = map(
    ...[number(1), number(2), number(3), number(-7), number(-1), number(1)],
    ...[number(-2), point(x), number(-3), point(y)],
  );
  const id = randomBytes(16);
  const size = Buffer.from([0, id.length]);
  const attested = Buffer.concat([Buffer.alloc(16), size, id, key]);
  const data = authenticator_data(options.rp.id, present_and_verified | with_credential, 0, attested);
  const object = map(
    ...[text("fmt"), text("none"), text("attStmt"), map(), text("authData"), bytes(data)],
  );
  const passkey = { id: b64(id), rp_id: options.rp.id, user: options.user.id, key: privateKey };
  const credential = {
    id: passkey.id,
    rawId: passkey.id,
    type: "public-key",
    response: {
      clientDataJSON: b64(client_data("webauthn.create", options.challenge)),
      attestationObject: b64(object),
      transports: ["internal"],
    },
    clientExtensionResults: {},
  };
  return { passkey, credential };
}

// The answer to request options (AuthenticationResponseJSON).
export function get(options, passkey) {
  const said = client_data("webauthn.get", options.challenge);
  const data = authenticator_data(passkey.rp_id, present_and_verified, 0);
  const signature = createSign("sha256")
    .update(Buffer.concat([data, sha256(said)]))
    .sign(passkey.key);
  return {
    id: passkey.id,
    rawId: passkey.id,
    type: "public-key",
    response: {
      clientDataJSON: b64(said),
      authenticatorData: b64(data),
      signature: b64(signature),
      userHandle: passkey.user,
    },
    clientExtensionResults: {},
  };
}
