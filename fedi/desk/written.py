"""What was typed into a form → the order it means, and a publication → the form that would say it. Pure.

Nothing is judged here: an order may be unfit, and the desk says so with the names of the fields.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Final

from msgspec import structs

from fedi.desk.drafts import typed_text
from fedi.desk.wishes import (
    AidWish,
    AnswersWish,
    EditOrder,
    EventWish,
    KeptPicture,
    PlaceWish,
    PublishOrder,
    Words,
)
from fedi.i18n.dates import zone_of
from fedi.publications.aid.model import AidDetails
from fedi.publications.drafts import KeptFile, Typed, Written
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication
from fedi.publications.place import EXACT, Place

LIST: Final = "list"
YES: Final = "yes"
_COMMON: Final = ("visibility", "circle", "sensitive")
_PLACE: Final = {
    "place_name": "name",
    "place_street": "street",
    "place_area": "area",
    "place_postal_code": "postal_code",
    "place_locality": "city",
    "place_region": "region",
    "place_country": "country",
    "latitude": "latitude",
    "longitude": "longitude",
    "precision": "precision",
}
_EVENT: Final = (
    "starts_day", "starts_hour", "ends_day", "ends_hour", "all_day", "zone", "online_url", "capacity", "category", "join",
    "join_url", "status", "quiet_change", "repeat", "repeat_times", "repeat_until",
    "rule", "following", "has_room", "is_tour", "spoken", "cost", "wheelchair", "childcare", "interpretation", "contact",
)  # fmt: skip
# How answers are taken: only until it is published, then on the page of who comes.
_ANSWERS: Final = (
    "answers_form", "answers_waiting", "answers_counts", "answers_online_url", "answers_place_name",
    "answers_place_street", "answers_place_locality",
)  # fmt: skip
_AID: Final = ("what", "quantity", "unit", "minimum", "until", "zone", "for_event")
# Every field of the form of a kind, besides its words and its pictures.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "note": (*_COMMON, "reply_to"),
    "statement": (*_COMMON, "is_short"),
    "event": (*_COMMON, *_EVENT, *_PLACE, *_ANSWERS),
    "aid_request": (*_COMMON, *_AID, *_PLACE),
    "aid_offer": (*_COMMON, *_AID, *_PLACE),
}


def publish_order(kind: str, username: str, written: Written) -> PublishOrder:
    """What it means to publish this."""
    chosen = written.get("visibility") or "public"
    is_list = chosen == LIST
    return PublishOrder(
        kind=kind,
        actor=username,
        words=_words(kind, written),
        visibility="direct" if is_list else chosen,
        circle=written.get("circle") if is_list else "",
        is_short=written.get("is_short") == YES,
        is_sensitive=written.get("sensitive") == YES,
        reply_to=written.get("reply_to"),
        kept=_kept(written),
        event=_event(written) if kind == "event" else EventWish(),
        answers=_answers(written) if kind == "event" else AnswersWish(),
        aid=_aid(written) if kind.startswith("aid_") else AidWish(),
        place=_place(written) if kind not in ("note", "statement") else PlaceWish(),
    )


def edit_order(username: str, before: Publication, written: Written) -> EditOrder:
    """What it means to change a publication into this."""
    order = publish_order(before.kind, username, written)
    event = order.event
    if before.kind == "event":
        # in a change, what is left empty is taken away
        event = structs.replace(
            order.event,
            capacity=order.event.capacity or 0,
            join_url=order.event.join_url or "",
            repeat=None,
            rule=None,
            times=None,
            until=None,
        )
    said = {each.language for each in order.words}
    return EditOrder(
        which=before.uri,
        actor=username,
        words=order.words,
        drop_languages=tuple(each for each in before.texts if each not in said),
        original=order.words[0].language if order.words else "",
        is_sensitive=order.is_sensitive,
        is_quiet=written.get("quiet_change") == YES,
        is_following=written.get("following") == YES,
        kept=order.kept,
        event=event,
        aid=order.aid,
        place=order.place,
    )


def written_of(publication: Publication, zone: str) -> Written:
    """The form that says what is published. `zone`: in which the day of a deadline is told."""
    fields = {
        "visibility": publication.visibility.value,
        "sensitive": YES if publication.sensitive else "",
        "reply_to": publication.in_reply_to or "",
        "is_short": YES if publication.kind == "statement" and publication.type == "Note" else "",
    }
    details = publication.details
    if isinstance(details, EventDetails):
        fields |= _event_fields(details) | _place_fields(details.place)
    elif isinstance(details, AidDetails):
        fields |= _aid_fields(details, zone_of(zone)) | _place_fields(details.place)
    known = FIELDS[publication.kind]
    typed = (
        (language, typed_text(text, publication)) for language, text in publication.texts.items()
    )
    return Written(
        texts=tuple(
            Typed(language, text.title, text.source, text.abstract) for language, text in typed
        ),
        fields={name: value for name, value in fields.items() if name in known and value},
        files=tuple(
            KeptFile(each.url.rpartition("/")[2], each.alt or "", each.focal)
            for each in publication.attachments
            if each.role in ("banner", "image")
        ),
    )


def _words(kind: str, written: Written) -> tuple[Words, ...]:
    return tuple(
        Words(
            language=each.language,
            title="" if kind == "note" else each.title,
            source=each.source,
            abstract=each.abstract if kind == "statement" else None,
        )
        for number, each in enumerate(written.texts)
        # a translation that nobody has begun is not a translation
        if each or number == 0
    )


def _kept(written: Written) -> tuple[KeptPicture, ...]:
    return tuple(
        KeptPicture(key=each.key, alt=each.alt, focal=each.focal) for each in written.files
    )


def _event(written: Written) -> EventWish:
    get = written.get
    all_day = get("all_day") == YES
    ends_day = get("ends_day") or (get("starts_day") if get("ends_hour") and not all_day else "")
    return EventWish(
        starts=_moment(get("starts_day"), get("starts_hour"), all_day=all_day),
        ends=_moment(ends_day, get("ends_hour"), all_day=all_day),
        zone=get("zone") or None,
        online_url=get("online_url").strip(),
        capacity=_count(get("capacity")),
        category=get("category"),
        join=get("join") or None,
        join_url=get("join_url").strip() if get("join") == "external" else None,
        status=get("status") or None,
        has_room=get("has_room") == YES,
        is_tour=get("is_tour") == YES,
        spoken=get("spoken"),
        cost=get("cost"),
        wheelchair=get("wheelchair"),
        childcare=get("childcare"),
        interpretation=get("interpretation"),
        contact=get("contact"),
        repeat=get("repeat") or None,
        times=_count(get("repeat_times")) if get("repeat") else None,
        until=(get("repeat_until") or None) if get("repeat") else None,
        rule=get("rule").strip() or None,
    )


def _answers(written: Written) -> AnswersWish:
    """Boxes that are on unless somebody takes them off are told by their opposite."""
    get = written.get
    names = {"name": "place_name", "street": "place_street", "city": "place_locality"}
    place = {to: text for to, name in names.items() if (text := get(f"answers_{name}").strip())}
    return AnswersWish(
        waiting=False if get("answers_waiting") == "no" else None,
        form=get("answers_form") or None,
        counts=True if get("answers_counts") == YES else None,
        place=PlaceWish(**place),
        online_url=get("answers_online_url").strip(),
    )


def _moment(day: str, hour: str, *, all_day: bool) -> str:
    day, hour = day.strip(), hour.strip()
    return f"{day}T{hour}" if hour and not all_day else day


def _aid(written: Written) -> AidWish:
    get = written.get
    return AidWish(
        what=get("what"),
        quantity=get("quantity").strip(),
        unit=get("unit") or None,
        minimum=get("minimum").strip(),
        until=get("until"),
        zone=get("zone") or None,
        event=get("for_event").strip(),
    )


def _place(written: Written) -> PlaceWish:
    wish = {to: written.get(name) for name, to in _PLACE.items()}
    wish["precision"] = wish["precision"] or EXACT
    return PlaceWish(**wish)


def _count(text: str) -> int | None:
    """A number as typed; what is none is -1, which is refused where it is read."""
    text = text.strip()
    if not text:
        return None
    try:
        return int(text) if len(text) < 20 else -1
    except ValueError:
        return -1


def _event_fields(details: EventDetails) -> dict[str, str]:
    zone = details.zone
    ends_at = details.ends_at if details.display_end else None
    if ends_at is not None and details.all_day:
        # stored as the midnight after the last day
        ends_at -= timedelta(minutes=1)
    return {
        "starts_day": _day(details.starts_at, zone),
        "starts_hour": "" if details.all_day else _hour(details.starts_at, zone),
        "ends_day": _day(ends_at, zone) if ends_at else "",
        "ends_hour": _hour(ends_at, zone) if ends_at and not details.all_day else "",
        "all_day": YES if details.all_day else "",
        "zone": details.timezone or "",
        "online_url": details.online_url or "",
        "capacity": str(details.capacity or ""),
        "category": details.category or "",
        "join": details.join_mode,
        "join_url": details.external_url or "",
        "status": details.status,
        "has_room": YES if details.is_online and details.place is not None else "",
        "is_tour": YES if details.is_tour else "",
        "spoken": ", ".join(details.spoken),
        "cost": details.cost or "",
        "wheelchair": details.wheelchair or "",
        "childcare": details.childcare or "",
        "interpretation": details.interpretation or "",
        "contact": details.contact or "",
    }


def _aid_fields(details: AidDetails, zone: tzinfo) -> dict[str, str]:
    return {
        "what": details.what or "",
        "quantity": details.quantity or "",
        "unit": details.unit,
        "minimum": details.minimum or "",
        "until": _day(details.until, zone) if details.until else "",
        "for_event": details.event_uri or "",
    }


def _place_fields(place: Place | None) -> dict[str, str]:
    if place is None:
        return {}
    return {
        "place_name": place.name or "",
        "place_street": place.street or "",
        "place_postal_code": place.postal_code or "",
        "place_locality": place.locality or "",
        "place_region": place.region or "",
        "place_country": place.country or "",
        "latitude": "" if place.latitude is None else str(place.latitude),
        "longitude": "" if place.longitude is None else str(place.longitude),
        "precision": EXACT,
    }


def _day(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).date().isoformat()


def _hour(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%H:%M")
