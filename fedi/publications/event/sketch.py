"""A programme while it is written: kept beside its event until it goes out as a whole. Owner of `programme_sketch`."""

from dataclasses import dataclass
from typing import Final

import msgspec

from fedi.db.engine import Reader
from fedi.errors import Conflict
from fedi.publications.event.parts import Part, in_order
from fedi.unit import Unit


@dataclass(frozen=True, slots=True)
class Sketch:
    """Its sessions in order. `version` rises with each change; 0: nothing was changed."""

    parts: tuple[Part, ...]
    version: int


_parts: Final = msgspec.json.Decoder(tuple[Part, ...])


def find(rx: Reader, event_uri: str) -> Sketch | None:
    """What is written and did not go out yet."""
    row = rx.one("SELECT parts, version FROM programme_sketch WHERE event_uri = ?", event_uri)
    return Sketch(_parts.decode(row[0]), int(row[1])) if row else None


def put(unit: Unit, event_uri: str, parts: tuple[Part, ...], seen: int) -> None:
    """Keep it. `seen`: the version that was changed. Raises Conflict when somebody else changed it meanwhile."""
    before = find(unit.tx, event_uri)
    if (before.version if before is not None else 0) != seen:
        raise Conflict("programme.overtaken", detail=event_uri)
    unit.tx.run(
        "INSERT INTO programme_sketch (event_uri, parts, version, changed_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (event_uri) DO UPDATE SET parts = excluded.parts, version = excluded.version, "
        "changed_at = excluded.changed_at",
        event_uri,
        msgspec.json.encode(in_order(parts)).decode(),
        seen + 1,
        unit.now_ms,
    )


def forget(unit: Unit, event_uri: str) -> None:
    """It went out, or is thrown away."""
    unit.tx.run("DELETE FROM programme_sketch WHERE event_uri = ?", event_uri)
