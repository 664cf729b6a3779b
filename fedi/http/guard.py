"""Where a request may go. A URL or an address enters; nothing leaves, or `ForbiddenAddress` does.

The tables are our own: what the standard library calls global changes with its version and includes
addresses that wrap private ones.
"""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from fedi.canonical import origin_of
from fedi.errors import ForbiddenAddress, Invalid
from fedi.onion import is_onion

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IANA IPv4 Special-Purpose Address Registry, with multicast and the reserved class E.
IPV4_DENIED: Final = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, metadata services of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT relays
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# Only 2000::/3 is handed out. What lies outside (loopback, mapped and compatible IPv4, NAT64, unique local,
# link-local, site-local, multicast, discard) needs no line of its own.
IPV6_PERMITTED: Final = ipaddress.IPv6Network("2000::/3")
IPV6_DENIED: Final = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
# Ports above 1023 on which something answers that is not a web server and could be harmed by one request.
PORTS_DENIED: Final = frozenset(
    {1080, 1433, 1434, 1521, 1719, 1720, 1723, 1883, 2049, 2181, 2375, 2376, 2379, 2380, 3128, 3306}
    | {
        3389,
        3659,
        4045,
        4190,
        4369,
        5060,
        5061,
        5222,
        5269,
        5432,
        5433,
        5671,
        5672,
        5900,
        5901,
        5984,
    }
    | {
        6000,
        6379,
        6380,
        6432,
        6443,
        6566,
        6665,
        6666,
        6667,
        6668,
        6669,
        6697,
        7000,
        7001,
        7199,
        8086,
    }
    | {8883, 9042, 9050, 9051, 9092, 9160, 9200, 9300, 10080, 10250, 10255, 11211, 15672, 25672}
    | {27017, 27018, 27019, 28017}
)

# Endings that no public name has: RFC 6761, 6762, 8375, 9476, ICANN's "internal", and those that home routers made up.
NAMES_DENIED: Final = (
    ".localhost",
    ".localdomain",
    ".local",
    ".internal",
    ".intranet",
    ".private",
    ".home.arpa",
    ".in-addr.arpa",
    ".ip6.arpa",
    ".alt",
    ".corp",
    ".home",
    ".lan",
    ".invalid",
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the steward allows beyond the ordinary.

    `allow_http`: plain http to ordinary names. `allowed_networks`: exact networks excepted from the tables
    (loopback in tests, a local network). `own_hosts`: our names as `fedi.canonical.host_of` gives them.
    `is_proxied`: a proxy resolves and connects, so that no address is seen here and names alone are judged.
    """

    allow_http: bool = False
    allowed_networks: tuple[Network, ...] = ()
    own_hosts: frozenset[str] = frozenset()
    is_proxied: bool = False


def check_address(ip: str, allowed: tuple[Network, ...] = ()) -> None:
    """Raise `ForbiddenAddress` unless `ip` (as text, from a resolver or a socket) is public or in `allowed`."""
    try:
        address: Address = ipaddress.ip_address(ip)
    except ValueError as problem:
        raise _forbidden("not_an_address") from problem
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise _forbidden("private_address")
        address = address.ipv4_mapped or address
    if any(address in network for network in allowed):
        return
    if not _is_public(address):
        raise _forbidden("private_address")


def check_url(url: str, policy: Policy) -> None:
    """Raise `ForbiddenAddress` unless scheme, port and host of `url` may be asked at all.

    The addresses behind a name are checked when they are known (`check_address`).
    """
    try:
        origin = origin_of(url)
    except Invalid as problem:
        raise ForbiddenAddress(detail="not_a_url") from problem
    _check_origin(origin, policy)


@lru_cache(maxsize=2048)
def _check_origin(origin: str, policy: Policy) -> None:
    scheme, _, host_and_port = origin.partition("://")
    if host_and_port in policy.own_hosts:
        raise _forbidden("own_host")
    host, port = _split_port(host_and_port, 443 if scheme == "https" else 80)
    if is_onion(host) and not policy.is_proxied:
        # the name itself is the secret: no resolver must ever hear it
        raise _forbidden("onion_without_proxy")
    if scheme == "http" and not (policy.allow_http or is_onion(host)):
        raise _forbidden("scheme")
    if port in PORTS_DENIED or (port < 1024 and port != (443 if scheme == "https" else 80)):
        raise _forbidden("port")
    literal = _literal(host)
    if literal is not None and not any(literal in network for network in policy.allowed_networks):
        raise _forbidden("address_as_name")
    if policy.is_proxied and is_private_name(host):
        raise _forbidden("private_name")


def is_private_name(host: str) -> bool:
    """Whether a name can only mean something near whoever resolves it: one label, or an ending kept for local use."""
    return "." not in host or f".{host}".endswith(NAMES_DENIED)


def _split_port(host_and_port: str, default: int) -> tuple[str, int]:
    host, colon, port = host_and_port.rpartition(":")
    if not colon or port.endswith("]"):
        return host_and_port, default
    return host, int(port)


def _literal(host: str) -> Address | None:
    # `canonical` has already refused every other spelling of a number.
    try:
        address: Address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in IPV4_DENIED)
    return address in IPV6_PERMITTED and not any(address in network for network in IPV6_DENIED)


def _forbidden(code: str) -> ForbiddenAddress:
    return ForbiddenAddress(detail=code)
