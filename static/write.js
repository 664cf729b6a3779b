/* Improves the form in which members write; without it everything works by pressing buttons.
   What is typed is kept by itself; while there is no line it stays on this device; what it will look like stands beside it. */
"use strict";

(() => {
  const form = document.querySelector("form.composer");
  if (!form) return;
  const said = document.getElementById("saved");
  const beside = document.getElementById("beside");
  const words = document.getElementById("live-words").dataset;
  const PAUSE_MS = 2500;
  const AGAIN_MS = 20000;
  const KEPT_MS = 7 * 86400000;
  let timer = 0;
  let sending = false;
  let dirty = false;
  let stopped = false;
  let pressed = null;

  const say = (text) => { said.textContent = text; };
  const slot = () => "draft:" + words.who + ":" + form.getAttribute("action");

  /* Everything typed, without files and without the word that proves the form. */
  const typed = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !["form_token", "version", "once"].includes(name));

  const keepHere = () => {
    try {
      localStorage.setItem(slot(), JSON.stringify({ at: Date.now(), typed: typed() }));
    } catch { /* no room, or not allowed: the page itself still has it */ }
  };
  const forgetHere = (key = slot()) => {
    try { localStorage.removeItem(key); } catch { /* nothing was kept */ }
  };

  async function send() {
    clearTimeout(timer);
    if (sending || stopped) return;
    sending = true;
    dirty = false;
    keepHere();
    say(words.saving);
    const key = slot();
    const data = new FormData(form);
    data.delete("upload");
    data.set("act", "save");
    // a language that is only chosen is not added by saving
    data.delete("add_language");
    data.delete("other_language");
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data, headers: { Accept: "application/json" } });
      if (answer.ok) {
        const told = await answer.json();
        form.elements.version.value = told.version;
        if (form.getAttribute("action") !== told.path) {
          form.setAttribute("action", told.path);
          history.replaceState(null, "", told.path);
        }
        forgetHere(key);
        say(told.said);
        look(told.path);
      } else if (answer.status === 401 || answer.status === 403) {
        stopped = true;
        say(words.signedOut);
      } else if (answer.status === 409) {
        stopped = true;
        say(words.overtaken);
      } else {
        later(words.offline);
      }
    } catch {
      later(words.offline);
    }
    sending = false;
    if (pressed) form.requestSubmit(pressed);
    else if (dirty) plan(PAUSE_MS);
  }

  const plan = (after) => { clearTimeout(timer); timer = setTimeout(send, after); };
  const later = (text) => { say(text); keepHere(); plan(AGAIN_MS); };

  const shownLanguage = () => form.querySelector(".in-language:not([hidden])")?.id.slice(3) ?? "";

  /* What it will look like, beside the words. The server made it clean; here it is only put in its place. */
  async function look(path) {
    if (getComputedStyle(beside.parentElement).display === "none" || innerWidth < 1248) return;
    try {
      const answer = await fetch(path + "/look?part=1&text=" + encodeURIComponent(shownLanguage()), { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const article = page.querySelector("article");
      if (!article) return;
      beside.replaceChildren(document.adoptNode(article));
      beside.hidden = false;
    } catch { /* it stays as it was */ }
  }

  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    dirty = true;
    plan(PAUSE_MS);
    keepHere();
  });
  /* A button that is pressed while something is on its way waits for it, so that nobody overtakes themselves. */
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!sending) { stopped = true; return; }
    event.preventDefault();
    pressed = event.submitter ?? form.querySelector("button[value=save]");
  });
  addEventListener("pageshow", (event) => { if (event.persisted) stopped = false; });
  addEventListener("online", () => { if (dirty || timer) send(); });
  addEventListener("pagehide", () => { if (dirty) keepHere(); });

  /* Words that never arrived come back when somebody asks for them. */
  const bringBack = (kept) => {
    const seen = new Map();
    for (const [name, value] of kept) {
      const fields = [...form.elements].filter((each) => each.name === name && each.type !== "hidden" && each.type !== "file" && each.tagName !== "BUTTON");
      for (const field of fields) {
        if (field.type === "radio" || field.type === "checkbox") field.checked = field.value === value;
        else if (!seen.has(field)) { field.value = value; seen.set(field, true); }
      }
    }
    send();
  };
  try {
    const kept = JSON.parse(localStorage.getItem(slot()) || "null");
    if (kept && Date.now() - kept.at > KEPT_MS) forgetHere();
    else if (kept && JSON.stringify(kept.typed) !== JSON.stringify(typed())) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = words.restore;
      button.addEventListener("click", () => { button.remove(); bringBack(kept.typed); });
      said.after(button);
    } else if (kept) forgetHere();
  } catch { /* what cannot be read is not ours */ }

  /* Languages as tabs. */
  const sheets = [...form.querySelectorAll(".in-language")];
  const tabs = [...document.querySelectorAll(".tabs a")];
  const choose = (which) => {
    for (const sheet of sheets) sheet.hidden = sheet !== which;
    for (const tab of tabs) {
      if (tab.hash === "#" + which.id) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    }
  };
  const sheetOf = (node) => sheets.find((each) => each.contains(node));
  if (sheets.length > 1) {
    for (const tab of tabs) tab.addEventListener("click", (event) => {
      event.preventDefault();
      const sheet = document.getElementById(decodeURIComponent(tab.hash.slice(1)));
      choose(sheet);
      sheet.querySelector("input:not([type=hidden]), textarea").focus();
      if (!beside.hidden) look(form.getAttribute("action"));
    });
    // a field that is wrong or missing is shown before the browser points at it
    form.addEventListener("invalid", (event) => { const sheet = sheetOf(event.target); if (sheet) choose(sheet); }, true);
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.(".problems a[href^='#']");
      const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (field && sheetOf(field)) choose(sheetOf(field));
    });
    const asked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const wrong = form.querySelector(".in-language [aria-invalid]");
    choose((wrong && sheetOf(wrong)) || (sheets.includes(asked) ? asked : sheets[0]));
  }

  /* Pictures dropped or pasted are sent like chosen ones, together with those that were chosen before. */
  const upload = form.elements.upload;
  const take = (files) => {
    const pictures = [...files].filter((each) => each.type.startsWith("image/"));
    if (!pictures.length) { say(words.notPicture); return; }
    const all = new DataTransfer();
    for (const each of [...upload.files, ...pictures]) all.items.add(each);
    upload.files = all.files;
    form.requestSubmit(form.querySelector("button[value=upload]"));
  };
  const bringsFiles = (event) => [...event.dataTransfer.types].includes("Files");
  /* On the whole page: a file that misses the form would take its place. */
  document.addEventListener("dragover", (event) => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    form.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("dropping"); });
  document.addEventListener("drop", (event) => {
    form.classList.remove("dropping");
    if (!bringsFiles(event)) return;
    event.preventDefault();
    // whoever drops onto the field for files means the same
    take(event.dataTransfer.files);
  });
  form.addEventListener("paste", (event) => {
    // spreadsheets and word processors put a picture of the words beside the words
    const hasWords = [...event.clipboardData.types].includes("text/plain");
    if (hasWords || !event.clipboardData.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });

  /* Handles and hashtags that begin like what is being typed. */
  const list = document.createElement("div");
  list.className = "suggestions";
  list.hidden = true;
  let asking = 0;
  const wordAt = (area) => /[@#][^\s@#]*(@[^\s@#]*)?$/u.exec(area.value.slice(0, area.selectionStart))?.[0] ?? "";
  form.addEventListener("input", async (event) => {
    const area = event.target;
    if (area.tagName !== "TEXTAREA") return;
    const word = wordAt(area);
    const mine = ++asking;
    if (word.length < 3) { list.hidden = true; return; }
    try {
      const answer = await fetch(words.suggest + "?q=" + encodeURIComponent(word));
      const { found } = await answer.json();
      if (mine !== asking) return;
      list.replaceChildren(...found.map((each) => {
        const button = document.createElement("button");
        const handle = document.createElement("bdi");
        button.type = "button";
        handle.textContent = each.text;
        button.append(handle, each.name ? " " + each.name : "");
        button.addEventListener("click", () => {
          const at = area.selectionStart;
          area.setRangeText(each.text + " ", at - wordAt(area).length, at, "end");
          list.hidden = true;
          area.focus();
          area.dispatchEvent(new Event("input", { bubbles: true }));
        });
        return button;
      }));
      list.hidden = !found.length;
      area.after(list);
    } catch { list.hidden = true; }
  });
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") list.hidden = true; });

  if (!form.getAttribute("action").endsWith("/write")) look(form.getAttribute("action"));
})();
