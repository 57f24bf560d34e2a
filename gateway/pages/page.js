// page.js — what a browser with scripts has more: a password that can be looked at, and a key that
// can be copied. Everything works without it.
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

// A keyboard begins where something is to be done.
document.querySelector(".summary a")?.focus();
