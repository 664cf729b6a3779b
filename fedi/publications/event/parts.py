"""What an event consists of: the sessions of a programme, the stops of a tour. Plain values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

PartStatus = Literal["confirmed", "cancelled"]
PARTS_MAX: Final = 150
NAME_MAX: Final = 200
TEXT_MAX: Final = 1_000
LINE_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Part:
    """A session of the event, or a stop that is an event of its own (`uri`) of somebody (`host`).

    `key` names a session within its event and is empty for a stop. `names`, `texts`: language → plain text. `room`: where in
    the house, or in which place; `who`: speakers, or what the host is called. `is_agreed`: the host of a stop says so too.
    """

    key: str
    starts_at: datetime
    names: dict[str, str]
    ends_at: datetime | None = None
    texts: dict[str, str] = field(default_factory=dict)
    room: str = ""
    who: str = ""
    spoken: tuple[str, ...] = ()
    status: PartStatus = "confirmed"
    uri: str | None = None
    host: str | None = None
    is_agreed: bool = False

    @property
    def is_stop(self) -> bool:
        """Whether it is an event of its own."""
        return self.uri is not None


def in_order(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """By when they begin, then by room and name."""
    return tuple(
        sorted(parts, key=lambda each: (each.starts_at, each.room, each.key, each.uri or ""))
    )


def rooms_of(parts: Iterable[Part]) -> tuple[str, ...]:
    """The rooms of a programme, in the order in which they come up first."""
    return tuple(dict.fromkeys(each.room for each in parts if each.room and not each.is_stop))


def by_room(parts: Iterable[Part], rooms: Sequence[str]) -> list[Part]:
    """In the order of their rooms, for which there may be none; else as they stand."""
    places = {room: number for number, room in enumerate(rooms)}
    return sorted(parts, key=lambda each: places.get(each.room, len(places)))


def are_moved(before: tuple[Part, ...], after: tuple[Part, ...]) -> bool:
    """Whether somebody who chose what to come for has to hear of it: at another time, elsewhere, called off, gone."""
    now = {each.uri or each.key: _where(each) for each in after}
    return any(now.get(each.uri or each.key) != _where(each) for each in before)


def _where(part: Part) -> tuple[object, ...]:
    return part.starts_at, part.ends_at, part.room, part.status
