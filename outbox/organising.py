"""Organising an event together: its author asks, whoever is asked accepts or refuses, either takes it back.

Only those who accepted stand in the event; what nobody accepted yet is known to the two of them alone.
"""

from dataclasses import replace
from typing import Final

from actors import blocks
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE, Actor
from fedi.canonical import host_of
from fedi.errors import Conflict, Forbidden, Invalid, NotFound
from fedi.i18n.catalog import translator
from fedi.publications import store as publication_store
from fedi.publications.event import bonds
from fedi.publications.event.bonds import ORGANISERS_MAX, Bond
from fedi.publications.model import Publication
from fedi.publications.summaries import event_summary
from fedi.unit import Unit
from outbox import touring
from outbox.actions import bond as act
from outbox.actions.attendance import write_to
from outbox.actions.update import update
from outbox.participants import title_in

KIND: Final = "organiser"


def ask(unit: Unit, author: Actor, event: Publication, invited: Actor) -> Bond:
    """Ask somebody to organise an event of ours with us. Asking again sends nothing.

    Raises Invalid for what not everybody may read, for oneself, and beyond twenty; Forbidden for who is shut out; Conflict for
    who said no.
    """
    if not event.visibility.is_public:
        raise Invalid("organise.private", field="who")
    if invited.uri == author.uri or invited.role == "server":
        raise Invalid("organise.oneself", field="who")
    if invited.deleted_at is not None:
        raise Invalid("follow.gone", field="who")
    if blocks.is_actor_blocked(unit.tx, invited.uri, invited.host) or blocks.is_blocked_by(
        unit.tx, author.uri, invited.uri
    ):
        raise Forbidden("follow.blocked", detail=invited.host)
    known = bonds.find(unit.tx, KIND, event.uri, invited.uri)
    if known is not None and known.state in ("asked", "accepted"):
        return known
    if known is not None and known.state == "refused":
        raise Conflict("organise.refused", field="who")
    open_ones = [
        each
        for each in bonds.list_of_event(unit.tx, KIND, event.uri)
        if each.state in ("asked", "accepted")
    ]
    if len(open_ones) >= ORGANISERS_MAX:
        raise Invalid("organise.many", field="who", limit=ORGANISERS_MAX)
    offer_uri = act.offer(unit, author, KIND, event.uri, invited.uri, invited.uri)
    note_uri = None if invited.is_local else _tell(unit, author, event, invited, offer_uri)
    made = Bond(KIND, event.uri, invited.uri, author.uri, invited.uri, "asked", offer_uri, note_uri)
    bonds.put(unit, made)
    return made


def answer(unit: Unit, invited: Actor, bond: Bond, *, agrees: bool) -> None:
    """One of ours says yes or no; no after yes ends it. Raises NotFound when nothing was asked."""
    if bond.to_uri != invited.uri or bond.state not in ("asked", "accepted"):
        raise NotFound("organise.none", detail=bond.event_uri)
    state = bond.state
    if agrees and state == "accepted":
        return
    bonds.set_state(
        unit, bond, "accepted" if agrees else "ended" if state == "accepted" else "refused"
    )
    act.answer(unit, invited, bond, "Accept" if agrees else "Reject")


def leave(unit: Unit, actor: Actor, bond: Bond) -> None:
    """One of ours takes back what it asked, or ends what was agreed. That somebody said no stays known: they are not asked again."""
    if bond.state == "refused":
        return
    if bond.state in ("asked", "accepted") and bond.to_uri != bond.from_uri:
        act.take_back(unit, actor, bond)
    bonds.forget(unit, bond)


def withdraw(unit: Unit, author: Actor, bond: Bond) -> None:
    """Its author asks no more, or organises it without them again. That somebody said no stays known."""
    if bond.state == "refused":
        return
    if bond.state in ("asked", "accepted"):
        act.take_back(unit, author, bond)
    bonds.forget(unit, bond)
    settle(unit, bond.event_uri, bond.part_uri, is_with=False)


def settle(unit: Unit, event_uri: str, part_uri: str, *, is_with: bool) -> bool:
    """Let the event name them, or no longer, and tell everybody who was told of it; False when it said so."""
    event = publication_store.find(unit.tx, event_uri)
    if event is None or event.kind != "event":
        return False
    author = actor_store.find(unit.tx, event.author)
    if author is None or author.role != ROLE_COLLECTIVE or author.deleted_at is not None:
        return False
    named = event.event.organisers
    if (part_uri in named) == is_with:
        return False
    after = (*named, part_uri) if is_with else tuple(each for each in named if each != part_uri)
    update(unit, author, replace(event, details=replace(event.event, organisers=after)))
    return True


def part_with(unit: Unit, who: str, author_uri: str = "") -> None:
    """Somebody is shut out, by one author or by all, or is gone: they organise nothing of ours any more, and ask nothing."""
    touring.part_with(unit, who, author_uri)
    found = [
        *bonds.list_of_part(unit.tx, KIND, who, "accepted"),
        *bonds.list_of_part(unit.tx, KIND, who, "asked"),
    ]
    for bond in found:
        if unit.urls.is_ours(bond.from_uri) and author_uri in ("", bond.from_uri):
            bonds.forget(unit, bond)
            settle(unit, bond.event_uri, who, is_with=False)
    for state in ("asked", "accepted"):
        for bond in bonds.list_from(unit.tx, who, state):
            if author_uri in ("", bond.to_uri):
                bonds.forget(unit, bond)


def part_with_host(unit: Unit, host: str) -> None:
    """The same for everybody of a host and of what is below it."""
    for who in bonds.list_everybody(unit.tx):
        if blocks.covers(host, host_of(who)):
            part_with(unit, who)


def _tell(unit: Unit, author: Actor, event: Publication, invited: Actor, offer_uri: str) -> str:
    """Say it in words, for servers that know no Offer; the id of the message."""
    t = translator(invited.language or event.language)
    words = t(
        "organise.tell",
        who=author.title,
        title=title_in(event, t.language),
        when=event_summary(event.event, t.language),
    )
    link = event.url or event.uri
    return write_to(unit, author, invited, t.language, words, link=link, offer=offer_uri)
