"""What collectives of ours who come to an event elsewhere are told of it: that it is near, was changed, was called off or withdrawn."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from actors import notifications
from fedi.db.engine import Reader
from fedi.publications.event import participation
from fedi.publications.event.participation import Participation
from fedi.publications.model import Publication
from fedi.unit import Unit

# A reminder comes within the day before.
BEFORE: Final = timedelta(hours=24)
_WISHES: Final = ("coming", "maybe")


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
