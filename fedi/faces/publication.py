"""Publications, their replies, activities and files: documents for servers, pages for everybody else."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from actors import store as actor_store
from fedi.clock import iso
from fedi.db.engine import Reader
from fedi.errors import NotFound
from fedi.faces.asker import asker_of, second_look
from fedi.faces.collections import collection, page
from fedi.faces.current import with_current_words
from fedi.faces.documents import answer, cache_key, remember, remember_for_proved, render
from fedi.faces.endpoint import endpoint
from fedi.instance import Instance
from fedi.publications import quotes, reactions, store
from fedi.publications.activitystreams import build_object
from fedi.publications.event.told import with_attendance
from fedi.publications.kinds import KIND_NAMES
from fedi.publications.model import Publication
from fedi.publications.store import Tombstone
from fedi.publications.visibility import Viewer, is_shown, may_see
from fedi.urls import part
from fedi.vocab.terms import CONTEXT
from fedi.web.negotiate import wants_activity
from fedi.web.pages.publication import page_for_publication, page_gone
from outbox import store as outbox_store

ITEMS_MAX = 200
CONVERSATION_MAX = 1_000
PAGE_SIZE = 100
_DIGITS_MAX = 9

# How many there are, and their ids where those are told.
_Counted = tuple[int, list[str] | None]


def routes(instance: Instance) -> list[Route]:
    """One address per publication and activity."""
    at = endpoint(instance)
    return [
        *(
            Route(f"/{kind}/{{id}}", at(_publication), methods=["GET"], name=kind)
            for kind in KIND_NAMES
        ),
        *(
            Route(f"/{kind}/{{id}}/{name}", at(_collection), methods=["GET"])
            for kind in KIND_NAMES
            for name in _LISTS
        ),
        *(
            Route(f"/{kind}/{{id}}/context/page/{{number}}", at(_thread_page), methods=["GET"])
            for kind in KIND_NAMES
        ),
        Route("/activity/{id}", at(_activity), methods=["GET"]),
        Route("/stamp/{id}", at(_stamp), methods=["GET"]),
    ]


async def _publication(instance: Instance, request: Request) -> Response:
    uri = instance.urls.base + request.url.path
    generation = instance.documents.generation
    as_document = wants_activity(request.headers.get("accept"))
    viewer = await asker_of(instance, request) if as_document else Viewer()

    def look(rx: Reader) -> tuple[Publication | None, Tombstone | None]:
        found = store.find(rx, uri)
        if found is not None and not (_is_here(rx, found) and may_see(rx, viewer, found)):
            return None, None
        return found, store.find_tombstone(rx, uri) if found is None else None

    publication, tombstone = await instance.look(look)
    if publication is None and tombstone is None and as_document:
        proved = await second_look(instance, request, viewer)
        if proved is not None:
            viewer = proved
            publication, tombstone = await instance.look(look)
    if tombstone is not None:
        return await _gone(instance, request, tombstone, as_document=as_document)
    if publication is None:
        raise NotFound("error.publication_not_found", detail="address")
    if not as_document:
        return await page_for_publication(instance, request, publication)
    posture, stored = instance.config.instance.posture, publication
    told = await instance.look(lambda rx: with_attendance(rx, stored, posture))
    document = build_object(told, with_context=True, with_collections=True)
    is_public = viewer.actor is None and publication.visibility.is_public
    rendered = render(document, uri, is_public=is_public)
    if is_public:
        remember(instance, cache_key(request), rendered, generation)
    elif publication.visibility.is_public:
        remember_for_proved(instance, request, rendered, publication.author, generation)
    return answer(rendered, request)


def _is_here(rx: Reader, publication: Publication) -> bool:
    """Whether the author is ours and still with us."""
    author = actor_store.find(rx, publication.author)
    return author is not None and author.is_local and author.deleted_at is None


async def _gone(
    instance: Instance, request: Request, tombstone: Tombstone, *, as_document: bool
) -> Response:
    if not as_document:
        return await page_gone(instance, request, tombstone)
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "id": tombstone.uri,
        "type": "Tombstone",
        "deleted": iso(tombstone.deleted_at),
    }
    if tombstone.former_type:
        document["formerType"] = tombstone.former_type
    return answer(render(document, tombstone.uri, is_public=True), request, status=410)


async def _collection(instance: Instance, request: Request) -> Response:
    """What hangs on a publication: answers, thanks, announces, the whole conversation."""
    uri, _, name = (instance.urls.base + request.url.path).rpartition("/")
    viewer = await asker_of(instance, request)
    author, (total, items) = await _listed(instance, viewer, uri, name)
    collection_uri = part(uri, name)
    if items is not None and len(items) > ITEMS_MAX:
        document = collection(collection_uri, total, first=f"{collection_uri}/page/1")
    else:
        document = collection(collection_uri, total, first=None, items=items)
    if name == "context":
        document["attributedTo"] = author
    return answer(render(document, uri, is_public=viewer.actor is None), request)


async def _thread_page(instance: Instance, request: Request) -> Response:
    """A page of a conversation that is too long for one."""
    written = str(request.path_params["number"])
    if not (written.isascii() and written.isdecimal() and len(written) <= _DIGITS_MAX):
        raise NotFound(detail="page of a conversation")
    number = min(int(written), CONVERSATION_MAX)
    path = request.url.path.rpartition("/context/page/")[0]
    uri = instance.urls.base + path
    viewer = await asker_of(instance, request)
    _, (_, items) = await _listed(instance, viewer, uri, "context")
    end = number * PAGE_SIZE
    shown = (items or [])[max(end - PAGE_SIZE, 0) : end]
    if not shown:
        raise NotFound(detail="page of a conversation")
    thread = part(uri, "context")
    following = f"{thread}/page/{number + 1}" if items and len(items) > end else None
    document = page(f"{thread}/page/{number}", thread, shown, following)
    return answer(render(document, uri, is_public=viewer.actor is None), request)


async def _listed(instance: Instance, viewer: Viewer, uri: str, name: str) -> tuple[str, _Counted]:
    """The author of a publication that the viewer may see, and what hangs on it. Raises NotFound."""

    def look(rx: Reader) -> tuple[str, _Counted]:
        publication = store.find(rx, uri)
        if publication is None or not (
            _is_here(rx, publication) and may_see(rx, viewer, publication)
        ):
            raise NotFound("error.publication_not_found", detail="collection")
        return publication.author, _LISTS[name](rx, publication)

    return await instance.look(look)


def _replies(rx: Reader, publication: Publication) -> _Counted:
    listed = store.list_replies(rx, publication.uri, ITEMS_MAX)
    found = [each.uri for each in listed if is_shown(rx, each)]
    return len(found), found


def _thread(rx: Reader, publication: Publication) -> _Counted:
    """FEP-7888, FEP-f228: the posts in their order, the one that began it first. Raises NotFound when it began none."""
    uri, thread = publication.uri, part(publication.uri, "context")
    if publication.context != thread:
        raise NotFound("error.publication_not_found", detail="conversation of others")
    listed = store.list_conversation(rx, uri, thread, CONVERSATION_MAX)
    found = [uri, *(each.uri for each in listed if is_shown(rx, each))]
    return len(found), found


def _likes(rx: Reader, publication: Publication) -> _Counted:
    return reactions.count(rx, reactions.LIKE, publication.uri), None


def _shares(rx: Reader, publication: Publication) -> _Counted:
    return reactions.count(rx, reactions.ANNOUNCE, publication.uri), None


# Who thanked and who passed on is theirs to tell: only how many.
_LISTS: Final[Mapping[str, Callable[[Reader, Publication], _Counted]]] = {
    "replies": _replies,
    "likes": _likes,
    "shares": _shares,
    "context": _thread,
}


# What concerns whoever gets it alone, however public what it is about may be: that somebody comes to it, for one.
_BETWEEN_TWO: Final = frozenset(
    {"Join", "Leave", "Accept", "Reject", "TentativeAccept", "TentativeReject", "Ignore", "Undo", "QuoteRequest", "Offer"}
)  # fmt: skip


def _is_to(body: bytes, uri: str) -> bool:
    activity = msgspec.json.decode(body)
    return uri in (*activity.get("to", ()), *activity.get("cc", ()))


async def _activity(instance: Instance, request: Request) -> Response:
    """An activity of ours: public ones for everybody, others for those whom their object is for."""
    uri = instance.urls.base + request.url.path
    viewer = await asker_of(instance, request)

    def look(rx: Reader) -> bytes | None:
        activity = outbox_store.find(rx, uri)
        if activity is None:
            return None
        if activity.visibility in ("public", "quiet"):
            return activity.body
        if activity.type in _BETWEEN_TWO:
            return (
                activity.body if viewer.actor and _is_to(activity.body, viewer.actor.uri) else None
            )
        about = store.find(rx, activity.object_uri)
        return activity.body if about is not None and may_see(rx, viewer, about) else None

    body = await instance.look(look)
    proved = await second_look(instance, request, viewer) if body is None else None
    if proved is not None:
        viewer = proved
        body = await instance.look(look)
    if body is None:
        raise NotFound(detail="activity")
    document = await instance.look(
        lambda rx: with_current_words(
            rx, msgspec.json.decode(body), instance.config.instance.posture
        )
    )
    rendered = render(document, uri, is_public=viewer.actor is None)
    return answer(rendered, request)


async def _stamp(instance: Instance, request: Request) -> Response:
    """A permission to quote, for whoever is shown the quote: always readable, since it shows nothing else (FEP-044f)."""
    uri = instance.urls.base + request.url.path
    stamp = await instance.look(lambda rx: quotes.find(rx, uri))
    if stamp is None:
        raise NotFound(detail="stamp")
    document = {
        "@context": CONTEXT,
        "id": stamp.uri,
        "type": "QuoteAuthorization",
        "attributedTo": stamp.author_uri,
        "interactingObject": stamp.quote_uri,
        "interactionTarget": stamp.object_uri,
    }
    return answer(render(document, stamp.uri, is_public=True), request)
