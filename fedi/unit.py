"""One transaction: what a change is given."""

from dataclasses import dataclass, field
from datetime import datetime

from fedi.clock import to_ms
from fedi.db.engine import Writer
from fedi.urls import Urls


@dataclass(frozen=True, slots=True)
class Unit:
    """A transaction under way: its writer, its one moment, the addresses we mint, how open this instance is.

    `touched`: ids of what changed so that its rendered document is no longer true. `wakes`: names of the workers that
    have something to do once the transaction is on disk.
    """

    tx: Writer
    now: datetime
    urls: Urls
    posture: str = "open"
    follows_moves: bool = True
    touched: set[str] = field(default_factory=set)
    wakes: set[str] = field(default_factory=set)

    @property
    def now_ms(self) -> int:
        return to_ms(self.now)
