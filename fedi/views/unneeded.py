"""What is here of others and nobody here needs any more (S85): publications and actors that were stored long ago.

A page of candidates leaves, each with whether it goes; the change that follows asks again inside its transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedi.clock import to_ms
from fedi.db.engine import Reader, marks

# What speaks for keeping a publication `p` of somebody else. Values: now, now.
# An event or a need that is not over; what a collective of ours saved, liked, announced, voted in or pinned, or what stands
# pinned on a page we follow; what quotes us or is quoted by us; what is addressed to us; a conversation we are part of.
# A conversation is followed twenty answers up and down, as far as ancestors are fetched (S61).
_NEEDED: Final = (
    "(EXISTS (SELECT 1 FROM event e WHERE e.publication_id = p.id AND e.ends_at >= ?) "
    "OR EXISTS (SELECT 1 FROM aid d WHERE d.publication_id = p.id AND d.until_at >= ?) "
    "OR EXISTS (SELECT 1 FROM reaction r JOIN actor a ON a.uri = r.actor_uri AND a.role <> 'remote' "
    "WHERE r.object_uri = p.uri) "
    "OR EXISTS (SELECT 1 FROM featured f JOIN actor a ON a.uri = f.actor_uri AND a.role <> 'remote' "
    "WHERE f.object_uri = p.uri) "
    "OR EXISTS (SELECT 1 FROM featured f JOIN follow w ON w.followed_uri = f.actor_uri AND w.state = 'accepted' "
    "JOIN actor a ON a.uri = w.follower_uri AND a.role <> 'remote' WHERE f.object_uri = p.uri) "
    "OR EXISTS (SELECT 1 FROM saved s WHERE s.publication_id = p.id) "
    "OR EXISTS (SELECT 1 FROM publication q WHERE q.quote = p.uri AND q.is_local) "
    "OR EXISTS (SELECT 1 FROM publication q WHERE q.uri = p.quote AND q.is_local) "
    "OR EXISTS (SELECT 1 FROM publication_addressee b JOIN actor a ON a.uri = b.actor_uri AND a.role <> 'remote' "
    "WHERE b.publication_id = p.id) "
    "OR EXISTS (SELECT 1 FROM publication q WHERE q.context = p.context AND q.is_local) "
    "OR EXISTS (WITH RECURSIVE up(uri, depth) AS (SELECT p.in_reply_to, 1 UNION "
    "SELECT q.in_reply_to, up.depth + 1 FROM up JOIN publication q ON q.uri = up.uri WHERE up.depth < 20) "
    "SELECT 1 FROM up JOIN publication q ON q.uri = up.uri WHERE q.is_local) "
    "OR EXISTS (WITH RECURSIVE down(uri, depth) AS (SELECT p.uri, 0 UNION "
    "SELECT q.uri, down.depth + 1 FROM down JOIN publication q ON q.in_reply_to = down.uri WHERE down.depth < 20) "
    "SELECT 1 FROM down JOIN publication q ON q.in_reply_to = down.uri WHERE q.is_local))"
)

# What speaks for keeping an actor `c` elsewhere: a relation, a block, a list, words or a notice that are kept, a report, leave to quote us,
# an answer to an event of ours or an invitation, something that came lately or still waits. Values: a moment.
_MET: Final = (
    "(EXISTS (SELECT 1 FROM follow f WHERE f.follower_uri = c.uri) "
    "OR EXISTS (SELECT 1 FROM follow f WHERE f.followed_uri = c.uri) "
    "OR EXISTS (SELECT 1 FROM block b WHERE b.blocker_uri = c.uri) "
    "OR EXISTS (SELECT 1 FROM block b WHERE b.target = c.uri) "
    "OR EXISTS (SELECT 1 FROM limited l WHERE l.target = c.uri) "
    "OR EXISTS (SELECT 1 FROM circle_member m WHERE m.actor_uri = c.uri) "
    "OR EXISTS (SELECT 1 FROM circle_reader m WHERE m.actor_uri = c.uri) "
    "OR EXISTS (SELECT 1 FROM publication p WHERE p.author_uri = c.uri) "
    "OR EXISTS (SELECT 1 FROM publication_addressee p WHERE p.actor_uri = c.uri) "
    "OR EXISTS (SELECT 1 FROM reaction r WHERE r.actor_uri = c.uri) "
    "OR EXISTS (SELECT 1 FROM notification n WHERE n.from_uri = c.uri OR n.about_uri = c.uri) "
    "OR EXISTS (SELECT 1 FROM relay y WHERE y.actor_uri = c.uri) "
    "OR EXISTS (SELECT 1 FROM flag g WHERE g.actor_uri = c.uri) "
    "OR EXISTS (SELECT 1 FROM attendance t WHERE t.who = c.uri) "
    "OR EXISTS (SELECT 1 FROM event_invitation t WHERE t.who = c.uri) "
    "OR EXISTS (SELECT 1 FROM date_answer t WHERE t.who = c.uri) "
    "OR EXISTS (SELECT 1 FROM quote_stamp s WHERE s.quoter_uri = c.uri AND s.revoked_at IS NULL) "
    "OR EXISTS (SELECT 1 FROM inbox_activity i WHERE i.actor_uri = c.uri "
    "AND (i.state IN ('waiting', 'quarantined') OR i.received_at >= ?)))"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something old: its place in the order of candidates, its id, about how many bytes it takes, whether it goes."""

    place: tuple[int, int]
    uri: str
    size_bytes: int
    goes: bool


def list_publications(
    rx: Reader, before: datetime, now: datetime, after: tuple[int, int], most: int
) -> Sequence[Candidate]:
    """Publications of others stored before this moment, oldest first; `after` is the last place already seen."""
    rows = rx.all(
        f"SELECT p.stored_at, p.id, p.uri, p.texts, p.attachments, p.tags, COALESCE(p.details, ''), {_NEEDED} "
        "FROM publication p WHERE NOT p.is_local AND p.stored_at < ? AND (p.stored_at, p.id) > (?, ?) "
        "ORDER BY p.stored_at, p.id LIMIT ?",
        to_ms(now),
        to_ms(now),
        to_ms(before),
        *after,
        most,
    )
    return [
        Candidate(
            (int(row[0]), int(row[1])),
            row[2],
            sum(len(text.encode()) for text in row[3:7]),
            not row[7],
        )
        for row in rows
    ]


def list_unneeded_publications(
    rx: Reader, before: datetime, now: datetime, uris: Sequence[str]
) -> Sequence[str]:
    """Those of these publications that go."""
    rows = rx.all(
        f"SELECT p.uri FROM publication p WHERE NOT {_NEEDED} AND NOT p.is_local AND p.stored_at < ? "
        f"AND p.uri IN ({marks(len(uris))})",
        to_ms(now),
        to_ms(now),
        to_ms(before),
        *uris,
    )
    return [row[0] for row in rows]


def list_actors(
    rx: Reader, before: datetime, after: tuple[int, int], most: int
) -> Sequence[Candidate]:
    """Actors elsewhere who were fetched before this moment; `after` is the last place already seen. Who is gone is not
    among them: their ids stay dead (S39)."""
    rows = rx.all(
        f"SELECT c.id, c.uri, c.summary, c.fields, c.name, {_MET} FROM actor c WHERE c.id > ? AND c.role = 'remote' "
        "AND c.deleted_at IS NULL AND COALESCE(c.fetched_at, 0) < ? ORDER BY c.id LIMIT ?",
        to_ms(before),
        after[1],
        to_ms(before),
        most,
    )
    return [
        Candidate(
            (0, int(row[0])), row[1], sum(len(text.encode()) for text in row[2:5]), not row[5]
        )
        for row in rows
    ]


def list_unneeded_actors(rx: Reader, before: datetime, uris: Sequence[str]) -> Sequence[str]:
    """Those of these actors that go."""
    rows = rx.all(
        f"SELECT c.uri FROM actor c WHERE NOT {_MET} AND c.role = 'remote' AND c.deleted_at IS NULL "
        f"AND COALESCE(c.fetched_at, 0) < ? AND c.uri IN ({marks(len(uris))})",
        to_ms(before),
        to_ms(before),
        *uris,
    )
    return [row[0] for row in rows]
