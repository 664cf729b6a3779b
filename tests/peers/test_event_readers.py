"""Events of ours as others take them in: what each reader insists on and makes of it, in our words (wire.md 5.2).

A reader here refuses what the program refuses, and gives back what its people would see.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fedi.publications.activitystreams import build_object
from fedi.publications.model import Publication
from fedi.publications.place import Place
from fedi.vocab.strict import dump
from fedi.vocab.terms import PUBLIC
from tests.peers.samples import EVENT, NOW

GOLDEN = Path(__file__).parent / "golden" / "sent"
Event = dict[str, Any]


class Unreadable(Exception):
    """The reader drops the event; the text says why."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a reader shows. None: it does not look at it."""

    title: str
    start: datetime
    end: datetime | None = None
    place: str | None = None
    coordinates: tuple[float, float] | None = None
    is_off: bool | None = None
    tags: tuple[str, ...] | None = None
    picture: str | None = None


def insist(condition: object, why: str) -> None:
    if not condition:
        raise Unreadable(why)


def moment(value: object) -> datetime:
    insist(isinstance(value, str), "a moment is a text")
    found = datetime.fromisoformat(str(value))
    insist(found.tzinfo is not None, "a moment without an offset")
    return found.astimezone(UTC)


def as_mobilizon(event: Event) -> Taken:
    """Wants plain lists of objects, one place, floats, a status that is a text."""
    organiser = event.get("attributedTo", event.get("actor"))
    insist(isinstance(organiser, str), "the organiser is one id")
    insist(isinstance(event.get("name"), str) and event["name"], "no title")
    for member in ("tag", "attachment"):
        insist(isinstance(event.get(member), list), f"{member} is no list")
        insist(all(isinstance(each, dict) for each in event[member]), f"{member} holds no objects")
    insist(isinstance(event.get("contacts", []), list), "contacts are no list")
    insist(isinstance(event.get("status", "CONFIRMED"), str), "a status that is no text")
    insist(
        event.get("joinMode", "free") in {"free", "restricted", "invite", "external"}, "joinMode"
    )
    insist(PUBLIC in event["to"], "not addressed to everybody")
    place = event.get("location")
    insist(place is None or isinstance(place, dict | str), "a list of places")
    name = coordinates = None
    if isinstance(place, dict):
        name = place["name"]
        degrees = place.get("latitude"), place.get("longitude")
        coordinates = degrees if all(isinstance(each, float) for each in degrees) else None
        address = place.get("address")
        insist(address is None or isinstance(address, dict | str), "an address it cannot read")
    pictures = [each for each in event["attachment"] if each.get("name") == "Banner"]
    return Taken(
        title=event["name"],
        start=moment(event["startTime"]),
        end=moment(event["endTime"]) if "endTime" in event else None,
        place=name,
        coordinates=coordinates,
        is_off=event.get("status", "").lower() == "cancelled",
        tags=tuple(each["name"] for each in event["tag"] if each["type"] == "Hashtag"),
        picture=pictures[0]["url"] if pictures else None,
    )


def as_gancio(event: Event) -> Taken:
    """Looks for a picture through every attachment, asks each for its media type, and stores no place without a name."""
    for member in ("id", "name", "startTime"):
        insist(event.get(member), f"no {member}")
    picture = None
    for each in event["attachment"]:
        insist(isinstance(each.get("mediaType"), str), "an attachment without a media type")
        if each["mediaType"].startswith("image"):
            picture = each["url"]
            break
    insist(all(each["name"].startswith("#") for each in event["tag"]), "a hashtag without its sign")
    place = event.get("location")
    insist(not isinstance(place, list) or place, "an empty list of places")
    found = place[0] if isinstance(place, list) else place
    if isinstance(found, dict):
        insist(found.get("name"), "a place without a name")
        address = found.get("address")
        insist(address is None or isinstance(address, dict | str), "an address it cannot read")
    return Taken(
        title=event["name"],
        start=moment(event["startTime"]),
        end=moment(event["endTime"]) if event.get("endTime") else None,
        place=found["name"] if isinstance(found, dict) else None,
        tags=tuple(each["name"] for each in event["tag"]),
        picture=picture,
    )


def as_event_bridge(event: Event) -> Taken:
    """Says at once that it is for everybody, asks for id, start and name, and takes only what is still to come."""
    audience = [*event.get("to", []), *event.get("cc", [])]
    insist(PUBLIC in audience, "everybody is not named by the full address")
    for member in ("id", "startTime", "name"):
        insist(event.get(member), f"no {member}")
    start = moment(event["startTime"])
    insist(start > NOW, "it is over")
    place = event.get("location")
    insist(place is None or isinstance(place, dict), "a place that is no object")
    return Taken(
        title=event["name"],
        start=start,
        end=moment(event["endTime"]) if event.get("endTime") else None,
        place=place.get("name") if place and place["type"] == "Place" else None,
        is_off=event.get("status") == "CANCELLED" or event.get("eventStatus") == "EventCancelled",
    )


def as_friendica(event: Event) -> Taken:
    """A title from the name, else from the summary; times of any offset; a place as a text."""
    title = event.get("name") or event.get("summary")
    insist(title, "no title")
    insist(event.get("content") is not None, "no text")
    place = event.get("location")
    insist(place is None or isinstance(place, dict | str), "a place it cannot read")
    return Taken(
        title=re.sub(r"<[^>]*>", "", str(title)),
        start=moment(event["startTime"]),
        end=moment(event["endTime"]) if event.get("endTime") else None,
        place=place.get("name") if isinstance(place, dict) else place,
    )


def as_hubzilla(event: Event) -> Taken:
    """An author who is one id, a start, and a place whose name or content is a text."""
    insist(isinstance(event.get("actor", event.get("attributedTo")), str), "no author")
    insist(event.get("name") or event.get("summary"), "no title")
    place = event.get("location")
    insist(place is None or isinstance(place, dict), "a place it cannot read")
    return Taken(
        title=event["name"],
        start=moment(event["startTime"]),
        end=moment(event["endTime"]) if event.get("endTime") else None,
        place=(place.get("content") or place.get("name")) if place else None,
    )


READERS: dict[str, Callable[[Event], Taken]] = {
    "Mobilizon": as_mobilizon,
    "Gancio": as_gancio,
    "Event Bridge": as_event_bridge,
    "Friendica": as_friendica,
    "Hubzilla": as_hubzilla,
}
ONLY_TOWN = Place(locality="تونس")
VARIANTS: dict[str, Publication] = {
    "whole": EVENT,
    "bare": replace(
        EVENT, tags=(), attachments=(), details=replace(EVENT.event, online_url=None, place=None)
    ),
    "only a town": replace(EVENT, details=replace(EVENT.event, place=ONLY_TOWN)),
    "whole degrees": replace(
        EVENT, details=replace(EVENT.event, place=replace(ONLY_TOWN, latitude=36, longitude=10))
    ),
    "online": replace(EVENT, details=replace(EVENT.event, place=None, is_online=True)),
    "cancelled": replace(EVENT, details=replace(EVENT.event, status="cancelled")),
    "postponed": replace(EVENT, details=replace(EVENT.event, status="postponed")),
    "without an end": replace(EVENT, details=replace(EVENT.event, ends_at=None)),
    "all day": replace(EVENT, details=replace(EVENT.event, all_day=True)),
    "without a zone": replace(EVENT, details=replace(EVENT.event, timezone=None)),
    "full": replace(EVENT, details=replace(EVENT.event, remaining=0)),
    "nowhere to sign up": replace(EVENT, details=replace(EVENT.event, join_mode="none")),
    "only here": replace(EVENT, details=replace(EVENT.event, join_mode="restricted")),
}


def sent(publication: Publication) -> Event:
    """The event as it arrives."""
    found: Event = json.loads(dump(build_object(publication, with_context=True)))
    return found


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_the_event_and_shows_what_was_meant(name: str, variant: str) -> None:
    publication = VARIANTS[variant]
    details = publication.event
    taken = READERS[name](sent(publication))
    # what is off, or has no day yet, says so in its very title, because some show nothing else
    assert taken.title.endswith(publication.original.name or "")
    assert taken.start == details.starts_at
    assert taken.end == details.over_at
    if taken.is_off is not None:
        assert taken.is_off == (details.status == "cancelled")
    if taken.tags is not None:
        assert taken.tags == tuple(f"#{each.name}" for each in publication.tags)
    if name in ("Mobilizon", "Gancio"):
        assert taken.picture == next((each.url for each in publication.attachments), None)
    if details.place is not None:
        assert taken.place
        if name == "Mobilizon" and details.place.latitude is not None:
            assert taken.coordinates == (details.place.latitude, details.place.longitude)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*event*.json")), ids=lambda file: file.stem)
def test_a_reader_takes_what_really_left_an_instance(name: str, file: Path) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    event = document["object"] if isinstance(document.get("object"), dict) else document
    if event.get("type") != "Event":
        return
    assert READERS[name](event).title


@pytest.mark.parametrize(
    ("name", "spoiled"),
    [
        ("Mobilizon", {"location": [{"type": "Place", "name": "x"}]}),
        ("Mobilizon", {"attributedTo": [{"id": "https://a.example"}]}),
        ("Mobilizon", {"tag": {"type": "Hashtag", "name": "#x"}}),
        ("Mobilizon", {"status": None}),
        ("Gancio", {"attachment": [{"type": "Link", "href": "https://a.example"}]}),
        ("Gancio", {"location": {"type": "Place"}}),
        ("Event Bridge", {"to": ["as:Public"], "cc": []}),
        ("Event Bridge", {"startTime": (NOW - timedelta(days=1)).isoformat()}),
        ("Friendica", {"name": "", "summary": ""}),
        ("Hubzilla", {"location": "a text"}),
    ],
)
def test_a_reader_would_notice(name: str, spoiled: Event) -> None:
    with pytest.raises(Unreadable):
        READERS[name](sent(EVENT) | spoiled)
