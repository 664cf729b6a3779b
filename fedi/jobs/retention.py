"""Forgetting in time (S85). RULES is the whole of it: what, after how long, how it is found, how it goes.

`fedi purge` shows what the rules would take and applies them; the server applies them every hour. A rule is found by
reading, page by page, and applied in small transactions that ask again, so nobody who writes waits long. What is gone
is overwritten in the file (`secure_delete`), and the journal beside it is cut.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from actors import journal, keys, notifications, sessions
from actors import store as actor_store
from fedi.clock import to_ms
from fedi.config import Config
from fedi.db.engine import Reader
from fedi.instance import Instance
from fedi.jobs import leftovers
from fedi.media import cache
from fedi.media import store as media_store
from fedi.media.remote import sweep
from fedi.publications import drafts, featured, shelf
from fedi.publications.dates import answers as date_answers
from fedi.publications.event import (
    attendance,
    gathering,
    gone,
    invitations,
    invited,
    participation,
)
from fedi.unit import Unit
from fedi.views import unneeded
from inbox import store as inbox_store
from inbox import strangers
from outbox import hosts
from outbox import store as outbox_store

# Rows looked at in one reading, and rows changed in one transaction.
PAGE: Final = 500
BATCH: Final = 50
# Between two transactions whoever waits to write comes first.
PAUSE_S: Final = 0.002

Place = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """When it is now, the moment before which things are too old, all settings. `leaving`: keys of files whose rows went."""

    now: datetime
    before: datetime
    config: Config
    leaving: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """Something a rule looked at: where it stands in the rule's order, its key, its bytes, whether it goes."""

    place: Place
    key: Any
    size_bytes: int = 0
    goes: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table. `setting`: section and name of its days in the configuration; `name`: its word for people.

    `find` lists what is old enough, after a place, at most so many. `forget` takes those of these keys that still go,
    inside one transaction; how many. `start`: the place before the first. `finish`: what is done outside of the database.
    """

    name: str
    setting: tuple[str, str]
    find: Callable[[Reader, Span, Place, int], Sequence[Row]]
    forget: Callable[[Instance, Unit, Span, Sequence[Any]], int]
    start: Place = (0, 0)
    finish: Callable[[Instance, Span], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Weight:
    """What a rule takes: how many rows, and about how many bytes of what people said."""

    rule: str
    days: int
    rows: int
    size_bytes: int


def days_of(config: Config, rule: Rule) -> int:
    """How many days the rule lets things stay."""
    section, name = rule.setting
    return int(getattr(getattr(config, section), name))


async def forget(instance: Instance) -> int:
    """Apply every rule once; how many rows were concerned."""
    return sum(weight.rows for weight in await apply(instance))


async def weigh(instance: Instance) -> list[Weight]:
    """What every rule would take now; nothing is changed."""
    return [await _walk(instance, rule, is_applied=False) for rule in RULES]


async def apply(instance: Instance) -> list[Weight]:
    """Apply every rule and leave nothing of it on the disk; what each took."""
    weights = [await _walk(instance, rule, is_applied=True) for rule in RULES]
    await instance.db.empty_journal()
    await leftovers.remove(instance)
    return weights


async def _walk(instance: Instance, rule: Rule, *, is_applied: bool) -> Weight:
    now = instance.clock.now()
    days = days_of(instance.config, rule)
    span = Span(now, now - timedelta(days=days), instance.config)
    place, rows, size_bytes = rule.start, 0, 0
    while True:
        page = await instance.look(partial(_look, rule=rule, span=span, after=place))
        going = [row for row in page if row.goes]
        size_bytes += sum(row.size_bytes for row in going)
        if is_applied:
            rows += await _apply(instance, rule, span, [row.key for row in going])
        else:
            rows += len(going)
        if len(page) < PAGE:
            break
        place = page[-1].place
    if is_applied and rule.finish is not None:
        await rule.finish(instance, span)
    return Weight(rule.name, days, rows, size_bytes)


def _look(rx: Reader, rule: Rule, span: Span, after: Place) -> Sequence[Row]:
    return rule.find(rx, span, after, PAGE)


def _change(unit: Unit, instance: Instance, rule: Rule, span: Span, some: Sequence[Any]) -> int:
    return rule.forget(instance, unit, span, some)


async def _apply(instance: Instance, rule: Rule, span: Span, keys_: Sequence[Any]) -> int:
    rows = 0
    for first in range(0, len(keys_), BATCH):
        some = keys_[first : first + BATCH]
        work = partial(_change, instance=instance, rule=rule, span=span, some=some)
        rows += await instance.change(work)
        await asyncio.sleep(PAUSE_S)
    return rows


def _find_bodies(rx: Reader, span: Span, after: Place, most: int, *, aside: bool) -> list[Row]:
    found = inbox_store.list_bodies(rx, span.before, after, most, is_set_aside=aside)
    return [Row((at, row_id), row_id, size) for at, row_id, size in found]


def _find_passed_on(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = outbox_store.list_passed_on(rx, span.before, after, most)
    return [Row((at, row_id), row_id, size) for at, row_id, size in found]


def _find_overdue(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = outbox_store.list_overdue(rx, span.before, after, most)
    return [Row((at, row_id), row_id) for at, row_id in found]


def _find_settled(rx: Reader, span: Span, after: Place, most: int, *, failed: bool) -> list[Row]:
    found = outbox_store.list_settled(rx, span.before, after, most, only_failed=failed)
    return [Row((at, row_id), row_id) for at, row_id in found]


def _find_notifications(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = notifications.list_older(rx, span.before, after, most)
    return [Row((at, row_id), row_id) for at, row_id in found]


def _find_publications(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = unneeded.list_publications(rx, span.before, span.now, after, most)
    return [Row(each.place, each.uri, each.size_bytes, each.goes) for each in found]


def _forget_publications(_i: Instance, unit: Unit, span: Span, uris: Sequence[Any]) -> int:
    going = unneeded.list_unneeded_publications(unit.tx, span.before, span.now, uris)
    for uri in going:
        notifications.forget_about(unit, uri)
        shelf.let_go(unit, uri)
    return len(going)


def _find_actors(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = unneeded.list_actors(rx, span.before, after, most)
    return [Row(each.place, each.uri, each.size_bytes, each.goes) for each in found]


def _forget_actors(instance: Instance, unit: Unit, span: Span, uris: Sequence[Any]) -> int:
    going = unneeded.list_unneeded_actors(unit.tx, span.before, uris)
    for actor in actor_store.list_by_uri(unit.tx, going).values():
        cache.forget(unit, [image.url for image in (actor.icon, actor.image) if image])
        featured.forget_actor(unit, actor.uri)
        keys.replace_remote(unit, actor.uri, ())
        actor_store.forget(unit, actor.uri)
    # a key believed from memory would prove words of somebody whom no row knows
    unit.rekeyed.update(going)
    return len(going)


def _find_uploads(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = media_store.list_unused(rx, span.before, after, most)
    return [Row((at, row_id), row_id, size, goes) for at, row_id, size, goes in found]


async def _delete_files(instance: Instance, span: Span) -> None:
    await leftovers.delete_files(instance, span.leaving)


async def _sweep(instance: Instance, _span: Span) -> None:
    await sweep(instance)


def _forget_uploads(_i: Instance, unit: Unit, span: Span, row_ids: Sequence[Any]) -> int:
    unused = media_store.forget_unused(unit, span.before, row_ids)
    span.leaving.extend(unused)
    return len({key.partition(".")[0].removesuffix("-small") for key in unused})


def _find_copies(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = cache.list_fetched_before(rx, span.before, after[1], most)
    return [Row((0, url), url, size) for url, size in found]


def _forget_copies(unit: Unit, urls: Sequence[str]) -> int:
    cache.forget(unit, urls)
    return len(urls)


def _find_heard(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = strangers.list_heard(rx, span.before, after, most)
    return [Row((at, f"{words} {host}"), (words, host)) for at, words, host in found]


def _find_silent(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    return [Row((0, host), host) for host in hosts.list_silent(rx, span.before, after[1], most)]


def _find_retired(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = keys.list_retired(rx, to_ms(span.before), after[1], most)
    return [Row((0, uri), uri, size) for uri, size in found]


def _life(config: Config) -> sessions.Life:
    return sessions.Life(
        timedelta(hours=config.people.session_idle_hours),
        timedelta(days=config.people.session_days),
    )


def _find_sessions(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = sessions.list_over(rx, span.now, _life(span.config), after, most)
    return [Row((at, row_id), row_id) for at, row_id in found]


def _find_journal(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = journal.list_older(rx, span.before, after, most)
    return [Row((at, row_id), row_id) for at, row_id in found]


def _find_drafts(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = drafts.list_done(rx, span.before, after, most)
    return [Row((at, row_id), row_id) for at, row_id in found]


def _find_attendance(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = gathering.list_over(rx, span.before, after, most)
    return [Row((at, uri), uri) for at, uri in found]


def _forget_attendance(unit: Unit, span: Span, uris: Sequence[Any]) -> int:
    over = gathering.forget_over(unit, span.before, uris)
    for uri in over:
        attendance.forget_event(unit, uri)
        invitations.forget_event(unit, uri)
    return len(over)


def _find_participation(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = participation.list_over(rx, span.before, after, most)
    return [Row((at, uri), uri) for at, uri in found]


def _find_withdrawn(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    return [Row((at, uri), uri) for at, uri in gone.list_told(rx, span.before, after, most)]


def _find_date_answers(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = date_answers.list_over(rx, span.before, after, most)
    return [Row((at, uri), uri) for at, uri in found]


def _find_invited(rx: Reader, span: Span, after: Place, most: int) -> list[Row]:
    found = invited.list_over(rx, span.before, after, most)
    return [Row((at, uri), uri) for at, uri in found]


# Publications before actors, so that who said them may go with them; what is given up before the ledger of what failed.
# A table that grows needs one line here and one number in `[retention]` (or beside what it belongs to).
RULES: tuple[Rule, ...] = (
    Rule(
        "inbox_bodies",
        ("retention", "inbox_bodies_days"),
        partial(_find_bodies, aside=False),
        lambda _, unit, span, ids: inbox_store.forget_bodies(unit, span.before, ids),
    ),
    Rule(
        "set_aside",
        ("retention", "set_aside_days"),
        partial(_find_bodies, aside=True),
        lambda _, unit, span, ids: inbox_store.forget_bodies(unit, span.before, ids),
    ),
    Rule(
        "passed_on",
        ("retention", "passed_on_days"),
        _find_passed_on,
        lambda _, unit, _span, ids: outbox_store.forget_passed_on(unit, ids),
    ),
    Rule(
        "remote_publications",
        ("retention", "remote_publications_days"),
        _find_publications,
        _forget_publications,
    ),
    Rule("remote_actors", ("retention", "remote_actors_days"), _find_actors, _forget_actors),
    Rule(
        "notifications",
        ("retention", "notifications_days"),
        _find_notifications,
        lambda _, unit, _span, ids: notifications.forget_rows(unit, ids),
    ),
    Rule(
        "overdue",
        ("delivery", "give_up_days"),
        _find_overdue,
        lambda _, unit, span, ids: outbox_store.give_up(unit, span.before, ids),
    ),
    Rule(
        "failed_deliveries",
        ("retention", "failed_deliveries_days"),
        partial(_find_settled, failed=True),
        lambda _, unit, span, ids: outbox_store.purge(unit, span.before, ids),
    ),
    Rule(
        "ledger",
        ("retention", "ledger_days"),
        partial(_find_settled, failed=False),
        lambda _, unit, span, ids: outbox_store.purge(unit, span.before, ids),
    ),
    Rule(
        "heard_words",
        ("retention", "heard_words_days"),
        _find_heard,
        lambda _, unit, span, keys_: strangers.forget_heard(unit, span.before, keys_),
        start=(0, ""),
    ),
    Rule(
        "silent_hosts",
        ("retention", "silent_hosts_days"),
        _find_silent,
        lambda _, unit, span, names: hosts.forget_silent(unit, span.before, names),
        start=(0, ""),
    ),
    Rule(
        "retired_keys",
        ("retention", "retired_keys_days"),
        _find_retired,
        lambda _, unit, span, uris: keys.forget_retired(unit, to_ms(span.before), uris),
        start=(0, ""),
    ),
    Rule(
        "sessions",
        ("people", "session_days"),
        _find_sessions,
        lambda _, unit, span, _ids: sessions.forget_over(unit, span.now, _life(span.config)),
    ),
    Rule(
        "journal",
        ("people", "journal_days"),
        _find_journal,
        lambda _, unit, span, _ids: journal.forget(unit, span.before),
    ),
    Rule(
        "attendance",
        ("retention", "attendance_days"),
        _find_attendance,
        lambda _, unit, span, uris: _forget_attendance(unit, span, uris),
        start=(0, ""),
    ),
    Rule(
        "participation",
        ("retention", "attendance_days"),
        _find_participation,
        lambda _, unit, span, uris: participation.forget_over(unit, span.before, uris),
        start=(0, ""),
    ),
    Rule(
        "withdrawn_events",
        ("retention", "withdrawn_events_days"),
        _find_withdrawn,
        lambda _, unit, span, uris: gone.forget_told(unit, span.before, uris),
        start=(0, ""),
    ),
    Rule(
        "date_answers",
        ("retention", "attendance_days"),
        _find_date_answers,
        lambda _, unit, span, uris: date_answers.forget_over(unit, span.before, uris),
        start=(0, ""),
    ),
    Rule(
        "invited",
        ("retention", "attendance_days"),
        _find_invited,
        lambda _, unit, span, uris: invited.forget_over(unit, span.before, uris),
        start=(0, ""),
    ),
    Rule(
        "drafts",
        ("retention", "drafts_done_days"),
        _find_drafts,
        lambda _, unit, _span, ids: drafts.forget_done(unit, ids),
    ),
    Rule(
        "unused_uploads",
        ("retention", "unused_uploads_days"),
        _find_uploads,
        _forget_uploads,
        finish=_delete_files,
    ),
    Rule(
        "remote_media",
        ("media", "cache_days_max"),
        _find_copies,
        lambda _, unit, _span, urls: _forget_copies(unit, urls),
        start=(0, ""),
        finish=_sweep,
    ),
)
