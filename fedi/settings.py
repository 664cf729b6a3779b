"""Facts about this instance that the database itself must know. Owner of `setting`."""

from datetime import datetime, timedelta
from typing import Final

from fedi.clock import from_ms
from fedi.db.engine import Reader
from fedi.errors import SetupError
from fedi.ids import new_token
from fedi.unit import Unit

BASE_URL = "base_url"
# What the instance says of itself, each in every language it was written in; and how its stewards are reached.
SAID: Final = ("about", "rules", "appeal")
CONTACT: Final = "contact"
# By which this database is told from another copy of it: of a backup that was restored, it is another one.
IDENTITY: Final = "identity"
# By how many milliseconds rows are numbered ahead of the clock, when several processes share them and a clock was ahead once.
ROWS_AHEAD: Final = "rows_ahead_ms"
# When somebody who looks after the instance last opened a page of the house.
STEWARD_SEEN: Final = "steward_seen_at"
WATCHED: Final = timedelta(days=14)
_SEEN_STEP: Final = timedelta(hours=1)


def find(rx: Reader, name: str) -> str | None:
    """The value of a fact."""
    row = rx.one("SELECT value FROM setting WHERE name = ?", name)
    return str(row[0]) if row else None


def rows_ahead_ms(rx: Reader) -> int:
    """By how much rows are numbered ahead of the clock; 0 nearly always."""
    return int(find(rx, ROWS_AHEAD) or 0)


def put(unit: Unit, name: str, value: str) -> None:
    """Set a fact."""
    unit.tx.run(
        "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
    )


def identity(unit: Unit) -> str:
    """By which this database is told from its copies; given when it has none."""
    known = find(unit.tx, IDENTITY)
    return known if known is not None else new_identity(unit)


def new_identity(unit: Unit) -> str:
    """This is another copy from now on."""
    made = new_token()
    put(unit, IDENTITY, made)
    return made


def must_note_steward(rx: Reader, now: datetime) -> bool:
    """Whether the last time a steward was seen is so long ago that it is worth writing down anew."""
    seen = find(rx, STEWARD_SEEN)
    return seen is None or now >= from_ms(int(seen)) + _SEEN_STEP


def note_steward(unit: Unit) -> None:
    """A steward of the instance is here."""
    put(unit, STEWARD_SEEN, str(unit.now_ms))


def is_watched(rx: Reader, now: datetime) -> bool:
    """Whether somebody looks after the instance (S106). Where no steward ever came to the house it is looked after elsewhere."""
    seen = find(rx, STEWARD_SEEN)
    return seen is None or now < from_ms(int(seen)) + WATCHED


def find_words(rx: Reader, name: str, language: str) -> str:
    """What was written under this name in this language; empty when nothing was."""
    return find(rx, f"words.{name}.{language}") or ""


def put_words(unit: Unit, name: str, language: str, text: str) -> None:
    """Write it."""
    put(unit, f"words.{name}.{language}", text)


def list_words(rx: Reader, name: str) -> dict[str, str]:
    """language → words, without empty ones."""
    rows = rx.all(
        "SELECT name, value FROM setting WHERE name >= ? AND name < ? AND value <> '' ORDER BY name",
        f"words.{name}.",
        f"words.{name}/",
    )
    return {str(row[0]).rpartition(".")[2]: str(row[1]) for row in rows}


def check_base_url(unit: Unit) -> None:
    """Every id was built from the base URL, so it may not change. Raises SetupError when it did."""
    known = find(unit.tx, BASE_URL)
    if known is None:
        put(unit, BASE_URL, unit.urls.base)
    elif known != unit.urls.base:
        raise SetupError(
            detail=f"this data folder belongs to {known}, but the configuration says {unit.urls.base}: "
            f'set base_url = "{known}" in [instance], or choose another folder in [storage]'
        )
