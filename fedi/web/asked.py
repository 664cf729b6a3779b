"""What an agenda is asked for: the query of an address ⇄ what to look for. Pure but for one look for an organiser.

The same query goes to the page, the calendar and the feeds. What makes no sense is a problem with a name and is never
half obeyed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from actors import store as actor_store
from actors.model import Actor
from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.errors import FediError, Invalid
from fedi.i18n.dates import zone_of
from fedi.publications.contract import Problem
from fedi.publications.event import keys
from fedi.search.fold import fold
from fedi.text.direction import clean_line
from fedi.text.hashtags import normalise_hashtag
from fedi.views.agenda import KM_MAX, Circle, Wanted

NAMES: Final = (
    "tag",
    "language",
    "by",
    "place",
    "kind",
    "how",
    "near",
    "km",
    "from",
    "until",
    "past",
    "view",
    "month",
)
# What does not say which events are meant, only how they are shown.
_MANNER: Final = ("km", "past", "view", "month")
PLACE_WORDS_MAX: Final = 3
KIND_WORDS_MAX: Final = 2
HOWS: Final = {"online": keys.ONLINE, "on_site": keys.ON_SITE}
KM_USUAL: Final = 25
_LONG_AGO: Final = -(2**62)
_EVER: Final = 2**62
_VALUE_MAX: Final = 100
_BY_MAX: Final = 2048
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}")
_NEAR: Final = re.compile(r"([+-]?\d{1,3}(?:\.\d{1,9})?)\s*[,،;\s]\s*([+-]?\d{1,3}(?:\.\d{1,9})?)")
_HANDLE: Final = re.compile(r"@?([A-Za-z0-9_.-]{1,64})(?:@([A-Za-z0-9.:-]{1,255}))?")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEARS: Final = range(1970, 2200)


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields as they were written, cleaned of nothing, and what is wrong with them. `since` and `until` are days, both
    included; `month` is the first day of one; `organiser` is known once `found` was asked.
    """

    fields: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    tag: str = ""
    language: str = ""
    by: str = ""
    place: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    how: str = ""
    near: Circle | None = None
    since: date | None = None
    until: date | None = None
    past: bool = False
    month: date | None = None
    organiser: Actor | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the past was asked for."""
        return any(value for name, value in self.fields.items() if name not in _MANNER)

    def query(self, **changes: str) -> str:
        """The same as an address asks it, with some fields changed; without what is empty. Begins with ?."""
        values = {**self.fields, **changes}
        if not values.get("near"):
            values.pop("km", None)
        kept = {name: value for name, value in values.items() if value}
        return f"?{urlencode(kept)}" if kept else ""

    def refuse(self) -> None:
        """For those who show no form. Raises Invalid."""
        if self.problems:
            first = self.problems[0]
            raise Invalid(first.message_key, field=first.field, **first.values)

    def found(self, rx: Reader, host: str) -> "Asked":
        """The same with its organiser, or with the problem that nobody here knows one of that name."""
        if not self.by:
            return self
        organiser = _organiser(rx, self.by, host)
        if organiser is None:
            return replace(self, problems=(*self.problems, Problem("by", "agenda.problem.by")))
        return replace(self, organiser=organiser)

    @property
    def is_month(self) -> bool:
        """Whether a month is to be shown, and not a list."""
        return self.fields["view"] == "month"

    @property
    def is_map(self) -> bool:
        """Whether a map is to be shown."""
        return self.fields["view"] == "map"

    def between(self, first: date, last: date, zone: str) -> Wanted:
        """The same of what goes on between two days, both included, over or not."""
        return Wanted(
            _midnight(first, zone),
            _midnight(last + timedelta(days=1), zone),
            self._keys(),
            self.near,
        )

    def named(self) -> tuple[str, ...]:
        """What was asked for, in the words of whoever asked."""
        return tuple(
            clean_line(value, _VALUE_MAX)
            for name, value in self.fields.items()
            if value and name not in _MANNER
        )

    def lately(self, now: datetime, zone: str, back: timedelta) -> Wanted:
        """The same of what began in the time before now and is over."""
        return replace(
            self.wanted(now, zone), since_ms=to_ms(now - back), until_ms=to_ms(now), past=True
        )

    def wanted(self, now: datetime, zone: str) -> Wanted:
        """What to look for, with days as they are in a zone."""
        now_ms = to_ms(now)
        since = None if self.since is None else _midnight(self.since, zone)
        until = None if self.until is None else _midnight(self.until + timedelta(days=1), zone)
        found = Wanted(
            since_ms=now_ms if since is None else since,
            until_ms=_EVER if until is None else until,
            keys=self._keys(),
            near=self.near,
        )
        if self.past:
            return replace(
                found,
                since_ms=_LONG_AGO if since is None else since,
                until_ms=now_ms if until is None else min(until, now_ms),
                past=True,
            )
        return found

    def _keys(self) -> tuple[str, ...]:
        """Those that leave out most come first."""
        return (
            *((keys.with_tag(self.tag),) if self.tag else ()),
            *((keys.by_author(self.organiser.uri),) if self.organiser else ()),
            *(f"at:{word}" for word in self.place),
            *(f"kind:{word}" for word in self.kind),
            *((keys.in_language(self.language),) if self.language else ()),
            *((HOWS[self.how],) if self.how else ()),
        )


def parse_asked(query: Mapping[str, str]) -> Asked:
    """Reads the fields it knows; others are somebody else's."""
    fields = {name: query.get(name, "").strip()[: _BY_MAX + 1] for name in NAMES}
    since, until = _day(fields["from"]), _day(fields["until"])
    month = _day(f"{fields['month']}-01")
    near = _circle(fields["near"], fields["km"] or str(KM_USUAL)) if fields["near"] else None
    place = tuple(dict.fromkeys(fold(fields["place"][:_VALUE_MAX]).split()))
    kind = tuple(dict.fromkeys(fold(fields["kind"][:_VALUE_MAX].replace("_", " ")).split()))
    tag = normalise_hashtag(fields["tag"])
    is_wrong = {
        "by": len(fields["by"]) > _BY_MAX,
        "tag": bool(fields["tag"]) and not tag,
        "place": bool(fields["place"]) and not 0 < len(place) <= PLACE_WORDS_MAX,
        "kind": bool(fields["kind"]) and not 0 < len(kind) <= KIND_WORDS_MAX,
        "how": fields["how"] not in ("", *HOWS),
        "language": bool(fields["language"]) and not _LANGUAGE.fullmatch(fields["language"]),
        "past": fields["past"] not in ("", "1"),
        "view": fields["view"] not in ("", "list", "map", "month"),
        "month": bool(fields["month"]) and month is None,
        "near": bool(fields["near"]) and near is None,
        "from": bool(fields["from"]) and since is None,
        "until": bool(fields["until"]) and (until is None or (since is not None and until < since)),
    }
    wrong = [
        name
        for name, value in fields.items()
        if is_wrong.get(name, False) or (name != "by" and len(value) > _VALUE_MAX)
    ]
    return Asked(
        {name: value[: _BY_MAX if name == "by" else _VALUE_MAX] for name, value in fields.items()},
        tuple(_problem("near" if name == "km" else name) for name in wrong),
        tag=tag,
        language=fields["language"],
        by=fields["by"] if "by" not in wrong else "",
        place=place,
        kind=kind,
        how=fields["how"] if "how" not in wrong else "",
        near=near,
        since=since,
        until=until,
        past=fields["past"] == "1",
        month=month,
    )


def _problem(name: str) -> Problem:
    values = {
        "place": {"most": PLACE_WORDS_MAX},
        "kind": {"most": KIND_WORDS_MAX},
        "near": {"most": KM_MAX},
    }
    return Problem(name, f"agenda.problem.{name}", values.get(name, {}))


def _circle(near: str, km: str) -> Circle | None:
    written = _NEAR.fullmatch(near[:_VALUE_MAX])
    if written is None or not (
        km.isascii() and km.isdigit() and len(km) <= 9 and 0 < int(km) <= KM_MAX
    ):
        return None
    latitude, longitude = float(written[1]), float(written[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Circle(latitude, longitude, int(km))


def _day(text: str) -> date | None:
    if not (text.isascii() and _DATE.fullmatch(text)):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _midnight(day: date, zone: str) -> int:
    return to_ms(datetime.combine(day, time(), zone_of(zone)).astimezone(UTC))


def _organiser(rx: Reader, by: str, host: str) -> Actor | None:
    """One of ours by user name, anybody who is known by handle or id."""
    if by.startswith(("https://", "http://")):
        return actor_store.find(rx, by)
    handle = _HANDLE.fullmatch(by)
    if handle is None:
        return None
    try:
        if handle[2] is None or handle[2].lower() == host:
            return actor_store.find_local(rx, handle[1])
        return actor_store.find_by_handle(rx, handle[1], handle[2].lower())
    except FediError:
        return None
