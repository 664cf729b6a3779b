"""One spelling of every address. Text of a URL goes in; its only accepted spelling, its origin or its host comes out.

Equality of strings is identity here, so everything that two URL parsers could read differently is refused.
Which schemes, ports and addresses may be *asked* is decided by `fedi.http.guard`.
"""

import ipaddress
import re
from functools import lru_cache
from typing import Final

import idna

from fedi.errors import Invalid

URL_CHARS_MAX: Final = 2048
HOST_CHARS_MAX: Final = 253
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}

# A lower-case ASCII name that ends in letters, no port, nothing odd behind it: nearly every URL there is.
# A-labels take the long way. Four labels of at most 62 characters cannot exceed HOST_CHARS_MAX.
_ORDINARY: Final = re.compile(
    r"(https?://((?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?\.){1,3}[a-z]{2,62}))"
    r"(?:[/?#][!#$%&'()*+,\-./0-9:;=?@A-Z\[\]^_`a-z{|}~]*)?"
)
_SPLIT: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)((?:[/?#].*)?)", re.DOTALL)
_AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@%]+)(?::([1-9][0-9]{0,4}))?")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NEVER: Final = frozenset('\\"<>')


def canonical(url: str) -> str:
    """The one accepted spelling of `url` (http or https): host in lower case and as A-labels, no default port.

    Path, query and fragment are kept byte for byte. Raises `Invalid` for anything two parsers may read
    differently: user information, whitespace, control characters, backslashes, odd ports, numbers as hosts.
    """
    if len(url) <= URL_CHARS_MAX and _ORDINARY.fullmatch(url) is not None:
        return url
    return _parts(url)[0]


def is_canonical(url: str) -> bool:
    """Whether `url` is already spelled the one accepted way."""
    try:
        return canonical(url) == url
    except Invalid:
        return False


def origin_of(url: str) -> str:
    """`https://host[:port]` of a URL. Raises `Invalid`."""
    ordinary = _ORDINARY.fullmatch(url)
    if ordinary is not None and len(url) <= URL_CHARS_MAX:
        return ordinary[1]
    return _parts(url)[1]


def host_of(url: str) -> str:
    """The host as it stands in handles and `Host`: with its port when that is not the default. Raises `Invalid`."""
    ordinary = _ORDINARY.fullmatch(url)
    if ordinary is not None and len(url) <= URL_CHARS_MAX:
        return ordinary[2]
    return _parts(url)[1].partition("://")[2]


def same_origin(one: str, other: str) -> bool:
    """Whether scheme, host and port are the same. What is no URL has no origin and is the same as nothing."""
    try:
        return origin_of(one) == origin_of(other)
    except Invalid:
        return False


@lru_cache(maxsize=4096)
def _parts(url: str) -> tuple[str, str]:
    """(canonical URL, origin), the long way."""
    if len(url) > URL_CHARS_MAX:
        raise _refusal("too long")
    _check_characters(url)
    split = _SPLIT.fullmatch(url)
    if split is None:
        raise _refusal("no scheme or no host")
    scheme = split[1].lower()
    if scheme not in _DEFAULT_PORTS:
        raise _refusal("neither http nor https")
    authority = _AUTHORITY.fullmatch(split[2])
    if authority is None:
        raise _refusal("user information, port or host is malformed")
    host = _canonical_host(authority[1])
    port = authority[2] or _DEFAULT_PORTS[scheme]
    if int(port) > 65535:
        raise _refusal("no such port")
    origin = f"{scheme}://{host}" if port == _DEFAULT_PORTS[scheme] else f"{scheme}://{host}:{port}"
    url = origin + split[3]
    if len(url) > URL_CHARS_MAX:
        raise _refusal("too long")
    return url, origin


def _check_characters(url: str) -> None:
    # str.isprintable is false for controls, format characters, surrogates and every space but U+0020.
    if not url.isprintable() or " " in url:
        raise _refusal("whitespace or control character")
    if not _NEVER.isdisjoint(url):
        raise _refusal("character that never stands in a URL")


def _canonical_host(host: str) -> str:
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]"
        except ValueError as problem:
            raise _refusal("malformed IPv6 address") from problem
    name = _ascii_name(host).removesuffix(".")
    labels = name.split(".")
    if len(name) > HOST_CHARS_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refusal("malformed host")
    if _NUMBER.fullmatch(labels[-1]):
        _check_ipv4(name)
    return name


def _ascii_name(host: str) -> str:
    lowered = host.lower()
    if lowered.isascii() and "xn--" not in lowered:
        return lowered
    try:
        return idna.encode(host, uts46=True, std3_rules=True, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError, ValueError) as problem:
        raise _refusal("host is no domain name") from problem


def _check_ipv4(name: str) -> None:
    # "127.1", "0x7f.1" and "2130706433" reach 127.0.0.1 through some resolvers and nothing through others.
    try:
        ipaddress.IPv4Address(name)
    except ValueError as problem:
        raise _refusal("number as host") from problem


def _refusal(why: str) -> Invalid:
    return Invalid("error.address", detail=why, field="url")
