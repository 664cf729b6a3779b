"""One transaction: what a change is given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fedi.clock import rounded_down, to_ms
from fedi.config import InboxConfig
from fedi.db.engine import Writer
from fedi.urls import Urls

SPREAD = timedelta(seconds=60)
# Longer than anything is ever put off or claimed: what is due later was written while our clock was ahead.
LONGEST_WAIT = timedelta(days=2)


def _never_late() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Unit:
    """A transaction under way: its writer, its one moment, the addresses we mint, how open this instance is.

    `finds_others`: whether words of others may be found by searching for them. `filters`: what is let in unseen.

    `touched`: ids of what changed so that its rendered document is no longer true. `wakes`: names of the workers that
    have something to do once the transaction is on disk. `rekeyed`: ids of actors whose keys are others from then on.

    `chance`: a random number from 0 to 1 at each call.

    `grain`: how finely others are told when something was said.

    `standings`: who was found shut out and who limited, in this transaction; whoever changes that forgets it. `named`: whose
    handle is wanted by now.
    """

    tx: Writer
    now: datetime
    urls: Urls
    posture: str = "open"
    follows_moves: bool = True
    finds_others: bool = False
    filters: InboxConfig = field(default_factory=InboxConfig)
    touched: set[str] = field(default_factory=set)
    wakes: set[str] = field(default_factory=set)
    rekeyed: set[str] = field(default_factory=set)
    chance: Callable[[], float] = _never_late
    grain: timedelta = timedelta()
    standings: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    now_ms: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "now_ms", to_ms(self.now))

    @property
    def told(self) -> datetime:
        """Now, as others are told: whatever leaves the instance with a time in it, its id too, has this one (S92)."""
        return rounded_down(self.now, self.grain)

    def spread(self) -> timedelta:
        """How long to wait before asking for what thousands of servers heard of in the same second (S63)."""
        return SPREAD * self.chance()
