"""What this server says to others: signed fetches of documents, unsigned ones of JSON and pictures, signed deliveries.

A URL enters; a parsed document or the answer to a delivery leaves. How it may be believed is decided elsewhere,
except that a document must stand at its own `id`.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn
from urllib.parse import quote, urldefrag, urljoin

from fedi.canonical import canonical, is_canonical, origin_of, same_origin
from fedi.clock import Clock
from fedi.errors import (
    ForbiddenAddress,
    Invalid,
    RemoteError,
    RemoteGone,
    RemoteMalformed,
    RemoteRefused,
    RemoteUnreachable,
)
from fedi.http.headers import ACCEPT_AS2, is_as2, retry_after_s, skew_s
from fedi.http.schemes import CAVAGE, RFC9421, Scheme, SchemeMemory
from fedi.http.transport import Limits, Request, Response, Transport
from fedi.metrics import Family, Kind, Metrics
from fedi.signatures.cavage import sign_cavage
from fedi.signatures.keys import SigningKey
from fedi.signatures.rfc9421 import sign_rfc9421
from fedi.vocab.strict import parse_document

DOCUMENT_BYTES_MAX: Final = 1024 * 1024
JSON_BYTES_MAX: Final = 256 * 1024
ANSWER_BYTES_MAX: Final = 16 * 1024
REDIRECTS_MAX: Final = 3
KNOCKS_MAX: Final = 3
ACTIVITY_TYPE: Final = "application/activity+json"
ACCEPT_PICTURES: Final = "image/webp, image/jpeg, image/png, image/gif, image/avif;q=0.5"

_DOCUMENT_LIMITS: Final = Limits(DOCUMENT_BYTES_MAX)
_POST_LIMITS: Final = Limits(ANSWER_BYTES_MAX, cut=True)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MISUNDERSTOOD: Final = frozenset({400, 401})
_LATER: Final = frozenset({408, 425, 429})
_SIGN: Final = {CAVAGE: sign_cavage, RFC9421: sign_rfc9421}
_OUTCOMES: Final[dict[type[RemoteError], str]] = {
    RemoteUnreachable: "unreachable",
    RemoteRefused: "refused",
    RemoteGone: "gone",
    RemoteMalformed: "malformed",
    ForbiddenAddress: "forbidden",
}
DOCUMENT: Final = "document"
JSON: Final = "json"
BYTES: Final = "bytes"
FETCHED: Final = Family(
    "mujawara_fetches_total",
    Kind.COUNTER,
    "Fetches from other servers. broken_off: they took longer than there was time.",
    kind=(DOCUMENT, JSON, BYTES),
    outcome=("fetched", "broken_off", *_OUTCOMES.values()),
)
# What a server called its text, as far as it may be sent back.
_SPOKEN: Final = re.compile(r"[\x20-\x7e]{1,200}")
_UNSPOKEN: Final = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document, the address that really gave it and the status it came with."""

    document: dict[str, Any]
    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Fresh:
    """A text that was asked for again. `body` is None when it is still what it was; `etag` and `modified` are for the next time."""

    body: bytes | None
    url: str
    etag: str
    modified: str


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer to a delivery. `retry_after_s` and `skew_s` (their clock minus ours) when they said so;
    `scheme` is the signature style of the answer that counts."""

    status: int
    headers: Mapping[str, str]
    retry_after_s: int | None
    scheme: Scheme
    skew_s: int | None = None


@dataclass(frozen=True, slots=True)
class _Letter:
    """What is said, before it is decided how it is signed."""

    method: str
    url: str
    body: bytes | None
    key: SigningKey
    also: Mapping[str, str]
    limits: Limits


class SignatureRefused(RemoteRefused):
    """401 to everything we signed. `skew_s`: seconds their clock is ahead of ours when that may be the reason."""

    def __init__(self, http_status: int, skew: int | None) -> None:
        super().__init__(detail="unauthorized", http_status=http_status)
        self.skew_s = skew


class FederationClient:
    """Speaks for this server. One for the whole process; safe for any number of tasks of its loop."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        *,
        server_key: Callable[[], SigningKey],
        user_agent: str,
        schemes: SchemeMemory,
        metrics: Metrics | None = None,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._server_key = server_key
        self._user_agent = user_agent
        self._schemes = schemes
        self._metrics = metrics or Metrics()

    def note_scheme(self, origin: str, scheme: Scheme) -> None:
        """An origin signed in this style, or says that it understands it: that counts more than an answer to a GET,
        which many give without a look at the signature."""
        self._schemes.remember(origin, scheme)

    async def fetch_document(
        self, url: str, *, across_origins: bool = False, check_id: bool = True
    ) -> Fetched:
        """The ActivityStreams document at `url` (its fragment is not asked for), signed by the server actor.

        Redirects stay within the origin unless `across_origins`. With `check_id`, the document's `id` is the
        final address, or is fetched once more if it lies at the same origin (S32). Raises `RemoteError`s.
        """
        with self._counted(DOCUMENT):
            return await self._fetch_document(url, across_origins, check_id)

    async def _fetch_document(self, url: str, across_origins: bool, check_id: bool) -> Fetched:
        fetched = await self._fetch_once(url, across_origins)
        if not check_id or fetched.document.get("id") == fetched.url:
            return fetched
        own_id = fetched.document.get("id")
        if not isinstance(own_id, str) or not is_canonical(own_id):
            raise RemoteMalformed(detail="id")
        if "#" in own_id or not same_origin(own_id, fetched.url):
            raise RemoteMalformed(detail="id")
        fetched = await self._fetch_once(own_id, across_origins=False)
        if fetched.document.get("id") != fetched.url:
            raise RemoteMalformed(detail="id")
        return fetched

    async def fetch_json(
        self, url: str, accept: str, *, limit: int = JSON_BYTES_MAX
    ) -> dict[str, Any]:
        """The JSON object at `url`, unsigned: WebFinger, NodeInfo. Redirects may lead to any permitted host."""
        headers = {"User-Agent": self._user_agent, "Accept": accept}
        limits = Limits(limit)

        async def ask(address: str) -> Response:
            return await self._transport.send(Request("GET", address, headers), limits)

        with self._counted(JSON):
            response = await self._follow(_address(url), ask, lambda _origin, _next: True)
            _raise_for_status(response, self._clock.now())
            return _parsed(response.body)

    async def fetch_media(
        self,
        url: str,
        *,
        bytes_max: int,
        may_ask: Callable[[str], Awaitable[bool]] | None = None,
    ) -> tuple[bytes, str]:
        """The bytes at `url`, whatever they claim to be, and the address that really gave them. Unsigned.

        Redirects may lead to any permitted host; `may_ask` is heard before each request. Raises `RemoteError`s.
        """
        return await self._fetch_bytes(url, ACCEPT_PICTURES, bytes_max, may_ask)

    async def fetch_text(
        self,
        url: str,
        accept: str,
        *,
        bytes_max: int,
        may_ask: Callable[[str], Awaitable[bool]] | None = None,
    ) -> bytes:
        """The bytes of a text at `url`, such as a list of hosts; otherwise like `fetch_media`."""
        return (await self._fetch_bytes(url, accept, bytes_max, may_ask))[0]

    async def fetch_fresh(
        self,
        url: str,
        accept: str,
        *,
        etag: str = "",
        modified: str = "",
        bytes_max: int,
        may_ask: Callable[[str], Awaitable[bool]],
    ) -> Fresh:
        """The text at `url` if it is no longer what it was when it bore this `etag` and this moment (RFC 9110 13.1).

        Otherwise like `fetch_text`.
        """
        known = {"If-None-Match": etag, "If-Modified-Since": modified}
        headers = {"User-Agent": self._user_agent, "Accept": accept}
        headers |= {name: value for name, value in known.items() if _SPOKEN.fullmatch(value)}
        limits = Limits(bytes_max)

        async def ask(address: str) -> Response:
            if not await may_ask(address):
                raise ForbiddenAddress(detail="blocked_host")
            return await self._transport.send(Request("GET", address, headers), limits)

        with self._counted(BYTES):
            response = await self._follow(_address(url), ask, lambda _origin, _next: True)
            is_same = response.status == 304 and len(headers) > 2
            if not is_same:
                _raise_for_status(response, self._clock.now())
            given = response.headers
            return Fresh(
                None if is_same else response.body,
                response.url,
                given.get("etag", etag if is_same else ""),
                given.get("last-modified", modified if is_same else ""),
            )

    async def _fetch_bytes(
        self,
        url: str,
        accept: str,
        bytes_max: int,
        may_ask: Callable[[str], Awaitable[bool]] | None,
    ) -> tuple[bytes, str]:
        headers = {"User-Agent": self._user_agent, "Accept": accept}
        limits = Limits(bytes_max)

        async def ask(address: str) -> Response:
            if may_ask is not None and not await may_ask(address):
                raise ForbiddenAddress(detail="blocked_host")
            return await self._transport.send(Request("GET", address, headers), limits)

        with self._counted(BYTES):
            response = await self._follow(_address(url), ask, lambda _origin, _next: True)
            _raise_for_status(response, self._clock.now())
            return response.body, response.url

    @contextmanager
    def _counted(self, kind: str) -> Iterator[None]:
        outcome = "broken_off"
        try:
            yield
            outcome = "fetched"
        except RemoteError as problem:
            outcome = _OUTCOMES.get(type(problem), "refused")
            raise
        finally:
            self._metrics.count(FETCHED, kind, outcome)

    async def post(
        self, inbox: str, body: bytes, key: SigningKey, *, also: Mapping[str, str] | None = None
    ) -> Posted:
        """Deliver `body` exactly as given, signed now. Every HTTP status is an answer, redirects included.

        `also`: further headers, signed too. Raises `RemoteUnreachable`, `RemoteMalformed` or
        `ForbiddenAddress` when there was no answer.
        """
        response, scheme = await self._knock(
            _Letter("POST", _address(inbox), body, key, also or {}, _POST_LIMITS)
        )
        now = self._clock.now()
        return Posted(
            response.status,
            response.headers,
            retry_after_s(response.headers.get("retry-after"), now),
            scheme,
            skew_s(response.headers.get("date"), now) if response.status == 401 else None,
        )

    async def _fetch_once(self, url: str, across_origins: bool) -> Fetched:
        key = self._server_key()

        async def ask(address: str) -> Response:
            letter = _Letter("GET", address, None, key, {}, _DOCUMENT_LIMITS)
            return (await self._knock(letter))[0]

        def may_go(origin: str, address: str) -> bool:
            return across_origins or same_origin(origin, address)

        response = await self._follow(_address(url), ask, may_go)
        _raise_for_status(response, self._clock.now())
        if not is_as2(response.headers.get("content-type", "")):
            raise RemoteMalformed(detail="content_type", http_status=response.status)
        return Fetched(_parsed(response.body), response.url, response.status)

    async def _follow(
        self,
        address: str,
        ask: Callable[[str], Awaitable[Response]],
        may_go: Callable[[str, str], bool],
    ) -> Response:
        """Ask, and follow redirects by hand: each hop is signed and guarded anew."""
        origin, seen = address, {address}
        for _ in range(REDIRECTS_MAX + 1):
            response = await ask(address)
            if response.status not in _REDIRECTS:
                return response
            following = _redirect_target(address, response)
            if following in seen:
                raise RemoteMalformed(detail="redirect_loop", http_status=response.status)
            if not may_go(origin, following):
                raise RemoteMalformed(detail="redirect_origin", http_status=response.status)
            seen.add(following)
            address = following
        raise RemoteMalformed(detail="redirects")

    async def _knock(self, letter: _Letter) -> tuple[Response, Scheme]:
        """Send with the style the origin understood last; after 400 or 401 with the other one.

        When nobody understands, the first answer is the true one.
        """
        origin = origin_of(letter.url)
        known = self._schemes.recall(origin)
        first: tuple[Response, Scheme] | None = None
        for scheme, with_query in _knocks(known or CAVAGE, has_query="?" in letter.url):
            headers = self._headers(letter, scheme, with_query)
            request = Request(letter.method, letter.url, headers, letter.body)
            response = await self._transport.send(request, letter.limits)
            if response.status not in _MISUNDERSTOOD:
                if response.status < 400 and known != scheme:
                    self._schemes.remember(origin, scheme)
                return response, scheme
            first = first or (response, scheme)
        assert first is not None
        return first

    def _headers(self, letter: _Letter, scheme: Scheme, with_query: bool) -> dict[str, str]:
        """Every header of one knock, signed at this moment: a signature made earlier may be too old (wire.md 2.3)."""
        headers = {"User-Agent": self._user_agent, "Accept": ACCEPT_AS2}
        content_type = None
        if letter.body is not None:
            content_type = headers["Content-Type"] = ACTIVITY_TYPE
        signing = _SIGN[scheme](
            letter.method,
            letter.url,
            letter.body,
            letter.key,
            self._clock.now(),
            content_type=content_type,
            with_query=with_query,
            also=letter.also,
        )
        for more in (letter.also, signing):
            for name, value in more.items():
                headers[name.title()] = value
        return headers


def _knocks(scheme: Scheme, *, has_query: bool) -> list[tuple[Scheme, bool]]:
    other: Scheme = RFC9421 if scheme == CAVAGE else CAVAGE
    knocks = [(scheme, True), (other, True)]
    if has_query:
        # Mastodon 4.2 and others rebuild the signed text from the path alone (wire.md 2.2).
        knocks.insert(1, (CAVAGE, False))
    return knocks[:KNOCKS_MAX]


def _address(url: str) -> str:
    """What is really asked for `url`: canonical, without fragment, everything beyond ASCII percent-encoded."""
    try:
        address = urldefrag(canonical(url)).url
    except Invalid as problem:
        raise ForbiddenAddress(detail="not_a_url") from problem
    return address if address.isascii() else quote(address, safe="%/:?#[]@!$&'()*+,;=-._~|^`{}")


def _redirect_target(address: str, response: Response) -> str:
    location = response.headers.get("location", "")
    if not location or _UNSPOKEN.search(location):
        raise RemoteMalformed(detail="redirect", http_status=response.status)
    try:
        following = _address(urljoin(address, location))
    except ValueError as problem:
        raise RemoteMalformed(detail="redirect", http_status=response.status) from problem
    if address.startswith("https:") and not following.startswith("https:"):
        raise ForbiddenAddress(detail="scheme", http_status=response.status)
    return following


def _raise_for_status(response: Response, now: datetime) -> None:
    if not 200 <= response.status < 300:
        _raise_refusal(response, now)


def _raise_refusal(response: Response, now: datetime) -> NoReturn:
    status, headers = response.status, response.headers
    if status in {404, 410}:
        raise RemoteGone(detail=f"http_{status}", http_status=status)
    # A challenge page of a front end says nothing about the document behind it.
    if status >= 500 or status in _LATER or "cf-mitigated" in headers:
        wait_s = retry_after_s(headers.get("retry-after"), now)
        raise RemoteUnreachable(detail=f"http_{status}", http_status=status, retry_after_s=wait_s)
    if status == 401:
        raise SignatureRefused(status, skew_s(headers.get("date"), now))
    if status >= 400:
        raise RemoteRefused(detail=f"http_{status}", http_status=status)
    raise RemoteMalformed(detail="status", http_status=status)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return parse_document(body)
    except Invalid as problem:
        raise RemoteMalformed(detail="json") from problem
