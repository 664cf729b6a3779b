"""What has to be true of a world that has come to rest."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fedi.vocab.audience import Visibility

if TYPE_CHECKING:
    from tests.simulation.site import Site
    from tests.simulation.stage import Said, Stage


def judge(stage: "Stage") -> list[str]:
    """Everything that is wrong, in words."""
    judges = (_drained, _whole, _order, _said, _followers, _thanks, _once, _lanes)
    return [wrong for each in judges for wrong in each(stage)]


def _drained(stage: "Stage") -> Iterator[str]:
    """Every queue is empty, and everything in it had an outcome (R22)."""
    for site in stage.sites.values():
        if stage.left(site):
            rows = site.look(
                "SELECT 'delivery', d.inbox, a.type, d.attempts, d.last_reason, d.due_at FROM delivery d JOIN outbox_activity a ON a.id = d.activity_id "
                "WHERE d.state = 'waiting' UNION ALL SELECT 'inbox', uri, type, attempts, reason, due_at FROM inbox_activity "
                "WHERE state = 'waiting' UNION ALL SELECT 'chore', subject, kind, attempts, '', due_at FROM chore LIMIT 5"
            )
            yield f"{site.host}: still waiting: {rows}"
        for state, reason, kind in site.look(
            "SELECT state, reason, type FROM inbox_activity WHERE state NOT IN ('done', 'ignored', 'refused')"
        ):
            yield f"{site.host}: {kind} is {state}: {reason}"
        for state, reason, kind in site.look(
            "SELECT d.state, d.last_reason, a.type FROM delivery d JOIN outbox_activity a ON a.id = d.activity_id "
            "WHERE d.state NOT IN ('sent', 'superseded')"
        ):
            yield f"{site.host}: a letter ({kind}) is {state}: {reason}"


def _whole(stage: "Stage") -> Iterator[str]:
    """The files are sound."""
    for site in stage.sites.values():
        if site.look("PRAGMA integrity_check") != [("ok",)]:
            yield f"{site.host}: the database is damaged"
        if site.look("PRAGMA foreign_key_check"):
            yield f"{site.host}: rows point at nothing"


def _order(stage: "Stage") -> Iterator[str]:
    """To one inbox, what one author said came first in the order in which it was said (R4)."""
    spoken: dict[str, int] = {}
    for site in stage.sites.values():
        rows = site.look("SELECT uri FROM outbox_activity ORDER BY rowid")
        spoken |= {row[0]: number for number, row in enumerate(rows)}
    last: dict[tuple[str, str], int] = {}
    seen: set[tuple[str, str]] = set()
    for inbox, actor, uri in stage.heard:
        if uri not in spoken or (inbox, uri) in seen:
            continue
        seen.add((inbox, uri))
        if spoken[uri] < last.get((inbox, actor), -1):
            yield f"{stage.name_of(uri)} overtook something on its way to {inbox}"
        last[inbox, actor] = max(spoken[uri], last.get((inbox, actor), -1))


def _said(stage: "Stage") -> Iterator[str]:
    """What was accepted is there; who should have it has its last version; what was withdrawn is nowhere."""
    for said in stage.said:
        home = stage.sites[said.host]
        rows = home.look("SELECT texts FROM publication WHERE uri = ?", said.uri)
        if said.is_withdrawn and rows:
            yield f"n{said.number} was withdrawn and is still at home"
        if said.is_accepted and not said.wants_gone and not rows:
            yield f"n{said.number} was accepted and is lost at home"
        if not said.uri:
            continue
        version = _version(rows[0][0], said) if rows else -1
        if rows and not said.versions <= version <= said.tried:
            yield f"n{said.number} is at version {version} at home, of {said.versions} to {said.tried}"
        for site in stage.sites.values():
            if site is not home:
                yield from _elsewhere(stage, said, site, version)


def _elsewhere(stage: "Stage", said: "Said", site: "Site", version: int) -> Iterator[str]:
    rows = site.look("SELECT texts FROM publication WHERE uri = ?", said.uri)
    if rows and version == -1 and _is_reader(stage, said, site, said.told_gone):
        yield f"n{said.number} is gone at home and still at {site.host}"
    elif rows and _version(rows[0][0], said) != version and _is_reader(stage, said, site):
        there = _version(rows[0][0], said)
        yield f"n{said.number} is at version {version} at home and {there} at {site.host}"
    elif not rows and version >= 0 and _is_reader(stage, said, site):
        yield f"n{said.number} ({said.visibility.value}) never came to {site.host}"
    if rows and not said.visibility.is_public and site.host not in said.reaches:
        yield f"n{said.number} ({said.visibility.value}) is at {site.host}, where nobody may read it"


def _version(texts: str, said: "Said") -> int:
    _, mark, rest = texts.partition(f"canary-n{said.number}v")
    return int(rest.partition("x")[0]) if mark else -2


def _is_reader(
    stage: "Stage", said: "Said", site: "Site", readers: frozenset[str] | None = None
) -> bool:
    """Whether somebody at this host must have it: named, or following since before it was said, without a pause."""
    if said.visibility is Visibility.DIRECT:
        return urlsplit(said.named).netloc == site.host
    for reader in said.readers if readers is None else readers:
        if (
            urlsplit(reader).netloc == site.host
            and stage.parted.get((reader, said.author), -1.0) < 0
        ):
            return True
    return False


def _followers(stage: "Stage") -> Iterator[str]:
    """Both sides have the same idea of who follows."""
    known: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for site in stage.sites.values():
        for follower, followed, state in site.look(
            "SELECT follower_uri, followed_uri, state FROM follow"
        ):
            known[site.host].add((follower, followed, state))
    for site in stage.sites.values():
        for relation in sorted(known[site.host]):
            follower, followed, state = relation
            for uri in (follower, followed):
                if relation not in known[urlsplit(uri).netloc]:
                    names = f"{stage.name_of(follower)} follows {stage.name_of(followed)}"
                    yield f"{names}: {state} says {site.host}, and {urlsplit(uri).netloc} does not"


def _thanks(stage: "Stage") -> Iterator[str]:
    """Who thanked whom is the same on both sides, as far as the words are still there."""
    for site in stage.sites.values():
        rows = site.look(
            "SELECT r.object_uri, r.actor_uri FROM reaction r JOIN actor a ON a.uri = r.actor_uri "
            "WHERE r.kind = 'like' AND a.role = 'collective'"
        )
        for uri, actor in rows:
            home = stage.sites[urlsplit(uri).netloc]
            if not home.look("SELECT 1 FROM publication WHERE uri = ?", uri):
                continue
            if not home.look(
                "SELECT 1 FROM reaction WHERE kind = 'like' AND object_uri = ? AND actor_uri = ?",
                uri,
                actor,
            ):
                yield f"{stage.name_of(actor)} likes {stage.name_of(uri)}, and its author does not know"
        for uri, actor in site.look(
            "SELECT object_uri, actor_uri FROM reaction WHERE kind = 'like'"
        ):
            if urlsplit(uri).netloc != site.host or urlsplit(actor).netloc == site.host:
                continue
            if not stage.sites[urlsplit(actor).netloc].look(
                "SELECT 1 FROM reaction WHERE kind = 'like' AND object_uri = ? AND actor_uri = ?",
                uri,
                actor,
            ):
                yield f"{site.host} believes that {stage.name_of(actor)} likes {stage.name_of(uri)}"


def _once(stage: "Stage") -> Iterator[str]:
    """Nothing had its effect twice."""
    for site in stage.sites.values():
        for uri, many in site.look(
            "SELECT uri, COUNT(*) FROM inbox_activity WHERE state = 'done' AND recipient = '' GROUP BY actor_uri, uri HAVING COUNT(*) > 1"
        ):
            yield f"{site.host}: {uri} was done {many} times"


def _lanes(stage: "Stage") -> Iterator[str]:
    """Nobody sends more than a few letters to one host at a time (R6)."""
    if stage.network.posting_most > 2:
        yield f"{stage.network.posting_most} letters were under way to one host"
