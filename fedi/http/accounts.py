"""What each other server costs us (S116): processor time, bytes, rows, fetches; halved every hour, in memory, bounded.

Only what is proved is put to a host's account: words that prove nothing could be put to anybody's. So nobody uses up
another's budget for verification (S20), and a source that proves nothing is limited as a source (S118).
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fedi.clock import Clock
from fedi.errors import TooMany
from fedi.http.transport import Limits, Request, Response, Transport

HOSTS_MAX: Final = 2000
HALF_LIFE_S: Final = 3600.0
# Verification for one host: a twentieth of one processor in the long run, three seconds of it at once.
VERIFYING_SHARE: Final = 0.05
VERIFYING_AHEAD_S: Final = 60.0
SAID_EVERY_S: Final = 60.0
ASKED_LATELY: Final = 0.5
_DECAY: Final = -math.log(2) / HALF_LIFE_S


@dataclass(frozen=True, slots=True)
class Account:
    """What a host cost lately. `share`: of what all cost together, the mean over the four kinds, from 0 to 1."""

    host: str
    share: float
    cpu_s: float
    size_bytes: int
    rows: int
    fetches: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a host took to answer lately, in the mean over so many requests; those that failed count too."""

    host: str
    mean_s: float
    requests: int


class _Sums:
    """Running sums of one host as of `at`, in monotonic seconds. `busy_until`: its verification budget, spent ahead."""

    __slots__ = (
        "at",
        "busy_until",
        "cpu_s",
        "fetches",
        "requests",
        "rows",
        "size_bytes",
        "waited_s",
    )

    def __init__(self, now: float) -> None:
        self.at = self.busy_until = now
        self.cpu_s = self.size_bytes = self.rows = self.fetches = 0.0
        self.requests = self.waited_s = 0.0

    def decay(self, now: float) -> None:
        factor = math.exp(_DECAY * max(0.0, now - self.at))
        self.at = now
        self.cpu_s *= factor
        self.size_bytes *= factor
        self.rows *= factor
        self.fetches *= factor
        self.requests *= factor
        self.waited_s *= factor


class Accounts:
    """One for each instance. With more than `HOSTS_MAX` hosts the one that was quiet longest is forgotten."""

    def __init__(self) -> None:
        self._hosts: OrderedDict[str, _Sums] = OrderedDict()
        self._said_at = -math.inf

    def note(
        self,
        host: str,
        now: float,
        *,
        cpu_s: float = 0.0,
        size_bytes: int = 0,
        rows: int = 0,
        fetches: int = 0,
    ) -> None:
        """This host cost so much more."""
        sums = self._sums(host, now)
        sums.cpu_s += cpu_s
        sums.size_bytes += size_bytes
        sums.rows += rows
        sums.fetches += fetches

    def note_verified(self, host: str, now: float, cpu_s: float) -> None:
        """Proving that this host spoke took so long."""
        sums = self._sums(host, now)
        sums.cpu_s += cpu_s
        sums.busy_until = max(sums.busy_until, now) + cpu_s / VERIFYING_SHARE

    def note_waited(self, host: str, now: float, waited_s: float) -> None:
        """A request to this host has ended, in whatever way, after so long."""
        sums = self._sums(host, now)
        sums.requests += 1
        sums.waited_s += waited_s

    def list_slowest(self, now: float, most: int) -> Sequence[Pace]:
        """The slowest first, of those that were asked lately."""
        for sums in self._hosts.values():
            sums.decay(now)
        paces = [
            Pace(host, sums.waited_s / sums.requests, round(sums.requests))
            for host, sums in self._hosts.items()
            if sums.requests >= ASKED_LATELY
        ]
        return sorted(paces, key=lambda pace: (-pace.mean_s, pace.host))[:most]

    def check_verifying(self, host: str, now: float) -> None:
        """Raises TooMany when what this host proved lately took all the time that is there for it (S20)."""
        sums = self._hosts.get(host)
        if sums is not None and sums.busy_until - now > VERIFYING_AHEAD_S:
            wait_s = int(sums.busy_until - now - VERIFYING_AHEAD_S) + 1
            raise TooMany("error.too_many", detail="verification", retry_after_s=wait_s)

    def list_heaviest(self, now: float, most: int) -> Sequence[Account]:
        """The heaviest first."""
        for sums in self._hosts.values():
            sums.decay(now)
        kinds = ("cpu_s", "size_bytes", "rows", "fetches")
        totals = [sum(getattr(sums, kind) for sums in self._hosts.values()) for kind in kinds]
        spent = [(kind, total) for kind, total in zip(kinds, totals, strict=True) if total > 0]
        accounts = [
            Account(
                host=host,
                share=sum(getattr(sums, kind) / total for kind, total in spent) / len(spent),
                cpu_s=sums.cpu_s,
                size_bytes=round(sums.size_bytes),
                rows=round(sums.rows),
                fetches=round(sums.fetches),
            )
            for host, sums in self._hosts.items()
            if spent
        ]
        return sorted(accounts, key=lambda account: (-account.share, account.host))[:most]

    def heaviest_to_name(self, now: float) -> str | None:
        """The heaviest host for a message about overload; None when one was said a moment ago, or nobody came."""
        if now - self._said_at < SAID_EVERY_S:
            return None
        self._said_at = now
        heaviest = self.list_heaviest(now, 1)
        return heaviest[0].host if heaviest else None

    def __len__(self) -> int:
        return len(self._hosts)

    def _sums(self, host: str, now: float) -> _Sums:
        sums = self._hosts.get(host)
        if sums is None:
            sums = self._hosts[host] = _Sums(now)
            if len(self._hosts) > HOSTS_MAX:
                self._hosts.popitem(last=False)
        else:
            self._hosts.move_to_end(host)
            if now != sums.at:
                sums.decay(now)
        return sums


class AccountedTransport:
    """A transport whose answers are put to the account of the host that was asked."""

    def __init__(self, transport: Transport, accounts: Accounts, clock: Clock) -> None:
        self._transport = transport
        self._accounts = accounts
        self._clock = clock

    async def send(self, request: Request, limits: Limits) -> Response:
        """As the transport behind it."""
        host = request.url.split("/", 3)[2]
        fetches = int(request.method == "GET")
        if fetches:
            self._accounts.note(host, self._clock.monotonic(), fetches=1)
        began_s = self._clock.monotonic()
        try:
            response = await self._transport.send(request, limits)
        finally:
            now = self._clock.monotonic()
            self._accounts.note_waited(host, now, now - began_s)
        self._accounts.note(host, now, size_bytes=len(response.body))
        return response

    async def close(self) -> None:
        """Close the transport behind it."""
        await self._transport.close()
