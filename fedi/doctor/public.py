"""Speaking to ourselves through our public address, as others do. An address of ours enters, an answer leaves.

Requests to others never take this way: it may reach private networks, because our own name may lead there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from fedi.canonical import origin_of
from fedi.doctor.probe import PREFIX
from fedi.errors import ForbiddenAddress, RemoteMalformed
from fedi.http.transport import Limits, Request, Response, Transport
from fedi.urls import Urls

ANSWER_BYTES_MAX: Final = 256 * 1024
_LIMITS: Final = Limits(ANSWER_BYTES_MAX, cut=True)


class Arrived(msgspec.Struct, frozen=True):
    """What the probe says of a request: as it came out behind the last proxy."""

    probe: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    scheme: str
    client: str
    size: int
    sha256: str
    body: str

    def lines(self, name: str) -> list[str]:
        """The values of a header."""
        return [value for field, value in self.headers if field == name]


@dataclass(frozen=True, slots=True)
class Public:
    """Our public address. Raises `RemoteError`s like every way out."""

    urls: Urls
    transport: Transport
    token: str
    user_agent: str

    @property
    def probe(self) -> str:
        """Where the probe of this run answers."""
        return f"{self.urls.base}{PREFIX}{self.token}"

    async def ask(
        self,
        url: str,
        accept: str = "*/*",
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """One request to one of our addresses, unsigned; redirects are answers."""
        if origin_of(url) != origin_of(self.urls.base):
            raise ForbiddenAddress(detail="not_ours")
        sent = {"User-Agent": self.user_agent, "Accept": accept, **(headers or {})}
        method = "GET" if body is None else "POST"
        return await self.transport.send(Request(method, url, sent, body), _LIMITS)

    def arrived(self, response: Response) -> Arrived | None:
        """What the probe of this run told, or None when something else answered."""
        try:
            found = msgspec.json.decode(response.body, type=Arrived)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        return found if found.probe == self.token and response.status == 200 else None


def read_object(body: bytes) -> dict[str, object]:
    """The JSON object in a body. Raises RemoteMalformed."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise RemoteMalformed(detail="json") from problem
    if not isinstance(found, dict):
        raise RemoteMalformed(detail="json")
    return found
