"""What arrives about organising together: the question, its answers in whichever words, and its being taken back."""

from dataclasses import dataclass
from typing import Final, Literal

from actors import blocks, notifications
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE
from fedi.publications import shelf, store
from fedi.publications.event import bonds
from fedi.publications.event.bonds import OPEN_FROM_ONE_MAX, OPEN_MAX, Bond, Kind
from fedi.publications.model import Publication
from fedi.search.fold import fold
from fedi.text.html import text_of
from fedi.unit import Unit
from fedi.vocab.activity import Activity
from fedi.vocab.read import id_of, type_of
from inbox.contract import Done, Ignored, Incoming, Outcome, Refused
from inbox.strangers import why_wait
from outbox import organising, touring
from outbox.actions.bond import RELATIONSHIPS

_KINDS: Final[dict[str, Kind]] = {
    spelling: kind
    for kind, address in RELATIONSHIPS.items()
    for spelling in (address, address.replace("http:", "https:"))
}
_TOLD: Final[dict[Kind, dict[str, notifications.Kind]]] = {
    "organiser": {
        "asked": "organise_asked",
        "accepted": "organise_accepted",
        "refused": "organise_refused",
        "ended": "organise_ended",
    },
    "stop": {
        "asked": "tour_asked",
        "accepted": "tour_accepted",
        "refused": "tour_refused",
        "ended": "tour_ended",
    },
}
_HTML_MAX: Final = 2_000
_WORDS: Final = {
    True: "نعم|موافق|موافقة|موافقون|نقبل|yes|ok|we agree|agreed|accept|oui|d'accord|nous acceptons|si|sí|de acuerdo|aceptamos",
    False: "لا|نعتذر|لا نقبل|no|no thanks|refuse|non|nous refusons|no gracias|rechazamos",
}


@dataclass(frozen=True, slots=True)
class Offered:
    """What is asked: that `part_uri` belongs to `event_uri`."""

    kind: Kind
    event_uri: str
    part_uri: str

    @property
    def stop_uris(self) -> tuple[str, ...]:
        """The part, when it is an event."""
        return (self.part_uri,) if self.kind == "stop" else ()


def _bare(text: str) -> str:
    """The spelling that all spellings of a word share."""
    letters = fold(text.replace("’", "'"))
    return " ".join("".join(each if each.isalnum() else " " for each in letters).split())


_ANSWERS: Final = {
    _bare(word): agrees for agrees, words in _WORDS.items() for word in words.split("|")
}


def read(activity: Activity) -> Offered | None:
    """The Relationship that is offered; None for anything else."""
    inner = activity.embedded
    if inner is None or type_of(inner) != "Relationship":
        return None
    kind = _KINDS.get(id_of(inner.get("relationship")) or "")
    part, event = id_of(inner.get("subject")), id_of(inner.get("object"))
    if kind is None or part is None or event is None:
        return None
    return Offered(kind, event, part)


def asked(unit: Unit, incoming: Incoming, offered: Offered) -> Outcome:
    """One of our collectives is asked: it is told, once, and decides. Whoever said no is not asked again about the same."""
    if offered.kind == "stop":
        return _asked_about_stop(unit, incoming, offered)
    invited = actor_store.find(unit.tx, offered.part_uri)
    if invited is None or invited.role != ROLE_COLLECTIVE or invited.deleted_at is not None:
        return Ignored("offer.nobody_here")
    return _take(unit, incoming, offered, invited.uri, incoming.sender.actor.uri)


def _asked_about_stop(unit: Unit, incoming: Incoming, offered: Offered) -> Outcome:
    """The owner of a tour asks the host of a stop, or a host asks the owner: each for what is its own."""
    tour = store.find(unit.tx, offered.event_uri) or incoming.found.get(offered.event_uri)
    stop = store.find(unit.tx, offered.part_uri) or incoming.found.get(offered.part_uri)
    if tour is None or stop is None or tour.kind != "event" or stop.kind != "event":
        return Refused("offer.no_event")
    if not stop.visibility.is_public or not tour.event.is_tour or stop.event.is_tour:
        return Refused("offer.no_event")
    sender = incoming.sender.actor.uri
    if sender not in (tour.author, stop.author):
        return Refused("offer.not_theirs")
    to_uri = stop.author if sender == tour.author else tour.author
    ours = actor_store.find(unit.tx, to_uri)
    if ours is None or ours.role != ROLE_COLLECTIVE or ours.deleted_at is not None:
        return Ignored("offer.nobody_here")
    outcome = _take(unit, incoming, offered, to_uri, tour.author)
    if isinstance(outcome, Done):
        _keep(unit, stop, to_uri)
    return outcome


def _take(
    unit: Unit, incoming: Incoming, offered: Offered, to_uri: str, author_uri: str
) -> Outcome:
    sender = incoming.sender.actor
    event = store.find(unit.tx, offered.event_uri) or incoming.found.get(offered.event_uri)
    if event is None or event.kind != "event" or not event.visibility.is_public:
        return Refused("offer.no_event")
    if event.author != author_uri:
        return Refused("offer.not_theirs")
    if blocks.is_blocked_by(unit.tx, to_uri, sender.uri):
        return Refused("offer.blocked")
    known = bonds.find(unit.tx, offered.kind, offered.event_uri, offered.part_uri)
    if known is not None and known.activity_uri != incoming.activity.uri:
        if known.state in ("accepted", "refused"):
            return Ignored("offer.answered")
    elif known is None and _is_too_much(unit, sender.uri, to_uri):
        return Refused("offer.too_many")
    _keep(unit, event, to_uri)
    if known is None or known.activity_uri != incoming.activity.uri:
        bonds.put(
            unit,
            Bond(
                offered.kind,
                offered.event_uri,
                offered.part_uri,
                sender.uri,
                to_uri,
                "asked",
                incoming.activity.uri,
            ),
        )
    notifications.add(unit, to_uri, _TOLD[offered.kind]["asked"], sender.uri, offered.event_uri)
    return Done("offer.asked", is_private=True)


def _is_too_much(unit: Unit, from_uri: str, to_uri: str) -> bool:
    waiting = bonds.list_to(unit.tx, to_uri, "asked", OPEN_MAX)
    of_one = sum(each.from_uri == from_uri for each in waiting)
    return len(waiting) >= OPEN_MAX or of_one >= OPEN_FROM_ONE_MAX


def _keep(unit: Unit, event: Publication, to_uri: str) -> None:
    """What one is asked about can be read here."""
    if store.find_row_id(unit.tx, event.uri) is None:
        why = why_wait(unit, event.author, [to_uri], event)
        shelf.put(unit, event, is_local=False, held_why=why)


def answered(
    unit: Unit, incoming: Incoming, verb: Literal["accepted", "refused"]
) -> Outcome | None:
    """An Accept or Reject of what one of ours asked; None when it is about something else."""
    uri = incoming.activity.object_uri
    bond = bonds.find_by_activity(unit.tx, uri) if uri is not None else None
    if bond is None or not unit.urls.is_ours(bond.from_uri):
        return None
    if bond.to_uri != incoming.sender.actor.uri:
        return Refused("offer.not_theirs")
    return decide(unit, bond, agrees=verb == "accepted")


def decide(unit: Unit, bond: Bond, *, agrees: bool) -> Outcome:
    """They said yes, no, or no after yes."""
    if agrees and bond.state not in ("asked", "accepted"):
        return Ignored("offer.over")
    ends = not agrees and bond.state in ("accepted", "ended")
    bonds.set_state(unit, bond, "accepted" if agrees else "ended" if ends else "refused")
    is_news = settle(unit, bond, is_with=agrees)
    if is_news or (not agrees and bond.state == "asked"):
        kind = _TOLD[bond.kind]["accepted" if agrees else "refused"]
        notifications.add(unit, bond.from_uri, kind, bond.to_uri, bond.event_uri)
    return Done(f"offer.{'accepted' if agrees else 'refused'}", is_private=True)


def settle(unit: Unit, bond: Bond, *, is_with: bool) -> bool:
    """Let what is ours say it."""
    if bond.kind == "stop":
        return touring.settle(unit, bond, is_with=is_with)
    return organising.settle(unit, bond.event_uri, bond.part_uri, is_with=is_with)


def taken_back(unit: Unit, actor_uri: str, activity_uri: str | None) -> bool:
    """An Undo of an Offer to one of ours; whether there was something."""
    bond = bonds.find_by_activity(unit.tx, activity_uri) if activity_uri is not None else None
    if bond is None or bond.from_uri != actor_uri:
        return False
    if bond.state == "accepted":
        bonds.set_state(unit, bond, "ended")
        kind = _TOLD[bond.kind]["ended"]
        notifications.add(unit, bond.to_uri, kind, bond.from_uri, bond.event_uri)
        if bond.kind == "stop":
            touring.settle(unit, bond, is_with=False)
    elif bond.state == "asked":
        bonds.forget(unit, bond)
    return True


def word_about_offer(unit: Unit, incoming: Incoming, said: Publication) -> Outcome | None:
    """A reply to the message that asked, with nothing but yes or no: the answer of whoever was asked. None for anything else."""
    parent = said.in_reply_to
    if parent is None or not unit.urls.is_ours(parent) or said.author != incoming.sender.actor.uri:
        return None
    bond = bonds.find_by_note(unit.tx, parent)
    if bond is None or bond.to_uri != said.author:
        return None
    agrees = word_of(said.original.content)
    return None if agrees is None else decide(unit, bond, agrees=agrees)


def word_of(html: str) -> bool | None:
    """Yes or no, in one of the four languages; None for everything else."""
    if len(html) > _HTML_MAX:
        return None
    words = [each for each in text_of(html).split() if not each.startswith("@")]
    return _ANSWERS.get(_bare(" ".join(words)))


def is_said_already(unit: Unit, incoming: Incoming) -> bool:
    """Whether a message says in words what an Offer of the same sender said."""
    offer = id_of((incoming.activity.embedded or {}).get("offer"))
    bond = bonds.find_by_activity(unit.tx, offer) if offer is not None else None
    return bond is not None and bond.from_uri == incoming.sender.actor.uri
