"""Answers of our collectives to events of others, in the words their organiser's server knows (wire 5.4).

They go to the organiser alone: Mobilizon also names the other participants, we do not.
"""

from typing import Any

from actors import blocks
from actors import store as actor_store
from actors.model import Actor
from fedi.errors import Forbidden, Invalid, NotFound
from fedi.publications.event import participation
from fedi.publications.event.admission import Wish
from fedi.publications.event.participation import Participation, State
from fedi.publications.model import Publication
from fedi.unit import Unit
from outbox.activities import envelope
from outbox.send import Audience, send


def attend(
    unit: Unit, actor: Actor, publication: Publication, wish: Wish, message: str = ""
) -> State:
    """Answer an event; how it stands then. Asking again sends again: the other side may have lost it.

    Raises Invalid for an event of one's own, one that is over, called off, or takes answers elsewhere; Forbidden.
    """
    _check(unit, actor, publication)
    details = publication.event
    before = participation.find(unit.tx, actor.uri, publication.uri)
    if wish == "not_coming" and details.takes_join:
        if before is not None:
            take_back(unit, actor, publication)
        return "said"
    if wish == "maybe" and details.takes_join:
        raise Invalid("attend.no_maybe", field="wish")
    if wish != "not_coming" and details.join_mode not in ("free", "restricted"):
        raise Invalid(
            "attend.elsewhere", field="which", url=details.external_url or publication.uri
        )
    activity = _activity(unit, actor, publication, wish, message)
    state: State = "asked" if details.takes_join else "said"
    participation.put(
        unit,
        Participation(
            actor_uri=actor.uri,
            event_uri=publication.uri,
            way="join" if details.takes_join else "accept",
            wish=wish,
            state=state,
            activity_uri=activity["id"],
            over_at=details.over_at,
        ),
    )
    send(unit, actor, activity, Audience.only(publication.author))
    return state


def take_back(unit: Unit, actor: Actor, publication: Publication) -> None:
    """Not to come after all. Raises NotFound when nothing was answered."""
    known = participation.find(unit.tx, actor.uri, publication.uri)
    if known is None:
        raise NotFound("attend.none", detail=publication.uri)
    participation.remove(unit, actor.uri, publication.uri)
    author = (publication.author,)
    if known.way == "join":
        activity = envelope(unit, actor, "Leave", publication.uri, author)
    else:
        said = {
            "id": known.activity_uri,
            "type": _VERBS[known.wish],
            "actor": actor.uri,
            "object": publication.uri,
        }
        activity = envelope(unit, actor, "Undo", said, author)
    send(unit, actor, activity, Audience.only(publication.author))


_VERBS: dict[Wish, str] = {
    "coming": "Accept",
    "maybe": "TentativeAccept",
    "not_coming": "Reject",
}


def _activity(
    unit: Unit, actor: Actor, publication: Publication, wish: Wish, message: str
) -> dict[str, Any]:
    author, uri = (publication.author,), publication.uri
    if publication.event.takes_join:
        activity = envelope(unit, actor, "Join", uri, author)
        return activity | ({"participationMessage": message} if message else {})
    if wish == "maybe":
        return envelope(unit, actor, "TentativeAccept", uri, author)
    return envelope(unit, actor, "Accept" if wish == "coming" else "Reject", uri, author)


def _check(unit: Unit, actor: Actor, publication: Publication) -> None:
    details = publication.event
    if publication.author == actor.uri:
        raise Invalid("attend.own", field="which")
    if details.over_at <= unit.now:
        raise Invalid("attend.over", field="which")
    if details.status == "cancelled":
        raise Invalid("attend.called_off", field="which")
    author = actor_store.load(unit.tx, publication.author)
    if author.deleted_at is not None:
        raise Invalid("follow.gone", field="which")
    if blocks.is_actor_blocked(unit.tx, author.uri, author.host):
        raise Forbidden("follow.blocked", detail=author.host)
