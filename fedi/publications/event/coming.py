"""What collectives of ours who come to an event elsewhere are told of it: that it is near, was changed, was called off or withdrawn.

Those who wish it are also told that an event of somebody whom they follow is near, though they did not answer it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from actors import notifications
from actors.model import Actor
from fedi import settings
from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.publications import store
from fedi.publications.event import participation
from fedi.publications.event.participation import Participation
from fedi.publications.model import Publication
from fedi.publications.visibility import may_read_here
from fedi.unit import Unit

# A reminder comes within the day before.
BEFORE: Final = timedelta(hours=24)
_WISHES: Final = ("coming", "maybe")
_WISHED: Final = "remind.followed:"
NEAR_MAX: Final = 50


def changed(unit: Unit, before: Publication, after: Publication) -> int:
    """An event elsewhere was edited; how many of ours are told. Who was reminded of another day is reminded anew."""
    if after.kind != "event" or after.event.over_at <= unit.now:
        return 0
    was, now = before.event, after.event
    is_off = now.status == "cancelled" and was.status != "cancelled"
    is_other = (was.starts_at, was.ends_at, was.place, was.online_url, was.status) != (
        now.starts_at, now.ends_at, now.place, now.online_url, now.status,
    )  # fmt: skip
    if not is_other:
        return 0
    if was.starts_at != now.starts_at:
        notifications.take_back_all(unit, "attend_near", after.uri)
    found = _going(unit.tx, after.uri)
    for each in found:
        kind: notifications.Kind = "attend_called_off" if is_off else "attend_changed"
        notifications.again(unit, each.actor_uri, kind, after.uri)
        if was.starts_at != now.starts_at:
            notifications.take_back(
                unit, each.actor_uri, "attend_reminder", each.actor_uri, after.uri
            )
    return len(found)


def list_going(rx: Reader, event: Publication, now: datetime) -> Sequence[str]:
    """Which collectives of ours come to this event, unless it is over."""
    if event.kind != "event" or event.event.over_at <= now:
        return ()
    return [each.actor_uri for each in _going(rx, event.uri)]


def remind(unit: Unit, event: Publication) -> int:
    """Remind those who come to what begins within a day, once; how many."""
    is_near = unit.now < event.event.starts_at <= unit.now + BEFORE
    if not is_near or event.event.status == "cancelled":
        return 0
    found = [each for each in _going(unit.tx, event.uri) if not is_reminded(unit.tx, each)]
    for each in found:
        notifications.add(unit, each.actor_uri, "attend_reminder", each.actor_uri, event.uri)
    return len(found)


def wishes_near(rx: Reader, actor_uri: str) -> bool:
    """Whether a collective wants to be told when events of those it follows are near."""
    return settings.find(rx, _WISHED + actor_uri) == "yes"


def set_wish(unit: Unit, actor_uri: str, *, is_wished: bool) -> None:
    """It wants that, or no longer."""
    settings.put(unit, _WISHED + actor_uri, "yes" if is_wished else "")


def remind_follower(unit: Unit, actor: Actor) -> int:
    """Tell a collective that wishes it what begins within a day of those it follows and was not answered, each once; how many."""
    if not wishes_near(unit.tx, actor.uri):
        return 0
    rows = unit.tx.all(
        "SELECT p.uri FROM agenda_key k CROSS JOIN event e CROSS JOIN publication p "
        "WHERE e.publication_id = k.publication_id AND p.id = k.publication_id AND k.key = '' "
        "AND k.starts_at > ? AND k.starts_at <= ? AND e.status <> 'cancelled' AND NOT p.is_held "
        "AND EXISTS (SELECT 1 FROM follow f WHERE f.follower_uri = ? AND f.followed_uri = p.author_uri "
        "AND f.state = 'accepted') "
        "AND NOT EXISTS (SELECT 1 FROM participation t WHERE t.actor_uri = ? AND t.event_uri = p.uri) "
        "AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.actor_uri = ? AND n.kind = 'attend_near' "
        "AND n.from_uri = p.author_uri AND n.about_uri = p.uri) ORDER BY k.starts_at LIMIT ?",
        unit.now_ms,
        to_ms(unit.now + BEFORE),
        actor.uri,
        actor.uri,
        actor.uri,
        NEAR_MAX,
    )
    found = [store.find(unit.tx, row[0]) for row in rows]
    told = [each for each in found if each is not None and may_read_here(unit.tx, actor, each)]
    for each in told:
        notifications.add(unit, actor.uri, "attend_near", each.author, each.uri)
    return len(told)


def is_reminded(rx: Reader, going: Participation) -> bool:
    """Whether this collective was reminded of this event already."""
    return notifications.has(
        rx, going.actor_uri, "attend_reminder", going.actor_uri, going.event_uri
    )


def _going(rx: Reader, event_uri: str) -> list[Participation]:
    return [
        each
        for each in participation.list_of_event(rx, event_uri)
        if each.wish in _WISHES and each.state != "refused"
    ]
