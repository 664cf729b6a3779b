"""Block lists of others: what they propose waits here as drafts until a person decides. Owner of `blocklist_draft` and
`blocklist_subscription`.

Nothing in this room shuts anybody out. A list enters; drafts, subscriptions and counts leave.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from actors import blocks
from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader
from fedi.moderation.listed_hosts import BLOCK, LIMIT, ListedHost, ParsedList
from fedi.unit import Unit

LIFT: Final = "lift"
OPEN: Final = "open"
CONFIRMED: Final = "confirmed"
DISMISSED: Final = "dismissed"
EVERY: Final = timedelta(days=1)
SOURCE_MAX: Final = 2048


@dataclass(frozen=True, slots=True)
class Draft:
    """What one list proposes about one host: block, limit, or lift what was confirmed from it before."""

    source: str
    host: str
    wish: str
    comment: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a list: drafts made, rows that say what is so already, rows about ourselves."""

    drafts: int
    lifted: int
    in_force: int
    ours: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """A list that is fetched every day. `problem`: why the last attempt failed, a message key, or nothing."""

    url: str
    fetched_at: datetime | None
    problem: str


def take(unit: Unit, source: str, parsed: ParsedList, *, is_whole: bool) -> Taken:
    """Make drafts of what a list proposes and we have not decided about.

    `is_whole`: the list is all that its source says now, so that what was confirmed from it and is missing may be lifted.
    """
    known = _decided(unit.tx, source)
    in_force = _in_force(unit.tx)
    new: list[ListedHost] = []
    back: list[ListedHost] = []
    already = ours = 0
    for listed in parsed.hosts:
        if blocks.covers(listed.host, unit.urls.host):
            ours += 1
        elif _changes(known.get(listed.host), listed, in_force):
            new.append(listed)
        elif listed.host not in known:
            already += 1
        elif known[listed.host] == (LIFT, OPEN):
            # on the list again before anybody decided: nothing to lift
            back.append(listed)
    _put(unit, source, new, OPEN)
    _put(unit, source, back, CONFIRMED)
    # a host hidden by the list's author may be any: what is missing is then not known to be gone
    may_lift = is_whole and not parsed.obfuscated
    lifted = _missing(unit, source, known, parsed) if may_lift else 0
    return Taken(len(new), lifted, already, ours)


def list_open(rx: Reader, source: str = "") -> Sequence[Draft]:
    """The drafts nobody has decided about, of one source or of all, by host."""
    rows = rx.all(
        "SELECT source, host, wish, comment FROM blocklist_draft WHERE state = 'open' AND (? = '' OR source = ?) "
        "ORDER BY host, source",
        source,
        source,
    )
    return [Draft(*row) for row in rows]


def decide(unit: Unit, draft: Draft, state: str) -> bool:
    """Confirm or dismiss; False when somebody did before. What the same host's other drafts ask for less is settled too."""
    changed = unit.tx.run(
        "UPDATE blocklist_draft SET state = ? WHERE source = ? AND host = ? AND wish = ? AND state = 'open'",
        state,
        draft.source,
        draft.host,
        draft.wish,
    )
    if changed and state == CONFIRMED and draft.wish == LIFT:
        unit.tx.run(
            "DELETE FROM blocklist_draft WHERE source = ? AND host = ?", draft.source, draft.host
        )
    return changed > 0


def settle_others(unit: Unit, host: str, wish: str) -> None:
    """What was confirmed for a host answers every other list that proposes the same."""
    unit.tx.run(
        "UPDATE blocklist_draft SET state = 'confirmed' WHERE host = ? AND wish = ? AND state = 'open'",
        host,
        wish,
    )


def comments(rx: Reader) -> Mapping[str, str]:
    """host → the words with which a list proposed what was confirmed."""
    rows = rx.all(
        "SELECT host, comment FROM blocklist_draft WHERE state = 'confirmed' AND comment <> '' ORDER BY source DESC"
    )
    return dict(rows)


def list_in_force(rx: Reader) -> Sequence[ListedHost]:
    """The hosts that are shut out or limited here, by name, as a list for others."""
    said = comments(rx)
    found = _in_force(rx)
    return [ListedHost(host, found[host], said.get(host, "")) for host in sorted(found)]


def subscribe(unit: Unit, url: str) -> bool:
    """Have a list fetched every day; False when it is already."""
    return (
        unit.tx.run(
            "INSERT INTO blocklist_subscription (url, created_at, due_at, problem) VALUES (?, ?, ?, '') "
            "ON CONFLICT (url) DO NOTHING",
            url,
            unit.now_ms,
            to_ms(unit.now + EVERY),
        )
        > 0
    )


def unsubscribe(unit: Unit, url: str) -> bool:
    """Fetch it no more and forget its open drafts; False when it was not fetched. What was confirmed stays."""
    unit.tx.run("DELETE FROM blocklist_draft WHERE source = ? AND state = 'open'", url)
    return unit.tx.run("DELETE FROM blocklist_subscription WHERE url = ?", url) > 0


def list_subscriptions(rx: Reader) -> Sequence[Subscription]:
    """What is fetched every day."""
    rows = rx.all("SELECT url, fetched_at, problem FROM blocklist_subscription ORDER BY url")
    return [Subscription(row[0], from_ms(row[1]) if row[1] else None, row[2]) for row in rows]


def list_due(rx: Reader, now: datetime) -> Sequence[str]:
    """The lists that are to be fetched now."""
    rows = rx.all(
        "SELECT url FROM blocklist_subscription WHERE due_at <= ? ORDER BY due_at", to_ms(now)
    )
    return [row[0] for row in rows]


def note_fetch(unit: Unit, url: str, problem: str = "") -> None:
    """It was fetched, or could not be; the next time is tomorrow."""
    unit.tx.run(
        "UPDATE blocklist_subscription SET fetched_at = CASE WHEN ? = '' THEN ? ELSE fetched_at END, due_at = ?, "
        "problem = ? WHERE url = ?",
        problem,
        unit.now_ms,
        to_ms(unit.now + EVERY),
        problem,
        url,
    )


def _decided(rx: Reader, source: str) -> dict[str, tuple[str, str]]:
    """host → the wish and the state in which a source's proposal is kept."""
    rows = rx.all("SELECT host, wish, state FROM blocklist_draft WHERE source = ?", source)
    return {row[0]: (row[1], row[2]) for row in rows}


def _in_force(rx: Reader) -> dict[str, str]:
    """host → block or limit, as it is now."""
    limited = {host: LIMIT for host, kind in blocks.list_limited(rx) if kind == blocks.HOST}
    targets = blocks.list_targets(rx, blocks.INSTANCE)
    return limited | {host: BLOCK for host, kind in targets if kind == blocks.HOST}


def _changes(
    known: tuple[str, str] | None, listed: ListedHost, in_force: Mapping[str, str]
) -> bool:
    """Whether a person has something to decide: not what is so already, nor what was decided and did not change."""
    wish, state = known or ("", "")
    if wish == LIFT:
        return False
    if wish == listed.wish and state in (OPEN, CONFIRMED, DISMISSED):
        return False
    domains = blocks.with_parents(listed.host)
    stronger = {BLOCK} if listed.wish == BLOCK else {BLOCK, LIMIT}
    return not any(in_force.get(domain) in stronger for domain in domains)


def _missing(
    unit: Unit, source: str, known: Mapping[str, tuple[str, str]], parsed: ParsedList
) -> int:
    """What the source no longer says: proposals vanish, and what was confirmed is proposed to be lifted."""
    lifted: list[ListedHost] = []
    listed = {each.host for each in parsed.hosts}
    for host, (wish, state) in known.items():
        if host in listed or wish == LIFT:
            continue
        if state == CONFIRMED and not _is_confirmed_elsewhere(unit.tx, host, source):
            lifted.append(ListedHost(host, LIFT))
        else:
            unit.tx.run("DELETE FROM blocklist_draft WHERE source = ? AND host = ?", source, host)
    _put(unit, source, lifted, OPEN)
    return len(lifted)


def _is_confirmed_elsewhere(rx: Reader, host: str, source: str) -> bool:
    return (
        rx.one(
            "SELECT 1 FROM blocklist_draft WHERE host = ? AND state = 'confirmed' AND wish <> 'lift' AND source <> ?",
            host,
            source,
        )
        is not None
    )


def _put(unit: Unit, source: str, proposals: Sequence[ListedHost], state: str) -> None:
    unit.tx.run_many(
        "INSERT INTO blocklist_draft (source, host, wish, comment, state, created_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (source, host) DO UPDATE SET wish = excluded.wish, comment = excluded.comment, "
        "state = excluded.state, created_at = excluded.created_at",
        [(source, each.host, each.wish, each.comment, state, unit.now_ms) for each in proposals],
    )
