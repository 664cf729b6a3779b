"""Who asks for a document: the signature of a GET → Viewer. Required in the guarded and closed postures (S87)."""

from starlette.requests import Request

from actors import refresh
from fedi.errors import NotFound, RemoteError, Unauthenticated
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
    """The viewer that a request proves to be; nobody when it is unsigned and that is allowed here.

    Raises Unauthenticated for a bad signature, and for none at all where documents are for known servers only.
    """
    if "signature" not in request.headers:
        if instance.config.instance.posture != "open":
            raise Unauthenticated("signature.missing")
        return NOBODY
    try:
        proof = await verified(instance, signed_request(request))
        actor = await refresh.find_or_fetch_actor(instance, proof.owner)
    except (RemoteError, NotFound) as problem:
        raise Unauthenticated("signature.key", detail=problem.detail) from problem
    return Viewer(actor)
