/* Improves every page of the house a little; none needs it. */
"use strict";

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/worker.js");

/* After something went wrong, what is wrong comes first for who reads with the keyboard or by ear. */
document.getElementById("problems")?.focus();

/* One press of a button sends a form once. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // coming back through the history, the form may be sent again
  window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
});

/* The menu closes with Escape and when somebody goes on elsewhere. */
const menu = document.querySelector("details.menu");
if (menu) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
}
