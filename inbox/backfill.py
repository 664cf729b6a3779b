"""Reading what was said before we listened, or while we were away: outboxes, ancestors, answers. Always bounded (S61).

What a host shows of its own is believed for that host alone; everything else is fetched from its own address (D2).
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from actors import blocks, follows
from actors import store as actor_store
from actors.model import Actor
from fedi import chores
from fedi.canonical import host_of, same_origin
from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.errors import FediError, RemoteUnreachable, Unavailable
from fedi.instance import Instance
from fedi.publications import shelf, store, timeline
from fedi.publications.activitystreams import authors_of, parse_publication
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.audience import Addressing
from fedi.vocab.read import as_list, audience_of, id_of, type_of
from inbox import attending, resolve
from inbox.strangers import why_wait

OUTBOX_ITEMS_MAX = 20
REPLIES_MAX = 40
ANCESTORS_MAX = 20
PAGES_MAX = 2


async def backfill(instance: Instance, actor_uri: str) -> int:
    """Read the recent public publications of somebody followed here; how many were new. Raises RemoteError."""
    actor = await instance.look(lambda rx: actor_store.find(rx, actor_uri))
    if actor is None or actor.is_local or actor.outbox is None or actor.deleted_at is not None:
        return 0
    if not await instance.look(lambda rx: follows.is_followed_here(rx, actor_uri)):
        return 0
    new = 0
    for item in await _items(instance, actor.outbox, OUTBOX_ITEMS_MAX):
        publication = await _own_words(instance, actor, item)
        if publication is not None and publication.visibility.is_public:
            new += await instance.change(lambda unit, found=publication: shelve(unit, found))  # type: ignore[misc]
    return new


async def fetch_ancestor(instance: Instance, uri: str) -> int:
    """Fetch what an answer answers, and have its own parent fetched in turn, up to a limit."""
    found = await resolve.resolve(instance, frozenset({uri}))
    publication = found.get(uri)
    if publication is None or not publication.visibility.is_public:
        return 0
    depth = await instance.look(lambda rx: _depth(rx, uri))
    return await instance.change(
        lambda unit: shelve(unit, publication, climbs=depth < ANCESTORS_MAX)
    )


async def fetch_replies(instance: Instance, uri: str) -> int:
    """Fetch the answers that a publication elsewhere lists, and the conversation it began; how many were new.

    `context` at its own origin is read first (FEP-f228), then `replies`; together no more than `REPLIES_MAX`.
    """
    if (
        instance.urls.is_ours(uri)
        or await instance.look(lambda rx: store.find_row_id(rx, uri)) is None
    ):
        return 0
    document = (await instance.http.fetch_document(uri)).document
    listed = dict.fromkeys(
        [
            *await _conversation(instance, document, uri),
            *await _ids(instance, document.get("replies"), uri),
        ]
    )
    waiting: list[Publication] = []
    new = 0
    for reply_uri in [each for each in listed if each != uri][:REPLIES_MAX]:
        found = await _answer(instance, reply_uri)
        if found is None:
            continue
        shelved = await _shelve_answer(instance, found)
        if shelved is None:
            waiting.append(found)
        else:
            new += shelved
    return new + await _shelve_waiting(instance, waiting)


async def _conversation(instance: Instance, document: dict[str, Any], uri: str) -> list[str]:
    """What the `context` of a publication holds; nothing when it is no collection. That of another origin is not asked."""
    context = document.get("context")
    if not isinstance(context, str | dict):
        # several, of which none is the conversation more than the others
        return []
    context_uri = id_of(context)
    if context_uri is None or context_uri == uri or not same_origin(context_uri, uri):
        return []
    try:
        return await _ids(instance, context_uri, uri)
    except Unavailable:
        raise
    except FediError:
        # many servers give a conversation a name under which nothing can be read: `replies` remain
        return []


async def _ids(instance: Instance, collection: object, origin: str) -> list[str]:
    """The ids in a collection, or what can be read of it, at this origin."""
    items = await _items(instance, collection, REPLIES_MAX, origin=origin)
    return [each for each in (id_of(item) for item in items) if each is not None]


async def _answer(instance: Instance, uri: str) -> Publication | None:
    """A public answer from its own address; None when it is none, is known already or cannot be had."""
    try:
        found = (await resolve.resolve(instance, frozenset({uri}))).get(uri)
    except Unavailable:
        raise
    except FediError:
        return None
    if found is None or found.in_reply_to is None or not found.visibility.is_public:
        return None
    return found


async def _shelve_answer(instance: Instance, publication: Publication) -> int | None:
    """Store an answer to something that is here; None when what it answers is not, or not yet."""

    def work(unit: Unit) -> int | None:
        # whether it has to wait is decided by whom it answers, so that must be known (S108)
        answered = publication.in_reply_to
        if answered is None or store.find_row_id(unit.tx, answered) is None:
            return None
        return shelve(unit, publication)

    return await instance.change(work)


async def _shelve_waiting(instance: Instance, waiting: list[Publication]) -> int:
    """Answers that were listed before what they answer, as long as that brings any."""
    new = 0
    while waiting:
        left = []
        for each in waiting:
            shelved = await _shelve_answer(instance, each)
            if shelved is None:
                left.append(each)
            else:
                new += shelved
        if len(left) == len(waiting):
            break
        waiting = left
    return new


async def reread_everybody(instance: Instance) -> int:
    """After a time away: read the outboxes of all that are followed here (wire 3.3: many never send twice)."""

    def work(unit: Unit) -> int:
        uris = follows.list_followed_here(unit.tx)
        for uri in uris:
            chores.add(unit, chores.BACKFILL, uri)
        return len(uris)

    return await instance.change(work)


async def _items(
    instance: Instance, collection: object, most: int, *, origin: str | None = None
) -> list[Any]:
    """The first items of a collection: given whole, by its address, with its first page inside or elsewhere."""
    found: list[Any] = []
    page: object = collection
    seen: set[str] = set()
    for _ in range(PAGES_MAX + 1):
        page = await _opened(instance, page, origin, seen)
        if not isinstance(page, dict):
            break
        listed = as_list(page.get("orderedItems", page.get("items")))
        found += listed[: most - len(found)]
        page = page.get("next") if listed or "first" not in page else page.get("first")
        if len(found) >= most or page is None:
            break
    return found


async def _opened(instance: Instance, page: object, origin: str | None, seen: set[str]) -> object:
    if isinstance(page, dict):
        return page
    uri = id_of(page)
    if uri is None or uri in seen or (origin is not None and not same_origin(uri, origin)):
        return None
    seen.add(uri)
    return (await instance.http.fetch_document(uri)).document


async def _own_words(instance: Instance, actor: Actor, item: object) -> Publication | None:
    """A publication of the actor from an item of its outbox."""
    if (
        not isinstance(item, dict)
        or type_of(item) != "Create"
        or id_of(item.get("actor")) != actor.uri
    ):
        return None
    subject = item.get("object")
    if not isinstance(subject, dict):
        found = await _fetched(instance, id_of(subject))
        return found if found is not None and found.author == actor.uri else None
    uri = id_of(subject.get("id"))
    if uri is None or not same_origin(uri, actor.uri) or actor.uri not in authors_of(subject):
        return None
    try:
        return parse_publication(
            subject,
            now=instance.clock.now(),
            followers_uri=actor.followers,
            addressed=Addressing(audience_of(item.get("to")), audience_of(item.get("cc"))),
        )
    except FediError:
        return None


async def _fetched(instance: Instance, uri: str | None) -> Publication | None:
    if uri is None:
        return None
    try:
        return (await resolve.resolve(instance, frozenset({uri}))).get(uri)
    except (RemoteUnreachable, Unavailable):
        raise
    except FediError:
        return None


def shelve(unit: Unit, publication: Publication, *, climbs: bool = False) -> int:
    """Store it where followers find it, at the time when it was said; 1 when it was new."""
    if blocks.is_actor_blocked(unit.tx, publication.author, host_of(publication.author)):
        return 0
    if attending.word_in(unit, publication) is not None:
        # who comes is nobody else's business, and it is no answer either: it was not said to us
        return 0
    readers = follows.list_local_followers(unit.tx, publication.author)
    row_id = shelf.put(
        unit,
        publication,
        is_local=False,
        held_why=() if readers else _why_unasked(unit, publication),
    )
    if row_id is None:
        return 0
    timeline.add(unit, readers, row_id, publication.kind, to_ms(publication.published_at))
    actor_store.want_handle(unit, publication.author)
    if climbs and publication.in_reply_to is not None:
        want_parent(unit, publication.in_reply_to)
    return 1


def _why_unasked(unit: Unit, publication: Publication) -> tuple[str, ...]:
    """Why an answer would have had to wait if its author had sent it (S108); nothing: it would not."""
    parent = store.find(unit.tx, publication.in_reply_to) if publication.in_reply_to else None
    if parent is None:
        return ()
    return why_wait(unit, publication.author, [parent.author], publication)


def want_parent(unit: Unit, uri: str, after: timedelta = timedelta()) -> None:
    """Have the publication that was answered fetched, unless we know it."""
    if not unit.urls.is_ours(uri) and store.find_row_id(unit.tx, uri) is None:
        chores.add(unit, chores.ANCESTOR, uri, after)


def _depth(rx: Reader, uri: str) -> int:
    """How long the chain of answers below an ancestor already is."""
    return sum(1 for _ in _descent(rx, uri))


def _descent(rx: Reader, uri: str) -> Iterator[str]:
    current: str | None = uri
    for _ in range(ANCESTORS_MAX):
        replies = store.list_replies(rx, current, 1) if current else ()
        if not replies:
            return
        current = replies[0].uri
        yield current
