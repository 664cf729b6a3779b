// Independent judges of HTTP signatures. One JSON question per line on standard input, one answer per line.
// {"judge": …, "deed": "sign" | "verify", method, url, headers, body, keyId, privateKey | publicKey}
// answers {"headers": …}, or {"verified": true | false, "reason": …}. `body` is text or null.
import { createHash, createPrivateKey, webcrypto } from "node:crypto";
import { createInterface } from "node:readline";
import { signRequest, verifyRequestDetailed } from "@fedify/fedify/sig";
import { getDocumentLoader } from "@fedify/vocab-runtime";
import joyent from "@peertube/http-signature";
import * as activitypub from "activitypub-http-signatures";
import messages from "http-message-signatures";

const SPECS = { "fedify-cavage": "draft-cavage-http-signatures-12", "fedify-rfc9421": "rfc9421" };
const RSA = "rsa-v1_5-sha256";

const lower = (headers) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
const target = (url) => new URL(url).pathname + new URL(url).search;
const digestOf = (body) => createHash("sha256").update(body, "utf-8").digest("base64");

/** What a sender adds itself: host, date and a digest of the body. */
function prepared({ url, headers, body }, digestName = "digest") {
  const digest = { digest: () => `SHA-256=${digestOf(body)}`, "content-digest": () => `sha-256=:${digestOf(body)}:` };
  return {
    host: new URL(url).host,
    date: new Date().toUTCString(),
    ...(body == null ? {} : { [digestName]: digest[digestName]() }),
    ...lower(headers),
  };
}

const cavageFields = (headers) =>
  ["(request-target)", "host", "date", "digest", "content-type"].filter((name) => name.startsWith("(") || name in headers);

const judges = {
  "peertube-cavage": {
    sign(question) {
      const headers = prepared(question);
      const request = {
        method: question.method,
        path: target(question.url),
        getHeader: (name) => headers[name.toLowerCase()],
        setHeader: (name, value) => (headers[name.toLowerCase()] = value),
      };
      joyent.sign(request, {
        algorithm: question.algorithm ?? "rsa-sha256",
        authorizationHeaderName: "Signature",
        keyId: question.keyId,
        key: question.privateKey,
        headers: cavageFields(headers),
      });
      return headers;
    },
    verify({ method, url, headers, publicKey }) {
      const request = { method, url: target(url), headers: lower(headers) };
      const parsed = joyent.parseRequest(request, {
        clockSkew: 3600,
        headers: ["(request-target)", "host", "date", ...(method === "POST" ? ["digest"] : [])],
        authorizationHeaderName: "signature",
      });
      return joyent.verifySignature(parsed, publicKey);
    },
  },
  "activitypub-cavage": {
    sign(question) {
      const headers = prepared(question);
      const signer = new activitypub.Sha256Signer({
        publicKeyId: question.keyId,
        privateKey: question.privateKey,
        headerNames: cavageFields(headers),
      });
      return signer.generateHeaders({ url: question.url, method: question.method, headers });
    },
    verify({ method, url, headers, publicKey }) {
      const parsed = activitypub.default.parse({ url: target(url), method, headers: lower(headers) });
      return parsed != null && parsed.verify(publicKey);
    },
  },
  "messages-rfc9421": {
    async sign(question) {
      const headers = prepared(question, "content-digest");
      const signed = await messages.httpbis.signMessage(
        {
          key: messages.createSigner(question.privateKey, RSA, question.keyId),
          name: "sig1",
          fields: ["@method", "@target-uri", ...(question.body == null ? [] : ["content-digest", "content-type"])],
          params: ["created", "keyid", "alg"],
        },
        { method: question.method, url: question.url, headers },
      );
      return lower(signed.headers);
    },
    async verify({ method, url, headers, publicKey }) {
      const found = await messages.httpbis.verifyMessage(
        {
          keyLookup: ({ keyid }) =>
            Promise.resolve({ id: keyid, algs: [RSA], verify: messages.createVerifier(publicKey, RSA) }),
          requiredFields: ["@method", ...(method === "POST" ? ["content-digest"] : [])],
          // counted from `created` less the tolerance: the same number would leave no second in between
          maxAge: 7200,
          tolerance: 3600,
        },
        { method, url, headers: lower(headers) },
      );
      return found === true;
    },
  },
};

async function fedifySign(question) {
  const jwk = createPrivateKey(question.privateKey).export({ format: "jwk" });
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await webcrypto.subtle.importKey("jwk", jwk, algorithm, true, ["sign"]);
  const signed = await signRequest(asRequest(question), key, new URL(question.keyId), {
    spec: SPECS[question.judge],
  });
  return Object.fromEntries(signed.headers);
}

async function fedifyVerify(question) {
  const owner = question.keyId.split("#")[0];
  const actor = {
    "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
    id: owner,
    type: "Group",
    inbox: `${owner}/inbox`,
    publicKey: { id: question.keyId, owner, publicKeyPem: question.publicKey },
  };
  const result = await verifyRequestDetailed(asRequest(question), {
    spec: SPECS[question.judge],
    documentLoader: (url) => Promise.resolve({ document: actor, documentUrl: url, contextUrl: null }),
    contextLoader: getDocumentLoader(),
  });
  if (!result.verified) throw new Error(JSON.stringify(result.reason));
  return true;
}

function asRequest({ method, url, headers, body }) {
  return new Request(url, { method, headers, body: body ?? undefined });
}

for (const name of Object.keys(SPECS)) judges[name] = { sign: fedifySign, verify: fedifyVerify };

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  let answer;
  try {
    const said = await judges[question.judge][question.deed](question);
    answer = question.deed === "sign" ? { headers: said } : { verified: said === true, reason: null };
  } catch (problem) {
    answer = { verified: false, reason: String(problem?.message ?? problem) };
  }
  console.log(JSON.stringify(answer));
}
