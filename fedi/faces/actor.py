"""Actors and their collections, for servers; the page of an actor for everybody else."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from actors import follows, keys
from actors import store as actor_store
from actors.documents import build_actor, build_server_actor, build_stub
from actors.model import ROLE_SERVER, Actor
from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.errors import Gone, NotFound, Unauthenticated
from fedi.faces.asker import asker_of, proved_asker
from fedi.faces.collections import collection, page
from fedi.faces.current import with_current_words
from fedi.faces.documents import answer, cache_key, remember, remember_for_proved, render
from fedi.faces.endpoint import endpoint
from fedi.instance import Instance
from fedi.publications import featured
from fedi.publications import store as publication_store
from fedi.publications.event.keys import by_author
from fedi.urls import UPCOMING, part
from fedi.views.agenda import Wanted, look_agenda
from fedi.views.paging import Cursor, open_cursor, seal_cursor
from fedi.web.negotiate import wants_activity
from fedi.web.pages.profile import page_for_actor
from outbox import store as outbox_store
from outbox.synchronise import PARTIAL, visible_to

PAGE_SIZE = 20
UPCOMING_MAX = 100


def routes(instance: Instance) -> list[Route]:
    """The addresses of actors."""
    at = endpoint(instance)
    return [
        Route("/actor", at(_server_actor), methods=["GET"]),
        Route("/actor/{id}", at(_actor), methods=["GET"]),
        Route("/@{username}", at(_actor_by_name), methods=["GET"]),
        Route("/actor/{id}/outbox", at(_outbox), methods=["GET"]),
        Route("/actor/{id}/outbox/page", at(_outbox_page), methods=["GET"]),
        Route("/actor/{id}/outbox/page/{place}", at(_outbox_page), methods=["GET"]),
        Route("/actor/{id}/followers", at(_followers), methods=["GET"]),
        Route("/actor/{id}/followers_synchronization", at(_partial_followers), methods=["GET"]),
        Route("/actor/{id}/following", at(_following), methods=["GET"]),
        Route("/actor/{id}/featured", at(_featured), methods=["GET"]),
        Route(f"/actor/{{id}}/{UPCOMING}", at(_upcoming), methods=["GET"]),
    ]


async def _server_actor(instance: Instance, request: Request) -> Response:
    generation = instance.documents.generation

    def look(rx: Reader) -> dict[str, Any]:
        actor = actor_store.load_server_actor(rx)
        return build_server_actor(actor, keys.list_keys(rx, actor.uri))

    rendered = render(await instance.look(look), instance.urls.server_actor(), is_public=True)
    remember(instance, cache_key(request), rendered, generation)
    return answer(rendered, request)


async def _server_collection(instance: Instance, request: Request) -> Response:
    """The server actor says nothing and follows nobody, and serves that as empty collections (seen-live)."""
    name = request.url.path.rpartition("/")[2]
    document = collection(part(instance.urls.server_actor(), name), 0, first=None, items=[])
    return answer(render(document, instance.urls.server_actor(), is_public=True), request)


async def _actor(instance: Instance, request: Request) -> Response:
    if request.path_params["id"] in ("outbox", "followers", "following", "featured"):
        return await _server_collection(instance, request)
    return await _face(instance, request, await _load(instance, request))


async def _actor_by_name(instance: Instance, request: Request) -> Response:
    username = request.path_params["username"].partition("@")[0]
    found = await instance.look(lambda rx: actor_store.find_local(rx, username))
    if found is None or found.role == ROLE_SERVER:
        raise NotFound("error.actor_not_found", detail="page")
    return await _face(instance, request, found)


async def _face(instance: Instance, request: Request, actor: Actor) -> Response:
    if actor.deleted_at is not None:
        raise Gone("error.gone", detail="actor")
    if not wants_activity(request.headers.get("accept")):
        return await page_for_actor(instance, request, actor)
    generation = instance.documents.generation
    listed = await instance.look(lambda rx: keys.list_keys(rx, actor.uri))
    try:
        viewer = await asker_of(instance, request)
    except Unauthenticated:
        # enough to check our signatures, so that two careful servers do not wait for each other (S17)
        return answer(render(build_stub(actor, listed), actor.uri, is_public=False), request)
    document = build_actor(actor, listed, instance.urls.server_actor())
    is_public = viewer.actor is None
    rendered = render(document, actor.uri, is_public=is_public)
    if is_public:
        remember(instance, cache_key(request), rendered, generation)
    else:
        remember_for_proved(instance, request, rendered, actor.uri, generation)
    return answer(rendered, request)


async def _load(instance: Instance, request: Request) -> Actor:
    uri = instance.urls.actor(request.path_params["id"])
    found = await instance.look(lambda rx: actor_store.find(rx, uri))
    if found is None:
        raise NotFound("error.actor_not_found", detail="actor")
    if found.deleted_at is not None:
        raise Gone("error.gone", detail="actor")
    return found


async def _outbox(instance: Instance, request: Request) -> Response:
    actor = await _load(instance, request)
    await asker_of(instance, request)
    total = await instance.look(lambda rx: outbox_store.count_public(rx, actor.uri))
    uri = part(actor.uri, "outbox")
    document = collection(uri, total, first=f"{uri}/page")
    return answer(render(document, actor.uri, is_public=_is_open(instance)), request)


async def _outbox_page(instance: Instance, request: Request) -> Response:
    actor = await _load(instance, request)
    await asker_of(instance, request)
    place = request.path_params.get("place")
    before = None if place is None else _row_at(instance, place)
    listed = await instance.look(
        lambda rx: outbox_store.list_public(rx, actor.uri, PAGE_SIZE, before)
    )
    uri = part(actor.uri, "outbox")
    following = _address_after(instance, uri, listed[-1][0]) if len(listed) == PAGE_SIZE else None
    items = await instance.look(
        lambda rx: [
            with_current_words(
                rx, _without_context(activity.body), instance.config.instance.posture
            )
            for _, activity in listed
        ]
    )
    document = page(f"{uri}/page" + ("" if place is None else f"/{place}"), uri, items, following)
    return answer(render(document, actor.uri, is_public=_is_open(instance)), request)


def _address_after(instance: Instance, outbox_uri: str, row: int) -> str:
    return f"{outbox_uri}/page/{seal_cursor(instance.keyring.secret, Cursor(0, row))}"


def _row_at(instance: Instance, place: str) -> int:
    """The row after which a page begins. Raises NotFound.

    Addresses of earlier versions name it as it is, which is taken where times are exact: else whoever may name any row finds
    the moment of each by halving (S92).
    """
    cursor = open_cursor(instance.keyring.secret, place)
    if cursor is not None:
        return cursor.row_id
    if instance.config.instance.grain or not (place.isascii() and place.isdecimal()):
        raise NotFound(detail="page of an outbox")
    return min(int(place[:20]), 2**62)


async def _followers(instance: Instance, request: Request) -> Response:
    """Only how many: who follows is nobody else's business (S86)."""
    actor = await _load(instance, request)
    await asker_of(instance, request)
    total = await instance.look(lambda rx: follows.count_followers(rx, actor.uri))
    return _counted(instance, request, actor, "followers", total)


async def _partial_followers(instance: Instance, request: Request) -> Response:
    """The followers at the asker's own origin, for whoever proves to be from there (FEP-8fcf)."""
    actor = await _load(instance, request)
    viewer = await proved_asker(instance, request)
    asker = viewer.actor
    assert asker is not None
    listed = await instance.look(lambda rx: visible_to(rx, actor, asker))
    document = collection(part(actor.uri, PARTIAL), len(listed), first=None, items=listed)
    return answer(render(document, actor.uri, is_public=False), request)


async def _following(instance: Instance, request: Request) -> Response:
    actor = await _load(instance, request)
    await asker_of(instance, request)
    total = await instance.look(lambda rx: follows.count_following(rx, actor.uri))
    return _counted(instance, request, actor, "following", total)


def _counted(instance: Instance, request: Request, actor: Actor, name: str, total: int) -> Response:
    shown = total if _is_open(instance) else None
    document = collection(part(actor.uri, name), shown, first=None)
    return answer(render(document, actor.uri, is_public=_is_open(instance)), request)


async def _featured(instance: Instance, request: Request) -> Response:
    actor = await _load(instance, request)
    await asker_of(instance, request)

    def look(rx: Reader) -> list[str]:
        found = (publication_store.find(rx, uri) for uri in featured.list_uris(rx, actor.uri))
        return [each.uri for each in found if each is not None and each.visibility.is_public]

    items = await instance.look(look)
    document = collection(part(actor.uri, "featured"), len(items), first=None, items=items)
    return answer(render(document, actor.uri, is_public=_is_open(instance)), request)


async def _upcoming(instance: Instance, request: Request) -> Response:
    """What the actor organises and what is not over, by when it begins (FEP-8a8e): ids, at most a hundred."""
    actor = await _load(instance, request)
    await asker_of(instance, request)
    wanted = Wanted(to_ms(instance.clock.now()), keys=(by_author(actor.uri),))
    found = await instance.look(lambda rx: look_agenda(rx, wanted, most=UPCOMING_MAX))
    items = [each.publication.uri for each in found.items[:UPCOMING_MAX]]
    total = len(items) if found.next is None else None
    document = collection(part(actor.uri, UPCOMING), total, first=None, items=items)
    return answer(render(document, actor.uri, is_public=_is_open(instance)), request)


def _is_open(instance: Instance) -> bool:
    return instance.config.instance.posture == "open"


def _without_context(body: bytes) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(body)
    document.pop("@context", None)
    return document
