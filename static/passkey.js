/* Passkeys: the browser asks the device, and the form takes the answer along. Where it cannot, nothing of it is shown. */
"use strict";

if (window.PublicKeyCredential && navigator.credentials) {
  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
  const toText = (buffer) =>
    btoa(Array.from(new Uint8Array(buffer), (each) => String.fromCharCode(each)).join(""))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const optionsOf = (button) => {
    const options = JSON.parse(button.dataset.options);
    options.challenge = toBytes(options.challenge);
    if (options.user) options.user.id = toBytes(options.user.id);
    for (const each of options.excludeCredentials || []) each.id = toBytes(each.id);
    return options;
  };

  const saidBy = (made) => {
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[part]) response[part] = toText(made.response[part]);
    }
    return JSON.stringify({ id: made.id, rawId: toText(made.rawId), type: made.type, response });
  };

  const ask = async (button) => {
    const form = button.form;
    const told = button.closest(".passkey").querySelector("[role=status]");
    const makes = button.dataset.passkey === "create";
    // first what is to be typed: a passkey that was made for nothing would stay on the device
    if (makes && !form.reportValidity()) return;
    told.textContent = "";
    button.disabled = true;
    try {
      const publicKey = optionsOf(button);
      const made = await (makes ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
      form.elements.passkey.value = saidBy(made);
      form.action = button.dataset.action;
      form.submit();
    } catch (problem) {
      told.textContent = problem.name === "InvalidStateError" ? button.dataset.known : button.dataset.failed;
      button.disabled = false;
    }
  };

  for (const button of document.querySelectorAll("button[data-passkey]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      ask(button);
    });
  }
  for (const part of document.querySelectorAll("[data-passkey-part]")) part.hidden = false;
  // coming back through the history, it may be asked again
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button[data-passkey]")) button.disabled = false;
  });
}
