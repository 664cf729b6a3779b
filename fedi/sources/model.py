"""What a source says of its events, whichever way it was written. Plain values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from fedi.publications.event.model import OPEN_END_AFTER, Status
from fedi.publications.place import Place

Format = Literal["calendar", "page", "gancio", "mobilizon"]

BYTES_MAX: Final = 2 * 1024 * 1024
EVENTS_MAX: Final = 500
TITLE_MAX: Final = 300
TEXT_MAX: Final = 20_000
TAGS_MAX: Final = 12
# What is farther away is taken when it comes nearer.
HORIZON: Final = timedelta(days=400)
# A single event that lasts longer than this is a mistake, and its end is not believed.
LENGTH_MAX: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Found:
    """One event, or one occurrence of a series. Times are aware UTC moments; `timezone` is an IANA name.

    `identity` is the same at every reading. `html` is sanitised. `is_series`: one of several that a rule makes.
    `language` is empty when the source does not say it.
    """

    identity: str
    title: str
    starts_at: datetime
    ends_at: datetime | None = None
    all_day: bool = False
    timezone: str | None = None
    html: str = ""
    place: Place | None = None
    url: str | None = None
    online_url: str | None = None
    status: Status = "confirmed"
    tags: tuple[str, ...] = ()
    language: str = ""
    sequence: int = 0
    is_series: bool = False

    @property
    def over_at(self) -> datetime:
        """When it is over: the end, or what is plausible."""
        if self.ends_at is not None:
            return self.ends_at
        return self.starts_at + (timedelta(days=1) if self.all_day else OPEN_END_AFTER)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a reading gave: the events that are not over, by when they begin.

    `name`: what the source calls itself. `unreadable`: events that make no sense, `left`: those beyond the limits.
    `calendar`: the address of a calendar that a page names.
    """

    format: Format
    events: tuple[Found, ...]
    name: str = ""
    unreadable: int = 0
    left: int = 0
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What a reading has to know: where it was read (empty for a file), now, and the zone of times that name none."""

    address: str
    now: datetime
    zone: str


def chosen(events: list[Found], now: datetime) -> tuple[tuple[Found, ...], int]:
    """Those that are not over and not too far away, each once, the nearest first; and how many were beyond the limit."""
    newest: dict[str, Found] = {}
    for each in events:
        known = newest.get(each.identity)
        if known is None or each.sequence >= known.sequence:
            newest[each.identity] = each
    near = [
        each for each in newest.values() if each.over_at >= now and each.starts_at <= now + HORIZON
    ]
    near.sort(key=lambda each: (each.starts_at, each.identity))
    return tuple(near[:EVENTS_MAX]), max(0, len(near) - EVENTS_MAX)
