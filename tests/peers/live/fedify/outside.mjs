// The way out of the peer: every outgoing request goes to an address of the host map or nowhere.
// Each request is noted (which signature scheme, which answer) for whoever opened a `noting`.
import { AsyncLocalStorage } from "node:async_hooks";
import { Agent, buildConnector, setGlobalDispatcher } from "undici";

const current = new AsyncLocalStorage();
const LOG_MAX = 5000;

/** Which signature scheme the headers carry: "rfc9421", "cavage" or "none". */
export function schemeOf(headers) {
  if (headers.has("signature-input")) return "rfc9421";
  return headers.has("signature") ? "cavage" : "none";
}

/** Runs `work`; returns its result (or error text) with the requests it sent, in order. */
export async function noting(work) {
  const attempts = [];
  return await current.run(attempts, async () => {
    try {
      return { result: await work(), error: null, attempts };
    } catch (problem) {
      return { result: null, error: String(problem?.message ?? problem), attempts };
    }
  });
}

/** Replaces the process' way out. `hosts` maps "name" or "name:port" to {address, port}. Returns the log. */
export function openOutside({ authority, hosts, onAnswer }) {
  const log = [];
  const connect = buildConnector({ ca: authority, allowH2: false, timeout: 5000 });
  setGlobalDispatcher(
    new Agent({
      connect(options, done) {
        const port = Number(options.port || 443);
        const route = hosts[port === 443 ? options.hostname : `${options.hostname}:${port}`];
        if (route == null || options.protocol !== "https:") {
          done(new Error(`no route to ${options.protocol}//${options.hostname}:${port}`), null);
          return;
        }
        const servername = options.servername || options.hostname;
        connect({ ...options, hostname: route.address, port: String(route.port), servername }, done);
      },
    }),
  );
  const send = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : {}));
    const attempt = {
      method: init?.method ?? (input instanceof Request ? input.method : "GET"),
      url: input instanceof Request ? input.url : String(input),
      scheme: schemeOf(headers),
      status: null,
      error: null,
    };
    if (log.length < LOG_MAX) log.push(attempt);
    current.getStore()?.push(attempt);
    try {
      const answer = await send(input, init);
      attempt.status = answer.status;
      return answer;
    } catch (problem) {
      attempt.error = String(problem?.cause?.message ?? problem?.message ?? problem);
      throw problem;
    } finally {
      onAnswer();
    }
  };
  return log;
}
