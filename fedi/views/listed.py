"""One publication as lists and pages show it: its words, who wrote it, how often it was changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from actors import blocks
from actors.model import Actor
from actors.store import list_by_uri
from fedi.clock import to_ms
from fedi.db.engine import Reader, Row, marks
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication
from fedi.publications.shelf import organisers_in
from fedi.publications.store import COLUMNS, publication_of
from fedi.sources.mirror import is_mirror
from fedi.views.paging import Cursor, Page

# The columns of `publication`, named for joins, then what only lists need.
LISTED_COLUMNS: Final = (
    ", ".join(f"p.{name.strip()}" for name in COLUMNS.split(",")) + ", p.id, p.version, p.is_local"
)
# Whether one of our collectives follows the author of `p`.
FOLLOWED_HERE: Final = (
    "EXISTS (SELECT 1 FROM follow f JOIN actor a ON a.uri = f.follower_uri AND a.role = 'collective' "
    "WHERE f.followed_uri = p.author_uri AND f.state = 'accepted')"
)
# Whether it carries a hashtag that one of our collectives follows for everybody to see, and has not shut its author out.
TAGGED_HERE: Final = (
    "EXISTS (SELECT 1 FROM publication_hashtag h JOIN followed_tag g ON g.name = h.name AND g.on_agenda "
    "WHERE h.publication_id = p.id AND NOT EXISTS (SELECT 1 FROM block b WHERE b.blocker_uri = g.actor_uri "
    "AND b.target = p.author_uri))"
)
_AFTER: Final = len(COLUMNS.split(","))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event was taken from that is only shown here: what the source is called, and its page."""

    name: str
    link: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A publication with its author, who may be unknown to us. `version` counts from 1; `row_id` is for cursors.

    `organisers`: who is proved to organise an event with its author, as far as they are known here; `named`: of whom its
    author alone says so.
    `origin`: of an event that one of our collectives mirrors from a calendar or a page.
    """

    publication: Publication
    author: Actor | None
    row_id: int
    version: int
    is_local: bool
    organisers: tuple[Actor, ...] = ()
    named: tuple[Actor, ...] = ()
    origin: Origin | None = None


def listed_of(rx: Reader, rows: Sequence[Row]) -> list[Listed]:
    """What rows selected with `LISTED_COLUMNS` say, without those whose author has left."""
    return _staying(_read(rx, rows))


def _staying(listed: Sequence[Listed]) -> list[Listed]:
    return [each for each in listed if each.author is None or each.author.deleted_at is None]


def _read(rx: Reader, rows: Sequence[Row]) -> list[Listed]:
    """Every row, the authors fetched at once."""
    publications = [publication_of(row[:_AFTER]) for row in rows]
    named = {
        each.uri: each.details.organisers
        for each in publications
        if isinstance(each.details, EventDetails) and each.details.organisers
    }
    uris = dict.fromkeys(each.author for each in publications)
    uris |= dict.fromkeys(uri for some in named.values() for uri in some)
    actors = list_by_uri(rx, list(uris))
    mirrored = dict.fromkeys(each.author for each in publications if is_mirror(each.uri))
    origins = _origins(rx, list(mirrored)) if mirrored else {}
    return [
        Listed(
            each,
            actors.get(each.author),
            row[_AFTER],
            row[_AFTER + 1],
            bool(row[_AFTER + 2]),
            *(
                _organisers(rx, each, actors, is_local=bool(row[_AFTER + 2]))
                if each.uri in named
                else ((), ())
            ),
            origins.get(each.author),
        )
        for each, row in zip(publications, rows, strict=True)
    ]


def _organisers(
    rx: Reader, event: Publication, actors: Mapping[str, Actor], *, is_local: bool
) -> tuple[tuple[Actor, ...], tuple[Actor, ...]]:
    """Those who are known and with us: who is proved to organise it, and who is only named. None of ours is: they can be asked."""
    known = [
        actors[uri]
        for uri in event.event.organisers
        if uri in actors and actors[uri].deleted_at is None
    ]
    proved = organisers_in(rx, event, is_ours=is_local)
    seen = [each for each in known if each.is_local or not blocks.is_hidden(rx, each.uri)]
    return (
        tuple(each for each in seen if each.uri in proved),
        tuple(each for each in seen if each.uri not in proved and not each.is_local),
    )


def _origins(rx: Reader, uris: Sequence[str]) -> dict[str, Origin]:
    """Where mirrored events are from, by the id under which they are kept."""
    rows = rx.all(
        f"SELECT author_uri, name, link FROM event_source WHERE author_uri IN ({marks(len(uris))})",
        *uris,
    )
    return {row[0]: Origin(row[1], row[2]) for row in rows}


def page_of(
    rx: Reader, rows: Sequence[Row], most: int, place: Callable[[Listed], Cursor]
) -> Page[Listed]:
    """A page of at most `most` from rows of which one more was asked for."""
    listed = _read(rx, rows[:most])
    return Page(_staying(listed), place(listed[-1]) if len(rows) > most else None)


def by_publishing(listed: Listed) -> Cursor:
    """The place of a publication in a list sorted by when it was published."""
    return Cursor(to_ms(listed.publication.published_at), listed.row_id)


def without_blocked(rx: Reader, listed: Sequence[Listed], by: str | None = None) -> list[Listed]:
    """Those whose authors are neither shut out or limited by this instance nor shut out by the actor `by`."""
    shut_out = {
        uri
        for uri in {each.publication.author for each in listed if not each.is_local}
        if blocks.is_hidden(rx, uri) or (by is not None and blocks.is_blocked_by(rx, by, uri))
    }
    return [each for each in listed if each.publication.author not in shut_out]
