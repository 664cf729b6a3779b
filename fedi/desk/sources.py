"""Events from elsewhere: naming a calendar, a page or a file of another program, reading it again, letting go of it."""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from actors import journal
from actors.model import Actor
from fedi.canonical import canonical
from fedi.db.engine import Reader
from fedi.desk import intake
from fedi.desk.drafts import usual_language
from fedi.desk.intake import Answer, Taken
from fedi.desk.order import Done, Order, Result, choice
from fedi.desk.speaker import load_speaker
from fedi.errors import Conflict, Invalid
from fedi.instance import Instance
from fedi.sources import entries, store
from fedi.sources.model import Parsed
from fedi.sources.store import SOURCES_MAX, WAYS, Source
from fedi.text.direction import clean_line
from fedi.unit import Unit
from fedi.vocab.read import language_tag, zone_of

NAME_MAX: Final = 100
ADOPT, KEEP = "adopt", "keep"


class AddOrder(Order, frozen=True, kw_only=True):
    """Take events from an address, or once from a file (`content`), as drafts (`way` draft) or as a mirror.

    `name` and `link`: where it is from, as people read it; a mirror of a file needs both. `zone`: of times that name none.
    """

    actor: str = ""
    address: str = ""
    way: str = "draft"
    name: str = ""
    link: str = ""
    language: str = ""
    zone: str = ""
    content: bytes = b""
    person: int = 0


class ActorOrder(Order, frozen=True, kw_only=True):
    """A collective."""

    actor: str = ""


class WhichOrder(Order, frozen=True, kw_only=True):
    """One source of a collective, by its id or its address."""

    which: str
    actor: str = ""
    person: int = 0


class DecideOrder(WhichOrder, frozen=True, kw_only=True):
    """What becomes of a draft whose event was changed at the source: `adopt` what it says now, or `keep` what stands here."""

    identity: str
    what: str


class Asking(Result, frozen=True, kw_only=True):
    """An event about which somebody has to decide. `state`: changed or gone; `draft`: its id while it is a draft;
    `uri`: what it was published as; `may_adopt`: whether the draft can follow the source."""

    identity: str
    title: str
    state: str
    draft: str
    uri: str
    may_adopt: bool


class Line(Result, frozen=True, kw_only=True):
    """One source and how it stands. `events`: those that are not over; `drafts`: those of them that wait for somebody;
    `problem`: a message key, when the last reading failed, and since then it is asked again at `due_at`."""

    id: str
    address: str
    way: str
    name: str
    link: str
    events: int
    drafts: int
    read_at: datetime | None
    due_at: datetime | None
    failures: int
    problem: str
    unreadable: int
    left_out: int
    asking: list[Asking]


class Lines(Result, frozen=True, kw_only=True):
    """Every source of a collective, the oldest first."""

    sources: list[Line]


class Read(Result, frozen=True, kw_only=True):
    """What a reading changed. `waiting`: events that become drafts when there is room; `unreadable`: those that make no sense;
    `left`: those beyond what is taken from one source."""

    id: str
    name: str
    way: str
    new: int
    changed: int
    gone: int
    asks: int
    waiting: int
    unreadable: int
    left: int


async def add(instance: Instance, order: AddOrder) -> Read:
    """Read a source for the first time and keep it. A file of the same name takes the place of the one before.

    Raises Invalid, TooLarge, Conflict, NotFound, Forbidden, RemoteError.
    """
    choice(order.way, WAYS, "way")
    zone = _zone(instance, order.zone)
    actor = await instance.look(lambda rx: load_speaker(rx, order.actor))
    language = _language(instance, actor, order.language)
    link = _address(instance, order.link, "link") if order.link.strip() else ""
    if order.content:
        return await _add_file(instance, order, actor, link, language, zone)
    address = _address(instance, order.address, "address")
    await instance.look(lambda rx: _refuse_more(rx, actor, address))
    answer = await intake.ask(instance, address, zone)
    assert answer.parsed is not None
    name = _name(order.name) or answer.parsed.name or urlsplit(address).hostname or ""

    def work(unit: Unit) -> Source:
        if order.person:
            journal.note(unit, actor.uri, order.person, "journal.source_added", name)
        return store.add(
            unit,
            actor.uri,
            address,
            way=order.way,
            name=name,
            link=link or address,
            language=language,
            zone=zone,
            added_by=order.person,
        )

    source = await instance.change(work)
    return _read(source, await intake.take_in(instance, source, answer))


async def _add_file(
    instance: Instance, order: AddOrder, actor: Actor, link: str, language: str, zone: str
) -> Read:
    if order.way == "mirror" and not link:
        raise Invalid("sources.link_missing", field="link")
    parsed: Parsed = await intake.open_file(instance, order.content, link, zone)
    name = _name(order.name) or parsed.name
    if not name:
        raise Invalid("sources.name_missing", field="name")

    def work(unit: Unit) -> Source:
        for each in store.list_of(unit.tx, actor.uri):
            if (each.address, each.name, each.way) == ("", name, order.way):
                return each
        if order.person:
            journal.note(unit, actor.uri, order.person, "journal.source_added", name)
        return store.add(
            unit,
            actor.uri,
            "",
            way=order.way,
            name=name,
            link=link,
            language=language,
            zone=zone,
            added_by=order.person,
        )

    source = await instance.change(work)
    return _read(source, await intake.take_in(instance, source, Answer(parsed)))


async def list_all(instance: Instance, order: ActorOrder) -> Lines:
    """The sources of a collective. Raises NotFound, Invalid."""

    def look(rx: Reader) -> Lines:
        actor = load_speaker(rx, order.actor)
        now = instance.clock.now()
        return Lines(sources=[_line(rx, each, now) for each in store.list_of(rx, actor.uri)])

    return await instance.look(look)


async def read(instance: Instance, order: WhichOrder) -> Read:
    """Read a source now. Raises NotFound, Conflict for a file, and what reading raises."""
    source = await instance.look(lambda rx: _load(rx, order))
    if not source.address:
        raise Conflict("sources.is_file")
    return _read(source, await intake.read_again(instance, source))


async def remove(instance: Instance, order: WhichOrder) -> Done:
    """Take nothing more from it: mirrors leave the agenda, drafts stay. Raises NotFound."""

    def work(unit: Unit) -> Done:
        source = _load(unit.tx, order)
        intake.stop(unit, source)
        if order.person:
            journal.note(
                unit, source.actor_uri, order.person, "journal.source_removed", source.name
            )
        return Done()

    return await instance.change(work)


async def decide(instance: Instance, order: DecideOrder) -> Done:
    """Let a draft follow its source, or leave it. Raises NotFound, Conflict, Invalid."""
    choice(order.what, (ADOPT, KEEP), "what")

    def work(unit: Unit) -> Done:
        source = _load(unit.tx, order)
        if order.what == ADOPT:
            intake.adopt(unit, source, order.identity, order.person)
        else:
            intake.leave_be(unit, source, order.identity)
        return Done()

    return await instance.change(work)


def _load(rx: Reader, order: WhichOrder) -> Source:
    actor = load_speaker(rx, order.actor)
    which = order.which.strip()
    if "://" in which:
        found = store.find_at(rx, actor.uri, canonical(_https(which)))
        if found is not None:
            return found
    return store.load(rx, actor.uri, which)


def _refuse_more(rx: Reader, actor: Actor, address: str) -> None:
    """Before anything is asked for: what is there already, and what would be too many."""
    if store.find_at(rx, actor.uri, address) is not None:
        raise Conflict("sources.once")
    if len(store.list_of(rx, actor.uri)) >= SOURCES_MAX:
        raise Conflict("sources.many", limit=SOURCES_MAX)


def _https(address: str) -> str:
    """Programs name calendars by `webcal:`, which only means that one may subscribe to them."""
    scheme, mark, rest = address.strip().partition("://")
    return (
        f"https://{rest}" if mark and scheme.lower() in ("webcal", "webcals") else address.strip()
    )


def _address(instance: Instance, text: str, field: str) -> str:
    try:
        address = canonical(_https(text))
    except Invalid as problem:
        raise Invalid("error.address", field=field) from problem
    if field == "address" and instance.urls.is_ours(address):
        raise Invalid("sources.own", field=field)
    return address


def _zone(instance: Instance, name: str) -> str:
    name = name.strip()
    if name and zone_of(name) is None:
        raise Invalid("event.timezone_unknown", field="zone")
    return name or instance.config.instance.timezone


def _language(instance: Instance, actor: Actor, text: str) -> str:
    if not text.strip():
        return usual_language(actor, instance.config.instance.language)
    tag = language_tag(text)
    if tag is None:
        raise Invalid("desk.language_form", field="language", language=text[:35])
    return tag


def _name(text: str) -> str:
    return clean_line(text.replace("\x00", ""), NAME_MAX)


def _read(source: Source, taken: Taken) -> Read:
    return Read(
        id=source.id,
        name=source.name,
        way=source.way,
        new=taken.new,
        changed=taken.changed,
        gone=taken.gone,
        asks=taken.asks,
        waiting=taken.waiting,
        unreadable=taken.unreadable,
        left=taken.left,
    )


def _line(rx: Reader, source: Source, now: datetime) -> Line:
    return Line(
        id=source.id,
        address=source.address,
        way=source.way,
        name=source.name,
        link=source.link,
        events=entries.count_of(rx, source, now),
        drafts=entries.count_waiting(rx, source),
        read_at=source.read_at,
        due_at=source.due_at,
        failures=source.failures,
        problem=source.problem,
        unreadable=source.unreadable,
        left_out=source.left_out,
        asking=[
            Asking(
                identity=each.identity,
                title=each.title,
                state=each.state,
                draft="" if each.uri else each.draft_id,
                uri=each.uri,
                may_adopt=bool(each.offered),
            )
            for each in entries.list_asking(rx, source)
        ],
    )
