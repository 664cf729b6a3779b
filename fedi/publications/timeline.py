"""What each of our collectives has in front of it, newest first. Owner of `timeline_entry`.

An entry is written when something arrives, so that reading a timeline costs the same however much is stored.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from actors import store
from fedi.db.engine import Reader
from fedi.publications.model import Publication
from fedi.unit import Unit

_OTHER_TAG: Final = (
    "FROM followed_tag g JOIN publication_hashtag h ON h.name = g.name "
    "WHERE g.actor_uri = timeline_entry.actor_uri AND h.publication_id = timeline_entry.publication_id"
)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A publication in a timeline. `boosted_by`: the actor that announced it, if that is why it is here."""

    publication_uri: str
    sort_at: int
    boosted_by: str | None


def add(
    unit: Unit,
    readers: Iterable[str],
    publication_id: int,
    kind: str,
    sort_at: int,
    boosted_by: str | None = None,
    *,
    publication: Publication | None = None,
) -> None:
    """Put a publication before these collectives, once. What a hashtag brought is theirs from now on by this road.

    `publication`: as it is stored, for whoever has it at hand.
    """
    shown = tuple(dict.fromkeys(readers))
    if not shown:
        return
    if publication is not None:
        language, author_uri = publication.language, publication.author
    else:
        language, author_uri = _said_by(unit, publication_id)
    unit.tx.run_many(
        "INSERT INTO timeline_entry (actor_uri, publication_id, sort_at, kind, boosted_by, language, author_uri) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (actor_uri, publication_id) "
        "DO UPDATE SET boosted_by = excluded.boosted_by, by_tag = NULL WHERE timeline_entry.by_tag IS NOT NULL",
        [
            (reader, publication_id, sort_at, kind, boosted_by, language, author_uri)
            for reader in shown
        ],
    )
    for uri in dict.fromkeys((author_uri, boosted_by)):
        if uri:
            store.want_handle(unit, uri)


def add_by_tag(
    unit: Unit, readers: Mapping[str, str], publication_id: int, kind: str, sort_at: int
) -> None:
    """Put a publication before those who follow a hashtag it carries (collective → hashtag), unless they have it already."""
    language, author_uri = _said_by(unit, publication_id)
    unit.tx.run_many(
        "INSERT INTO timeline_entry (actor_uri, publication_id, sort_at, kind, by_tag, language, author_uri) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (actor_uri, publication_id) DO NOTHING",
        [
            (reader, publication_id, sort_at, kind, name, language, author_uri)
            for reader, name in readers.items()
        ],
    )
    store.want_handle(unit, author_uri)


def _said_by(unit: Unit, publication_id: int) -> tuple[str, str]:
    """In which language, and by whom."""
    row = unit.tx.one("SELECT language, author_uri FROM publication WHERE id = ?", publication_id)
    return (row[0], row[1]) if row is not None else ("und", "")


def forget_tag(unit: Unit, actor_uri: str, name: str) -> None:
    """A collective no longer follows a hashtag: what it alone brought leaves, what another one brings as well stays."""
    unit.tx.run(
        f"DELETE FROM timeline_entry WHERE actor_uri = ? AND by_tag = ? AND NOT EXISTS (SELECT 1 {_OTHER_TAG})",
        actor_uri,
        name,
    )
    unit.tx.run(
        f"UPDATE timeline_entry SET by_tag = (SELECT MIN(g.name) {_OTHER_TAG}) WHERE actor_uri = ? AND by_tag = ?",
        actor_uri,
        name,
    )


def forget_tags(unit: Unit, publication_id: int) -> None:
    """The publication carries other hashtags now, or is no longer for everybody."""
    unit.tx.run(
        "DELETE FROM timeline_entry WHERE publication_id = ? AND by_tag IS NOT NULL", publication_id
    )


def mark(unit: Unit, publication_id: int, kind: str, language: str) -> None:
    """An edit made it of another kind or in another language."""
    unit.tx.run(
        "UPDATE timeline_entry SET kind = ?, language = ? WHERE publication_id = ?",
        kind,
        language,
        publication_id,
    )


def is_before(rx: Reader, actor_uri: str, publication_id: int) -> bool:
    """Whether this collective has the publication in front of it."""
    return (
        rx.one(
            "SELECT 1 FROM timeline_entry WHERE actor_uri = ? AND publication_id = ?",
            actor_uri,
            publication_id,
        )
        is not None
    )


def list_entries(
    rx: Reader, actor_uri: str, most: int, before: int | None = None, kind: str | None = None
) -> Sequence[TimelineEntry]:
    """The newest entries; `before` is the `sort_at` of the last one already seen."""
    rows = rx.all(
        "SELECT p.uri, t.sort_at, t.boosted_by FROM timeline_entry t JOIN publication p ON p.id = t.publication_id "
        "WHERE t.actor_uri = ? AND t.sort_at < ? AND (? = '' OR t.kind = ?) AND NOT p.is_held "
        "ORDER BY t.sort_at DESC, t.publication_id DESC LIMIT ?",
        actor_uri,
        before if before is not None else 2**62,
        kind or "",
        kind or "",
        most,
    )
    return [TimelineEntry(*row) for row in rows]


def forget_publication(unit: Unit, publication_id: int) -> None:
    """The publication is gone."""
    unit.tx.run("DELETE FROM timeline_entry WHERE publication_id = ?", publication_id)


def forget_boost(unit: Unit, publication_id: int, boosted_by: str) -> None:
    """The announce that brought it was taken back."""
    unit.tx.run(
        "DELETE FROM timeline_entry WHERE publication_id = ? AND boosted_by = ?",
        publication_id,
        boosted_by,
    )
