"""The programme of an event of ours: sessions are written one by one, and go out together as one change."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

import msgspec

from actors.model import Actor
from fedi.db.engine import Reader
from fedi.desk import attendance
from fedi.desk.details import Reading
from fedi.desk.moments import parse_typed
from fedi.desk.order import Done, Order, Result, Unfit
from fedi.errors import Invalid, NotFound
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.publications.activitystreams import build_object
from fedi.publications.contract import Problem
from fedi.publications.event import sketch
from fedi.publications.event.particulars import languages_in
from fedi.publications.event.parts import (
    LINE_MAX,
    NAME_MAX,
    PARTS_MAX,
    TEXT_MAX,
    Part,
    by_room,
    in_order,
    rooms_of,
)
from fedi.publications.event.sketch import Sketch
from fedi.publications.model import Publication
from fedi.text.direction import clean_text
from fedi.unit import Unit
from fedi.vocab.read import language_tag
from fedi.vocab.strict import dump
from outbox.actions.update import update

BYTES_MAX: Final = 600_000
TABLE_BYTES_MAX: Final = 500_000
# Lines of a table that are told at once.
WRONG_MAX: Final = 10
# Every line is read once for each column: a table of columns alone would keep everybody waiting.
HEADS_MAX: Final = 100
COLUMNS: Final = ("day", "from", "until", "room", "who", "spoken", "status")


class Session(Order, frozen=True, kw_only=True):
    """One session as typed. `day` and hours as `moments.parse_typed` reads them; `names`, `texts`: language → words.

    `key`: which one is changed; empty: a new one. `seen`: the version of the programme when it was opened.
    """

    which: str
    day: str
    begins: str
    ends: str = ""
    names: dict[str, str]
    texts: dict[str, str] = msgspec.field(default_factory=dict)
    room: str = ""
    who: str = ""
    spoken: str = ""
    is_off: bool = False
    key: str = ""
    seen: int = 0
    actor: str = ""


class RemoveOrder(Order, frozen=True, kw_only=True):
    """A session to leave out."""

    which: str
    key: str
    seen: int = 0
    actor: str = ""


class WhichOrder(Order, frozen=True, kw_only=True):
    """An event."""

    which: str
    actor: str = ""


class TableOrder(Order, frozen=True, kw_only=True):
    """A whole programme as a table (CSV) in the place of what there was. `seen`: as in `Session`, where it does not go out at once."""

    which: str
    table: str
    actor: str = ""
    seen: int = 0


class RoomsOrder(Order, frozen=True, kw_only=True):
    """In which order the rooms are shown; nothing: in that in which they come up."""

    which: str
    rooms: tuple[str, ...]
    actor: str = ""


class Line(Result, frozen=True, kw_only=True):
    """A session as it stands."""

    key: str
    starts_at: datetime
    ends_at: datetime | None
    names: dict[str, str]
    texts: dict[str, str]
    room: str
    who: str
    spoken: str
    status: str


class Programme(Result, frozen=True, kw_only=True):
    """What is written. `is_out`: everybody reads the same; else how many sessions are `new`, `changed` and `gone` beside what
    everybody reads. `version`: what a change has to have seen.
    """

    uri: str
    title: str
    zone: str
    languages: list[str]
    lines: list[Line]
    rooms: list[str]
    is_out: bool
    version: int
    new: int = 0
    changed: int = 0
    gone: int = 0


async def show(instance: Instance, order: WhichOrder) -> Programme:
    """The programme as it is written. Raises NotFound, Forbidden, Invalid."""

    def look(rx: Reader) -> Programme:
        event, _ = attendance.load_event(rx, instance, order.which, order.actor)
        return _programme(event, sketch.find(rx, event.uri))

    return await instance.look(look)


async def put(instance: Instance, order: Session) -> Programme:
    """Write a session down, new or in the place of what it was. Raises Unfit, NotFound, Conflict."""

    def work(unit: Unit) -> Programme:
        event, _ = attendance.load_event(unit.tx, instance, order.which, order.actor)
        before = _written(event, sketch.find(unit.tx, event.uri))
        reading = Reading()
        key = order.key or new_public_id(unit.told)
        part = read_session(reading, order, key, event.event.zone, event.language)
        if order.key and not any(each.key == order.key for each in before):
            raise NotFound("programme.no_session", detail=event.uri)
        if reading.problems or part is None:
            raise Unfit(reading.problems)
        after = (*(each for each in before if each.key != key), part)
        return _write_down(unit, event, after, order.seen)

    return await instance.change(work)


async def remove(instance: Instance, order: RemoveOrder) -> Programme:
    """Leave a session out. Raises NotFound, Conflict."""

    def work(unit: Unit) -> Programme:
        event, _ = attendance.load_event(unit.tx, instance, order.which, order.actor)
        before = _written(event, sketch.find(unit.tx, event.uri))
        after = tuple(each for each in before if each.key != order.key)
        if after == before or not order.key:
            raise NotFound("programme.no_session", detail=event.uri)
        return _write_down(unit, event, after, order.seen)

    return await instance.change(work)


async def publish(instance: Instance, order: WhichOrder) -> Done:
    """Let it go out as one change; whoever comes and has to know is told once.

    Raises NotFound, Conflict, Invalid when it is too much together with the stops of a tour.
    """

    def work(unit: Unit) -> Done:
        event, author = attendance.load_event(unit.tx, instance, order.which, order.actor)
        found = sketch.find(unit.tx, event.uri)
        if found is None:
            return Done(changed=False)
        return _let_out(unit, author, event, found.parts)

    return await instance.change(work)


async def discard(instance: Instance, order: WhichOrder) -> Done:
    """Throw away what did not go out."""

    def work(unit: Unit) -> Done:
        event, _ = attendance.load_event(unit.tx, instance, order.which, order.actor)
        sketch.forget(unit, event.uri)
        return Done()

    return await instance.change(work)


async def bring(instance: Instance, order: TableOrder) -> Done:
    """Take a whole programme from a table; it goes out at once. Raises Unfit with the lines that cannot be read, NotFound."""

    def work(unit: Unit) -> Done:
        event, author = attendance.load_event(unit.tx, instance, order.which, order.actor)
        before = tuple(each for each in event.event.parts if not each.is_stop)
        sessions = _sessions(unit, order.table, event, before)
        return _let_out(unit, author, event, sessions)

    return await instance.change(work)


async def lay(instance: Instance, order: TableOrder) -> Programme:
    """Write a whole programme down from a table, in the place of what is written; it goes out when somebody lets it.

    Raises Unfit with the lines that cannot be read, NotFound, Conflict.
    """

    def work(unit: Unit) -> Programme:
        event, _ = attendance.load_event(unit.tx, instance, order.which, order.actor)
        before = _written(event, sketch.find(unit.tx, event.uri))
        after = _sessions(unit, order.table, event, before)
        return _write_down(unit, event, after, order.seen)

    return await instance.change(work)


async def order_rooms(instance: Instance, order: RoomsOrder) -> Done:
    """Choose the order of the rooms, as one change of its own. Raises NotFound, Invalid for a room that is none."""

    def work(unit: Unit) -> Done:
        event, author = attendance.load_event(unit.tx, instance, order.which, order.actor)
        wanted = tuple(
            dict.fromkeys(line for each in order.rooms if (line := " ".join(each.split())))
        )
        known = rooms_of((*event.event.parts, *_written(event, sketch.find(unit.tx, event.uri))))
        unknown = next((each for each in wanted if each not in known), None)
        if unknown is not None:
            raise Invalid("programme.no_room", field="rooms", room=unknown[:60])
        if wanted == event.event.rooms:
            return Done(changed=False)
        update(unit, author, replace(event, details=replace(event.event, rooms=wanted)))
        return Done()

    return await instance.change(work)


def _write_down(unit: Unit, event: Publication, sessions: tuple[Part, ...], seen: int) -> Programme:
    """These are what is written from now on; nobody else reads them yet."""
    _refuse_too_much(event, sessions)
    sketch.put(unit, event.uri, sessions, seen)
    return _programme(event, sketch.find(unit.tx, event.uri))


def _let_out(unit: Unit, author: Actor, event: Publication, sessions: tuple[Part, ...]) -> Done:
    """Everybody reads these, beside the stops of a tour, and nothing else is written any more."""
    after = in_order((*(each for each in event.event.parts if each.is_stop), *sessions))
    _refuse_too_much(event, after)
    sketch.forget(unit, event.uri)
    if after == event.event.parts:
        return Done(changed=False)
    update(unit, author, replace(event, details=replace(event.event, parts=after)))
    return Done()


def table_of(raw: bytes) -> str:
    """The text of a file. Raises Invalid for what is too large, or no text."""
    if len(raw) > TABLE_BYTES_MAX:
        raise Invalid("programme.table_large", field="file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Invalid("desk.not_text", field="file") from problem


def _sessions(
    unit: Unit, table: str, event: Publication, before: tuple[Part, ...]
) -> tuple[Part, ...]:
    """What is at the same hour under the same name is the same session, so that nobody hears of a change there is none of."""
    if len(table.encode()) > TABLE_BYTES_MAX:
        raise Invalid("programme.table_large", field="table")
    known = {_same(each): each.key for each in before}
    return tuple(
        replace(each, key=known.pop(_same(each), "") or new_public_id(unit.told))
        for each in read_table(table, event)
    )


def read_session(
    reading: Reading, order: Session, key: str, zone: tzinfo, language: str
) -> Part | None:
    """A session as typed; None when it cannot be one. What is wrong is told in `reading`. Pure."""
    starts = _moment(reading, order.day, order.begins, zone, "begins")
    ends = _moment(reading, order.day, order.ends, zone, "ends") if order.ends.strip() else None
    if starts is not None and ends is not None and ends <= starts:
        # past midnight
        ends = _moment(reading, _next_day(starts, zone), order.ends, zone, "ends")
    names = _words(reading, order.names, "name", NAME_MAX)
    if not names:
        reading.wrong(f"name.{language}", "programme.name_missing")
    good, bad = languages_in(order.spoken[:500])
    for each in bad[:1]:
        reading.wrong("spoken", "desk.language_form", language=each)
    room = reading.line(order.room, "room", LINE_MAX) if order.room else None
    who = reading.line(order.who, "who", LINE_MAX) if order.who else None
    texts = {
        tag: text
        for tag, typed in order.texts.items()
        if language_tag(tag) and (text := _text(reading, tag, typed))
    }
    if starts is None or not names:
        return None
    return Part(
        key=key,
        starts_at=starts,
        ends_at=ends,
        names=names,
        texts=texts,
        room=room or "",
        who=who or "",
        spoken=good[:8],
        status="cancelled" if order.is_off else "confirmed",
    )


def read_table(table: str, event: Publication) -> tuple[Part, ...]:
    """The sessions of a table with a line of headings: day, from, until, room, who, spoken, status, title.ar, text.ar … Pure.

    Raises Unfit with the lines that cannot be read; the field of each is `#LINE COLUMN`.
    """
    text = table.removeprefix("\ufeff")
    rows = csv.DictReader(io.StringIO(text), delimiter=_delimiter(text), skipinitialspace=True)
    refusal = Invalid("programme.table_heads", field="table", heads=", ".join(COLUMNS))
    found: list[Part] = []
    wrong: list[Problem] = []
    try:
        heads = [str(each) for each in rows.fieldnames or ()]
        if len(heads) > HEADS_MAX:
            raise refusal
        if "day" not in heads or "from" not in heads or not any(x.startswith("title") for x in heads):  # fmt: skip
            raise refusal
        for row in rows:
            reading = Reading()
            order = _from_row(row, event)
            part = read_session(reading, order, "x", event.event.zone, event.language)
            wrong += [
                replace(each, field=f"#{rows.line_num} {_column(each.field)}")
                for each in reading.problems
            ]
            if part is not None:
                found.append(part)
            if len(found) > PARTS_MAX:
                raise Invalid("programme.many", field="table", limit=PARTS_MAX)
            if len(wrong) >= WRONG_MAX:
                break
    except csv.Error as problem:
        raise refusal from problem
    if wrong:
        raise Unfit(wrong[:WRONG_MAX])
    return tuple(found)


def _delimiter(text: str) -> str:
    """Spreadsheets in languages that write 1,5 put something else between the cells."""
    heads = text.partition("\n")[0]
    return max(",;\t", key=heads.count)


def _column(field: str) -> str:
    """The heading of the column that a field is read from."""
    kind, dot, tag = field.partition(".")
    return {"begins": "from", "ends": "until", "name": "title"}.get(kind, kind) + dot + tag


def _from_row(row: Mapping[Any, Any], event: Publication) -> Session:
    def cell(name: str) -> str:
        value = row.get(name)
        return value.strip() if isinstance(value, str) else ""

    def words(kind: str) -> dict[str, str]:
        found = {
            head.partition(".")[2] or event.language: cell(head)
            for head in row
            if isinstance(head, str) and head.partition(".")[0] == kind and cell(head)
        }
        return {tag: found[tag] for tag in sorted(found, key=lambda each: each != event.language)}

    return Session(
        which=event.uri,
        day=cell("day"),
        begins=cell("from"),
        ends=cell("until"),
        room=cell("room"),
        who=cell("who"),
        spoken=cell("spoken"),
        is_off=cell("status").lower() == "cancelled",
        names=words("title"),
        texts=words("text"),
    )


def _same(part: Part) -> tuple[object, ...]:
    return part.starts_at, next(iter(part.names.values()), "")


def _moment(reading: Reading, day: str, hour: str, zone: tzinfo, field: str) -> datetime | None:
    if not day.strip() or not hour.strip():
        reading.wrong("day" if not day.strip() else field, "programme.hour_missing")
        return None
    hour = hour.strip()
    if len(hour) == 4 and hour[1] == ":":
        hour = f"0{hour}"
    try:
        return parse_typed(f"{day.strip()}T{hour}"[:40], zone, field).at
    except Invalid as refusal:
        reading.refused(refusal)
        return None


def _next_day(starts: datetime, zone: tzinfo) -> str:
    return (starts.astimezone(zone).date() + timedelta(days=1)).isoformat()


def _words(reading: Reading, typed: Mapping[str, str], field: str, most: int) -> dict[str, str]:
    return {
        tag: line
        for tag, text in typed.items()
        if text and language_tag(tag) and (line := reading.line(text, f"{field}.{tag}", most))
    }


def _text(reading: Reading, tag: str, typed: str) -> str:
    if len(typed) > TEXT_MAX:
        reading.wrong(f"text.{tag}", "desk.line_too_long", limit=TEXT_MAX)
        return ""
    return clean_text(typed, TEXT_MAX)


def _refuse_too_much(event: Publication, parts: tuple[Part, ...]) -> None:
    if len(parts) > PARTS_MAX:
        raise Invalid("programme.many", limit=PARTS_MAX)
    whole = replace(event, details=replace(event.event, parts=parts))
    if len(dump(build_object(whole))) > BYTES_MAX:
        raise Invalid("programme.large")


def _written(event: Publication, found: Sketch | None) -> tuple[Part, ...]:
    own = tuple(each for each in event.event.parts if not each.is_stop)
    return own if found is None else found.parts


def _programme(event: Publication, found: Sketch | None) -> Programme:
    out = {each.key: each for each in event.event.parts if not each.is_stop}
    written = {each.key: each for each in _written(event, found)}
    return Programme(
        uri=event.uri,
        title=event.original.name or event.uri,
        zone=event.event.timezone or "UTC",
        languages=list(event.texts),
        lines=[
            Line(
                key=each.key,
                starts_at=each.starts_at,
                ends_at=each.ends_at,
                names=each.names,
                texts=each.texts,
                room=each.room,
                who=each.who,
                spoken=", ".join(each.spoken),
                status=each.status,
            )
            for each in written.values()
        ],
        rooms=list(rooms_of(by_room(_written(event, found), event.event.rooms))),
        is_out=found is None,
        version=found.version if found is not None else 0,
        new=len(written.keys() - out.keys()),
        changed=sum(out[key] != written[key] for key in written.keys() & out.keys()),
        gone=len(out.keys() - written.keys()),
    )
