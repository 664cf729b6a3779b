"""Sessions and stops: written inside their event and read back; what makes no sense is left out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from fedi.feeds.ical import render_calendar
from fedi.publications.activitystreams import build_object, parse_publication
from fedi.publications.event.parts import Part, are_moved
from fedi.publications.event.programme import parse_parts
from fedi.vocab.strict import dump, parse_document
from tests.peers.samples import EVENT, FOLLOWERS, NOW
from tests.peers.test_golden import expanded, sent, strays_of
from tests.unit.feeds.made import event, listed

AT = EVENT.event.starts_at
OPENING = Part(
    key="open",
    starts_at=AT,
    ends_at=AT + timedelta(hours=1),
    names={"ar": "الافتتاح", "fr": "Ouverture"},
    texts={"ar": "سطر أول\nسطر <ثانٍ>"},
    room="القاعة الكبرى",
    who="سلمى وبلال",
    spoken=("ar", "fr"),
)
STOP = Part(
    key="",
    starts_at=AT + timedelta(days=2),
    names={"fr": "Étape de Sfax"},
    room="Sfax",
    who="@sfax@sfax.example",
    uri="https://sfax.example/event/1",
    host="https://sfax.example/actor/1",
    status="cancelled",
    is_agreed=True,
)
WHOLE = replace(EVENT, details=replace(EVENT.event, parts=(OPENING, STOP), rooms=(OPENING.room,)))


def test_sessions_and_stops_come_back_as_they_were() -> None:
    there = parse_publication(
        parse_document(dump(build_object(WHOLE))), now=NOW, followers_uri=FOLLOWERS
    )
    assert there == WHOLE


def test_a_session_has_no_address_of_its_own_and_every_word_is_defined() -> None:
    document = sent(WHOLE)
    assert document["subEvent"][0]["id"] == f"{EVENT.uri}#open"
    assert document["subEvent"][1]["id"] == STOP.uri
    assert list(strays_of(expanded(document))) == []


@pytest.mark.parametrize(
    "item",
    [
        "https://h.example/1",
        {"type": "Event", "name": "x"},
        {"type": "Event", "startTime": "2026-12-05T18:00:00Z"},
        {"type": "Event", "name": "\u202e ", "startTime": "2026-12-05T18:00:00Z"},
        {"type": "Event", "name": {"a": 1}, "startTime": "2026-12-05T18:00:00Z"},
        {"type": "Event", "name": "x", "startTime": "2026-02-30T18:00:00Z"},
        None,
        [],
    ],
)
def test_what_makes_no_sense_is_no_part(item: object) -> None:
    assert parse_parts({"id": "https://h.example/e", "subEvent": [item]}, None) == ()


def test_odd_members_leave_the_rest_readable() -> None:
    item: dict[str, Any] = {
        "type": "Event",
        "id": "https://h.example/e#<script>",
        "name": "x" * 5000,
        "startTime": "2026-12-05T18:00:00Z",
        "endTime": "2026-12-05T17:00:00Z",
        "location": [1],
        "performer": {"a": []},
        "inLanguage": ["x"],
        "eventStatus": 7,
        "contentMap": {"ar": "<script>alert(1)</script><p>a</p>"},
    }
    [part] = parse_parts({"id": "https://h.example/e", "subEvent": item}, None)
    assert (part.key, part.ends_at, part.room, part.who) == ("n0", None, "", "")
    assert len(part.names["und"]) <= 200
    assert "<" not in part.texts["ar"]


def test_a_thousand_sessions_are_cut_and_none_comes_twice() -> None:
    items = [
        {"id": f"https://h.example/e#{n % 900}", "name": "x", "startTime": "2026-12-05T18:00:00Z"}
        for n in range(1000)
    ]
    found = parse_parts({"id": "https://h.example/e", "subEvent": items}, None)
    assert len(found) == len({each.key for each in found}) == 150


def test_who_has_to_hear_of_it() -> None:
    assert not are_moved((OPENING,), (OPENING, STOP))
    assert not are_moved((OPENING,), (replace(OPENING, texts={"ar": "x"}),))
    assert are_moved((OPENING,), ())
    for change in (
        {"room": "x"},
        {"status": "cancelled"},
        {"starts_at": AT + timedelta(minutes=5)},
    ):
        assert are_moved((OPENING,), (replace(OPENING, **change),))  # type: ignore[arg-type]


def test_calendars_relate_each_session_to_its_event_and_know_a_stop_by_its_own_name() -> None:
    at = datetime(2026, 12, 5, 17, tzinfo=UTC)
    part = replace(OPENING, starts_at=at, ends_at=at + timedelta(hours=1))
    raw = render_calendar([listed(details=event(parts=(part, STOP)))], "", with_parts=True)
    whole, session, stop = Calendar.from_ical(raw).walk("VEVENT")
    assert str(session["uid"]) == f"{whole['uid']}#open"
    assert str(session["related-to"]) == str(whole["uid"])
    assert session["related-to"].params["RELTYPE"] == "PARENT"
    assert session["dtstart"].dt.astimezone(UTC) == at
    assert (str(session["summary"]), str(session["location"])) == ("الافتتاح", "القاعة الكبرى")
    assert (str(stop["uid"]), str(stop["status"])) == (STOP.uri, "CANCELLED")
    # a subscription holds the event alone
    raw = render_calendar([listed(details=event(parts=(part, STOP)))], "")
    assert len(Calendar.from_ical(raw).walk("VEVENT")) == 1
