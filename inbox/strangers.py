"""Whose words wait for approval (S106, S107, S108): asked by every road on which words of others come in.

Owner of `heard_words`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from actors import blocks, follows
from fedi import settings
from fedi.canonical import host_of
from fedi.clock import to_ms
from fedi.config import InboxConfig
from fedi.db.engine import Reader
from fedi.publications.model import Publication
from fedi.search.fold import fold
from fedi.text.bare import bare_of
from fedi.unit import Unit

LIMITED: Final = "limited"
STRANGER: Final = "stranger"
UNWATCHED: Final = "unwatched"
NEW_ACCOUNT: Final = "new_account"
NO_FOLLOWERS: Final = "no_followers"
MENTIONS: Final = "mentions"
LINK_ONLY: Final = "link_only"
SAME_WORDS: Final = "same_words"
# For how long the same words from several hosts are a wave.
WAVE: Final = timedelta(days=1)
# What is shorter many people say by themselves: thanks, a greeting, a slogan.
SAME_LENGTH_MIN: Final = 20
# Whether there is anything between them and us.
KNOWN: Final = (
    "SELECT EXISTS (SELECT 1 FROM follow f WHERE f.follower_uri = ? AND f.state = 'accepted') "
    "OR EXISTS (SELECT 1 FROM follow f WHERE f.followed_uri = ?) "
    "OR EXISTS (SELECT 1 FROM publication_addressee d JOIN publication p ON p.id = d.publication_id "
    "WHERE d.actor_uri = ? AND p.is_local)"
)
# Who they are, and how many other hosts said the same, in one look.
LOOK: Final = (
    "SELECT a.published_at, a.seen_at, a.followers_told, "
    "(SELECT COUNT(*) FROM heard_words w WHERE w.print = ? AND w.host <> ? AND w.at >= ?) "
    "FROM actor a WHERE a.uri = ?"
)


def why_wait(
    unit: Unit, author_uri: str, spoken_to: Iterable[str], publication: Publication
) -> tuple[str, ...]:
    """Why these words of an author whom nobody here follows are held until somebody lets them through; nothing: they are not.

    Those of the limited always are; outside the open posture, and while nobody has looked after the instance for two weeks
    (S106), those of everybody who does not follow, with their consent, any of those they speak to; else those that look like
    a wave, of people with whom nobody here has anything to do (S107).
    """
    found = _why_unknown(unit, author_uri, spoken_to)
    if found is not None:
        return (found,) if found else ()
    return _suspicions(unit, author_uri, publication)


def must_wait(unit: Unit, author_uri: str, spoken_to: Iterable[str]) -> bool:
    """The same of an answer that is no words: whether somebody here has to let it count."""
    return bool(_why_unknown(unit, author_uri, spoken_to))


def _why_unknown(unit: Unit, author_uri: str, spoken_to: Iterable[str]) -> str | None:
    """Why this author waits whatever they say; nothing when they do not; None when it depends on what they say."""
    if blocks.standing(unit, author_uri).is_limited:
        return LIMITED
    is_open = unit.posture == "open"
    if is_open and settings.is_watched(unit.tx, unit.now):
        return None
    if any(follows.is_follower(unit.tx, author_uri, uri) for uri in spoken_to):
        return ""
    return UNWATCHED if is_open else STRANGER


def list_heard(
    rx: Reader, before: datetime, after: tuple[int, str], most: int
) -> Sequence[tuple[int, str, str]]:
    """What was heard before this moment: when, which words, from where; `after`: the place of the last one seen."""
    rows = rx.all(
        "SELECT at, print, host FROM heard_words WHERE at < ? AND (at, print || ' ' || host) > (?, ?) "
        "ORDER BY at, print || ' ' || host LIMIT ?",
        to_ms(before),
        *after,
        most,
    )
    return [(int(row[0]), str(row[1]), str(row[2])) for row in rows]


def forget_heard(unit: Unit, before: datetime, keys: Sequence[tuple[str, str]]) -> int:
    """Forget these, unless they were heard again meanwhile; how many."""
    return sum(
        unit.tx.run(
            "DELETE FROM heard_words WHERE print = ? AND host = ? AND at < ?",
            words,
            host,
            to_ms(before),
        )
        for words, host in keys
    )


def _suspicions(unit: Unit, author_uri: str, publication: Publication) -> tuple[str, ...]:
    known = unit.tx.one(KNOWN, author_uri, author_uri, author_uri)
    if known is not None and known[0]:
        return ()
    filters = unit.filters
    bare = bare_of(publication.original.content)
    words = print_of(bare.all) if filters.hold_same_words_hosts else ""
    host, since = host_of(author_uri), to_ms(unit.now - WAVE)
    row = unit.tx.one(LOOK, words, host, since, author_uri)
    if row is None:
        return ()
    if words:
        unit.tx.run(
            "INSERT INTO heard_words (print, host, at) VALUES (?, ?, ?) "
            "ON CONFLICT (print, host) DO UPDATE SET at = excluded.at",
            words,
            host,
            unit.now_ms,
        )
    mentions = sum(tag.kind == "mention" for tag in publication.tags)
    found = {
        SAME_WORDS: bool(words) and row[3] + 1 >= filters.hold_same_words_hosts,
        LINK_ONLY: filters.hold_only_links and bare.links > 0 and not fold(bare.own),
        MENTIONS: 0 < filters.hold_mentions_above < mentions,
        NEW_ACCOUNT: _is_new(unit, filters, row[0] if row[0] is not None else row[1]),
        NO_FOLLOWERS: filters.hold_without_followers and row[2] == 0,
    }
    return tuple(reason for reason, is_so in found.items() if is_so)


def _is_new(unit: Unit, filters: InboxConfig, since: int) -> bool:
    """`since`: what the account says of its age, or when we first heard of it; a moment to come is no age."""
    return since > to_ms(unit.now - timedelta(days=filters.hold_accounts_younger_days)) and (
        filters.hold_accounts_younger_days > 0
    )


def print_of(words: str) -> str:
    """What the same words always give, however they are spelled; empty for so few that many people say them."""
    folded = fold(words)
    if len(folded) < SAME_LENGTH_MIN:
        return ""
    return sha256(folded.encode("utf-8", "ignore")).hexdigest()[:32]
