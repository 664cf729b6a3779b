// A small social application on Fedify: one actor that follows, answers, likes, repeats and remembers.
// `Application` holds what it knows; its federation object is rebuilt whenever the mode changes.
import {
  createExponentialBackoffPolicy,
  createFederation,
  InProcessMessageQueue,
  MemoryKvStore,
} from "@fedify/fedify";
import { generateCryptoKeyPair, signRequest, verifyJsonLd, verifyObject, verifyRequestDetailed } from "@fedify/fedify/sig";
import * as vocab from "@fedify/vocab";
import { schemeOf } from "./outside.mjs";

const SPECS = { rfc9421: "rfc9421", cavage: "draft-cavage-http-signatures-12" };
const STORED = ["Note", "Create", "Update", "Delete", "Announce", "Like", "EmojiReact", "Follow", "Undo"];
const ARRIVALS_MAX = 5000;
const MODE = {
  signature: "default",
  understands: "both",
  skipVerification: false,
  authorizedFetch: false,
  follows: "accept",
};

export class Application {
  mode = { ...MODE };
  received = [];
  arrivals = [];
  failures = [];
  followers = new Map();
  following = new Map();
  stored = new Map(STORED.map((name) => [name, new Map()]));
  outbox = [];
  #waiters = new Set();
  #generation = 0;

  constructor({ host, user, name, actorType, rsaBits }) {
    this.origin = `https://${host}`;
    this.user = user;
    this.name = name;
    this.actorClass = vocab[actorType];
    this.rsaBits = rsaBits;
    this.kv = new MemoryKvStore();
  }

  async start() {
    const rsa = await crypto.subtle.generateKey(
      {
        name: "RSASSA-PKCS1-v1_5",
        modulusLength: this.rsaBits,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: "SHA-256",
      },
      true,
      ["sign", "verify"],
    );
    this.keys = [rsa, await generateCryptoKeyPair("Ed25519")];
    this.build();
  }

  get sender() {
    return { identifier: this.user };
  }

  /** A context for work that no request asked for. */
  context() {
    return this.federation.createContext(new URL(this.origin), { arrival: null });
  }

  async signedLoader() {
    return await this.context().getDocumentLoader(this.sender);
  }

  change(mode) {
    this.mode = { ...this.mode, ...mode };
    this.build();
    return this.mode;
  }

  /** Forgets which signature scheme each host accepted, cached documents and cached keys. */
  forget() {
    this.kv = new MemoryKvStore();
    this.build();
  }

  /** As after the start, with the same keys. */
  clear() {
    for (const known of [this.followers, this.following, ...this.stored.values()]) known.clear();
    for (const list of ["received", "arrivals", "failures", "outbox"]) this[list] = [];
    this.mode = { ...MODE };
    this.forget();
  }

  build() {
    this.#generation += 1;
    const queue = new InProcessMessageQueue({ pollInterval: { milliseconds: 500 } });
    this.federation = createFederation({
      kv: this.kv,
      kvPrefixes: { httpMessageSignaturesSpec: ["spec", String(this.#generation)] },
      queue: { outbox: queue, fanout: queue },
      origin: this.origin,
      allowPrivateAddress: true,
      circuitBreaker: false,
      skipSignatureVerification: this.mode.skipVerification,
      firstKnock: SPECS[this.mode.signature],
      outboxRetryPolicy: createExponentialBackoffPolicy({
        initialDelay: { milliseconds: 300 },
        maxDelay: { seconds: 2 },
        maxAttempts: 6,
      }),
      onOutboxError: (problem, activity) => {
        this.failures.push({ activity: activity?.id?.href ?? null, error: String(problem?.message ?? problem) });
        this.notify();
      },
    });
    this.#actor();
    this.#collections();
    this.#objects();
    this.#inbox();
  }

  #gate = async (ctx) => !this.mode.authorizedFetch || (await ctx.getSignedKey()) != null;

  #actor() {
    this.federation
      .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
        if (identifier !== this.user) return null;
        const keys = await ctx.getActorKeyPairs(identifier);
        return new this.actorClass({
          id: ctx.getActorUri(identifier),
          preferredUsername: identifier,
          name: this.name,
          summary: "<p>Only here to talk with the tests.</p>",
          url: new URL(`/@${identifier}`, this.origin),
          inbox: ctx.getInboxUri(identifier),
          outbox: ctx.getOutboxUri(identifier),
          followers: ctx.getFollowersUri(identifier),
          following: ctx.getFollowingUri(identifier),
          endpoints: new vocab.Endpoints({ sharedInbox: ctx.getInboxUri() }),
          manuallyApprovesFollowers: this.mode.follows !== "accept",
          publicKey: keys[0].cryptographicKey,
          assertionMethods: keys.map((key) => key.multikey),
        });
      })
      .setKeyPairsDispatcher((_ctx, identifier) => (identifier === this.user ? this.keys : []))
      .authorize(this.#gate);
    this.federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
      software: { name: "fedify-peer", version: "1.0.0" },
      protocols: ["activitypub"],
      openRegistrations: false,
      usage: { users: { total: 1 }, localPosts: this.stored.get("Note").size, localComments: 0 },
    }));
  }

  #collections() {
    const path = (name) => `/users/{identifier}/${name}`;
    this.federation
      .setFollowersDispatcher(path("followers"), () => ({ items: [...this.followers.values()] }))
      .setCounter(() => this.followers.size)
      .authorize(this.#gate);
    this.federation
      .setFollowingDispatcher(path("following"), () => ({
        items: [...this.following.keys()].map((uri) => new URL(uri)),
      }))
      .setCounter(() => this.following.size)
      .authorize(this.#gate);
    this.federation
      .setOutboxDispatcher(path("outbox"), () => ({ items: this.outbox.toReversed() }))
      .setCounter(() => this.outbox.length)
      .authorize(this.#gate);
  }

  #objects() {
    for (const name of STORED) {
      this.federation
        .setObjectDispatcher(vocab[name], `/${name.toLowerCase()}/{id}`, (_ctx, { id }) =>
          this.stored.get(name).get(id)?.object ?? null)
        .authorize(async (ctx, { id }) => {
          const open = this.stored.get(name).get(id)?.isPublic ?? true;
          return open && !this.mode.authorizedFetch ? true : (await ctx.getSignedKey()) != null;
        });
    }
  }

  #inbox() {
    this.federation
      .setInboxListeners("/users/{identifier}/inbox", "/inbox")
      .setSharedKeyDispatcher(() => this.sender)
      .on(vocab.Follow, async (ctx, follow) => {
        await this.#record(ctx, follow);
        const follower = await follow.getActor(ctx);
        if (follower == null || follow.objectId?.href !== ctx.getActorUri(this.user).href) return;
        if (this.mode.follows === "manual") return;
        await this.answerFollow(ctx, follow, follower, this.mode.follows === "accept");
      })
      .on(vocab.Undo, async (ctx, undo) => {
        await this.#record(ctx, undo);
        const undone = await undo.getObject(ctx);
        if (undone instanceof vocab.Follow) this.followers.delete(undo.actorId?.href);
      })
      .on(vocab.Accept, async (ctx, accept) => {
        const follow = this.following.get(accept.actorId?.href);
        if (follow != null) follow.accepted = true;
        await this.#record(ctx, accept);
      })
      .on(vocab.Reject, async (ctx, reject) => {
        this.following.delete(reject.actorId?.href);
        await this.#record(ctx, reject);
      })
      .on(vocab.Activity, async (ctx, activity) => await this.#record(ctx, activity))
      .onError((ctx, problem) => {
        if (ctx.data?.arrival != null) ctx.data.arrival.problem = String(problem?.stack ?? problem);
      });
  }

  async #record(ctx, activity) {
    const { arrival } = ctx.data;
    this.received.push({
      number: this.received.length,
      arrival: arrival.number,
      type: arrival.document.type,
      readAs: activity.constructor.name,
      id: activity.id?.href ?? null,
      actor: activity.actorId?.href ?? null,
      object: activity.objectId?.href ?? null,
      recipient: ctx.recipient,
      scheme: arrival.scheme,
      document: arrival.document,
      compact: await activity.toJsonLd({ format: "compact", contextLoader: ctx.contextLoader }),
      expanded: await activity.toJsonLd({ format: "expand", contextLoader: ctx.contextLoader }),
    });
    this.notify();
  }

  async answerFollow(ctx, follow, follower, accepted) {
    if (accepted) this.followers.set(follower.id.href, follower);
    const answer = accepted ? vocab.Accept : vocab.Reject;
    await ctx.sendActivity(
      this.sender,
      follower,
      new answer({
        id: new URL(`#${answer.name.toLowerCase()}/${crypto.randomUUID()}`, ctx.getActorUri(this.user)),
        actor: ctx.getActorUri(this.user),
        to: follower.id,
        object: follow,
      }),
    );
  }

  /** Answers one HTTPS request; POSTs are kept with the status they got. */
  async answer(request, body) {
    const arrival = { number: this.arrivals.length, url: request.url, scheme: schemeOf(request.headers) };
    if (request.method === "POST") {
      arrival.headers = Object.fromEntries(request.headers);
      arrival.body = body.toString("utf-8");
      arrival.problem = null;
      try {
        arrival.document = JSON.parse(arrival.body);
      } catch {
        arrival.document = null;
      }
      if (this.arrivals.length < ARRIVALS_MAX) this.arrivals.push(arrival);
    }
    const response = this.#understands(arrival)
      ? await this.federation.fetch(request, { contextData: { arrival } })
      : new Response("this kind of signature is not understood here", { status: 401 });
    arrival.status = response.status;
    this.notify();
    return response;
  }

  /** Some servers know one of the two signature schemes only, and refuse the other like a bad signature. */
  #understands({ scheme }) {
    return this.mode.understands === "both" || scheme === "none" || scheme === this.mode.understands;
  }

  /** Holds an earlier POST against each kind of proof on its own; nothing is delivered. */
  async examine(number) {
    const { url, headers, body, document } = this.arrivals[number];
    const ctx = this.context();
    const loaders = { documentLoader: await this.signedLoader(), contextLoader: ctx.contextLoader };
    const request = new Request(url, { method: "POST", headers, body });
    const http = await verifyRequestDetailed(request, loaders);
    const verdict = {
      http: http.verified ? http.key.id.href : null,
      httpReason: http.verified ? null : http.reason,
      hasLinkedDataSignature: document.signature != null,
      linkedDataSignature: false,
      hasProof: document.proof != null,
      proof: false,
    };
    if (verdict.hasLinkedDataSignature) verdict.linkedDataSignature = await verifyJsonLd(document, loaders);
    if (verdict.hasProof) {
      const { signature: _, ...unsigned } = document;
      verdict.proof = (await verifyObject(vocab.Activity, unsigned, loaders)) != null;
    }
    return verdict;
  }

  /** POSTs exactly these bytes to an inbox with a valid signature of this actor. */
  async post({ inbox, body, scheme, contentType }) {
    const ctx = this.context();
    const [key] = await ctx.getActorKeyPairs(this.user);
    const request = new Request(inbox, {
      method: "POST",
      headers: { "content-type": contentType ?? "application/activity+json" },
      body,
    });
    const signed = scheme === "none"
      ? request
      : await signRequest(request, key.privateKey, key.keyId, { spec: SPECS[scheme ?? "cavage"] });
    const response = await fetch(signed, { redirect: "manual" });
    return { status: response.status, body: (await response.text()).slice(0, 4000) };
  }

  remember(object, isPublic = true) {
    const kept = this.stored.get(object.constructor.name);
    kept?.set(object.id.pathname.split("/").at(-1), { object, isPublic });
    return object;
  }

  newId(name) {
    return this.context().getObjectUri(vocab[name], { id: crypto.randomUUID() });
  }

  /** Resolves when `enough()` holds, or after the time is up; returns whether it holds. */
  async until(enough, timeoutMs) {
    if (enough()) return true;
    return await new Promise((resolve) => {
      const finish = (result) => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve(result);
      };
      const look = () => enough() && finish(true);
      const timer = setTimeout(() => finish(enough()), timeoutMs);
      this.#waiters.add(look);
    });
  }

  notify() {
    for (const look of [...this.#waiters]) look();
  }
}
