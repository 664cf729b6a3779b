"""Events that repeat: what is remembered of an order, more times made as they come near, changes for all later ones."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from fedi.desk.details import Reading
from fedi.desk.repeats import at_day, bare, day_of, near, rule_of
from fedi.desk.wishes import EditOrder, KeptPicture, PlaceWish, PublishOrder
from fedi.ids import new_public_id
from fedi.publications.event import recurrence
from fedi.publications.event.recurrence import Series
from fedi.publications.event.rules_of_time import days_of
from fedi.publications.model import Publication
from fedi.unit import Unit

# How often it is looked whether more times are near.
AGAIN: Final = timedelta(days=7)
# In one go; a rule that names every day takes several.
AT_ONCE: Final = 20


def remember(unit: Unit, order: PublishOrder, publications: Sequence[Publication]) -> None:
    """What was published repeats: these are its times, and this is how more are made."""
    if not order.event.repeat and not order.event.rule:
        return
    days = [_own_day(each) for each in publications]
    series_id = new_public_id(unit.told)
    template = msgspec.structs.replace(
        order,
        pictures=(),
        kept=_pictures_of(publications[0]),
        reply_to="",
        quotes="",
    )
    is_open = _is_open(order)
    series = Series(
        id=series_id,
        actor_uri=publications[0].author,
        template=msgspec.json.encode(template).decode(),
        first_day=days[0],
        day=days[-1],
        is_open=is_open,
    )
    recurrence.add(unit, series, unit.now + AGAIN if is_open else None)
    for each, day in zip(publications, days, strict=True):
        recurrence.add_time(unit, series_id, each.uri, day)


def next_orders(series: Series, today: date) -> list[tuple[str, PublishOrder]]:
    """The times to make now, each with its day. Pure."""
    template = msgspec.json.decode(series.template, type=PublishOrder)
    begin = day_of(template.event.starts)
    rule = rule_of(Reading(), template.event, begin)
    if begin is None or rule is None:
        return []
    first = date.fromisoformat(series.first_day)
    wanted = [
        day.isoformat()
        for day in days_of(rule, first, near(first, today))
        if day.isoformat() > series.day and day >= today
    ]
    return [(day, at_day(template, begin, date.fromisoformat(day))) for day in wanted[:AT_ONCE]]


def later_order(order: EditOrder, from_day: str, to_day: str, uri: str) -> EditOrder:
    """The same change for a later time: what is typed for one day is meant for the other. Pure.

    It is said once, below the first, and not below each.
    """
    by = date.fromisoformat(to_day) - date.fromisoformat(from_day)
    # what was called off alone stays so
    status = order.event.status if order.event.status == "cancelled" else None
    order = msgspec.structs.replace(
        order, event=msgspec.structs.replace(order.event, status=status)
    )
    typed = PublishOrder(kind="event", event=bare(order.event))
    begin = day_of(order.event.starts)
    event = order.event
    if begin is not None:
        event = at_day(typed, begin, begin + by).event
    elif order.event.ends:
        ends = day_of(order.event.ends)
        alone = msgspec.structs.replace(typed, event=msgspec.structs.replace(typed.event, starts=order.event.ends))  # fmt: skip
        moved = at_day(alone, ends, ends + by).event.starts if ends else order.event.ends
        event = msgspec.structs.replace(order.event, ends=moved)
    return msgspec.structs.replace(order, which=uri, event=event, is_following=False, is_quiet=True)


def change_template(unit: Unit, series: Series, order: EditOrder, day: str) -> None:
    """What is made from now on is as this change says. `day`: of the time that was changed."""
    template = msgspec.json.decode(series.template, type=PublishOrder)
    old = template.event
    fields = {
        name: value
        for name in order.event.__struct_fields__
        if name not in ("rule", "repeat", "times", "until", "status")
        and (value := getattr(order.event, name)) is not None
    }
    begin = day_of(old.starts)
    event = msgspec.structs.replace(old, **fields)
    typed = day_of(event.starts)
    if begin is not None and typed is not None and "starts" in fields:
        # told for the day of the template, so that the rule goes on from the same first day
        shift = (typed - date.fromisoformat(day)) if day else timedelta()
        event = msgspec.structs.replace(
            event, **_times(at_day(PublishOrder(kind="event", event=event), typed, begin + shift))
        )
    words = {each.language: each for each in template.words if each.language not in order.drop_languages}  # fmt: skip
    words |= {each.language: each for each in order.words}
    newer = msgspec.structs.replace(
        template,
        words=tuple(words.values()),
        event=event,
        place=template.place if order.place == PlaceWish() else order.place,
        kept=template.kept if order.kept is None else order.kept,
        is_sensitive=template.is_sensitive if order.is_sensitive is None else order.is_sensitive,
    )
    recurrence.set_template(unit, series.id, msgspec.json.encode(newer).decode())
    if order.event.status == "cancelled":
        recurrence.end(unit, series.id)


def _times(order: PublishOrder) -> dict[str, str | None]:
    return {"starts": order.event.starts, "ends": order.event.ends}


def _is_open(order: PublishOrder) -> bool:
    rule = rule_of(Reading(), order.event, day_of(order.event.starts))
    return bool(order.event.rule) and rule is not None and rule.is_open and order.event.times is None and not order.event.until  # fmt: skip


def _own_day(event: Publication) -> str:
    details = event.event
    return details.starts_at.astimezone(details.zone).date().isoformat()


def _pictures_of(event: Publication) -> tuple[KeptPicture, ...]:
    return tuple(
        KeptPicture(key=each.url.rpartition("/")[2], alt=each.alt or "", focal=each.focal)
        for each in event.attachments
        if each.role in ("banner", "image")
    )


def moment_again(now: datetime) -> datetime:
    """When to look again."""
    return now + AGAIN
