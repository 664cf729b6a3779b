"""Reading the sources of events: what they say now → drafts that wait for somebody, or mirrors in the agenda.

Nothing here publishes: a draft waits for a person, a mirror is shown with where it is from and sent to nobody.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Final

import msgspec

from actors import blocks
from fedi.canonical import host_of
from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.desk.written import written_of
from fedi.errors import FediError, Forbidden, Invalid, NotFound, RemoteError, RemoteGone
from fedi.instance import Instance
from fedi.publications import drafts, shelf, store
from fedi.publications.drafts import Draft, Written
from fedi.publications.model import UNKNOWN_LANGUAGE, Text
from fedi.sources import entries
from fedi.sources import store as source_store
from fedi.sources.entries import CHANGED, GONE, KEPT_FOR, Entry
from fedi.sources.mirror import print_of, publication_of
from fedi.sources.model import BYTES_MAX, Around, Found, Parsed
from fedi.sources.reading import read
from fedi.sources.store import ABSENT_MAX, Source
from fedi.text.typed import typed_from
from fedi.unit import Unit

log = logging.getLogger("fedi.desk")

ACCEPT: Final = (
    "text/calendar, text/html;q=0.9, application/xhtml+xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
AT_ONCE: Final = 50
SOURCES_AT_ONCE: Final = 4
# So many drafts of one source wait for somebody; what is farther away comes when there is room.
DRAFTS_MAX: Final = 100
# A series as drafts: nobody looks through a year of Tuesdays.
SERIES_MAX: Final = 12
SERIES_AHEAD: Final = timedelta(days=92)
FORGOTTEN_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said. `parsed` is None when it says what it said before."""

    parsed: Parsed | None
    etag: str = ""
    modified: str = ""


@dataclass(slots=True)
class Taken:
    """What a reading changed: new ones, changed ones, gone ones; those that somebody has to look at; those that wait for room."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    asks: int = 0
    waiting: int = 0
    unreadable: int = 0
    left: int = 0

    def add(self, other: "Taken") -> None:
        """What another portion changed."""
        self.new += other.new
        self.changed += other.changed
        self.gone += other.gone
        self.asks += other.asks
        self.waiting += other.waiting


async def ask(
    instance: Instance, address: str, zone: str, etag: str = "", modified: str = ""
) -> Answer:
    """What is at an address now; where a page has no event of its own, what is in the calendar it names.

    Raises Invalid for what has no events in it, Forbidden for a host that is shut out, RemoteError.
    """

    async def may_ask(asked: str) -> bool:
        host = host_of(asked)
        return not await instance.look(lambda rx: blocks.is_host_blocked(rx, host))

    if not await may_ask(address):
        raise Forbidden("error.host_blocked", detail=host_of(address))
    fresh = await instance.http.fetch_fresh(
        address, ACCEPT, etag=etag, modified=modified, bytes_max=BYTES_MAX, may_ask=may_ask
    )
    if fresh.body is None:
        return Answer(None, fresh.etag, fresh.modified)
    parsed = await _parse(instance, fresh.body, fresh.url, zone)
    if parsed.calendar and not parsed.events:
        other = await instance.http.fetch_fresh(
            parsed.calendar, ACCEPT, bytes_max=BYTES_MAX, may_ask=may_ask
        )
        named = await _parse(instance, other.body or b"", other.url, zone)
        if named.format == "calendar":
            return Answer(replace(named, name=named.name or parsed.name))
    if parsed.format == "page" and not parsed.events:
        raise Invalid("sources.no_events", field="address")
    return Answer(parsed, fresh.etag, fresh.modified)


async def open_file(instance: Instance, content: bytes, base: str, zone: str) -> Parsed:
    """What a file holds; `base`: the address that it is of. Raises Invalid, TooLarge."""
    parsed = await _parse(instance, content, base, zone)
    if parsed.format == "page" and not parsed.events:
        raise Invalid("sources.no_events", field="file")
    return parsed


async def _parse(instance: Instance, content: bytes, address: str, zone: str) -> Parsed:
    around = Around(address, instance.clock.now(), zone or instance.config.instance.timezone)
    return await asyncio.to_thread(read, content, around)


async def read_again(instance: Instance, source: Source) -> Taken:
    """Ask a source now and take in what it says. What goes wrong is remembered, and raised: FediError."""
    try:
        answer = await ask(instance, source.address, source.zone, source.etag, source.modified)
    except FediError as problem:
        await _note_failure(instance, source, problem)
        raise
    return await take_in(instance, source, answer)


async def take_in(instance: Instance, source: Source, answer: Answer) -> Taken:
    """Make of it what the collective wants: drafts or mirrors, each event once, however often it is read."""
    taken = Taken()
    parsed = answer.parsed
    if parsed is not None:
        wanted = _wanted(parsed.events, source, instance.clock.now())
        for start in range(0, len(wanted), AT_ONCE):
            work = partial(
                _take, instance=instance, source=source, events=wanted[start : start + AT_ONCE]
            )
            taken.add(await instance.change(work))
        if not parsed.left:
            present = frozenset(each.identity for each in parsed.events)
            drop = partial(_drop_missing, source=source, present=present)
            taken.add(await instance.change(drop))
        taken.unreadable, taken.left = parsed.unreadable, parsed.left

    def note(unit: Unit) -> None:
        counts = (taken.unreadable, taken.left) if parsed else (source.unreadable, source.left_out)
        source_store.note_read(unit, source, answer.etag, answer.modified, *counts)

    await instance.change(note)
    return taken


async def read_due(instance: Instance) -> int:
    """Read every source whose time has come; how many. One that does not answer holds up no other."""
    due = await instance.change(lambda unit: source_store.claim_due(unit, SOURCES_AT_ONCE))

    async def one(source: Source) -> None:
        try:
            await read_again(instance, source)
        except FediError as problem:
            log.info("event source rests", extra={"why": problem.message_key})

    await asyncio.gather(*(one(each) for each in due))
    return len(due)


async def forget_over(instance: Instance) -> int:
    """Forget what was over long ago, and take its mirrors out of the archive; how many."""

    def work(unit: Unit) -> int:
        old = entries.list_over(unit.tx, unit.now - KEPT_FOR, FORGOTTEN_AT_ONCE)
        for _, _, uri in old:
            if uri:
                shelf.let_go(unit, uri)
        entries.forget(unit, [(row_id, identity) for row_id, identity, _ in old])
        return len(old)

    return await instance.change(work)


def stop(unit: Unit, source: Source) -> None:
    """Nothing more is taken from it, and its mirrors leave the agenda. Drafts belong to the collective and stay."""
    for entry in entries.list_all(unit.tx, source).values():
        if entry.publication_id is not None:
            shelf.let_go(unit, entry.uri)
        entries.remove(unit, source, entry.identity)
    source_store.remove(unit, source)


def adopt(unit: Unit, source: Source, identity: str, person_id: int) -> Draft:
    """Put what the source says now into the draft, in the place of what stands there. Raises NotFound, Conflict."""
    entry = entries.find(unit.tx, source, identity)
    if entry is None or not entry.offered:
        raise NotFound("sources.not_found", detail="entry")
    draft = drafts.load(unit.tx, source.actor_uri, entry.draft_id)
    written = msgspec.json.decode(entry.offered, type=Written)
    draft = drafts.change(unit, draft, draft.version, person_id, written)
    entries.save(unit, source, replace(entry, ours=print_of(draft.written), state="", offered=""))
    return draft


def leave_be(unit: Unit, source: Source, identity: str) -> None:
    """It was looked at, and stays as it is until the source changes it again. Raises NotFound."""
    entry = entries.find(unit.tx, source, identity)
    if entry is None:
        raise NotFound("sources.not_found", detail="entry")
    entries.save(unit, source, replace(entry, state="", offered=""))


def _wanted(events: Sequence[Found], source: Source, now: datetime) -> Sequence[Found]:
    """All of them for a mirror; of a series only the next few as drafts."""
    if source.way == "mirror":
        return events
    wanted: list[Found] = []
    of_series: dict[str, int] = {}
    for each in events:
        series = each.identity.rpartition(" ")[0] if each.is_series else ""
        of_series[series] = of_series.get(series, 0) + 1
        is_near = of_series[series] <= SERIES_MAX and each.starts_at <= now + SERIES_AHEAD
        if not each.is_series or is_near:
            wanted.append(each)
    return wanted


def _take(unit: Unit, instance: Instance, source: Source, events: Sequence[Found]) -> Taken:
    taken = Taken()
    # stopped, or begun anew, while it was asked
    source_store.load(unit.tx, source.actor_uri, source.id)
    room = DRAFTS_MAX - entries.count_waiting(unit.tx, source) if source.way == "draft" else 0
    for found in events:
        known = entries.find(unit.tx, source, found.identity)
        mark = print_of(found)
        if known is not None and found.sequence < known.sequence:
            continue
        if known is not None and known.print == mark and known.state != GONE:
            continue
        entry = replace(
            known or Entry(found.identity, mark, found.sequence, 0, found.title),
            print=mark,
            sequence=found.sequence,
            ends_ms=to_ms(found.over_at),
            title=found.title,
        )
        if source.way == "mirror":
            _mirror(unit, source, found, entry, taken)
        elif known is not None:
            _change_draft(unit, instance, source, found, entry, taken)
        elif found.status != "cancelled" and room > 0:
            room -= 1
            _begin_draft(unit, instance, source, found, entry, taken)
        elif found.status != "cancelled":
            taken.waiting += 1
    return taken


def _mirror(unit: Unit, source: Source, found: Found, entry: Entry, taken: Taken) -> None:
    publication = publication_of(found, source, unit.now)
    before = store.find(unit.tx, publication.uri)
    if before is None:
        row_id = shelf.put(unit, publication, is_local=False)
        taken.new += 1
    else:
        moved = before.event.starts_at != found.starts_at
        details = replace(
            publication.event,
            previous_starts_at=before.event.starts_at if moved else before.event.previous_starts_at,
        )
        publication = replace(
            publication,
            published_at=before.published_at,
            updated_at=unit.now,
            details=details,
        )
        row_id = shelf.exchange(unit, publication)
        taken.changed += 1
    entries.save(unit, source, replace(entry, publication_id=row_id, uri=publication.uri))


def _begin_draft(
    unit: Unit, instance: Instance, source: Source, found: Found, entry: Entry, taken: Taken
) -> None:
    written = _written(instance, source, found, unit.now)
    once = f"source {source.id} {sha256(found.identity.encode()).hexdigest()}"
    draft = drafts.find_once(unit.tx, source.actor_uri, once)
    if draft is None:
        draft = drafts.add(unit, source.actor_uri, source.added_by, once, "event", written)
        taken.new += 1
    entries.save(unit, source, replace(entry, draft_id=draft.id, ours=print_of(written)))


def _change_draft(
    unit: Unit, instance: Instance, source: Source, found: Found, entry: Entry, taken: Taken
) -> None:
    """What nobody touched follows the source. What somebody wrote on, published or threw away stays as it is."""
    draft = _draft_of(unit.tx, source, entry)
    written = _written(instance, source, found, unit.now)
    if draft is None:
        state = CHANGED if entry.uri else ""
        entries.save(unit, source, replace(entry, state=state))
        taken.asks += bool(state)
    elif draft.state == drafts.DONE:
        uri = draft.published_uri or ""
        entries.save(unit, source, replace(entry, uri=uri, state=CHANGED, offered=""))
        taken.asks += 1
    elif draft.state == drafts.OPEN and print_of(draft.written) == entry.ours:
        draft = drafts.change(unit, draft, draft.version, source.added_by, written)
        ours = print_of(written)
        entries.save(unit, source, replace(entry, ours=ours, state="", offered=""))
        taken.changed += 1
    else:
        offered = msgspec.json.encode(written).decode()
        entries.save(unit, source, replace(entry, state=CHANGED, offered=offered))
        taken.asks += 1


def _drop_missing(unit: Unit, source: Source, present: frozenset[str]) -> Taken:
    """What the source no longer says, and what is not over: mirrors and untouched drafts go, of the rest somebody is told."""
    taken = Taken()
    for entry in entries.list_all(unit.tx, source).values():
        if entry.identity in present or entry.ends_ms < unit.now_ms or entry.state == GONE:
            continue
        if entry.publication_id is not None:
            shelf.let_go(unit, entry.uri)
            entries.remove(unit, source, entry.identity)
            taken.gone += 1
            continue
        draft = _draft_of(unit.tx, source, entry)
        if (
            draft is not None
            and draft.state == drafts.OPEN
            and print_of(draft.written) == entry.ours
        ):
            drafts.remove(unit, draft)
            draft = None
            taken.gone += 1
        if draft is None and not entry.uri:
            entries.remove(unit, source, entry.identity)
        else:
            uri = (draft.published_uri if draft is not None else None) or entry.uri
            entries.save(unit, source, replace(entry, uri=uri, state=GONE, offered=""))
            taken.asks += 1
    return taken


def _draft_of(rx: Reader, source: Source, entry: Entry) -> Draft | None:
    """The draft an event was made into; None when it was thrown away, or forgotten after it went out."""
    if not entry.draft_id:
        return None
    try:
        return drafts.load(rx, source.actor_uri, entry.draft_id)
    except NotFound:
        return None


def _written(instance: Instance, source: Source, found: Found, now: datetime) -> Written:
    """The form that says the same, with where it is from below the text."""
    mirrored = publication_of(found, source, now)
    details = replace(mirrored.event, join_mode="free", external_url=None, takes_join=True)
    language = mirrored.language
    if language == UNKNOWN_LANGUAGE:
        language = instance.config.instance.language
    typed = typed_from(found.html)
    parts = [
        each for each in (typed, found.url if found.url and found.url not in typed else "") if each
    ]
    text = Text(found.title, None, "", source="\n\n".join(parts))
    publication = replace(mirrored, texts={language: text}, details=details)
    written = written_of(publication, instance.config.instance.timezone)
    # who answers it, and who may see it, is for the collective to say
    fields = {name: value for name, value in written.fields.items() if name not in ("visibility", "join")}  # fmt: skip
    return replace(written, fields=fields)


async def _note_failure(instance: Instance, source: Source, problem: FediError) -> None:
    wait_s = problem.retry_after_s if isinstance(problem, RemoteError) else None
    is_absent = isinstance(problem, RemoteGone) or problem.message_key == "sources.no_events"

    def work(unit: Unit) -> None:
        try:
            source_store.load(unit.tx, source.actor_uri, source.id)
        except NotFound:
            return
        wait = timedelta(seconds=wait_s or 0)
        failures = source_store.note_failure(unit, source, problem.message_key, wait)
        if is_absent and failures >= ABSENT_MAX:
            _drop_missing(unit, source, frozenset())

    await instance.change(work)
