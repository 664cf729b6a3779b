/* On the page for a bad line: what was read last, and a way to try again. */
"use strict";

(async () => {
  const list = document.getElementById("read-last");
  if (!list || !("caches" in window)) return;
  const cache = await caches.open("read");
  const read = (await cache.keys()).reverse();
  for (const each of read) {
    const answer = await cache.match(each, { ignoreVary: true });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = each.url;
    link.textContent = page.title || new URL(each.url).pathname;
    link.dir = "auto";
    item.append(link);
    list.append(item);
  }
  if (read.length) document.getElementById("read-last-part").hidden = false;
})();

/* A line that is back is not always announced, and one that is announced is not always back. */
const again = async () => {
  try {
    const answer = await fetch("/robots.txt", { method: "HEAD", cache: "no-store" });
    if (answer.ok) location.reload();
  } catch {
    // not yet
  }
};
window.addEventListener("online", again);
setInterval(again, 3000);
