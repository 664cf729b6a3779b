"""What a followed hashtag brings: public words and events that carry it, whichever road they came by, before those who follow it.

It is marked when something is stored, so that reading costs nothing. Only what is public and agrees to be found; nothing by
whom the collective or the instance shut out or limited. What waits for a person's decision is put there and not shown.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from actors import blocks, followed_tags
from actors.model import Actor
from fedi.clock import to_ms
from fedi.db.engine import Reader, Row
from fedi.publications import timeline
from fedi.publications.event.keys import with_tag
from fedi.publications.model import Publication
from fedi.publications.store import COLUMNS, hashtags_of, publication_of
from fedi.unit import Unit

# What is here already when somebody begins to follow: so much of the newest, and so many events that are to come.
NEWEST_MAX: Final = 100
COMING_MAX: Final = 200
# Events that began this lately may still be going on.
_GOING_ON: Final = timedelta(days=8)
_COLUMNS: Final = ", ".join(f"p.{name.strip()}" for name in COLUMNS.split(",")) + ", p.id"


def bring(unit: Unit, row_id: int, publication: Publication) -> None:
    """Put what was stored just now before those who follow one of its hashtags."""
    names = _names(publication)
    readers = followed_tags.list_readers(unit.tx, names) if names else {}
    if not readers:
        return
    heard = {
        uri: name
        for uri, name in readers.items()
        if uri != publication.author and _may_come(unit, uri, publication)
    }
    if heard:
        timeline.add_by_tag(unit, heard, row_id, publication.kind, to_ms(publication.published_at))


def is_followed(rx: Reader, publication: Publication) -> bool:
    """Whether somebody here follows a hashtag that it carries."""
    names = _names(publication)
    return bool(names) and bool(followed_tags.list_readers(rx, names))


def bring_again(unit: Unit, row_id: int, publication: Publication) -> None:
    """The same after an edit, which may have brought hashtags or taken them away."""
    timeline.forget_tags(unit, row_id)
    bring(unit, row_id, publication)


def bring_stored(unit: Unit, reader: Actor, name: str) -> int:
    """Put what is here already before a collective that begins to follow this hashtag; how many were looked at."""
    since = to_ms(unit.now - _GOING_ON)
    rows = [
        *_list_newest(unit.tx, name, NEWEST_MAX),
        *_list_coming(unit.tx, with_tag(name), since, COMING_MAX),
    ]
    found = {int(row[-1]): publication_of(row[:-1]) for row in rows}
    for row_id, publication in found.items():
        is_own = publication.author == reader.uri
        if name in _names(publication) and not is_own and _may_come(unit, reader.uri, publication):
            at = to_ms(publication.published_at)
            timeline.add_by_tag(unit, {reader.uri: name}, row_id, publication.kind, at)
    return len(found)


def _names(publication: Publication) -> list[str]:
    """Under which of its hashtags it is brought. What is mirrored has no page here, and stands in every agenda of ours anyway."""
    if publication.indexable is False or not publication.uri.startswith(("https://", "http://")):
        return []
    return hashtags_of(publication)


def _may_come(unit: Unit, reader_uri: str, publication: Publication) -> bool:
    author = publication.author
    return (
        not blocks.standing(unit, author).is_shut_out
        and not blocks.is_blocked_by(unit.tx, reader_uri, author)
        and bool(blocks.hearers(unit, author, [reader_uri]))
    )


def _list_newest(rx: Reader, name: str, most: int) -> Sequence[Row]:
    return rx.all(
        f"SELECT {_COLUMNS} FROM publication_hashtag h JOIN publication p ON p.id = h.publication_id "
        "WHERE h.name = ? ORDER BY h.published_at DESC, h.publication_id DESC LIMIT ?",
        name,
        most,
    )


def _list_coming(rx: Reader, key: str, since: int, most: int) -> Sequence[Row]:
    return rx.all(
        f"SELECT {_COLUMNS} FROM agenda_key k JOIN publication p ON p.id = k.publication_id "
        "WHERE k.key = ? AND k.starts_at >= ? ORDER BY k.starts_at, k.publication_id LIMIT ?",
        key,
        since,
        most,
    )
