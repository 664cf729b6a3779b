"""Who asks for a document: the signature of a GET → Viewer. Required in the guarded and closed postures (S87)."""

from starlette.requests import Request

from actors import refresh
from fedi.errors import Forbidden, Invalid, NotFound, RemoteError, Unauthenticated
from fedi.instance import Instance
from fedi.publications.visibility import NOBODY, Viewer
from fedi.signatures.request import SignedRequest
from inbox.authenticate import verified


def signed_request(request: Request, body: bytes = b"") -> SignedRequest:
    """The request as the verifier wants it: raw target, every header line in order (S8, S9)."""
    raw = (request.scope.get("raw_path") or request.scope["path"].encode()).decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in request.scope["headers"]
    )
    return SignedRequest(request.method, f"{raw}?{query}" if query else raw, headers, body)


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
    """The actor whose signature the request carries. Raises Unauthenticated, Forbidden, Unavailable."""
    try:
        proof = await verified(instance, signed_request(request))
        actor = await refresh.find_or_fetch_actor(instance, proof.owner)
    except (RemoteError, NotFound) as problem:
        raise Unauthenticated("signature.key", detail=problem.detail) from problem
    return Viewer(actor)


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
