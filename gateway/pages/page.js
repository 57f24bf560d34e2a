// page.js — what a browser with scripts has more: a password that can be looked at, a key that can be
// copied, and passkeys. Everything else works without it.
function button_in(box, label, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = label;
  button.addEventListener("click", () => act(button));
  box.append(button);
  return button;
}

for (const box of document.querySelectorAll("[data-show]")) {
  const input = box.querySelector("input");
  const label = document.querySelector(`label[for="${input.id}"]`).textContent.trim();
  const name = (word) => `${word}: ${label}`;
  const button = button_in(box, box.dataset.show, () => {
    const is_hidden = input.type === "password";
    input.type = is_hidden ? "text" : "password";
    button.textContent = is_hidden ? box.dataset.hide : box.dataset.show;
    button.setAttribute("aria-label", name(button.textContent));
  });
  button.setAttribute("aria-label", name(box.dataset.show));
  // What is sent is a password again, so that no browser keeps it as a text.
  input.form.addEventListener("submit", () => (input.type = "password"));
}

for (const box of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button_in(box, box.dataset.copy, async (button) => {
    await navigator.clipboard.writeText(box.querySelector("code").textContent);
    button.textContent = box.dataset.copied;
  });
}

// -- passkeys (WebAuthn Level 3) ------------------------------------------------------------------

// How long a challenge is asked with: it is good for five minutes.
const challenge_ms = 4 * 60 * 1000;

function send_credential(form, credential) {
  form.elements.credential.value = JSON.stringify(credential);
  form.submit();
}

function show_problem(form, error) {
  if (error.name !== "AbortError") form.querySelector(".error").hidden = false;
}

async function request_options(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const mfa_token = form.elements.mfa_token?.value;
  const answer = await fetch("/auth/passkeys/challenge", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(mfa_token ? { mfa_token } : {}),
  });
  return (await answer.json()).publicKey;
}

async function get_passkey(form, more) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await request_options(form));
  send_credential(form, await navigator.credentials.get({ publicKey, ...more }));
}

async function create_passkey(form, more) {
  const options = JSON.parse(form.dataset.options);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  send_credential(form, await navigator.credentials.create({ publicKey, ...more }));
}

// The browser offers passkeys where the name is typed, until the person does something else.
async function offer_in_autofill(form, other) {
  const field = document.querySelector('[autocomplete~="webauthn"]');
  if (!field || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  while (!other.signal.aborted) {
    const late = AbortSignal.timeout(challenge_ms);
    try {
      const signal = AbortSignal.any([other.signal, late]);
      return await get_passkey(form, { mediation: "conditional", signal });
    } catch {
      if (!late.aborted) return;
    }
  }
}

// A passkey without a click, after a sign-in by password: nobody is asked, and nobody is told when
// the browser makes none.
async function create_by_the_way(form, other) {
  const here = new URL(location);
  here.searchParams.delete("by_password"); // it is tried this once
  history.replaceState(null, "", here);
  const can = await PublicKeyCredential.getClientCapabilities?.();
  if (!can?.conditionalCreate) return;
  const { unattended } = form.elements;
  unattended.value = "on";
  const more = { mediation: "conditional", signal: other.signal };
  await create_passkey(form, more).catch(() => (unattended.value = ""));
}

function begin_passkeys(form) {
  const other = new AbortController();
  const act = form.dataset.passkey === "create" ? create_passkey : get_passkey;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    other.abort(); // a browser has one request at a time
    if (form.elements.unattended) form.elements.unattended.value = "";
    act(form, {}).catch((error) => show_problem(form, error));
  });
  form.hidden = false;
  if (act === get_passkey) offer_in_autofill(form, other);
  if ("unattended" in form.dataset) create_by_the_way(form, other);
  if (form.dataset.unknown)
    PublicKeyCredential.signalUnknownCredential?.(JSON.parse(form.dataset.unknown));
}

if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  document.querySelectorAll("[data-passkey]").forEach(begin_passkeys);
  // What the browser keeps is what the account has, under the name that it has now.
  for (const section of document.querySelectorAll("[data-signal]")) {
    const { rpId, userId, allAcceptedCredentialIds, name, displayName } = JSON.parse(
      section.dataset.signal,
    );
    PublicKeyCredential.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds });
    PublicKeyCredential.signalCurrentUserDetails?.({ rpId, userId, name, displayName });
  }
}

// A keyboard begins where something is to be done.
document.querySelector(".summary a")?.focus();
