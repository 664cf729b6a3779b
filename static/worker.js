/* What the browser keeps for a bad line: style, icons, one page that says so, and the public pages somebody read last.
   Nothing of the house is ever kept. The line before this one is written by the server: SHELL, OFFLINE, VERSION. */
"use strict";

const SHELL_CACHE = "shell-" + VERSION;
const READ_CACHE = "read";
const READ_MAX = 30;
const PRIVATE = /^\/(house|me|steward|sign-in|sign-out|invitation|welcome)(\/|$)/;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(SHELL_CACHE).then((cache) => cache.addAll([...SHELL, OFFLINE])).then(() => self.skipWaiting())
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(
        names.filter((name) => name.startsWith("shell-") && name !== SHELL_CACHE).map((name) => caches.delete(name))
      ))
      .then(() => self.clients.claim())
  );
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (SHELL.includes(url.pathname)) event.respondWith(shell(request));
});

async function page(event, url) {
  try {
    const answer = await fetch(event.request);
    if (isKept(answer, url)) event.waitUntil(keep(url, answer.clone()));
    return answer;
  } catch (problem) {
    const read = PRIVATE.test(url.pathname) ? undefined : await caches.match(url.href, { ignoreVary: true });
    return read || (await caches.match(OFFLINE, { ignoreVary: true })) || Response.error();
  }
}

function isKept(answer, url) {
  const rule = answer.headers.get("cache-control") || "";
  return answer.status === 200 && !answer.redirected && rule.startsWith("public") && !PRIVATE.test(url.pathname);
}

async function keep(url, answer) {
  const cache = await caches.open(READ_CACHE);
  await cache.delete(url.href, { ignoreVary: true });
  await cache.put(url.href, answer);
  const read = await cache.keys();
  await Promise.all(read.slice(0, Math.max(0, read.length - READ_MAX)).map((each) => cache.delete(each)));
}

async function shell(request) {
  return (await caches.match(request, { ignoreVary: true })) || fetch(request);
}
