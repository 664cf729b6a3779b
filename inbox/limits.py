"""How much one host may send, how much strangers may, and how much may wait. In memory: a restart forgives."""

from typing import Final

from fedi.config import InboxConfig
from fedi.errors import TooMany, Unavailable
from fedi.http.rates import Rates
from fedi.instance import Instance
from inbox.fresh import Fresh

BURST_SHARE: Final = 1 / 3
BACKLOG_RETRY_AFTER_S: Final = 300
HOUR_S: Final = 3600.0
FLAGS_PER_HOST: Final = 20
LIKES_PER_HOST: Final = 600
STRANGERS_BURST: Final = 1 / 6
# the detail of the refusal, and the one name that they all share
STRANGERS: Final = "strangers"
_ALL: Final = STRANGERS


class HostLimits:
    """A steady rate per authenticated host with room for a burst, for some verbs a smaller one, and the backlog's size.

    `fresh`: the part of the backlog that goes to the worker in memory.
    """

    def __init__(self, per_minute: int, config: InboxConfig | None = None) -> None:
        config = config or InboxConfig()
        self._hosts = Rates(per_minute, 60.0, BURST_SHARE)
        self._follows = Rates(config.follows_per_host, HOUR_S)
        self._strangers = Rates(config.strangers_per_hour, HOUR_S, STRANGERS_BURST)
        self._relays = Rates(config.relayed_per_hour, HOUR_S, BURST_SHARE)
        likes = Rates(LIKES_PER_HOST, HOUR_S)
        self._counted = {"Flag": Rates(FLAGS_PER_HOST, HOUR_S), "Like": likes, "EmojiReact": likes}
        self.backlog = 0
        self.fresh = Fresh()

    @classmethod
    def of(cls, config: InboxConfig) -> "HostLimits":
        """The limits that the settings name."""
        return cls(config.host_per_minute, config)

    def check(self, host: str, now: float) -> None:
        """Count one activity of a host. Raises TooMany with the seconds after which the next one is welcome."""
        self._hosts.take(host, now)

    def has_room_for(self, verb: str, host: str, now: float) -> bool:
        """Count one activity of this verb; False when it is only counted and not stored (S109).

        Raises TooMany for a Follow too many: its sender asks again later.
        """
        if verb == "Follow":
            self._follows.take(host, now)
            return True
        rates = self._counted.get(verb)
        if rates is None:
            return True
        has_room = rates.wait_s(host, now) == 0
        if has_room:
            rates.count(host, now)
        return has_room

    def has_room_for_relayed(self, relay_host: str, now: float) -> bool:
        """Count one thing that a relay passes on; False when it is left out: there is always more, and no promise."""
        has_room = self._relays.wait_s(relay_host, now) == 0
        if has_room:
            self._relays.count(relay_host, now)
        return has_room

    def check_strangers(self, now: float) -> None:
        """Count one post of somebody to whom nobody here has any relation. Raises TooMany in a flood of them (S107)."""
        self.refuse_strangers(now)
        self._strangers.count(_ALL, now)

    def refuse_strangers(self, now: float) -> None:
        """Raises TooMany when strangers have to wait. Counts nothing, for nothing is proved yet (S118)."""
        wait_s = self._strangers.wait_s(_ALL, now)
        if wait_s:
            raise TooMany("error.too_many", detail=STRANGERS, retry_after_s=wait_s)

    def is_flooded(self, now: float) -> bool:
        """Whether the next stranger would have to wait. Counts nothing."""
        return self._strangers.wait_s(_ALL, now) > 0

    def check_backlog(self, instance: Instance) -> None:
        """Raises Unavailable when too much waits already (R8)."""
        if self.backlog >= instance.config.inbox.backlog_max:
            raise Unavailable("error.busy", detail="backlog", retry_after_s=BACKLOG_RETRY_AFTER_S)
