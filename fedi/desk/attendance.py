"""Who comes to an event of ours, for its organisers: seeing, deciding, writing to all, and how the event takes answers."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE, Actor
from fedi.clock import iso
from fedi.db.engine import Reader
from fedi.desk import lookup
from fedi.desk.details import Reading, read_place
from fedi.desk.order import Done, Order, Result, Unfit, choice
from fedi.desk.speaker import load_speaker
from fedi.desk.wishes import PlaceWish
from fedi.errors import Forbidden, Invalid, NotFound
from fedi.instance import Instance
from fedi.publications.event import attendance, gathering, told
from fedi.publications.event.attendance import STATES, Entry
from fedi.publications.event.gathering import FORM_MODES, WORD_MAX, Gathering
from fedi.publications.model import Publication
from fedi.publications.place import Place
from fedi.text.direction import clean_text
from fedi.unit import Unit
from fedi.vocab.read import href_of
from outbox import attending, participants
from outbox.actions.update import update

PAGE_MAX: Final = 200
EXPORT_MAX: Final = 20_000
PORTION: Final = 50
# A cell that begins like this is a formula to programs for tables.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "|", "%")


class ShowOrder(Order, frozen=True, kw_only=True):
    """The event, one of the states or all of them, and the `place` of the last entry already seen."""

    which: str
    actor: str = ""
    state: str = ""
    most: int = PAGE_MAX
    after: str = ""


class DecideOrder(Order, frozen=True, kw_only=True):
    """Entries by their number, or everybody who asks. `does`: approve or refuse."""

    which: str
    does: str
    entries: tuple[str, ...] = ()
    everybody: bool = False
    actor: str = ""


class SetOrder(Order, frozen=True, kw_only=True):
    """How the event takes answers; None leaves it as it is. `place`, `online_url`: what only those who come are told.

    `no_place`: they are told no more than everybody. `again`: whether followers see the event once more the day before.
    """

    which: str
    actor: str = ""
    waiting: bool | None = None
    form: str | None = None
    counts: bool | None = None
    closed: bool | None = None
    again: bool | None = None
    online_url: str | None = None
    place: PlaceWish = PlaceWish()
    no_place: bool = False


class WriteOrder(Order, frozen=True, kw_only=True):
    """A message to those in these states."""

    which: str
    words: str
    states: tuple[str, ...] = ("coming",)
    actor: str = ""


class Line(Result, frozen=True, kw_only=True):
    """One participant. `handle` is empty for somebody without an account, `name` for somebody with one but no name."""

    number: str
    state: str
    road: str
    name: str
    handle: str
    uri: str
    people: int
    message: str
    since: datetime
    place: str


class Sheet(Result, frozen=True, kw_only=True):
    """The event, how it takes answers, how many people are in which state, and the entries asked for."""

    uri: str
    title: str
    capacity: int
    join: str
    waiting: bool
    form: str
    counts: bool
    closed: bool
    again: bool
    place: str
    online_url: str
    people: dict[str, int]
    lines: list[Line]


class Decided(Result, frozen=True, kw_only=True):
    """State → how many entries are in it now."""

    states: dict[str, int]


class Written(Result, frozen=True, kw_only=True):
    """How many are written to, and how many have given no way."""

    told: int
    silent: int


class Table(Result, frozen=True, kw_only=True):
    """A table as text, with commas."""

    csv: str


async def show(instance: Instance, order: ShowOrder) -> Sheet:
    """The sheet of an event. Raises NotFound, Forbidden, Invalid."""
    if order.state:
        choice(order.state, STATES, "state")
    after = _place_of(order.after)
    most = max(1, min(order.most, PAGE_MAX))

    def look(rx: Reader) -> Sheet:
        publication, _ = load_event(rx, instance, order.which, order.actor)
        found = gathering.find(rx, publication.uri, instance.config.instance.posture)
        wanted = (order.state,) if order.state else STATES
        entries = [
            each
            for state in wanted
            for each in attendance.list_of(rx, publication.uri, state, most, after)
        ]
        return _sheet(rx, publication, found, entries)

    return await instance.look(look)


async def decide(instance: Instance, order: DecideOrder) -> Decided:
    """Let somebody come, or not. Raises NotFound, Forbidden, Invalid."""
    choice(order.does, ("approve", "refuse"), "does")
    publication = await instance.look(
        lambda rx: load_event(rx, instance, order.which, order.actor)[0]
    )
    does = attending.approve if order.does == "approve" else attending.refuse
    states: Counter[str] = Counter()

    def work(unit: Unit, numbers: Sequence[int]) -> list[str]:
        now, _ = load_event(unit.tx, instance, publication.uri, order.actor)
        decided: list[str] = []
        for number in numbers:
            entry = attendance.find_by_id(unit.tx, now.uri, number)
            if entry is None:
                raise NotFound("attendance.no_entry", detail="entry")
            decided.append(does(unit, now, entry).state)
        return decided

    if not order.everybody:
        numbers = [_number(each) for each in order.entries]
        if not numbers:
            raise Invalid("attendance.nobody_chosen", field="entries")
        states.update(await instance.change(lambda unit: work(unit, numbers)))
        return Decided(states=states)
    while True:
        some = await instance.look(
            lambda rx: [
                each.id for each in attendance.list_of(rx, publication.uri, "asked", PORTION)
            ]
        )
        if not some:
            return Decided(states=states)
        states.update(await instance.change(lambda unit, some=some: work(unit, some)))  # type: ignore[misc]


async def change(instance: Instance, order: SetOrder) -> Done:
    """Take answers like this from now on. Raises Unfit, NotFound, Forbidden."""
    reading = Reading()
    if order.form is not None and order.form not in FORM_MODES:
        reading.wrong("form", "desk.choice", value=order.form[:60], allowed=", ".join(FORM_MODES))
    online = _online(reading, order)

    def work(unit: Unit) -> Done:
        publication, author = load_event(unit.tx, instance, order.which, order.actor)
        before = gathering.lock(unit, publication.uri, publication.event.over_at)
        has_place = order.place != PlaceWish()
        place = read_place(reading, order.place, before.place) if has_place else before.place
        if reading.problems:
            raise Unfit(reading.problems)
        after = replace(
            before,
            has_waiting=before.has_waiting if order.waiting is None else order.waiting,
            form=before.form if order.form is None else order.form,  # type: ignore[arg-type]
            shows_counts=before.shows_counts if order.counts is None else order.counts,
            is_closed=before.is_closed if order.closed is None else order.closed,
            announces_again=before.announces_again if order.again is None else order.again,
            online_url=before.online_url if order.online_url is None else online,
            place=None if order.no_place else place,
        )
        if after == before:
            return Done(changed=False)
        gathering.save(unit, publication.uri, after, publication.event.over_at)
        unit.touched.add(publication.uri)
        if _is_seen(publication, before, after):
            # what others know of how to sign up has changed
            update(unit, author, publication, is_new_version=False)
        _tell_more(unit, publication, before, after)
        return Done()

    return await instance.change(work)


async def write(instance: Instance, order: WriteOrder) -> Written:
    """Write to participants, each by the way they came. Raises Invalid, NotFound, Forbidden."""
    words = clean_text(order.words, WORD_MAX)
    if not words:
        raise Invalid("attendance.words_missing", field="words")
    if len(order.words) > WORD_MAX:
        raise Invalid("desk.line_too_long", field="words", limit=WORD_MAX)
    for state in order.states:
        choice(state, attendance.CONCERNED, "states")
    publication = await instance.look(
        lambda rx: load_event(rx, instance, order.which, order.actor)[0]
    )

    def keep(unit: Unit) -> Gathering:
        found = gathering.lock(unit, publication.uri, publication.event.over_at)
        kept = replace(found, word=words)
        gathering.save(unit, publication.uri, kept, publication.event.over_at)
        return kept

    found = await instance.change(keep)
    told_of = silent = 0
    for state in dict.fromkeys(order.states):
        after = (0, 0)
        while True:
            entries = await instance.look(
                lambda rx, state=state, after=after: attendance.list_of(  # type: ignore[misc]
                    rx, publication.uri, state, PORTION, after
                )
            )
            if not entries:
                break

            def tell(unit: Unit, entries: Sequence[Entry] = entries) -> int:
                return sum(
                    participants.tell(unit, publication, found, each, "word", words)
                    for each in entries
                )

            reached = await instance.change(tell)
            told_of, silent = told_of + reached, silent + len(entries) - reached
            after = attendance.stands_at(entries[-1])
    return Written(told=told_of, silent=silent)


async def export(instance: Instance, order: ShowOrder) -> Table:
    """Everybody as a table for other programs, none of whose cells is a formula. Raises NotFound, Forbidden."""

    def look(rx: Reader) -> list[Line]:
        publication, _ = load_event(rx, instance, order.which, order.actor)
        wanted = (order.state,) if order.state else STATES
        entries: list[Entry] = []
        for state in wanted:
            entries += attendance.list_of(rx, publication.uri, state, EXPORT_MAX - len(entries))
        return _lines(rx, entries)

    lines = await instance.look(look)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(["state", "name", "handle", "people", "message", "road", "since"])
    for each in lines:
        cells = (each.state, each.name, each.handle, str(each.people), each.message, each.road)
        table.writerow([*(_cell(text) for text in cells), iso(each.since)])
    return Table(csv=out.getvalue())


def load_event(
    rx: Reader, instance: Instance, which: str, username: str
) -> tuple[Publication, Actor]:
    """An event of ours and the collective that organises it. Raises NotFound, Gone, Forbidden, Invalid."""
    if username:
        # alike for what is not there and for what is of somebody else (S81)
        speaker = load_speaker(rx, username)
        publication = lookup.load_for(rx, instance.urls, speaker.uri, which)
        if publication.author != speaker.uri:
            raise NotFound("error.publication_not_found", detail="desk")
    else:
        publication = lookup.load(rx, instance.urls, which)
    author = actor_store.find(rx, publication.author)
    if author is None or author.role != ROLE_COLLECTIVE:
        raise Forbidden("desk.not_ours", detail=publication.uri)
    if publication.kind != "event":
        raise Invalid("attendance.no_event", field="which")
    return publication, author


def place_for_participants(rx: Reader, instance: Instance, uri: str) -> Place | None:
    """What only those who come are told of where it is."""
    return gathering.find(rx, uri, instance.config.instance.posture).place


def _tell_more(unit: Unit, publication: Publication, before: Gathering, after: Gathering) -> None:
    """Whoever comes already is told the exact place as soon as it is known."""
    if (before.place, before.online_url) == (after.place, after.online_url) or not after.has_secret:
        return
    for entry in attendance.list_of(unit.tx, publication.uri, "coming", EXPORT_MAX):
        participants.tell(unit, publication, after, entry, "coming")


def _is_seen(publication: Publication, before: Gathering, after: Gathering) -> bool:
    """Whether others see a difference."""
    is_same = told.takes_form(publication, before) == told.takes_form(publication, after)
    return (
        not is_same
        or before.is_closed != after.is_closed
        or before.shows_counts != after.shows_counts
    )


def _online(reading: Reading, order: SetOrder) -> str | None:
    if not order.online_url:
        return None
    href = href_of(order.online_url)
    if href is None:
        reading.wrong("online_url", "error.address")
    return href


def _sheet(
    rx: Reader, publication: Publication, found: Gathering, entries: Sequence[Entry]
) -> Sheet:
    return Sheet(
        uri=publication.uri,
        title=publication.original.name or publication.uri,
        capacity=publication.event.capacity or 0,
        join=publication.event.join_mode,
        waiting=found.has_waiting,
        form=found.form,
        counts=found.shows_counts,
        closed=found.is_closed,
        again=found.announces_again,
        place=participants.place_line(found.place, publication.language) if found.place else "",
        online_url=found.online_url or "",
        people=dict(attendance.count(rx, publication.uri)),
        lines=_lines(rx, entries),
    )


def _lines(rx: Reader, entries: Sequence[Entry]) -> list[Line]:
    known: Mapping[str, Actor] = actor_store.list_by_uri(
        rx, [each.who for each in entries if each.is_actor]
    )
    return [_line(each, known.get(each.who)) for each in entries]


def _line(entry: Entry, actor: Actor | None) -> Line:
    return Line(
        number=str(entry.id),
        state=entry.state,
        road=entry.road,
        name=actor.title if actor is not None else entry.name,
        handle=actor.handle if actor is not None else "",
        uri=entry.who if entry.is_actor else "",
        people=entry.people,
        message=entry.message,
        since=entry.asked_at,
        place=".".join(str(part) for part in attendance.stands_at(entry)),
    )


def _place_of(text: str) -> tuple[int, int]:
    """A place in the list as it stood in an address. Raises Invalid."""
    if not text:
        return 0, 0
    parts = text.split(".")
    if len(parts) != 2:
        raise Invalid("house.number", field="after")
    return _number(parts[0]), _number(parts[1])


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) < 2**63):
        raise NotFound("attendance.no_entry", detail="entry")
    return int(text)


def _cell(text: str) -> str:
    """The text as a cell that no program reads as a formula."""
    line = " ".join(text.split())
    return f"'{line}" if line.startswith(_FORMULA) else line
