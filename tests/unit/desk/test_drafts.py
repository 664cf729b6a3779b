"""Orders become drafts, every mistake is named at once, and a change keeps what it does not name."""

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from actors.model import ROLE_COLLECTIVE, Actor
from fedi.desk.details import Reading
from fedi.desk.drafts import changed_draft, draft_of
from fedi.desk.wishes import AidWish, EditOrder, EventWish, PlaceWish, PublishOrder, Words
from fedi.publications.aid.model import AidDetails
from fedi.publications.compose import Draft, Setting, compose
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication

NOW = datetime(2026, 11, 21, tzinfo=UTC)
AUTHOR = Actor(
    uri="https://agora.test/actor/1",
    host="agora.test",
    role=ROLE_COLLECTIVE,
    type="Group",
    username="agora",
    name="Agora",
    summary="",
    inbox="https://agora.test/actor/1/inbox",
    followers="https://agora.test/actor/1/followers",
)
EVENT = PublishOrder(
    kind="event",
    words=(Words(title="Assembly", source="Come."), Words(language="ar", title="جمعية")),
    event=EventWish(starts="2026-12-05T18:00", ends="2026-12-05T21:00", zone="Africa/Tunis"),
    place=PlaceWish(name="Dar", city="Tunis", latitude="36.8", longitude="10.18"),
)


def drafted(order: PublishOrder) -> tuple[Draft, Reading]:
    reading = Reading()
    return draft_of(reading, order, "en", "UTC"), reading


def published(order: PublishOrder) -> Publication:
    draft, reading = drafted(order)
    assert reading.problems == []
    setting = Setting(AUTHOR, "https://agora.test/event/1", NOW, lambda name: name, {})
    return compose(draft, setting)


def changed(before: Publication, **wishes: object) -> tuple[Draft, Reading]:
    reading = Reading()
    order = EditOrder(which=before.uri, **wishes)  # type: ignore[arg-type]
    return changed_draft(reading, order, before, before.language, "UTC"), reading


def keys(reading: Reading) -> list[tuple[str, str]]:
    return [(each.field, each.message_key) for each in reading.problems]


def test_words_without_a_language_are_in_the_usual_one_and_come_first() -> None:
    draft, _ = drafted(EVENT)
    assert list(draft.texts) == ["en", "ar"]


def test_an_event_keeps_zone_place_and_both_ends() -> None:
    draft, _ = drafted(EVENT)
    assert isinstance(draft.details, EventDetails)
    assert draft.details.starts_at == datetime(2026, 12, 5, 17, 0, tzinfo=UTC)
    assert draft.details.ends_at == datetime(2026, 12, 5, 20, 0, tzinfo=UTC)
    assert draft.details.timezone == "Africa/Tunis"
    assert draft.details.place is not None
    assert draft.details.place.latitude == 36.8


def test_the_last_of_several_whole_days_is_part_of_the_event() -> None:
    draft, _ = drafted(replace_event(starts="2026-12-05", ends="2026-12-06"))
    assert isinstance(draft.details, EventDetails)
    assert draft.details.all_day
    assert draft.details.ends_at == datetime(2026, 12, 6, 23, 0, tzinfo=UTC)


def test_an_address_without_a_place_is_an_online_event() -> None:
    wish = EventWish(starts="2026-12-05T18:00", online_url="https://meet.example/room")
    draft, _ = drafted(PublishOrder(kind="event", event=wish))
    assert isinstance(draft.details, EventDetails)
    assert draft.details.is_online


def test_a_page_for_signing_up_is_elsewhere_by_itself() -> None:
    draft, _ = drafted(replace_event(join_url="https://signup.example/"))
    assert isinstance(draft.details, EventDetails)
    assert draft.details.join_mode == "external"


def replace_event(**wishes: object) -> PublishOrder:
    event = msgspec.structs.replace(
        EventWish(starts="2026-12-05T18:00", zone="Africa/Tunis"), **wishes
    )
    return msgspec.structs.replace(EVENT, event=event)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (PublishOrder(kind="poem"), ("kind", "desk.choice")),
        (PublishOrder(kind="note", visibility="secret"), ("visibility", "desk.choice")),
        (PublishOrder(kind="event"), ("starts_at", "desk.starts_missing")),
        (replace_event(zone="Mars/Olympus"), ("zone", "event.timezone_unknown")),
        (replace_event(ends="2026-12-06"), ("ends_at", "desk.moments_mixed")),
        (replace_event(capacity=-1), ("capacity", "desk.number_range")),
        (replace_event(join="maybe"), ("join_mode", "desk.choice")),
        (replace_event(online_url="javascript:alert(1)"), ("online_url", "error.address")),
        (replace_event(category="x" * 61), ("category", "desk.line_too_long")),
        (PublishOrder(kind="note", event=EventWish(starts="2026-12-05")), ("event", "desk.only_events")),
        (PublishOrder(kind="event", aid=AidWish(what="food")), ("aid", "desk.only_aid")),
        (PublishOrder(kind="statement", place=PlaceWish(city="Tunis")), ("place", "desk.only_places")),
        (PublishOrder(kind="aid_offer", aid=AidWish(unit="stone")), ("unit", "desk.choice")),
        (PublishOrder(kind="aid_offer", aid=AidWish(until="soon")), ("until", "desk.moment_form")),
        (PublishOrder(kind="aid_offer", place=PlaceWish(latitude="91", longitude="0")), ("latitude", "desk.degrees")),
        (PublishOrder(kind="aid_offer", place=PlaceWish(latitude="1")), ("longitude", "desk.degrees")),
        (PublishOrder(kind="aid_offer", place=PlaceWish(latitude="nan", longitude="0")), ("latitude", "desk.degrees")),
        (PublishOrder(kind="note", words=(Words(source="a\x00b"),)), ("content", "desk.not_text")),
        (PublishOrder(kind="note", words=(Words(source="ب" * 60_000),)), ("content", "desk.text_too_long")),
        (PublishOrder(kind="note", words=(Words(title="x" * 301),)), ("name", "desk.line_too_long")),
        (PublishOrder(kind="note", words=(Words(language="arabic!"),)), ("language", "desk.language_form")),
        (PublishOrder(kind="note", words=(Words(source="a"), Words(language="en", source="b"))), ("language", "desk.language_twice")),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_field(order: PublishOrder, expected: tuple[str, str]) -> None:
    _, reading = drafted(order)
    assert expected in keys(reading)


def test_all_mistakes_are_named_at_once() -> None:
    order = PublishOrder(
        kind="event",
        event=EventWish(starts="2026-02-30", zone="Mars/Olympus", capacity=-3),
        place=PlaceWish(latitude="91", longitude="181"),
    )
    _, reading = drafted(order)
    assert {field for field, _ in keys(reading)} == {
        "zone", "starts_at", "capacity", "latitude", "longitude",
    }  # fmt: skip


def test_a_change_of_the_title_keeps_everything_else() -> None:
    before = published(EVENT)
    draft, reading = changed(before, words=(Words(title="Big assembly"),))
    again = compose(draft, Setting(AUTHOR, before.uri, NOW, lambda name: name, {}))
    assert reading.problems == []
    assert again.texts["en"].name == "Big assembly"
    assert replace(again, texts=before.texts) == before


def test_an_end_that_was_only_supposed_does_not_become_a_promise() -> None:
    before = published(replace_event())
    draft, _ = changed(before, event=EventWish(starts="2026-12-05T19:00"))
    assert isinstance(draft.details, EventDetails)
    assert draft.details.ends_at is None


def test_a_moved_event_remembers_when_it_was_to_start() -> None:
    before = published(EVENT)
    draft, _ = changed(before, event=EventWish(starts="2026-12-05T17:00"))
    assert isinstance(draft.details, EventDetails)
    assert draft.details.previous_starts_at == before.event.starts_at


def test_a_translation_can_be_added_and_taken_out() -> None:
    before = published(EVENT)
    draft, _ = changed(
        before, words=(Words(language="fr", title="Assemblée"),), drop_languages=("ar",)
    )
    assert list(draft.texts) == ["en", "fr"]


@pytest.mark.parametrize(
    ("dropped", "key"),
    [(("es",), "desk.language_absent"), (("en", "ar"), "desk.language_last")],
)
def test_languages_that_are_absent_or_the_last_cannot_be_taken_out(
    dropped: tuple[str, ...], key: str
) -> None:
    _, reading = changed(published(EVENT), drop_languages=dropped)
    assert key in [each.message_key for each in reading.problems]


def test_an_abstract_made_from_the_text_is_made_anew_after_a_change() -> None:
    order = PublishOrder(kind="statement", words=(Words(title="We", source="Old words."),))
    draft, _ = changed(published(order), words=(Words(source="New words."),))
    assert draft.texts["en"].abstract == ""


def test_an_abstract_that_was_written_stays() -> None:
    words = Words(title="We", source="Old words.", abstract="In short.")
    draft, _ = changed(
        published(PublishOrder(kind="statement", words=(words,))),
        words=(Words(source="New words."),),
    )
    assert draft.texts["en"].abstract == "In short."


def test_plain_text_becomes_markdown() -> None:
    words = Words(source="Title\n\nA long paragraph follows here.\n\n• one\n• two", is_plain=True)
    draft, _ = drafted(PublishOrder(kind="statement", words=(words,)))
    assert "- one" in draft.texts["en"].source


def test_what_is_needed_keeps_amount_and_last_day() -> None:
    order = PublishOrder(
        kind="aid_request",
        words=(Words(title="Blankets"),),
        aid=AidWish(what="clothing", quantity="40", until="2026-12-15", zone="Africa/Tunis"),
    )
    draft, reading = drafted(order)
    assert reading.problems == []
    assert isinstance(draft.details, AidDetails)
    assert (draft.details.purpose, draft.details.quantity) == ("request", "40")
    assert draft.details.until == datetime(2026, 12, 15, 22, 59, 59, tzinfo=UTC)
