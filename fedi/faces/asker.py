"""Who asks for a document: the signature of a GET → Viewer. Required in the guarded and closed postures (S87)."""

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request

from actors import blocks, refresh
from actors import store as actor_store
from actors.model import Actor
from fedi.cache import Rendered
from fedi.canonical import host_of
from fedi.db.engine import Reader
from fedi.errors import Forbidden, Invalid, NotFound, RemoteError, Unauthenticated
from fedi.instance import Instance
from fedi.publications.visibility import NOBODY, Viewer
from fedi.signatures.request import SignedRequest
from inbox.authenticate import verified

Headers = tuple[tuple[str, str], ...]
_MARK: Final = b"\0askers"
_WELCOME_MAX: Final = 10_000


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


class Askers:
    """Who asked before and is shut out by nobody, as long as nobody shuts anybody out or lets anybody in."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._mark: Rendered | None = None
        self._welcome: set[tuple[str, str]] = set()

    async def may_be_told(
        self, target: bytes, headers: Sequence[tuple[bytes, bytes]], author_uri: str
    ) -> bool:
        """Whether a GET proves to come from somebody known whom neither the instance nor this author shut out.

        Whatever else there is to know about the asker is for the long way. Raises like `proved_asker`.
        """
        instance = self._instance
        request = SignedRequest("GET", target.decode("latin-1"), _lines(headers), b"")
        proof = await verified(instance, request)
        pair = (proof.owner, author_uri)
        mark = self._current_mark()
        if pair in self._welcome:
            return True

        def look(rx: Reader) -> bool:
            actor, is_shut_out = _find(rx, proof.owner)
            return actor is not None and not (
                is_shut_out or blocks.is_blocked_by(rx, author_uri, actor.uri)
            )

        is_welcome = await instance.look(look)
        if is_welcome and mark is not None and mark is self._current_mark():
            self._welcome.add(pair)
        return is_welcome

    def _current_mark(self) -> Rendered | None:
        """What is in memory for as long as nothing changes; with it goes all that is remembered here."""
        documents = self._instance.documents
        found = documents.find(_MARK)
        if found is None:
            documents.put(_MARK, Rendered(blocks.CHANGED, b"", b"", ()), documents.generation)
            found = documents.find(_MARK)
        if found is None or found is not self._mark or len(self._welcome) >= _WELCOME_MAX:
            self._welcome.clear()
        self._mark = found
        return found


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
