"""What only a question for a date has. Plain values."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from fedi.publications.place import Place

# The words that an event has for the same.
Wish = Literal["coming", "maybe", "not_coming"]
WISHES: Final[tuple[Wish, ...]] = ("coming", "maybe", "not_coming")
SLOTS_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment. `uri`: by which it is answered; `name`: how it is told, and voted for by who votes; `votes`: how many can."""

    uri: str
    name: str
    starts_at: datetime
    ends_at: datetime | None = None
    votes: int = 0


@dataclass(frozen=True, slots=True)
class DatesDetails:
    """A question for a date. `title`, `place`, `online_url`: of the event that is to come of it; of one from elsewhere unknown.
    `titles`: the same in each language, where there are several.

    `ends_at`: until when answers are taken; `closed_at`: since when none are any more; `event_uri`: what came of it.
    """

    slots: tuple[Slot, ...]
    timezone: str = "UTC"
    title: str = ""
    place: Place | None = None
    online_url: str | None = None
    ends_at: datetime | None = None
    closed_at: datetime | None = None
    event_uri: str | None = None
    voters: int = 0
    titles: dict[str, str] = field(default_factory=dict)

    def is_open(self, now: datetime) -> bool:
        """Whether answers are taken."""
        return self.closed_at is None and (self.ends_at is None or now < self.ends_at)

    @property
    def over_at(self) -> datetime:
        """When the last of the moments is over."""
        return max(each.ends_at or each.starts_at for each in self.slots)
