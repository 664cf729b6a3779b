// Starts the peer: node server.mjs '{"host": …, "certificate": …, "key": …, "authority": …, "hosts": {…}}'.
// Prints one JSON line when both doors are open; ends when its standard input is closed.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { once } from "node:events";
import { Application } from "./application.mjs";
import { openControl } from "./control.mjs";
import { openOutside } from "./outside.mjs";

const BODY_BYTES_MAX = 4 * 1024 * 1024;
const options = {
  port: 0,
  controlPort: 0,
  user: "ada",
  name: "Ada",
  actorType: "Person",
  rsaBits: 2048,
  hosts: {},
  mode: {},
  ...JSON.parse(process.argv[2]),
};

async function bodyOf(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > BODY_BYTES_MAX) throw new Error("body too large");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function headersOf(request) {
  const headers = new Headers();
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    headers.append(request.rawHeaders[at], request.rawHeaders[at + 1]);
  }
  return headers;
}

const outside = { hosts: { ...options.hosts } };
const app = new Application(options);
outside.log = openOutside({
  authority: readFileSync(options.authority, "utf-8"),
  hosts: outside.hosts,
  onAnswer: () => app.notify(),
});
await app.start();
if (Object.keys(options.mode).length > 0) app.change(options.mode);

const front = createServer(
  { cert: readFileSync(options.certificate), key: readFileSync(options.key) },
  async (request, response) => {
    try {
      const body = await bodyOf(request);
      const asked = new Request(`${app.origin}${request.url}`, {
        method: request.method,
        headers: headersOf(request),
        body: body.length > 0 ? body : undefined,
      });
      const answer = await app.answer(asked, body);
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    } catch (problem) {
      console.error(problem);
      response.writeHead(500, { "content-type": "text/plain" });
      response.end("internal error");
    }
  },
);
const control = openControl(app, outside);
front.listen(options.port, "127.0.0.1");
control.listen(options.controlPort, "127.0.0.1");
await Promise.all([once(front, "listening"), once(control, "listening")]);
outside.hosts[options.host] = { address: "127.0.0.1", port: front.address().port };

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
console.log(JSON.stringify({
  ready: true,
  port: front.address().port,
  controlPort: control.address().port,
  actor: app.context().getActorUri(app.user).href,
}));
