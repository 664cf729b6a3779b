"""A collective's own house: moving it, naming its earlier addresses, pinning to its page, reporting conduct elsewhere."""

from actors import refresh
from actors.model import Actor
from fedi.desk import lookup
from fedi.desk.deciding import ByOrder
from fedi.desk.order import Done
from fedi.desk.relations import ReactionOrder, RelationOrder
from fedi.desk.speaker import find_or_fetch, load_speaker
from fedi.errors import Invalid, NotFound
from fedi.instance import Instance
from fedi.moderation import decisions
from fedi.publications import featured
from fedi.text.direction import clean_text
from fedi.unit import Unit
from outbox.actions.add import feature
from outbox.actions.flag import CONTENT_MAX, flag
from outbox.actions.move import move as send_move
from outbox.actions.move import set_aliases
from outbox.actions.remove import unfeature

OBJECTS_MAX = 20


class ReportOrder(ByOrder, frozen=True, kw_only=True):
    """Who is reported (handle or address), in which words, and because of which publications of theirs."""

    who: str
    words: str
    about: tuple[str, ...] = ()


async def move(instance: Instance, order: RelationOrder) -> Done:
    """Lead the followers to a new address, which must name this one as an alias. Raises NotFound, Invalid, RemoteError."""
    ours = await instance.look(lambda rx: load_speaker(rx, order.actor))
    known = await find_or_fetch(instance, order.who)
    target = await refresh.fetch_actor(instance, known.uri)
    await instance.change(lambda unit: send_move(unit, ours, target))
    return Done()


async def add_alias(instance: Instance, order: RelationOrder) -> Done:
    """Say that an address elsewhere is ours too, so that it may move here. Raises NotFound, Invalid, RemoteError."""
    other = await find_or_fetch(instance, order.who)

    def work(unit: Unit) -> Done:
        ours = load_speaker(unit.tx, order.actor)
        if other.uri in (*ours.aliases, ours.uri):
            return Done(changed=False)
        set_aliases(unit, ours, (*ours.aliases, other.uri))
        return Done()

    return await instance.change(work)


async def remove_alias(instance: Instance, order: RelationOrder) -> Done:
    """No longer say so. Raises NotFound, Invalid, RemoteError."""
    other = await find_or_fetch(instance, order.who)

    def work(unit: Unit) -> Done:
        ours = load_speaker(unit.tx, order.actor)
        kept = tuple(uri for uri in ours.aliases if uri != other.uri)
        if kept == ours.aliases:
            return Done(changed=False)
        set_aliases(unit, ours, kept)
        return Done()

    return await instance.change(work)


async def pin(instance: Instance, order: ReactionOrder) -> Done:
    """Pin a publication to the collective's page. Raises NotFound, Forbidden."""
    ours = await instance.look(lambda rx: load_speaker(rx, order.actor))
    uri = await instance.look(lambda rx: lookup.load(rx, instance.urls, order.which).uri)
    return Done(changed=await instance.change(lambda unit: feature(unit, ours, uri)))


async def pin_first(instance: Instance, order: ReactionOrder) -> Done:
    """Let a pinned publication stand before the others. Raises NotFound when it is not pinned."""

    def work(unit: Unit) -> Done:
        ours = load_speaker(unit.tx, order.actor)
        uri = lookup.load(unit.tx, unit.urls, order.which).uri
        if not featured.put_first(unit, ours.uri, uri):
            raise NotFound("profile.not_pinned", field="which")
        unit.touched.add(ours.featured or ours.uri)
        return Done()

    return await instance.change(work)


async def unpin(instance: Instance, order: ReactionOrder) -> Done:
    """Take it off again. Raises NotFound."""
    ours = await instance.look(lambda rx: load_speaker(rx, order.actor))
    uri = await instance.look(lambda rx: lookup.load(rx, instance.urls, order.which).uri)
    return Done(changed=await instance.change(lambda unit: unfeature(unit, ours, uri)))


async def report(instance: Instance, order: ReportOrder) -> Done:
    """Report somebody to the stewards of their server, in the name of ours. Raises NotFound, Invalid, RemoteError."""
    target = await find_or_fetch(instance, order.who)
    words = clean_text(order.words, CONTENT_MAX)
    if not words:
        raise Invalid("desk.report_words", field="words")

    def work(unit: Unit) -> Done:
        flag(unit, target, _theirs(unit, target, order.about), words)
        decisions.note(unit, "actor", target.uri, "report", why=words, person_id=order.person)
        return Done()

    return await instance.change(work)


def _theirs(unit: Unit, target: Actor, about: tuple[str, ...]) -> list[str]:
    """The publications that are named, which must be of who is reported."""
    found = []
    for which in about[:OBJECTS_MAX]:
        publication = lookup.load(unit.tx, unit.urls, which)
        if publication.author != target.uri:
            raise Invalid("desk.report_about", field="about", which=which[:100])
        found.append(publication.uri)
    return found
