"""The members that only events have ⇄ EventDetails: the profile that all known readers accept (wire.md 5.3). Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fedi.canonical import host_of
from fedi.errors import Invalid
from fedi.publications.attachments import build_link
from fedi.publications.event.model import EventDetails, JoinMode, Status
from fedi.publications.event.particulars import build_particulars, parse_particulars
from fedi.publications.event.programme import build_parts, parse_parts, parse_rooms
from fedi.publications.event.rules import complete
from fedi.publications.model import Attachment, Publication
from fedi.publications.place import Place, build_place, line_of, parse_place
from fedi.vocab.read import (
    as_list,
    bool_of,
    count_of,
    href_of,
    id_of,
    ids_of,
    link_list_of,
    local_moment_of,
    moment_of,
    offset_of,
    type_of,
    url_of,
    zone_of,
)

WEBSITE: Final = "Website"  # the name by which Mobilizon knows the link that belongs to the event
_CONTACTS_MAX: Final = 40
ORGANISERS_MAX: Final = 20
_TOURS_MAX: Final = 8
SERIES: Final = "http://schema.org/EventSeries"
_CAPACITY_MAX: Final = 10_000_000

_STATUS_WORDS: Final[dict[str, Status]] = {
    "eventscheduled": "confirmed",
    "eventrescheduled": "confirmed",
    "eventmovedonline": "confirmed",
    "eventtentative": "tentative",
    "eventcancelled": "cancelled",
    "eventpostponed": "postponed",
    "confirmed": "confirmed",
    "tentative": "tentative",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "postponed": "postponed",
}
# (iCalendar's word, schema.org's word)
_STATUS_SPELLINGS: Final[dict[Status, tuple[str, str]]] = {
    "confirmed": ("CONFIRMED", "EventScheduled"),
    "tentative": ("TENTATIVE", "EventTentative"),
    "cancelled": ("CANCELLED", "EventCancelled"),
    "postponed": ("TENTATIVE", "EventPostponed"),
}
_JOIN_MODES: Final[dict[object, JoinMode]] = {
    "free": "free",
    "restricted": "restricted",
    "external": "external",
    "invite": "invite",
    "none": "none",
}


def parse_event(document: Mapping[str, Any]) -> EventDetails:
    """Raises Invalid("event.starts_at") when no moment can be read; everything else may be missing or wrong."""
    zone = zone_of(document.get("timezone"))
    previous = moment_of(document.get("previousStartTime"))
    begins = local_moment_of(document.get("startTime"), zone) or previous
    if begins is None:
        raise Invalid("event.starts_at", field="startTime")
    ends_at, display_end = _parse_end(document, begins, zone)
    place, online_url = _parse_location(document)
    is_online = bool_of(document.get("isOnline"))
    join_mode, external_url = _parse_joining(document)
    organisers = _parse_organisers(document)
    offset = None if zone is not None else int(offset_of(begins) / timedelta(minutes=1)) or None
    return EventDetails(
        starts_at=begins.astimezone(UTC),
        ends_at=ends_at,
        timezone=None if zone is None else zone.key,
        offset_minutes=offset,
        all_day=bool_of(document.get("allDay", document.get("mj:allDay"))) is True,
        display_end=display_end,
        place=place,
        online_url=online_url,
        status=_parse_status(document),
        previous_starts_at=previous,
        category=_parse_category(document.get("category")),
        join_mode=join_mode,
        external_url=external_url,
        capacity=_parse_count(document.get("maximumAttendeeCapacity")) or None,
        participant_count=_parse_participants(document),
        remaining=_parse_count(document.get("remainingAttendeeCapacity")),
        replies_open=_replies_open(document),
        is_online=(place is None and online_url is not None) if is_online is None else is_online,
        contacts=tuple(
            each
            for each in ids_of(document.get("contacts"), _CONTACTS_MAX)
            if each not in organisers
        ),
        takes_join=isinstance(document.get("joinMode"), str),
        takes_form=bool_of(document.get("anonymousParticipationEnabled")) is True,
        organisers=organisers,
        parts=parse_parts(document, zone),
        rooms=parse_rooms(document),
        is_tour=_is_series(document.get("additionalType")),
        part_of=ids_of(document.get("superEvent"), _TOURS_MAX),
        **parse_particulars(document),
    )


def build_event(publication: Publication) -> dict[str, Any]:
    """The profile of wire.md 5.3. No nulls: what is unknown is left out. The open end becomes a plausible one."""
    details = complete(publication.event)
    status, event_status = _STATUS_SPELLINGS[details.status]
    members: dict[str, Any] = {
        "startTime": _local_iso(details.starts_at, details),
        "endTime": _local_iso(details.over_at, details),
        "displayEndTime": details.display_end,
        "status": status,
        "ical:status": status,
        "eventStatus": event_status,
        "anonymousParticipationEnabled": details.takes_form,
        "repliesModerationOption": "allow_all" if details.replies_open else "closed",
        "commentsEnabled": details.replies_open,
        "inLanguage": publication.language,
        "isOnline": details.is_online,
        "draft": False,
        # Mobilizon shows them beside its author
        "contacts": [*details.contacts, *details.organisers],
        **_build_joining(publication, details),
    }
    optional = {
        "organizers": [publication.author, *details.organisers] if details.organisers else None,
        "timezone": details.timezone,
        "location": _build_location(details),
        "previousStartTime": None
        if details.previous_starts_at is None
        else _local_iso(details.previous_starts_at, details),
        "category": details.category,
        "maximumAttendeeCapacity": details.capacity,
        "participantCount": details.participant_count,
        "remainingAttendeeCapacity": details.remaining,
        "allDay": True if details.all_day else None,
    }
    members.update({member: value for member, value in optional.items() if value is not None})
    if details.is_tour:
        members["additionalType"] = SERIES
    if details.part_of:
        members["superEvent"] = list(details.part_of)
    if details.parts:
        members["subEvent"] = build_parts(
            details.parts, details.rooms, publication.uri, details.zone
        )
    members["attachment"] = build_particulars(details, publication.language)
    if details.online_url is not None:
        website = Attachment(details.online_url, "text/html", role="link", name=WEBSITE)
        members["attachment"].insert(0, build_link(website))
    return members


def _is_series(value: object) -> bool:
    """Whether it is a page for many events (schema.org, with either scheme)."""
    kinds = [id_of(each) or each for each in as_list(value)[:8]]
    return any(isinstance(each, str) and each.endswith("schema.org/EventSeries") for each in kinds)


def _parse_organisers(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Who is named beside the author: a list, or a collection that holds one (FEP-8a8e)."""
    found = document.get("organizers")
    if isinstance(found, dict) and id_of(found) is not None and "items" not in found:
        found = found.get("orderedItems")
    elif isinstance(found, dict):
        found = found.get("items", found.get("orderedItems"))
    authors = {*ids_of(document.get("attributedTo")), *ids_of(document.get("actor"))}
    return tuple(each for each in ids_of(found, ORGANISERS_MAX + 1) if each not in authors)


def is_website(attachment: Attachment) -> bool:
    """Whether this link is `EventDetails.online_url`."""
    return attachment.role == "link" and attachment.name == WEBSITE


def _parse_end(
    document: Mapping[str, Any], begins: datetime, zone: Any
) -> tuple[datetime | None, bool]:
    ends = local_moment_of(document.get("endTime"), zone)
    if ends is None or ends < begins:
        return None, False
    return ends.astimezone(UTC), bool_of(document.get("displayEndTime")) is not False


def _parse_location(document: Mapping[str, Any]) -> tuple[Place | None, str | None]:
    """The first place and the address of the first room online. One object, a list of both kinds, or a text."""
    place: Place | None = None
    online: str | None = None
    for item in as_list(document.get("location"))[:8]:
        room = _room_of(item)
        online = online or room
        if room is None:
            place = place or parse_place(item)
    links = (
        href_of(item.get("href"))
        for item in as_list(document.get("attachment"))[:32]
        if isinstance(item, dict) and item.get("name") == WEBSITE
    )
    return place, next((link for link in links if link is not None), None) or online


def _room_of(item: object) -> str | None:
    """The address of a `VirtualLocation`, also when it hides in the address of a `Place` (Gancio)."""
    if not isinstance(item, dict):
        return None
    for part in (item, item.get("address")):
        if isinstance(part, dict) and type_of(part) == "VirtualLocation":
            return url_of(part.get("url"))
    return None


def _build_location(details: EventDetails) -> dict[str, Any] | None:
    """One object: a list makes Mobilizon refuse the event."""
    if details.place is not None:
        return build_place(details.place)
    if details.is_online and details.online_url is not None:
        name = host_of(details.online_url)
        return {"type": "VirtualLocation", "name": name, "url": details.online_url}
    return None


def _parse_status(document: Mapping[str, Any]) -> Status:
    for member in ("eventStatus", "status", "ical:status"):
        value = document.get(member)
        if isinstance(value, str) and len(value) <= 200:
            word = value.rsplit("/", 1)[-1].rsplit("#", 1)[-1].rsplit(":", 1)[-1].lower()
            if word in _STATUS_WORDS:
                return _STATUS_WORDS[word]
    return "confirmed"


def _parse_category(value: object) -> str | None:
    first = next((item for item in as_list(value)[:8] if isinstance(item, str)), None)
    category = line_of(first, 60)
    return category.upper() if category is not None and category.isascii() else category


def _parse_joining(document: Mapping[str, Any]) -> tuple[JoinMode, str | None]:
    """How to sign up. "external" that leads to the event's own page is how "nowhere" is written for Mobilizon."""
    value = document.get("joinMode")
    mode = _JOIN_MODES.get(value, "free") if isinstance(value, str) else "free"
    external = href_of(document.get("externalParticipationUrl"))
    if mode == "external" and external in (None, *_own_pages(document)):
        return "none", None
    return mode, external if mode == "external" else None


def _own_pages(document: Mapping[str, Any]) -> set[str]:
    pages = {link.href for link in link_list_of(document.get("url"))}
    return pages | {uri for uri in (id_of(document),) if uri is not None}


def _build_joining(publication: Publication, details: EventDetails) -> dict[str, Any]:
    if not details.takes_join:
        return {}
    if details.join_mode not in ("external", "none"):
        return {"joinMode": details.join_mode}
    page = publication.url or publication.uri
    return {"joinMode": "external", "externalParticipationUrl": details.external_url or page}


def _replies_open(document: Mapping[str, Any]) -> bool:
    if document.get("repliesModerationOption") == "closed":
        return False
    return bool_of(document.get("commentsEnabled")) is not False


def _parse_participants(document: Mapping[str, Any]) -> int | None:
    """Mobilizon's count, else the size of the collection of FEP-8a8e."""
    count = _parse_count(document.get("participantCount"))
    attendees = document.get("attendees")
    if count is None and isinstance(attendees, dict):
        return _parse_count(attendees.get("totalItems"))
    return count


def _parse_count(value: object) -> int | None:
    count = count_of(value)
    return None if count is None else min(count, _CAPACITY_MAX)


def _local_iso(moment: datetime, details: EventDetails) -> str:
    """The moment as clocks on the spot show it, with their offset; in UTC where an offset has odd seconds."""
    local = moment.astimezone(details.zone)
    if offset_of(local) % timedelta(minutes=1):
        local = moment.astimezone(UTC)
    return local.isoformat(timespec="seconds")
