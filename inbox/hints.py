"""What somebody passes on of another's words is a hint to look at their origin, never more (security.md D2).

A forwarded answer, a relayed post, a passed-on Delete: the object's own address decides what is true.
"""

from dataclasses import replace

from actors import blocks, follows
from fedi import chores
from fedi.canonical import host_of
from fedi.errors import RemoteGone, RemoteMalformed
from fedi.instance import Instance
from fedi.publications import shelf, store
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.activity import Activity
from fedi.vocab.read import id_of
from inbox import resolve
from inbox.backfill import shelve

TAKEN = "hint_taken"
_LOOK = frozenset({"Create", "Update", "Announce"})


def take(unit: Unit, activity: Activity, passer_uri: str) -> str:
    """Note what to look at, if whoever passed it on is followed here or it answers something we hold. The reason."""
    uri = activity.object_uri
    if blocks.is_actor_blocked(unit.tx, passer_uri, host_of(passer_uri)):
        return "hint_blocked"
    if uri is None or unit.urls.is_ours(uri) or not _is_related(unit, activity, passer_uri):
        return "hint_unrelated"
    is_held = store.find_row_id(unit.tx, uri) is not None
    if activity.type == "Delete" and is_held:
        chores.add(unit, chores.FAREWELL, uri, unit.spread())
    elif activity.type in _LOOK:
        chores.add(unit, chores.LOOK, uri, unit.spread())
    else:
        return "hint_ignored"
    return TAKEN


def _is_related(unit: Unit, activity: Activity, passer_uri: str) -> bool:
    if follows.is_followed_here(unit.tx, passer_uri):
        return True
    inner = activity.embedded
    answered = id_of(inner.get("inReplyTo")) if inner is not None else None
    return answered is not None and store.find_row_id(unit.tx, answered) is not None


async def look(instance: Instance, uri: str) -> int:
    """Fetch a publication from its own address: new, or newer than what we hold. Raises RemoteError."""
    known = await instance.look(lambda rx: store.find(rx, uri))
    if known is None:
        found = (await resolve.resolve(instance, frozenset({uri}))).get(uri)
        if found is None or not found.visibility.is_public:
            return 0
        return await instance.change(lambda unit: shelve(unit, found))
    fetched = await instance.http.fetch_document(uri)
    newer = await resolve.parse_fetched(instance, fetched.document)
    return await instance.change(lambda unit: _exchange(unit, newer))


async def confirm_farewell(instance: Instance, uri: str) -> int:
    """Forget a publication if its own address says that it is gone.

    "Not found" says so only of public words: others are not shown to everybody who asks.
    """
    known = await instance.look(lambda rx: store.find(rx, uri))
    if known is None or instance.urls.is_ours(uri):
        return 0
    try:
        document = (await instance.http.fetch_document(uri)).document
    except RemoteGone as problem:
        if problem.http_status != 410 and not known.visibility.is_public:
            raise
        document = {"type": "Tombstone"}
    if document.get("type") != "Tombstone":
        raise RemoteMalformed("hint.not_gone", detail="the origin still has it")
    return await instance.change(lambda unit: int(shelf.take_off(unit, uri, is_local=False)))


def _exchange(unit: Unit, newer: Publication) -> int:
    stored = store.find(unit.tx, newer.uri)
    if stored is None or stored.author != newer.author or newer.updated_at is None:
        return 0
    if newer.updated_at <= (stored.updated_at or stored.published_at):
        return 0
    shelf.exchange(
        unit,
        replace(
            newer,
            visibility=stored.visibility,
            to=stored.to,
            cc=stored.cc,
            published_at=stored.published_at,
            in_reply_to=stored.in_reply_to,
        ),
    )
    return 1
