"""Who asks for a document: the signature of a GET → Viewer. Required in the guarded and closed postures (S87)."""

from collections.abc import Sequence

from starlette.requests import Request

from actors import blocks, refresh
from actors import store as actor_store
from actors.model import Actor
from fedi.canonical import host_of
from fedi.db.engine import Reader
from fedi.errors import Forbidden, Invalid, NotFound, RemoteError, Unauthenticated
from fedi.instance import Instance
from fedi.publications.visibility import NOBODY, Viewer
from fedi.signatures.request import SignedRequest
from inbox.authenticate import verified

Headers = tuple[tuple[str, str], ...]


def signed_request(request: Request, body: bytes = b"") -> SignedRequest:
    """The request as the verifier wants it: raw target, every header line in order (S8, S9)."""
    raw = (request.scope.get("raw_path") or request.scope["path"].encode()).decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    headers = _lines(request.scope["headers"])
    return SignedRequest(request.method, f"{raw}?{query}" if query else raw, headers, body)


def _lines(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


async def asker_of(instance: Instance, request: Request) -> Viewer:
    """Who may be asking for public words: in the open posture anybody, without a look at signatures.

    Raises Unauthenticated where documents are for known servers only and the request does not prove to be one.
    """
    if instance.config.instance.posture == "open":
        return NOBODY
    if "signature" not in request.headers:
        raise Unauthenticated("signature.missing")
    return await proved_asker(instance, request)


async def proved_asker(instance: Instance, request: Request) -> Viewer:
    """The actor whose signature the request carries. Raises Unauthenticated, Forbidden, Unavailable.

    Forbidden also when its key is known since before the instance shut it out.
    """
    try:
        proof = await verified(instance, signed_request(request))
        actor, is_shut_out = await instance.look(lambda rx: _find(rx, proof.owner))
        if is_shut_out:
            raise Forbidden("error.host_blocked", detail="asker")
        if actor is None:
            actor = await refresh.fetch_actor(instance, proof.owner)
    except (RemoteError, NotFound) as problem:
        raise Unauthenticated("signature.key", detail=problem.detail) from problem
    return Viewer(actor)


async def may_be_told(
    instance: Instance, target: bytes, headers: Sequence[tuple[bytes, bytes]], author_uri: str
) -> bool:
    """Whether a GET proves to come from somebody known whom neither the instance nor this author shut out. One look at the
    database; whatever else there is to know about the asker is for the long way. Raises like `proved_asker`.
    """
    proof = await verified(
        instance, SignedRequest("GET", target.decode("latin-1"), _lines(headers), b"")
    )

    def look(rx: Reader) -> bool:
        actor, is_shut_out = _find(rx, proof.owner)
        return actor is not None and not (
            is_shut_out or blocks.is_blocked_by(rx, author_uri, actor.uri)
        )

    return await instance.look(look)


def _find(rx: Reader, uri: str) -> tuple[Actor | None, bool]:
    """The actor, unless it is new or gone, and whether the instance shut it out."""
    known = actor_store.find(rx, uri)
    if known is None or not (known.is_local or known.deleted_at is None):
        return None, blocks.is_actor_blocked(rx, uri, host_of(uri))
    return known, blocks.is_actor_blocked(rx, uri, known.host)


async def second_look(instance: Instance, request: Request, viewer: Viewer) -> Viewer | None:
    """Who asks for what not everybody may see: proved only now, so that public words cost nobody a key (wire 10.5).

    None when nothing more can be known: then it is not there (S81).
    """
    if viewer.actor is not None or "signature" not in request.headers:
        return None
    try:
        return await proved_asker(instance, request)
    except (Unauthenticated, Forbidden, Invalid):
        return None
