"""How an event of ours takes answers, and what only those who come are told. Owner of `gathering`.

Nothing of it stands in the event itself: the wire carries the place as exactly as its author published it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import msgspec

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row, marks
from fedi.publications.place import Place
from fedi.unit import Unit

FormMode = Literal["open", "asked", "off"]

FORM_MODES: Final = ("open", "asked", "off")
WORD_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Gathering:
    """`form`: whether people without an account may answer on the page: at once, after somebody agreed, or not at all.

    `is_closed`: nobody new is taken any more. `place` and `online_url` are for those who are coming, so is `word`.
    `announces_again`: followers of the organiser see it once more the day before.
    """

    has_waiting: bool = True
    form: FormMode = "open"
    shows_counts: bool = False
    is_closed: bool = False
    place: Place | None = None
    online_url: str | None = None
    word: str = ""
    announces_again: bool = False

    @property
    def has_secret(self) -> bool:
        """Whether those who are coming are told more than everybody."""
        return self.place is not None or self.online_url is not None


_COLUMNS: Final = (
    "has_waiting, form, shows_counts, is_closed, place, online_url, word, announces_again"
)
_place = msgspec.json.Decoder(Place)


def usual(posture: str) -> Gathering:
    """What holds until somebody says otherwise: outside the open posture a person agrees to answers of nobody knows whom."""
    return Gathering(form="open" if posture == "open" else "asked")


def find(rx: Reader, event_uri: str, posture: str) -> Gathering:
    """How this event takes answers."""
    row = rx.one(f"SELECT {_COLUMNS} FROM gathering WHERE event_uri = ?", event_uri)
    return _gathering_of(row) if row else usual(posture)


def lock(unit: Unit, event_uri: str, over_at: datetime) -> Gathering:
    """The same, while nobody else answers until this transaction ends."""
    _insert(unit, event_uri, usual(unit.posture), over_at)
    unit.tx.run(
        "UPDATE gathering SET answers = answers + 1, over_at = ? WHERE event_uri = ?",
        to_ms(over_at),
        event_uri,
    )
    return find(unit.tx, event_uri, unit.posture)


def save(unit: Unit, event_uri: str, gathering: Gathering, over_at: datetime) -> None:
    """It takes answers like this from now on."""
    _insert(unit, event_uri, gathering, over_at)
    unit.tx.run(
        "UPDATE gathering SET has_waiting = ?, form = ?, shows_counts = ?, is_closed = ?, place = ?, online_url = ?, "
        "word = ?, announces_again = ?, over_at = ? WHERE event_uri = ?",
        *_values(gathering),
        to_ms(over_at),
        event_uri,
    )


def note_end(unit: Unit, event_uri: str, over_at: datetime) -> None:
    """The event ends at another moment: what is kept about it is kept until then."""
    unit.tx.run("UPDATE gathering SET over_at = ? WHERE event_uri = ?", to_ms(over_at), event_uri)


def forget(unit: Unit, event_uri: str) -> None:
    """The event is gone."""
    unit.tx.run("DELETE FROM gathering WHERE event_uri = ?", event_uri)


def list_over(
    rx: Reader, before: datetime, after: tuple[int, str], most: int
) -> Sequence[tuple[int, str]]:
    """Events that were over before this moment and about which something is still kept: when, and which."""
    rows = rx.all(
        "SELECT over_at, event_uri FROM gathering WHERE over_at < ? AND (over_at, event_uri) > (?, ?) "
        "ORDER BY over_at, event_uri LIMIT ?",
        to_ms(before),
        *after,
        most,
    )
    return [(int(row[0]), row[1]) for row in rows]


def list_beginning(rx: Reader, since: datetime, until: datetime, most: int) -> Sequence[str]:
    """Events that somebody answered and that begin between these moments, the first to begin first."""
    rows = rx.all(
        "SELECT g.event_uri FROM agenda_key k CROSS JOIN publication p CROSS JOIN gathering g "
        "WHERE p.id = k.publication_id AND g.event_uri = p.uri AND k.key = '' AND k.starts_at > ? AND k.starts_at <= ? "
        "ORDER BY k.starts_at, k.publication_id LIMIT ?",
        to_ms(since),
        to_ms(until),
        most,
    )
    return [row[0] for row in rows]


def forget_over(unit: Unit, before: datetime, event_uris: Sequence[str]) -> list[str]:
    """Forget those of these that are still over; which they were."""
    rows = unit.tx.all(
        f"SELECT event_uri FROM gathering WHERE over_at < ? AND event_uri IN ({marks(len(event_uris))})",
        to_ms(before),
        *event_uris,
    )
    gone = [row[0] for row in rows]
    for uri in gone:
        forget(unit, uri)
    return gone


def over_at(rx: Reader, event_uri: str) -> datetime | None:
    """When the event is over, as far as answers to it are concerned."""
    row = rx.one("SELECT over_at FROM gathering WHERE event_uri = ?", event_uri)
    return from_ms(row[0]) if row else None


def _insert(unit: Unit, event_uri: str, gathering: Gathering, over_at: datetime) -> None:
    unit.tx.run(
        f"INSERT INTO gathering (event_uri, {_COLUMNS}, answers, over_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?) "
        "ON CONFLICT (event_uri) DO NOTHING",
        event_uri,
        *_values(gathering),
        to_ms(over_at),
    )


def _values(gathering: Gathering) -> tuple[object, ...]:
    return (
        gathering.has_waiting,
        gathering.form,
        gathering.shows_counts,
        gathering.is_closed,
        None if gathering.place is None else msgspec.json.encode(gathering.place).decode(),
        gathering.online_url,
        gathering.word,
        gathering.announces_again,
    )


def _gathering_of(row: Row) -> Gathering:
    return Gathering(
        has_waiting=bool(row[0]),
        form=row[1],
        shows_counts=bool(row[2]),
        is_closed=bool(row[3]),
        place=_place.decode(row[4]) if row[4] else None,
        online_url=row[5],
        word=row[6],
        announces_again=bool(row[7]),
    )
