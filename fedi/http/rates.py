"""How often somebody may come: a steady rate with room for a burst, per name, in memory. A restart forgives.

Four uses: requests of one source that nobody vouches for (S84, S118), hosts and actors nobody here knew (S113), keys
that could not be had (S14), people who sign in (S79). Names and seconds of a monotonic clock enter; how long to wait leaves.
"""

import hashlib
import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from fedi.errors import TooMany

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Refuse = Callable[[Any, Any, Any, TooMany], Awaitable[None]]

NAMES_MAX: Final = 20_000
SOURCE_SPAN_S: Final = 300.0
KEY_LIVES_S: Final = 3600.0
# Answers that say: what was sent here proves nothing, or is nothing. Not 404 and 410, which honest hosts meet too.
_REFUSALS: Final = frozenset({400, 401, 403, 413, 415})


class Rates:
    """`count` per `span_s` for each name, of which the share `burst` may come at once (generic cell rate algorithm).

    Bounded: with more than `NAMES_MAX` names the one that came longest ago is forgotten.
    """

    def __init__(self, count: int, span_s: float, burst: float = 1.0) -> None:
        self._interval_s = span_s / count
        self._burst_s = max(span_s * burst - self._interval_s / 2, self._interval_s / 2)
        self._full_at: OrderedDict[str | bytes, float] = OrderedDict()

    def wait_s(self, name: str | bytes, now: float) -> int:
        """Whole seconds until this name may come; 0: now. Counts nothing."""
        ahead_s = self._full_at.get(name, now) - now
        return 0 if ahead_s <= self._burst_s else max(1, int(ahead_s - self._burst_s) + 1)

    def count(self, name: str | bytes, now: float) -> None:
        """This name came."""
        self._full_at[name] = max(self._full_at.get(name, now), now) + self._interval_s
        self._full_at.move_to_end(name)
        if len(self._full_at) > NAMES_MAX:
            self._full_at.popitem(last=False)

    def check(self, name: str | bytes, now: float) -> None:
        """Raises TooMany when this name has to wait. Counts nothing."""
        wait_s = self.wait_s(name, now)
        if wait_s:
            raise TooMany("error.too_many", detail="rate", retry_after_s=wait_s)

    def take(self, name: str | bytes, now: float) -> None:
        """`check`, then `count`."""
        self.check(name, now)
        self.count(name, now)

    def forgive(self, name: str | bytes) -> None:
        """It does not count after all that this name came."""
        if name in self._full_at:
            self._full_at[name] -= self._interval_s

    def clear(self) -> None:
        """Everybody is new again."""
        self._full_at.clear()

    def __len__(self) -> int:
        return len(self._full_at)


class Newcomers:
    """Hosts and actors that nobody here knew before, so that names made by the thousand do not fill the database (S113).

    `failed_keys` are those that a host could not or would not show: whoever signs badly in its name cannot make us
    hammer it (S14).
    """

    def __init__(self) -> None:
        self._actors: Rates | None = None
        self._hosts: Rates | None = None
        self._failed_keys = Rates(30, 3600.0)

    def check(self, host: str, now: float) -> None:
        """Raises TooMany before a host is asked for the key of somebody unknown."""
        self._failed_keys.check(host, now)
        if self._actors is not None:
            self._actors.check(host, now)

    def note_failed_key(self, host: str, now: float) -> None:
        """A key of this host could not be had, or did not fit."""
        self._failed_keys.count(host, now)

    def has_failed_often(self, host: str, now: float) -> bool:
        """Whether this host was asked in vain as often as may be."""
        return self._failed_keys.wait_s(host, now) > 0

    def admit(
        self, host: str, now: float, *, per_host: int, hosts_per_domain: int, is_host_new: bool
    ) -> None:
        """Count somebody unknown. Raises TooMany when too many of that host, or hosts of that domain, came lately."""
        if self._actors is None or self._hosts is None:
            self._actors = Rates(per_host, 3600.0)
            self._hosts = Rates(hosts_per_domain, 24 * 3600.0)
        domain = registrable_domain(host)
        self._actors.check(host, now)
        if is_host_new:
            self._hosts.take(domain, now)
        self._actors.count(host, now)


class Namings:
    """How often hosts are asked how somebody is called, so that names made by the thousand cause no flood of questions (S62)."""

    def __init__(self) -> None:
        self._hosts = Rates(120, 3600.0)
        self._strangers = Rates(120, 3600.0)

    def take(self, host: str, crowd: str | None, now: float) -> None:
        """Count a question to a host. `crowd`: everybody together with whom nobody here has to do. Raises TooMany."""
        self._hosts.check(host, now)
        if crowd is not None:
            self._strangers.take(crowd, now)
        self._hosts.count(host, now)


class Entrances:
    """Who tried to sign in and was wrong: by name, by source, and all together (S79). In memory, without an address.

    An attempt counts from the moment it begins and is forgiven when it was right: of many at the same moment no more are
    heard than of many after one another.
    """

    def __init__(self) -> None:
        self._sources = Sources(25)
        self._names = Rates(5, 900.0)
        # far above what one source can use up in an hour, or it would shut everybody out
        self._all = Rates(3000, 3600.0)

    def begin(self, name: str, address: str, now: float) -> None:
        """An attempt. Raises TooMany when whoever this is has to wait before trying again."""
        source = self._sources.name_of(address, now)
        self._all.check("all", now)
        self._names.check(name, now)
        self._sources.refusals.check(source, now)
        self._all.count("all", now)
        self._names.count(name, now)
        self._sources.refusals.count(source, now)

    def begin_known(self, name: str, now: float) -> None:
        """An attempt of somebody who has proved the password already: what strangers use up is not theirs. Raises TooMany."""
        self._names.take(name, now)

    def forgive(self, name: str, address: str, now: float) -> None:
        """It was right."""
        self._all.forgive("all")
        self._names.forgive(name)
        self._sources.refusals.forgive(self._sources.name_of(address, now))

    def forgive_known(self, name: str) -> None:
        """It was right, of somebody who has proved the password already."""
        self._names.forgive(name)


def registrable_domain(host: str) -> str:
    """The name that somebody had to register: the last two labels, or three below a short one of a country (co.uk).

    A guess without a list to keep current. Where it is wrong it is wrong in both directions and only for a limit: hosts
    below a shared domain share its ten new ones a day, a two-letter domain of a country counts each host for itself.
    """
    name = host if host.endswith("]") else host.partition(":")[0]
    labels = name.split(".")
    is_below_short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3:] if is_below_short else labels[-2:])


class Sources:
    """Who asks, as far as limits need it: a keyed hash of the address, with a key that nobody stores (S84).

    The key is new every hour, and then every source is new too.
    """

    def __init__(self, per_span: int) -> None:
        self.visits = Rates(per_span, SOURCE_SPAN_S)
        self.refusals = Rates(per_span, SOURCE_SPAN_S)
        self._key = b""
        self._until = float("-inf")

    def name_of(self, address: str, now: float) -> bytes:
        """What stands for an address this hour. A /64 of IPv6 is one source."""
        if now >= self._until:
            self._key = secrets.token_bytes(32)
            self._until = now + KEY_LIVES_S
            self.visits.clear()
            self.refusals.clear()
        return hashlib.blake2b(_source(address), key=self._key, digest_size=8).digest()


def with_rates(
    app: ASGIApp,
    *,
    per_source: int,
    proxies: Iterable[str],
    monotonic: Callable[[], float],
    refuse: Refuse,
) -> ASGIApp:
    """`app`, refusing sources that ask too often. `per_source`: requests in five minutes, 0 for no limit.

    Unsigned requests count when they come. Signed ones and those to an inbox count only when they turn out to prove
    nothing: whoever proves to be somebody is limited by that, not by an address it may share (S118). `proxies` are the
    trusted ones: they speak for themselves only when they look whether we live.
    """
    if per_source <= 0:
        return app
    sources = Sources(per_source)
    networks = [ipaddress.ip_network(text) for text in proxies if text != "unix"]

    async def limited(scope: Any, receive: Any, send: Any) -> None:
        address = scope["client"][0] if scope["type"] == "http" and scope.get("client") else ""
        if not address or _is_within(address, networks):
            await app(scope, receive, send)
            return
        now = monotonic()
        source = sources.name_of(address, now)
        is_claim = _claims_to_be_somebody(scope)
        rates = sources.refusals if is_claim else sources.visits
        try:
            rates.check(source, now)
        except TooMany as problem:
            await refuse(scope, receive, send, problem)
            return
        if not is_claim:
            rates.count(source, now)
            await app(scope, receive, send)
            return

        async def send_and_count(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] in _REFUSALS:
                rates.count(source, now)
            await send(message)

        await app(scope, receive, send_and_count)

    return limited


def _claims_to_be_somebody(scope: Any) -> bool:
    if scope["method"] == "POST" and scope["path"].endswith("/inbox"):
        return True
    return any(name == b"signature" for name, _ in scope["headers"])


def _source(address: str) -> bytes:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address.encode()
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return mapped.packed if mapped is not None else found.packed[:8]
    return found.packed


def _is_within(address: str, networks: Iterable[Network]) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return any(found in network for network in networks)
