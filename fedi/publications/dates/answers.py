"""Who can when: to questions of ours from anybody, to those of others from our collectives. Owner of `date_answer`.

Names are for those who ask alone, and are forgotten when a date was found or all of them are over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.publications.dates.model import DatesDetails, Wish
from fedi.publications.model import Publication
from fedi.unit import Unit

VOTERS_MAX = 500


def put(unit: Unit, poll_uri: str, slot_uri: str, who: str, wish: Wish, over_at: datetime) -> bool:
    """Write an answer down, in the place of the one before; False when that was the same."""
    return (
        unit.tx.run(
            "INSERT INTO date_answer (poll_uri, slot_uri, who, wish, over_at, said_at) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (poll_uri, slot_uri, who) DO UPDATE SET wish = excluded.wish, said_at = excluded.said_at "
            "WHERE date_answer.wish <> excluded.wish",
            poll_uri,
            slot_uri,
            who,
            wish,
            to_ms(over_at),
            unit.now_ms,
        )
        > 0
    )


def of(rx: Reader, poll_uri: str, who: str) -> Mapping[str, Wish]:
    """What somebody answered: moment → wish."""
    rows = rx.all(
        "SELECT slot_uri, wish FROM date_answer WHERE poll_uri = ? AND who = ?", poll_uri, who
    )
    return {row[0]: row[1] for row in rows}


def everybody(rx: Reader, poll_uri: str) -> Mapping[str, Mapping[str, Wish]]:
    """Who → moment → wish, by the id of who."""
    rows = rx.all(
        "SELECT who, slot_uri, wish FROM date_answer WHERE poll_uri = ? ORDER BY who", poll_uri
    )
    found: dict[str, dict[str, Wish]] = {}
    for row in rows:
        found.setdefault(row[0], {})[row[1]] = row[2]
    return found


def count_voters(rx: Reader, poll_uri: str) -> int:
    """How many answered."""
    row = rx.one("SELECT COUNT(DISTINCT who) FROM date_answer WHERE poll_uri = ?", poll_uri)
    return int(row[0]) if row else 0


def counted(rx: Reader, publication: Publication) -> DatesDetails:
    """The details with how many can at each moment."""
    details = publication.details
    assert isinstance(details, DatesDetails)
    rows = rx.all(
        "SELECT slot_uri, COUNT(*) FROM date_answer WHERE poll_uri = ? AND wish = 'coming' GROUP BY slot_uri",
        publication.uri,
    )
    votes = {row[0]: int(row[1]) for row in rows}
    slots = tuple(replace(each, votes=votes.get(each.uri, 0)) for each in details.slots)
    return replace(details, slots=slots, voters=count_voters(rx, publication.uri))


def forget(unit: Unit, poll_uri: str) -> None:
    """The question is answered, or gone."""
    unit.tx.run("DELETE FROM date_answer WHERE poll_uri = ?", poll_uri)


def forget_actor(unit: Unit, who: str) -> None:
    """Somebody is gone or shut out."""
    unit.tx.run("DELETE FROM date_answer WHERE who = ?", who)


def forget_between(unit: Unit, author_uri: str, who: str) -> None:
    """This collective shut somebody out: what they said to its questions."""
    unit.tx.run(
        "DELETE FROM date_answer WHERE who = ? AND poll_uri IN (SELECT uri FROM publication WHERE author_uri = ?)",
        who,
        author_uri,
    )


def list_everybody(rx: Reader) -> Sequence[str]:
    """Everybody who answered any question."""
    return [row[0] for row in rx.all("SELECT DISTINCT who FROM date_answer")]


def list_over(
    rx: Reader, before: datetime, after: tuple[int, str], most: int
) -> Sequence[tuple[int, str]]:
    """Questions all of whose moments were over before this one: when, and which; each once."""
    rows = rx.all(
        "SELECT DISTINCT over_at, poll_uri FROM date_answer WHERE over_at < ? AND (over_at, poll_uri) > (?, ?) "
        "ORDER BY over_at, poll_uri LIMIT ?",
        to_ms(before),
        *after,
        most,
    )
    return [(int(row[0]), row[1]) for row in rows]


def forget_over(unit: Unit, before: datetime, poll_uris: Sequence[str]) -> int:
    """Forget the answers to those of these that are over; how many."""
    return sum(
        unit.tx.run(
            "DELETE FROM date_answer WHERE poll_uri = ? AND over_at < ?", uri, to_ms(before)
        )
        for uri in poll_uris
    )
