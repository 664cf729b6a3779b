"""Answers to people: conditional, compressed, and safe for caches that keep several languages and both faces apart (S74)."""

import gzip
import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fedi.http.headers import moment_of

# Browsers ask each time and mostly hear 304; a cache in between may answer for five minutes (wire 10.5).
FRESH: Final = "public, max-age=0, s-maxage=300, must-revalidate"
PAGE_VARY: Final = "Accept, Accept-Language, Cookie, Accept-Encoding"
FILE_VARY: Final = "Accept-Encoding"
_COMPRESS_FROM: Final = 1000
_LEVEL: Final = 5


def answer_page(
    request: Request, html: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A page for people. Errors are never stored."""
    return answer_text(
        request,
        html.encode("utf-8", "replace"),
        "text/html; charset=utf-8",
        status=status,
        vary=PAGE_VARY,
        cache=FRESH if status == 200 else "no-store",
        headers=headers,
    )


def answer_text(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    status: int = 200,
    vary: str = FILE_VARY,
    cache: str = FRESH,
    modified: datetime | None = None,
    etag: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Text of any kind, compressed when the reader can; 304 when the reader has it. `etag` spares looking at the body."""
    etag = etag or etag_of(body)
    sent = {"vary": vary, "cache-control": cache, **(headers or {})}
    if status == 200:
        sent["etag"] = etag
        if modified is not None:
            sent["last-modified"] = format_datetime(modified, usegmt=True)
        if is_known(request, etag, modified):
            return Response(status_code=304, headers=sent)
    if len(body) >= _COMPRESS_FROM and takes_gzip(request):
        body = gzip.compress(body, _LEVEL, mtime=0)
        sent["content-encoding"] = "gzip"
    return Response(body, status, {**sent, "content-type": media_type})


def etag_of(body: bytes) -> str:
    """The tag of these words, whatever coding they travel in."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'


def is_known(request: Request, etag: str, modified: datetime | None = None) -> bool:
    """Whether the reader has this version (RFC 9110 13.2.2): entity tags first, the date only without them."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        bare = etag.removeprefix("W/")
        return tags.strip() == "*" or bare in {
            tag.strip().removeprefix("W/") for tag in tags[:2000].split(",")
        }
    since = request.headers.get("if-modified-since")
    moment = moment_of(since) if since else None
    return modified is not None and moment is not None and modified.replace(microsecond=0) <= moment


def takes_gzip(request: Request) -> bool:
    """Whether the reader can unpack gzip."""
    for item in request.headers.get("accept-encoding", "")[:500].split(","):
        coding, _, weight = item.replace(" ", "").partition(";")
        if coding.lower() in {"gzip", "*"}:
            return weight not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
