"""Answers that carry an ActivityStreams document, and the memory of those that anybody may read."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from fedi.cache import Rendered, etag_of
from fedi.instance import Instance
from fedi.vocab.context import with_context
from fedi.vocab.strict import dump
from fedi.vocab.terms import ACTIVITY_JSON

PUBLIC_CACHE = b"public, max-age=180"
PRIVATE_CACHE = b"private, no-store"
# Before the key of what is only told to who proves who they are: no address begins so, and nobody finds it without.
PROVED = b"\0proved "


@dataclass(frozen=True, slots=True)
class ForProved(Rendered):
    """The words of this author, for servers that said who they are."""

    author_uri: str


def render(
    document: dict[str, Any], about: str, *, is_public: bool, media_type: str = ACTIVITY_JSON
) -> Rendered:
    """The bytes and headers of a document. A public one may be kept by caches, by face; another by nobody (S74)."""
    body = dump(with_context(document) if "@context" in document else document)
    etag = etag_of(body)
    headers = (
        (
            b"content-type",
            f"{media_type}; charset=utf-8".encode()
            if ";" not in media_type
            else media_type.encode(),
        ),
        (b"content-length", str(len(body)).encode()),
        (b"vary", b"Accept" if is_public else b"Accept, Signature"),
        (b"cache-control", PUBLIC_CACHE if is_public else PRIVATE_CACHE),
        (b"etag", etag),
    )
    return Rendered(about, body, etag, headers)


def answer(rendered: Rendered, request: Request, status: int = 200) -> Response:
    """The rendered document, or 304 when the asker has it."""
    if status == 200 and is_known(request.headers.get("if-none-match"), rendered.etag):
        response = Response(status_code=304)
        response.raw_headers = [
            pair for pair in rendered.headers if pair[0] not in (b"content-length", b"content-type")
        ]
        return response
    response = Response(rendered.body, status_code=status)
    response.raw_headers = list(rendered.headers)
    return response


def is_known(if_none_match: str | None, etag: bytes) -> bool:
    """Whether the asker already has what this tag stands for (RFC 9110 13.1.2)."""
    if not if_none_match:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match[:2_000].split(",")}
    return etag.decode() in tags or "*" in tags


def remember(instance: Instance, key: bytes, rendered: Rendered, generation: int) -> None:
    """Keep a public answer for the next asker."""
    instance.documents.put(key, rendered, generation)


def remember_for_proved(
    instance: Instance, request: Request, rendered: Rendered, author_uri: str, generation: int
) -> None:
    """Keep what everybody may read who proves who they are, and whom this author did not shut out."""
    entry = ForProved(rendered.about, rendered.body, rendered.etag, rendered.headers, author_uri)
    remember(instance, PROVED + cache_key(request), entry, generation)


def cache_key(request: Request) -> bytes:
    """The target exactly as asked."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return raw + b"?" + query if query else raw
