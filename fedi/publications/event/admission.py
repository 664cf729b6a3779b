"""Is there a place for whoever answers an event of ours? Pure: everything that is known comes in, one word comes out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from fedi.publications.event.attendance import Entry, Road, State
from fedi.publications.event.gathering import Gathering
from fedi.publications.event.model import EventDetails

Wish = Literal["coming", "maybe", "not_coming"]
# Why nobody is written down: `elsewhere` means that answers are not taken here at all.
# `begun`, `stranger`: of reminders alone.
Refusal = Literal[
    "over",
    "called_off",
    "elsewhere",
    "closed",
    "refused",
    "full",
    "form_off",
    "rush",
    "begun",
    "stranger",
]

# Of places that are counted, so many people without an account hold one at once within an hour, and a day, or a quarter and
# a half of all places, whichever is more. A form cannot tell people from machines; organisers can. As many wait for one.
FORM_HOUR_MIN: Final = 10
FORM_DAY_MIN: Final = 20

_IN: Final = ("asked", "waiting", "coming")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants. `is_known`: whether their word counts without anybody looking at it first (S107); `is_guest`:
    whether the organisers invited them, which is their consent."""

    wish: Wish
    road: Road
    people: int = 1
    is_known: bool = True
    is_guest: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """The event, how it takes answers, and how many places are taken by others than whoever asks now. `by_form`: by how many
    people without an account within the last hour, and the last day; `waiting_by_form`: how many of them began to wait for one.
    """

    details: EventDetails
    gathering: Gathering
    taken: int
    now: datetime
    by_form: tuple[int, int] = (0, 0)
    waiting_by_form: tuple[int, int] = (0, 0)


def decide(
    asked: Asked, before: Entry | None, at: Situation
) -> tuple[State | None, Refusal | None]:
    """The state of the entry, or why there is none. Not to come is always possible, but does not undo a refusal."""
    if asked.wish == "not_coming" and (before is None or before.state != "refused"):
        return "not_coming", None
    refusal = _refusal(asked, before, at)
    if refusal is not None:
        return None, refusal
    if asked.wish == "maybe":
        return "maybe", None
    state = _place(asked, before, at)
    is_more = asked.road == "form" and _brings_more(asked, before)
    if state == "waiting" and is_more and _is_rush(asked.people, at, at.waiting_by_form):
        return None, "rush"
    return state, None if state is not None else "full"


def check_reminder(
    details: EventDetails, before: Entry | None, now: datetime, *, is_known: bool
) -> Refusal | None:
    """Why somebody is not reminded of an event: whether there are places, and for whom, is another question."""
    reasons: tuple[tuple[Refusal, bool], ...] = (
        ("over", details.over_at <= now),
        ("called_off", details.status == "cancelled"),
        ("begun", details.starts_at <= now),
        ("refused", before is not None and before.state == "refused"),
        ("stranger", not is_known and before is None),
    )
    return next((reason for reason, holds in reasons if holds), None)


def _place(asked: Asked, before: Entry | None, at: Situation) -> State | None:
    was = before.state if before is not None else None
    is_asked = was == "asked" and not (asked.is_guest and asked.people == 1)
    if is_asked or (_brings_more(asked, before) and _needs_consent(asked, at)):
        return "asked"
    stays = before is not None and was == "coming" and asked.people <= before.people
    if stays or has_room(asked.people, at):
        return "coming"
    return "waiting" if was == "waiting" or at.gathering.has_waiting else None


def has_room(people: int, at: Situation) -> bool:
    """Whether so many more fit in."""
    capacity = at.details.capacity
    return capacity is None or at.taken + people <= capacity


def _refusal(asked: Asked, before: Entry | None, at: Situation) -> Refusal | None:
    """The first reason that holds."""
    details = at.details
    is_in = not _brings_more(asked, before)
    reasons: tuple[tuple[Refusal, bool], ...] = (
        ("over", details.over_at <= at.now),
        ("called_off", details.status == "cancelled"),
        ("elsewhere", details.join_mode not in ("free", "restricted")),
        ("refused", before is not None and before.state == "refused"),
        ("closed", at.gathering.is_closed and not is_in),
        ("form_off", asked.road == "form" and at.gathering.form == "off" and not is_in),
    )
    return next((reason for reason, holds in reasons if holds), None)


def _brings_more(asked: Asked, before: Entry | None) -> bool:
    """Whether more people come than those who asked, wait or were let in before."""
    return before is None or before.state not in _IN or asked.people > before.people


def _needs_consent(asked: Asked, at: Situation) -> bool:
    """Whoever was invited is let in alone; who comes along is asked about like everybody."""
    if asked.is_guest and asked.people == 1:
        return False
    return (
        at.details.join_mode == "restricted"
        or not asked.is_known
        or (
            asked.road == "form"
            and (at.gathering.form == "asked" or _is_rush(asked.people, at, at.by_form))
        )
    )


def _is_rush(people: int, at: Situation, lately: tuple[int, int]) -> bool:
    """Whether so many came by the form lately that it may be a machine: then an organiser looks before more places are held, and
    nobody joins those who wait."""
    capacity = at.details.capacity
    if capacity is None:
        return False
    most = (max(FORM_HOUR_MIN, capacity // 4), max(FORM_DAY_MIN, capacity // 2))
    return any(held + people > limit for held, limit in zip(lately, most, strict=True))
