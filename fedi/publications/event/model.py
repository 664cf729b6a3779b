"""What only events have. Plain values."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final, Literal

from fedi.publications.event.parts import Part
from fedi.publications.place import Place
from fedi.vocab.read import zone_of

Status = Literal["confirmed", "tentative", "cancelled", "postponed"]
JoinMode = Literal["free", "restricted", "external", "invite", "none"]
Wheelchair = Literal["no", "partially", "fully"]

OPEN_END_AFTER: Final = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class EventDetails:
    """Times are aware UTC moments; `timezone` (IANA) or else `offset_minutes` says how they read on the spot.

    `ends_at` with `display_end` false is for calendars only: people are told that the end is open (FEP-8a8e).
    `online_url` is the event's own address on the web: the room when `is_online`, else a page about it.
    `join_mode` none: nobody can sign up anywhere. `capacity`, `participant_count`, `remaining`: None is unknown.
    `takes_join`: its server knows joining (Mobilizon); others accept an event as if it were an invitation (Friendica).
    `takes_form`: people without an account may sign up on the event's page.
    `spoken`: the languages spoken there. `cost`, `childcare`, `interpretation`, `contact`: a line for people each.
    `organisers`: who organises it with its author, and agreed to. `parts`: its programme, or the stops of a tour, in order.
    `rooms`: of its programme, in the order in which they are shown; what is not among them comes after.
    `is_tour`: a page for many stops, which nobody signs up to as a whole. `part_of`: the tours that it is a stop of, as both agreed.
    """

    starts_at: datetime
    ends_at: datetime | None = None
    timezone: str | None = None
    offset_minutes: int | None = None
    all_day: bool = False
    display_end: bool = True
    place: Place | None = None
    online_url: str | None = None
    status: Status = "confirmed"
    previous_starts_at: datetime | None = None
    category: str | None = None
    join_mode: JoinMode = "free"
    external_url: str | None = None
    capacity: int | None = None
    participant_count: int | None = None
    remaining: int | None = None
    replies_open: bool = True
    is_online: bool = False
    contacts: tuple[str, ...] = ()
    takes_form: bool = False
    takes_join: bool = True
    spoken: tuple[str, ...] = ()
    cost: str | None = None
    wheelchair: Wheelchair | None = None
    childcare: str | None = None
    interpretation: str | None = None
    contact: str | None = None
    organisers: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    rooms: tuple[str, ...] = ()
    is_tour: bool = False
    part_of: tuple[str, ...] = ()

    @property
    def zone(self) -> tzinfo:
        """The zone in which the times are told; UTC when nothing says so or the zone is not known here."""
        named = zone_of(self.timezone)
        return named or timezone(timedelta(minutes=self.offset_minutes or 0))

    @property
    def over_at(self) -> datetime:
        """When it is over for calendars: the end, or what is plausible when the end is open."""
        if self.ends_at is not None:
            return self.ends_at
        return self.starts_at + (timedelta(days=1) if self.all_day else OPEN_END_AFTER)
