"""How much one host may send, and how much may wait. In memory: a restart forgives."""

from collections import OrderedDict

from fedi.errors import TooMany, Unavailable
from fedi.instance import Instance
from inbox.fresh import Fresh

HOSTS_MAX = 20_000
BURST_SHARE = 1 / 3
BACKLOG_RETRY_AFTER_S = 300


class HostLimits:
    """A steady rate per authenticated host with room for a burst (generic cell rate algorithm), and the backlog's size.

    `fresh`: the part of the backlog that goes to the worker in memory.
    """

    def __init__(self, per_minute: int) -> None:
        self._interval_s = 60.0 / per_minute
        self._burst_s = 60.0 * BURST_SHARE
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self.backlog = 0
        self.fresh = Fresh()

    def check(self, host: str, now: float) -> None:
        """Count one activity of a host. Raises TooMany with the seconds after which the next one is welcome."""
        full_at = max(self._full_at.get(host, now), now)
        if full_at - now > self._burst_s:
            raise TooMany(
                "error.too_many",
                detail=host,
                retry_after_s=max(1, int(full_at - now - self._burst_s) + 1),
            )
        self._full_at[host] = full_at + self._interval_s
        self._full_at.move_to_end(host)
        if len(self._full_at) > HOSTS_MAX:
            self._full_at.popitem(last=False)

    def check_backlog(self, instance: Instance) -> None:
        """Raises Unavailable when too much waits already (R8)."""
        if self.backlog >= instance.config.inbox.backlog_max:
            raise Unavailable("error.busy", detail="backlog", retry_after_s=BACKLOG_RETRY_AFTER_S)
