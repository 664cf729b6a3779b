// The remote control of the peer: JSON over plain HTTP on loopback, one path per deed.
// A deed that sends answers {result, error, attempts}: what was sent, and each request with its status.
import { createServer } from "node:http";
import { Temporal } from "@js-temporal/polyfill";
import * as vocab from "@fedify/vocab";
import { noting } from "./outside.mjs";

const PUBLIC = vocab.PUBLIC_COLLECTION;
const now = () => Temporal.Now.instant();
const json = async (app, object) =>
  object == null ? null : await object.toJsonLd({ contextLoader: app.context().contextLoader });

async function find(app, uri) {
  const ctx = app.context();
  const found = await ctx.lookupObject(uri, { documentLoader: await app.signedLoader() });
  if (found == null) throw new Error(`nothing found at ${uri}`);
  return found;
}

async function findActor(app, uri) {
  const actor = await find(app, uri);
  if (!vocab.isActor(actor)) throw new Error(`not an actor: ${uri}`);
  return actor;
}

async function authorOf(app, object) {
  const uri = object.attributionId ?? object.actorId;
  return vocab.isActor(object) ? object : await findActor(app, uri.href);
}

async function send(app, recipients, activity, { shared = false, keep = false, isPublic = true } = {}) {
  app.remember(activity, isPublic);
  if (keep) app.outbox.push(activity);
  await app.context().sendActivity(app.sender, recipients, activity, {
    immediate: true,
    preferSharedInbox: shared,
  });
  return await json(app, activity);
}

/** Sends an activity of this actor about `object` to its author (and followers), and remembers it. */
async function about(app, name, uri, extra = {}, followers = false) {
  const object = await find(app, uri);
  const author = await authorOf(app, object);
  const ctx = app.context();
  const activity = new vocab[name]({
    id: app.newId(name),
    actor: ctx.getActorUri(app.user),
    object: object.id,
    ...(followers
      ? { to: PUBLIC, ccs: [ctx.getFollowersUri(app.user), author.id], published: now() }
      : { to: author.id }),
    ...extra,
  });
  const recipients = followers ? [author, ...app.followers.values()] : [author];
  return await send(app, unique(recipients), activity, { keep: followers });
}

function unique(recipients) {
  return [...new Map(recipients.map((one) => [one.id.href, one])).values()];
}

/** Undoes the latest remembered activity of that class whose object is `uri`. */
async function undo(app, name, uri) {
  const object = vocab.isActor(await find(app, uri)) ? await findActor(app, uri) : await find(app, uri);
  const past = [...app.stored.get(name).values()]
    .map((kept) => kept.object)
    .findLast((activity) => activity.objectId?.href === object.id.href);
  if (past == null) throw new Error(`no ${name} of ${uri} to undo`);
  const author = await authorOf(app, object);
  const ctx = app.context();
  const isRepeat = name === "Announce";
  const undoing = new vocab.Undo({
    id: app.newId("Undo"),
    actor: ctx.getActorUri(app.user),
    object: past,
    ...(isRepeat ? { to: PUBLIC, ccs: [ctx.getFollowersUri(app.user), author.id] } : { to: author.id }),
  });
  return await send(app, unique(isRepeat ? [author, ...app.followers.values()] : [author]), undoing);
}

async function publish(app, { content, mentions = [], inReplyTo, to = "public", language, summary }) {
  const ctx = app.context();
  const target = inReplyTo == null ? null : await find(app, inReplyTo);
  const named = await Promise.all(mentions.map((uri) => findActor(app, uri)));
  const people = unique(target == null ? named : [await authorOf(app, target), ...named]);
  const isPublic = to === "public";
  const followers = ctx.getFollowersUri(app.user);
  const ids = people.map((one) => one.id);
  const audience = {
    public: { to: PUBLIC, ccs: [followers, ...ids] },
    unlisted: { to: followers, ccs: [PUBLIC, ...ids] },
    followers: { to: followers, ccs: ids },
    direct: { tos: ids },
  }[to];
  const note = new vocab.Note({
    id: app.newId("Note"),
    attribution: ctx.getActorUri(app.user),
    contents: language == null ? [content] : [content, new vocab.LanguageString(content, language)],
    summary: summary ?? null,
    replyTarget: target?.id ?? null,
    published: now(),
    tags: people.map(
      (one) => new vocab.Mention({ href: one.id, name: `@${one.preferredUsername}@${one.id.host}` }),
    ),
    ...audience,
  });
  app.remember(note, isPublic);
  const create = new vocab.Create({
    id: app.newId("Create"),
    actor: ctx.getActorUri(app.user),
    object: note,
    published: note.published,
    ...audience,
  });
  const reached = to === "direct" ? people : unique([...people, ...app.followers.values()]);
  return await send(app, reached, create, { keep: isPublic, isPublic });
}

function ownNote(app, uri) {
  const kept = app.stored.get("Note").get(new URL(uri).pathname.split("/").at(-1));
  if (kept == null) throw new Error(`not a note of this actor: ${uri}`);
  return kept;
}

async function readersOf(app, note) {
  const mentioned = [];
  for await (const tag of note.getTags(app.context())) {
    if (tag instanceof vocab.Mention) mentioned.push(await findActor(app, tag.href.href));
  }
  return unique([...mentioned, ...app.followers.values()]);
}

async function update(app, { uri, content }) {
  const { object, isPublic } = ownNote(app, uri);
  const note = object.clone({ content, updated: now() });
  app.remember(note, isPublic);
  const activity = new vocab.Update({
    id: app.newId("Update"),
    actor: app.context().getActorUri(app.user),
    object: note,
    tos: note.toIds,
    ccs: note.ccIds,
    updated: now(),
  });
  return await send(app, await readersOf(app, note), activity, { isPublic });
}

async function erase(app, { uri }) {
  const { object: note, isPublic } = ownNote(app, uri);
  const stone = new vocab.Tombstone({ id: note.id, deleted: now() });
  app.stored.get("Note").set(note.id.pathname.split("/").at(-1), { object: stone, isPublic });
  const activity = new vocab.Delete({
    id: app.newId("Delete"),
    actor: app.context().getActorUri(app.user),
    object: stone,
    tos: note.toIds,
    ccs: note.ccIds,
  });
  return await send(app, await readersOf(app, note), activity, { isPublic });
}

async function follow(app, { uri }) {
  const ctx = app.context();
  const actor = await findActor(app, uri);
  app.following.set(actor.id.href, { accepted: false });
  const activity = new vocab.Follow({
    id: app.newId("Follow"),
    actor: ctx.getActorUri(app.user),
    object: actor.id,
    to: actor.id,
  });
  return await send(app, [actor], activity);
}

async function unfollow(app, { uri }) {
  const actor = await findActor(app, uri);
  const sent = await undo(app, "Follow", uri);
  app.following.delete(actor.id.href);
  return sent;
}

/** Sends any activity given as JSON-LD; id and actor are filled in where missing. */
async function sendAny(app, { activity, to, shared }) {
  const ctx = app.context();
  const whole = {
    "@context": "https://www.w3.org/ns/activitystreams",
    id: new URL(`/any/${crypto.randomUUID()}`, app.origin).href,
    actor: ctx.getActorUri(app.user).href,
    ...activity,
  };
  const parsed = await vocab.Activity.fromJsonLd(whole, ctx);
  return await send(app, [await findActor(app, to)], parsed, { shared });
}

async function answerFollow(app, actor, accepted) {
  const follower = await findActor(app, actor);
  const entry = app.received.findLast((one) => one.type === "Follow" && one.actor === follower.id.href);
  if (entry == null) throw new Error(`no follow of ${actor} to answer`);
  const ctx = app.context();
  await app.answerFollow(ctx, await vocab.Follow.fromJsonLd(entry.document, ctx), follower, accepted);
  return { queued: true };
}

async function wait(app, { type, count = 1, since = 0, objectType, object, actor, timeout = 10 }) {
  const matching = () =>
    app.received.filter((one) =>
      one.number >= since &&
      (type == null || one.type === type) &&
      (objectType == null || one.document.object?.type === objectType) &&
      (object == null || one.object === object) &&
      (actor == null || one.actor === actor));
  const met = await app.until(() => matching().length >= count, timeout * 1000);
  return { met, activities: matching() };
}

async function waitArrivals(app, { status, count = 1, since = 0, timeout = 10 }) {
  const matching = () =>
    app.arrivals.filter((one) =>
      one.number >= since && one.status != null && (status == null || one.status === status));
  const met = await app.until(() => matching().length >= count, timeout * 1000);
  return { met, arrivals: matching() };
}

async function waitSent(app, { host, count = 1, timeout = 10 }, outside) {
  const matching = () =>
    outside.log.filter((one) =>
      one.method === "POST" && new URL(one.url).host === host && one.status >= 200 && one.status < 300);
  const met = await app.until(() => matching().length >= count, timeout * 1000);
  return { met, attempts: met ? matching() : outside.log };
}

async function fetchDocument(app, { uri, signed = true }) {
  const loader = signed ? await app.signedLoader() : app.context().documentLoader;
  return await loader(uri);
}

const words = (texts) =>
  texts.map((one) => (one instanceof vocab.LanguageString || one?.locale != null ? { text: String(one), language: one.locale.toString() } : String(one)));
const all = async (found) => {
  const items = [];
  for await (const one of found) items.push(one);
  return items;
};

/** What a program that uses Fedify finds in an object: its properties, not the document it came in. */
async function read(app, { uri }) {
  const loaders = { ...app.context(), documentLoader: await app.signedLoader() };
  const object = await find(app, uri);
  const place = await object.getLocation(loaders);
  return {
    readAs: object.constructor.name,
    id: object.id.href,
    names: words(object.names),
    summaries: words(object.summaries),
    contents: words(object.contents),
    urls: object.urls.map((one) => one.href?.href ?? one.href),
    author: object.attributionId?.href ?? null,
    to: object.toIds.map((one) => one.href),
    cc: object.ccIds.map((one) => one.href),
    published: object.published?.toString() ?? null,
    startTime: object.startTime?.toString() ?? null,
    endTime: object.endTime?.toString() ?? null,
    location: place == null ? null : {
      name: place.name?.toString() ?? null,
      latitude: place.latitude ?? null,
      longitude: place.longitude ?? null,
    },
    tags: (await all(object.getTags(loaders))).map((tag) => [tag.constructor.name, String(tag.name), tag.href?.href]),
    replies: object.repliesId?.href ?? null,
    actor: vocab.isActor(object) ? await readActor(object, loaders) : null,
  };
}

async function readActor(actor, loaders) {
  const page = await (await actor.getOutbox(loaders))?.getFirst(loaders);
  return {
    preferredUsername: String(actor.preferredUsername),
    inbox: actor.inboxId.href,
    sharedInbox: actor.endpoints?.sharedInbox?.href ?? null,
    followers: actor.followersId.href,
    approvesFollowers: actor.manuallyApprovesFollowers,
    publicKey: (await actor.getPublicKey(loaders))?.publicKey?.algorithm.name ?? null,
    assertionMethods: (await all(actor.getAssertionMethods(loaders))).map((key) => key.publicKey.algorithm.name),
    outbox: page == null ? null : (await all(page.getItems(loaders))).map((one) => one.objectId?.href),
  };
}

const SENDING = {
  "/read": read,
  "/follow": follow,
  "/unfollow": unfollow,
  "/note": publish,
  "/reply": publish,
  "/update": update,
  "/delete": erase,
  "/like": (app, { uri }) => about(app, "Like", uri),
  "/unlike": (app, { uri }) => undo(app, "Like", uri),
  "/boost": (app, { uri }) => about(app, "Announce", uri, {}, true),
  "/unboost": (app, { uri }) => undo(app, "Announce", uri),
  "/react": (app, { uri, emoji, as = "EmojiReact" }) => about(app, as, uri, { content: emoji }),
  "/unreact": (app, { uri, as = "EmojiReact" }) => undo(app, as, uri),
  "/send": sendAny,
  "/post": (app, given) => app.post(given),
  "/accept": (app, { actor }) => answerFollow(app, actor, true),
  "/reject": (app, { actor }) => answerFollow(app, actor, false),
  "/lookup": async (app, { handle, uri }) => await json(app, await find(app, handle ?? uri)),
  "/fetch": fetchDocument,
  "/webfinger": (app, { resource }) => app.context().lookupWebFinger(resource),
  "/nodeinfo": (app, { uri }) => app.context().lookupNodeInfo(uri, { parse: "none" }),
  "/examine": (app, { number }) => app.examine(number),
};

const KNOWING = {
  "/health": () => ({ ok: true }),
  "/hosts": (_app, hosts, outside) => Object.assign(outside.hosts, hosts),
  "/mode": (app, mode) => app.change(mode),
  "/forget": (app) => app.forget(),
  "/clear": (app, _given, outside) => {
    outside.log.length = 0;
    app.clear();
  },
  "/wait": wait,
  "/wait-arrivals": waitArrivals,
  "/wait-sent": waitSent,
  "/received": (app) => app.received,
  "/arrivals": (app) => app.arrivals,
  "/sent": (_app, _given, outside) => outside.log,
  "/failures": (app) => app.failures,
  "/state": (app) => ({
    followers: [...app.followers.keys()],
    following: Object.fromEntries(app.following),
    notes: [...app.stored.get("Note").values()].map((kept) => kept.object.id.href),
  }),
};

async function perform(app, outside, path, given) {
  if (Object.hasOwn(SENDING, path)) return await noting(async () => await SENDING[path](app, given));
  if (Object.hasOwn(KNOWING, path)) return (await KNOWING[path](app, given, outside)) ?? null;
  throw new Error(`no such deed: ${path}`);
}

export function openControl(app, outside) {
  return createServer(async (request, response) => {
    let status = 200;
    let answer;
    try {
      const parts = [];
      for await (const part of request) parts.push(part);
      const url = new URL(request.url, "http://control");
      const query = Object.fromEntries(url.searchParams);
      const given = parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString("utf-8")) : query;
      answer = await perform(app, outside, url.pathname, given);
    } catch (problem) {
      status = 400;
      answer = { error: String(problem?.stack ?? problem) };
    }
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  });
}
