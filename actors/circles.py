"""Named lists of actors, each of one collective, to publish to. Owner of `circle`, `circle_member` and `circle_reader`.

Nobody but the collective learns the name of a list or who is on it. What was published to a list may be read by those
who were on it at that moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fedi.db.engine import Reader
from fedi.errors import Conflict, Invalid, NotFound
from fedi.ids import new_row_id
from fedi.text.direction import clean_line
from fedi.unit import Unit

NAME_MAX = 60
MEMBERS_MAX = 500


@dataclass(frozen=True, slots=True)
class Circle:
    """A list: its row, its name and how many are on it."""

    id: int
    name: str
    members: int


def name_of(text: str) -> str:
    """The name as it is kept, in any script. Raises Invalid."""
    name = clean_line(text, NAME_MAX + 1)
    if not name or len(name) > NAME_MAX:
        raise Invalid("circle.name_form", field="name", limit=NAME_MAX)
    return name


def find(rx: Reader, owner_uri: str, name: str) -> Circle | None:
    """The list of this collective with this name."""
    row = rx.one(
        "SELECT c.id, c.name, (SELECT COUNT(*) FROM circle_member m WHERE m.circle_id = c.id) FROM circle c "
        "WHERE c.owner_uri = ? AND c.name = ?",
        owner_uri,
        name,
    )
    return Circle(row[0], row[1], row[2]) if row else None


def load(rx: Reader, owner_uri: str, name: str) -> Circle:
    """Like `find`; raises NotFound."""
    found = find(rx, owner_uri, name)
    if found is None:
        raise NotFound("circle.unknown", name=name[:NAME_MAX])
    return found


def list_of(rx: Reader, owner_uri: str) -> Sequence[Circle]:
    """The lists of a collective, by name."""
    rows = rx.all(
        "SELECT c.id, c.name, (SELECT COUNT(*) FROM circle_member m WHERE m.circle_id = c.id) FROM circle c "
        "WHERE c.owner_uri = ? ORDER BY c.name",
        owner_uri,
    )
    return [Circle(row[0], row[1], row[2]) for row in rows]


def list_members(rx: Reader, circle_id: int) -> Sequence[str]:
    """Who is on the list, in the order they were put there."""
    rows = rx.all(
        "SELECT actor_uri FROM circle_member WHERE circle_id = ? ORDER BY added_at, actor_uri",
        circle_id,
    )
    return [row[0] for row in rows]


def add(unit: Unit, owner_uri: str, name: str, members: Iterable[str]) -> int:
    """Put actors on a list, which is made if there is none of this name; how many were not on it.

    Raises Conflict when it would hold more than `MEMBERS_MAX`.
    """
    found = find(unit.tx, owner_uri, name)
    circle_id = found.id if found is not None else new_row_id(unit.now)
    if found is None:
        unit.tx.run(
            "INSERT INTO circle (id, owner_uri, name, created_at) VALUES (?, ?, ?, ?)",
            circle_id,
            owner_uri,
            name,
            unit.now_ms,
        )
    added = sum(_put(unit, circle_id, uri) for uri in dict.fromkeys(members))
    if (found.members if found is not None else 0) + added > MEMBERS_MAX:
        raise Conflict("circle.full", limit=MEMBERS_MAX)
    return added


def take_off(unit: Unit, circle_id: int, actor_uri: str) -> bool:
    """Take somebody off a list. What they were sent before stays theirs to read."""
    return (
        unit.tx.run(
            "DELETE FROM circle_member WHERE circle_id = ? AND actor_uri = ?", circle_id, actor_uri
        )
        > 0
    )


def remove(unit: Unit, circle_id: int) -> None:
    """Do away with a list."""
    unit.tx.run("DELETE FROM circle_member WHERE circle_id = ?", circle_id)
    unit.tx.run("DELETE FROM circle WHERE id = ?", circle_id)


def remember_readers(unit: Unit, object_uri: str, readers: Iterable[str]) -> None:
    """These, and nobody who comes later, may read what was published to a list."""
    unit.tx.run_many(
        "INSERT INTO circle_reader (object_uri, actor_uri) VALUES (?, ?) "
        "ON CONFLICT (object_uri, actor_uri) DO NOTHING",
        [(object_uri, uri) for uri in readers],
    )


def may_read(rx: Reader, object_uri: str, actor_uri: str) -> bool:
    """Whether this actor was on the list when this was published to it."""
    return (
        rx.one(
            "SELECT 1 FROM circle_reader WHERE object_uri = ? AND actor_uri = ?",
            object_uri,
            actor_uri,
        )
        is not None
    )


def forget_object(unit: Unit, object_uri: str) -> None:
    """What was published to a list is gone."""
    unit.tx.run("DELETE FROM circle_reader WHERE object_uri = ?", object_uri)


def _put(unit: Unit, circle_id: int, actor_uri: str) -> int:
    return unit.tx.run(
        "INSERT INTO circle_member (circle_id, actor_uri, added_at) VALUES (?, ?, ?) "
        "ON CONFLICT (circle_id, actor_uri) DO NOTHING",
        circle_id,
        actor_uri,
        unit.now_ms,
    )
