"""One transaction: what a change is given."""

from dataclasses import dataclass
from datetime import datetime

from fedi.clock import to_ms
from fedi.db.engine import Writer
from fedi.urls import Urls


@dataclass(frozen=True, slots=True)
class Unit:
    """A transaction under way: its writer, its one moment, the addresses we mint, and how open this instance is."""

    tx: Writer
    now: datetime
    urls: Urls
    posture: str = "open"

    @property
    def now_ms(self) -> int:
        return to_ms(self.now)
