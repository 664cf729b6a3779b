"""Tours: one page with many stops, each an event of its own host. Owner and host agree with one another; either ends it.

Its owner may name any public event as a stop; until its host agreed, it stands there as a link.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from actors import blocks
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE, Actor
from fedi.errors import Conflict, Forbidden, Invalid
from fedi.publications import store as publication_store
from fedi.publications.event import bonds
from fedi.publications.event.bonds import Bond, State
from fedi.publications.event.model import EventDetails
from fedi.publications.event.parts import PARTS_MAX, Part, in_order
from fedi.publications.model import Publication
from fedi.unit import Unit
from outbox.actions import bond as act
from outbox.actions.update import update

KIND: Final = "stop"
# Of how many tours an event may be a stop.
TOURS_MAX: Final = 8
# Of what is between one of ours and somebody who is shut out.
BONDS_MAX: Final = 5_000
_STATES: Final[tuple[State, ...]] = ("asked", "accepted", "refused", "ended")


def add(unit: Unit, owner: Actor, tour: Publication, stop: Publication, instead: str = "") -> None:
    """Name an event as a stop of our tour, `instead` of another one; its host is asked to agree.

    Raises Invalid for what cannot be one, Forbidden for who is shut out, Conflict when it is one.
    """
    _refuse(unit, tour, stop)
    if blocks.is_blocked_by(unit.tx, owner.uri, stop.author):
        raise Forbidden("follow.blocked", detail="stop")
    if any(each.uri == stop.uri for each in tour.event.parts):
        raise Conflict("tour.known", field="stop")
    old = next((each for each in tour.event.parts if instead and each.uri == instead), None)
    if len(tour.event.parts) >= PARTS_MAX:
        raise Invalid("programme.many", field="stop", limit=PARTS_MAX)
    is_own = stop.author == owner.uri
    known = bonds.find(unit.tx, KIND, tour.uri, stop.uri)
    is_agreed = is_own or (known is not None and known.state == "accepted")
    if is_own:
        bonds.put(unit, Bond(KIND, tour.uri, stop.uri, owner.uri, owner.uri, "accepted", ""))
        _let_stop_say(unit, stop.uri, tour.uri, is_with=True)
    elif known is None or known.state in ("ended", "asked"):
        uri = act.offer(unit, owner, KIND, tour.uri, stop.uri, stop.author)
        bonds.put(unit, Bond(KIND, tour.uri, stop.uri, owner.uri, stop.author, "asked", uri))
    part = part_of(unit, stop, is_agreed=is_agreed)
    parts = tuple(each for each in tour.event.parts if each is not old)
    _say(unit, owner, tour, (*parts, part))
    if old is not None and old.uri is not None:
        _end(unit, owner, tour, old.uri)


def remove(unit: Unit, owner: Actor, tour: Publication, stop_uri: str) -> None:
    """Our tour does not stop there any more."""
    parts = tuple(each for each in tour.event.parts if each.uri != stop_uri)
    if parts != tour.event.parts:
        _say(unit, owner, tour, parts)
    _end(unit, owner, tour, stop_uri)


def ask(unit: Unit, host: Actor, stop: Publication, tour: Publication) -> None:
    """Ask that an event of ours be a stop of somebody's tour. Raises like `add`."""
    _refuse(unit, tour, stop)
    owner = actor_store.load(unit.tx, tour.author)
    if blocks.is_actor_blocked(unit.tx, owner.uri, owner.host) or blocks.is_blocked_by(
        unit.tx, host.uri, owner.uri
    ):
        raise Forbidden("follow.blocked", detail=owner.host)
    known = bonds.find(unit.tx, KIND, tour.uri, stop.uri)
    if known is not None and known.state in ("asked", "accepted"):
        return
    if known is not None and known.state == "refused":
        raise Conflict("organise.refused", field="tour")
    if owner.uri == host.uri:
        add(unit, host, tour, stop)
        return
    uri = act.offer(unit, host, KIND, tour.uri, stop.uri, owner.uri)
    bonds.put(unit, Bond(KIND, tour.uri, stop.uri, host.uri, owner.uri, "asked", uri))


def settle(unit: Unit, bond: Bond, *, is_with: bool) -> bool:
    """Let our side of it say what was agreed: the tour its stop, the stop its tour; False when it said so."""
    return _let_tour_say(unit, bond, is_with=is_with) | _let_stop_say(
        unit, bond.part_uri, bond.event_uri, is_with=is_with
    )


def part_with(unit: Unit, who: str, ours_uri: str = "") -> None:
    """Somebody is shut out, by one of ours or by all, or is gone: no tour names the other's stop, no stop the other's tour."""
    for state in _STATES:
        found = [
            *bonds.list_to(unit.tx, who, state, BONDS_MAX),
            *bonds.list_from(unit.tx, who, state, BONDS_MAX),
        ]
        for bond in found:
            other = bond.to_uri if bond.from_uri == who else bond.from_uri
            if bond.kind != KIND or other == who or ours_uri not in ("", other):
                continue
            # that somebody said no is remembered; the stop may stand there as a link all the same
            if state in ("asked", "accepted"):
                bonds.forget(unit, bond)
            settle(unit, bond, is_with=False)


def refresh(unit: Unit, tour_uri: str, stop_uris: Iterable[str]) -> bool:
    """Stops of our tour changed, or one of the two is gone: let the other say so, once; False when it does."""
    tour = publication_store.find(unit.tx, tour_uri)
    if tour is None:
        said = [_let_stop_say(unit, each, tour_uri, is_with=False) for each in stop_uris]
        return any(said)
    owner = actor_store.find(unit.tx, tour.author)
    if owner is None or owner.role != ROLE_COLLECTIVE or owner.deleted_at:
        return False
    changed = frozenset(stop_uris)
    parts = tuple(
        now
        for each in tour.event.parts
        if (now := _as_it_is(unit, each) if each.uri in changed else each) is not None
    )
    if parts == tour.event.parts:
        return False
    _say(unit, owner, tour, parts)
    return True


def _as_it_is(unit: Unit, old: Part) -> Part | None:
    """The same stop, as its event is today; None when it is none any more."""
    stop = publication_store.find(unit.tx, old.uri or "")
    if stop is None or stop.kind != "event":
        return None
    return part_of(unit, stop, is_agreed=old.is_agreed)


def part_of(unit: Unit, stop: Publication, *, is_agreed: bool) -> Part:
    """How a stop stands in a tour: what its own event says of it."""
    details = stop.event
    author = actor_store.find(unit.tx, stop.author)
    place = details.place
    return Part(
        key="",
        starts_at=details.starts_at,
        ends_at=details.ends_at if details.display_end else None,
        names={tag: text.name for tag, text in stop.texts.items() if text.name} or {"und": "–"},
        room=place.label if place is not None else "",
        who=author.handle if author is not None else "",
        status="cancelled" if details.status == "cancelled" else "confirmed",
        uri=stop.uri,
        host=stop.author,
        is_agreed=is_agreed,
    )


def _refuse(unit: Unit, tour: Publication, stop: Publication) -> None:
    if not tour.event.is_tour:
        raise Invalid("tour.none", field="tour")
    if stop.kind != "event" or stop.event.is_tour or stop.uri == tour.uri:
        raise Invalid("tour.no_stop", field="stop")
    if not tour.visibility.is_public or not stop.visibility.is_public:
        raise Invalid("organise.private", field="stop")
    author = actor_store.find(unit.tx, stop.author)
    if author is None or blocks.is_actor_blocked(unit.tx, author.uri, author.host):
        raise Forbidden("follow.blocked", detail="stop")


def _end(unit: Unit, owner: Actor, tour: Publication, stop_uri: str) -> None:
    bond = bonds.find(unit.tx, KIND, tour.uri, stop_uri)
    if bond is None:
        return
    if bond.from_uri != owner.uri:
        act.answer(unit, owner, bond, "Reject")
    elif bond.to_uri != owner.uri and bond.state in ("asked", "accepted"):
        act.take_back(unit, owner, bond)
    # who said no is not asked again by being taken off and named anew
    if bond.state != "refused":
        bonds.forget(unit, bond)
    _let_stop_say(unit, stop_uri, tour.uri, is_with=False)


def _let_tour_say(unit: Unit, bond: Bond, *, is_with: bool) -> bool:
    tour = publication_store.find(unit.tx, bond.event_uri)
    owner = actor_store.find(unit.tx, tour.author) if tour is not None else None
    if tour is None or owner is None or owner.role != ROLE_COLLECTIVE or owner.deleted_at:
        return False
    old = next((each for each in tour.event.parts if each.uri == bond.part_uri), None)
    others = tuple(each for each in tour.event.parts if each is not old)
    if not is_with:
        if old is not None:
            _say(unit, owner, tour, others)
        return old is not None
    stop = publication_store.find(unit.tx, bond.part_uri)
    if stop is None or stop.kind != "event" or len(others) >= PARTS_MAX:
        return False
    new = part_of(unit, stop, is_agreed=True)
    if new == old:
        return False
    _say(unit, owner, tour, (*others, new))
    return True


def _let_stop_say(unit: Unit, stop_uri: str, tour_uri: str, *, is_with: bool) -> bool:
    stop = publication_store.find(unit.tx, stop_uri)
    host = actor_store.find(unit.tx, stop.author) if stop is not None else None
    if stop is None or host is None or host.role != ROLE_COLLECTIVE or host.deleted_at:
        return False
    named = stop.event.part_of
    if (tour_uri in named) == is_with or (is_with and len(named) >= TOURS_MAX):
        return False
    after = (*named, tour_uri) if is_with else tuple(each for each in named if each != tour_uri)
    update(unit, host, replace(stop, details=replace(stop.event, part_of=after)))
    return True


def _say(unit: Unit, owner: Actor, tour: Publication, parts: tuple[Part, ...]) -> None:
    details = spanned(replace(tour.event, parts=in_order(parts)))
    update(unit, owner, replace(tour, details=details))


def spanned(details: EventDetails) -> EventDetails:
    """A tour lasts from its first stop to its last, in whole days."""
    stops = [each for each in details.parts if each.is_stop]
    if not stops:
        return details
    first = min(each.starts_at for each in stops).astimezone(details.zone)
    last = max(each.ends_at or each.starts_at for each in stops).astimezone(details.zone)
    begins = first.replace(hour=0, minute=0, second=0, microsecond=0)
    after = (last + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return replace(
        details,
        starts_at=_utc(begins),
        ends_at=_utc(after),
        all_day=True,
        display_end=True,
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
