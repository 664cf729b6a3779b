"""Taking publications of others out of sight, notes of stewards about hosts and actors, and the history of what they decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.desk import lookup
from fedi.desk.blocking import host_elsewhere
from fedi.desk.collectives import NoOrder
from fedi.desk.deciding import ByOrder, check_why, decided
from fedi.desk.held import row_of
from fedi.desk.order import Done, Order, Result
from fedi.desk.speaker import load_known, load_speaker
from fedi.errors import Invalid, NotFound
from fedi.instance import Instance
from fedi.moderation import decisions
from fedi.moderation.decisions import Decision, Kind
from fedi.publications import store
from fedi.text.direction import clean_text
from fedi.text.excerpt import excerpt
from fedi.unit import Unit
from inbox import held

HISTORY_MAX: Final = 200
HIDDEN_MAX: Final = 200
LINE_LENGTH: Final = 140


class HideOrder(ByOrder, frozen=True, kw_only=True):
    """A publication of others, by address."""

    which: str


class NoteOrder(ByOrder, frozen=True, kw_only=True):
    """What the stewards should know (`why`) about a host or about somebody (`target`: host, handle or address)."""

    target: str


class HistoryOrder(Order, frozen=True, kw_only=True):
    """The newest decisions; `about`: only those about this host or address; `before`: the `row` of the last one seen;
    `actor`: those of a collective for itself, else those for the whole instance."""

    about: str = ""
    most: int = 50
    before: str = ""
    actor: str = ""


class Entry(Result, frozen=True, kw_only=True):
    """One decision. `handle`: of an actor; `person`: who decided, empty for the command line."""

    row: str
    kind: str
    target: str
    handle: str
    done: str
    why: str
    person: str
    at: datetime


class History(Result, frozen=True, kw_only=True):
    """The newest first."""

    entries: list[Entry]


class HiddenLine(Result, frozen=True, kw_only=True):
    """A publication that is out of sight."""

    uri: str
    author: str
    title: str
    at: datetime


class Hidden(Result, frozen=True, kw_only=True):
    """What is out of sight, what was hidden last first."""

    entries: list[HiddenLine]


async def hide(instance: Instance, order: HideOrder) -> Done:
    """Take a publication of others out of sight here. Raises NotFound, Gone, Invalid for one of ours."""
    check_why(order)

    def work(unit: Unit) -> Done:
        publication = lookup.load(unit.tx, unit.urls, order.which)
        if unit.urls.is_ours(publication.author):
            raise Invalid("sight.ours", field="which")
        changed = held.hide(unit, publication.uri) == held.DONE
        if changed:
            decided(unit, order, "publication", publication.uri, "hide")
        return Done(changed=changed)

    return await instance.change(work)


async def show_again(instance: Instance, order: HideOrder) -> Done:
    """Put it back. Raises NotFound, Gone, also when it was not out of sight."""
    check_why(order)

    def work(unit: Unit) -> Done:
        uri = lookup.load(unit.tx, unit.urls, order.which).uri
        if held.show_again(unit, uri) != held.DONE:
            raise NotFound("sight.not_hidden", field="which")
        decided(unit, order, "publication", uri, "unhide")
        return Done()

    return await instance.change(work)


async def list_hidden(instance: Instance, _order: NoOrder) -> Hidden:
    """What is out of sight."""

    def look(rx: Reader) -> Hidden:
        return Hidden(
            entries=[_line(rx, each) for each in store.list_hidden(rx, HIDDEN_MAX)],
        )

    return await instance.look(look)


async def take_note(instance: Instance, order: NoteOrder) -> Done:
    """Write something down for the other stewards. Raises Invalid, NotFound."""
    check_why(order)
    if not clean_text(order.why, decisions.WHY_MAX):
        raise Invalid("sight.note_empty", field="why")

    def work(unit: Unit) -> Done:
        kind, target = find_target(unit.tx, instance, order.target)
        decided(unit, order, kind, target, "note")
        return Done()

    return await instance.change(work)


async def history(instance: Instance, order: HistoryOrder) -> History:
    """What was decided. Raises Invalid, NotFound for an unknown collective."""
    if not 1 <= order.most <= HISTORY_MAX:
        raise Invalid("desk.number_range", field="most", least=1, most=HISTORY_MAX)
    before = row_of(order.before)

    def look(rx: Reader) -> History:
        whose = load_speaker(rx, order.actor).uri if order.actor else decisions.INSTANCE
        if order.about:
            found = decisions.list_about(rx, order.about.strip(), order.most, whose)
        else:
            found = decisions.list_newest(rx, order.most, before, whose)
        return History(entries=_entries(rx, found))

    return await instance.look(look)


def find_target(rx: Reader, instance: Instance, text: str) -> tuple[Kind, str]:
    """What a person named: a host, or somebody known by handle or address. Raises Invalid, NotFound."""
    text = text.strip()
    if "@" in text or "/" in text:
        found = load_known(rx, instance.urls, text)
        if found.is_local:
            raise Invalid("desk.block_ours", field="target")
        return "actor", found.uri
    return "host", host_elsewhere(instance, text)


def _entries(rx: Reader, found: Sequence[Decision]) -> list[Entry]:
    known = actor_store.list_by_uri(
        rx, list(dict.fromkeys(each.target for each in found if each.kind == "actor"))
    )
    return [
        Entry(
            row=str(each.id),
            kind=each.kind,
            target=each.target,
            handle=known[each.target].handle if each.target in known else "",
            done=each.done,
            why=each.why,
            person=each.person,
            at=each.at,
        )
        for each in found
    ]


def _line(rx: Reader, hidden: store.Held) -> HiddenLine:
    publication = store.load(rx, hidden.uri)
    author = actor_store.find(rx, publication.author)
    words = publication.original
    return HiddenLine(
        uri=publication.uri,
        author=author.handle if author else publication.author,
        title=words.name or excerpt(words.content, LINE_LENGTH),
        at=hidden.stored_at,
    )
