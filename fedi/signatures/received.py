"""A request as it came off the wire, and the few questions both signature styles ask of it. Plain values only."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedi.signatures.verdict import LoadKey

SIGNATURE_CHARS_MAX: Final = 8 * 1024
KEY_ID_CHARS_MAX: Final = 2048
COVERED_MAX: Final = 32

_METHOD: Final = re.compile(r"[A-Z]{1,16}")
_TARGET: Final = re.compile(r"/[!-~]*")
_FIELD_VALUE: Final = re.compile(r"[\t -~]*")
_DEFAULT_PORTS: Final = {"https": "443", "http": "80"}


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """`target`: raw path and query exactly as on the wire (S8). `headers`: lower-case names, every field line in
    order. `body`: the bytes received, `b""` when there were none."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def lines(self, name: str) -> list[str]:
        """The values of every field line called `name`, blanks around them removed."""
        return [value.strip(" \t") for field, value in self.headers if field == name]

    def lines_of(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The same for several names at once."""
        found: dict[str, list[str]] = {name: [] for name in names}
        for field, value in self.headers:
            if field in found:
                found[field].append(value.strip(" \t"))
        return found

    @property
    def protects_body(self) -> bool:
        """Whether the signature has to cover a digest: always, but for a GET or HEAD that really has no body."""
        return self.method not in {"GET", "HEAD"} or self.body != b""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What verification needs beside the request: our public base, the time, and where keys are found."""

    scheme: str
    authority: str
    now: datetime
    load_key: LoadKey

    def is_our_host(self, host: str) -> bool:
        """Whether a signed `Host` means us (S7). Without the port too: some peers sign the name alone (wire.md 2.1)."""
        host, authority = host.lower(), self.authority.lower()
        if host == authority:
            return True
        name = authority if authority.endswith("]") else re.sub(r":[0-9]+$", "", authority)
        if name != authority:
            return host == name
        return host == f"{name}:{_DEFAULT_PORTS.get(self.scheme, '')}"


def with_origin_form(request: SignedRequest, scheme: str, authority: str) -> SignedRequest | None:
    """The request with a target that starts with `/`, or None when method or target are not to be believed.

    An absolute target that names us is cut to its path; one that names anybody else is refused (S7).
    """
    target = request.target.removeprefix(f"{scheme}://{authority}")
    if _METHOD.fullmatch(request.method) is None or _TARGET.fullmatch(target) is None:
        return None
    if target == request.target:
        return request
    return SignedRequest(request.method, target, request.headers, request.body)


def is_field_value(value: str) -> bool:
    """Whether `value` can stand in a signing string: printable ASCII, so no line can be smuggled into it."""
    return _FIELD_VALUE.fullmatch(value) is not None
