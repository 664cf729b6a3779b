"""What all publications have in common: identity refused when wrong, the rest left out; limits; moments."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedi.errors import Invalid
from fedi.publications.activitystreams import authors_of, build_object, parse_publication
from fedi.publications.model import Publication
from fedi.vocab.audience import Addressing, Visibility
from fedi.vocab.terms import PUBLIC

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AUTHOR = "https://x.example/u/1"
NOTE: dict[str, Any] = {
    "id": "https://x.example/n/1",
    "type": "Note",
    "attributedTo": AUTHOR,
    "to": [PUBLIC],
    "content": "<p>x</p>",
    "published": "2026-11-20T08:00:00Z",
}
EVENT = NOTE | {"type": "Event", "name": "x", "startTime": "2026-12-05T18:00:00+01:00"}


def read(document: dict[str, Any] = NOTE, **changes: Any) -> Publication:
    return parse_publication(document | changes, now=NOW)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"id": None}, "publication.id"),
        ({"id": "n/1"}, "publication.id"),
        ({"id": "https://X.example/n/1"}, "publication.id"),
        ({"id": [NOTE["id"]]}, "publication.id"),
        ({"attributedTo": None}, "publication.author"),
        ({"attributedTo": "amal"}, "publication.author"),
        ({"attributedTo": [{"type": "Person"}]}, "publication.author"),
        ({"type": "Person"}, "publication.type_unknown"),
        ({"type": "Tombstone"}, "publication.type_unknown"),
        ({"type": "Proposal"}, "aid.purpose"),
        ({"type": "Proposal", "purpose": "offer"}, "aid.publishes"),
        ({"type": "Event"}, "event.starts_at"),
        ({"type": "Event", "startTime": "2030-02-29T10:00:00Z"}, "event.starts_at"),
        ({"type": "Event", "startTime": "2026-12-05T10:00:00"}, "event.starts_at"),
    ],
)
def test_what_cannot_be_held_against_anything_is_refused_with_a_name(
    changes: dict[str, Any], key: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        read(**changes)
    assert refusal.value.message_key == key


@pytest.mark.parametrize(
    ("value", "authors"),
    [
        (AUTHOR, (AUTHOR,)),
        ({"id": AUTHOR}, (AUTHOR,)),
        ([AUTHOR, AUTHOR], (AUTHOR,)),
        (
            [
                {"type": "Organisation?", "id": "https://x.example/o"},
                {"type": "Group", "id": AUTHOR},
            ],
            (AUTHOR, "https://x.example/o"),
        ),
    ],
)
def test_people_and_groups_come_first_among_authors(
    value: object, authors: tuple[str, ...]
) -> None:
    assert authors_of({"attributedTo": value}) == authors


def test_without_an_author_the_actor_of_the_object_is_the_author() -> None:
    assert read(attributedTo=None, actor=AUTHOR).author == AUTHOR


def test_the_lists_of_the_activity_count_when_the_object_has_none() -> None:
    bare = {member: value for member, value in NOTE.items() if member != "to"}
    there = parse_publication(bare, now=NOW, addressed=Addressing((PUBLIC,), ()))
    assert there.visibility is Visibility.PUBLIC


def test_the_lists_of_the_object_win_over_those_of_the_activity() -> None:
    there = parse_publication(
        NOTE | {"to": ["https://x.example/u/2"]}, now=NOW, addressed=Addressing((PUBLIC,), ())
    )
    assert there.visibility is Visibility.DIRECT


@pytest.mark.parametrize(
    ("published", "moment"),
    [
        ("2026-11-20T08:00:00Z", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2036-01-01T00:00:00Z", NOW),
        ("1970-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("2026-02-30T00:00:00Z", NOW),
        (None, NOW),
        (5, NOW),
    ],
)
def test_nothing_was_published_in_the_future_or_before_the_web_was_social(
    published: object, moment: datetime
) -> None:
    assert read(published=published).published_at == moment


@pytest.mark.parametrize(
    ("updated", "moment"),
    [
        ("2026-11-20T09:00:00Z", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20T08:00:00Z", None),
        ("2026-11-19T08:00:00Z", None),
        ("2099-01-01T00:00:00Z", NOW + timedelta(hours=1)),
        (None, None),
    ],
)
def test_an_update_is_later_than_the_publication(updated: object, moment: datetime | None) -> None:
    assert read(updated=updated).updated_at == moment


def test_html_is_cleaned_and_one_line_fields_are_one_line() -> None:
    there = read(
        type="Article",
        name="a\n\u202eb",
        summary="<p>one</p><script>x</script><p>two &amp; three</p>",
        content='<p onclick="x">ok</p><script>alert(1)</script><img src="https://t.example/x.gif">',
    )
    assert there.original.name == "a b"
    assert there.original.summary == "one\ntwo & three"
    assert "script" not in there.original.content
    assert "t.example" not in there.original.content


def test_the_warning_of_a_note_is_plain_text() -> None:
    there = read(summary="1 < 2 & <b>x</b>")
    assert there.original.summary == "1 < 2 & <b>x</b>"
    assert build_object(there)["summary"] == "1 < 2 & <b>x</b>"


def test_the_abstract_of_an_article_is_escaped_on_its_way_out() -> None:
    there = read(type="Article", summary="1 &lt; 2 &amp; 3")
    assert there.original.summary == "1 < 2 & 3"
    assert build_object(there)["summary"] == "1 &lt; 2 &amp; 3"


def test_plain_text_content_keeps_its_lines() -> None:
    content = read(mediaType="text/markdown", content="a < b\nc").original.content
    assert content == "<p>a &lt; b<br>c</p>"


@pytest.mark.parametrize(
    ("document", "language"),
    [
        ({"content": "b", "contentMap": {"ar": "a", "fr": "b"}}, "fr"),
        ({"content": "c", "contentMap": {"ar": "a", "fr": "b"}}, "ar"),
        ({"content": "c", "nameMap": {"es": "n"}, "name": "n"}, "es"),
        ({"content": "c", "inLanguage": "AR"}, "ar"),
        ({"content": "c", "language": {"identifier": "fr", "name": "Français"}}, "fr"),
        ({"content": "c", "language": 7}, "und"),
        ({"content": "c"}, "und"),
        ({"contentMap": {"ar": "a"}, "content": None}, "ar"),
    ],
)
def test_the_original_language_is_found(document: dict[str, Any], language: str) -> None:
    assert read(**document).language == language


def test_translations_follow_the_original_in_their_order() -> None:
    texts = read(
        content="b", contentMap={"ar": "a", "fr": "b", "es": "c"}, nameMap={"en": "n"}
    ).texts
    assert list(texts) == ["fr", "ar", "es", "en"]


def test_translations_end_where_their_markup_would_cost_too_much() -> None:
    crooked = {f"a{letter}": "<p>x<b></p>" * 400 for letter in "abcdefgh"}
    texts = read(content="o", contentMap={"ar": "o", **crooked}).texts
    assert list(texts) == ["ar", "aa", "ab", "ac"]


def test_no_more_than_forty_languages_are_kept() -> None:
    many = {f"{a}{b}": "x" for a in "abcdefgh" for b in "abcdefgh"}
    assert len(read(content="o", contentMap={"ar": "o"}, nameMap=many).texts) == 40


def test_an_unknown_language_is_not_written_as_one() -> None:
    assert "contentMap" not in build_object(read())


@pytest.mark.parametrize(
    ("changes", "member", "most"),
    [
        (
            {
                "attachment": [
                    {"type": "Image", "url": f"https://x.example/{n}.png"} for n in range(40)
                ]
            },
            "attachments",
            16,
        ),
        ({"tag": [{"type": "Hashtag", "name": f"#t{n}"} for n in range(90)]}, "tags", 50),
        (
            {
                "tag": [
                    {"type": "Mention", "name": "@x", "href": f"https://x.example/{n}"}
                    for n in range(90)
                ]
            },
            "tags",
            50,
        ),
        (
            {
                "tag": [
                    {"type": "Emoji", "name": f":{n}:", "icon": {"url": "https://x.example/i"}}
                    for n in range(90)
                ]
            },
            "tags",
            20,
        ),
        ({"tag": [{"type": "Hashtag", "name": "#x"}] * 90}, "tags", 1),
    ],
    ids=["attachments", "hashtags", "mentions", "emoji", "doubles"],
)
def test_more_than_is_kept_is_left_out(changes: dict[str, Any], member: str, most: int) -> None:
    assert len(getattr(read(**changes), member)) == most


def test_long_texts_are_cut() -> None:
    there = read(
        type="Article", name="ك" * 5000, summary="ك" * 30_000, content="<p>" + "ك " * 120_000
    )
    text = there.original
    assert text.name is not None
    assert text.summary is not None
    assert len(text.name.encode()) <= 2048
    assert len(text.summary.encode()) <= 20 * 1024
    assert len(text.content.encode()) <= 101_000


@pytest.mark.parametrize(
    "attachment",
    [
        {"type": "Image", "url": "javascript:alert(1)"},
        {"type": "Image", "url": None},
        {"type": "Image"},
        {"type": "Link", "href": "data:text/html,x"},
        {"type": "PropertyValue", "name": "x", "value": "y"},
        "https://x.example/1.png",
        None,
        [],
    ],
)
def test_an_attachment_that_leads_nowhere_is_left_out(attachment: object) -> None:
    assert read(attachment=[attachment]).attachments == ()


def test_alternative_text_is_read_from_summary_then_name() -> None:
    picture = {"type": "Document", "mediaType": "image/png", "url": "https://x.example/1.png"}
    both = read(attachment=picture | {"name": "short", "summary": "long"}).attachments[0]
    name = read(attachment=picture | {"name": "short"}).attachments[0]
    assert (both.alt, name.alt) == ("long", "short")


@pytest.mark.parametrize("point", [[2, 0], [0], "0,0", [None, 0], [0, float("nan")], {"x": 0}])
def test_a_focal_point_outside_the_picture_is_left_out(point: object) -> None:
    picture = {"type": "Image", "url": "https://x.example/1.png", "focalPoint": point}
    assert read(attachment=picture).attachments[0].focal is None


def test_a_banner_comes_first_whatever_its_place() -> None:
    there = read(
        attachment=[
            {"type": "Link", "href": "https://x.example/"},
            {"type": "Image", "mediaType": "image/png", "url": "https://x.example/2.png"},
            {
                "type": "Image",
                "mediaType": "image/png",
                "url": "https://x.example/1.png",
                "name": "Banner",
            },
        ]
    )
    assert [item.role for item in there.attachments] == ["banner", "link", "image"]


def test_a_reply_to_a_list_answers_its_first() -> None:
    assert (
        read(inReplyTo=[None, "https://x.example/1", "https://x.example/2"]).in_reply_to
        == "https://x.example/1"
    )


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
def test_what_is_not_public_may_not_be_quoted(visibility: Visibility) -> None:
    followers = "https://x.example/u/1/followers"
    to = followers if visibility is Visibility.FOLLOWERS else "https://x.example/u/2"
    there = parse_publication(NOTE | {"to": to}, now=NOW, followers_uri=followers)
    assert there.visibility is visibility
    assert "interactionPolicy" not in build_object(there)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": "CANCELLED"}, "cancelled"),
        ({"ical:status": "tentative"}, "tentative"),
        ({"eventStatus": "EventPostponed", "status": "TENTATIVE"}, "postponed"),
        ({"eventStatus": "https://schema.org/EventCancelled"}, "cancelled"),
        ({"eventStatus": "sc:EventRescheduled"}, "confirmed"),
        ({"eventStatus": ["EventCancelled"], "status": None}, "confirmed"),
        ({"status": "whatever"}, "confirmed"),
    ],
)
def test_every_spelling_of_the_state_of_an_event_is_understood(
    changes: dict[str, Any], status: str
) -> None:
    assert read(EVENT, **changes).event.status == status


@pytest.mark.parametrize("end", ["2026-12-05T17:59:59+01:00", "2026-02-30T00:00:00Z", None, 7])
def test_an_end_before_the_start_is_no_end(end: object) -> None:
    event = read(EVENT, endTime=end).event
    assert (event.ends_at, event.display_end) == (None, False)
    assert event.over_at - event.starts_at == timedelta(hours=3)


def test_an_event_put_off_without_a_new_date_keeps_the_old_one() -> None:
    event = read(
        EVENT,
        startTime=None,
        previousStartTime="2026-12-01T10:00:00Z",
        eventStatus="EventPostponed",
    ).event
    assert event.starts_at == event.previous_starts_at == datetime(2026, 12, 1, 10, tzinfo=UTC)


def test_a_floating_time_of_an_event_is_read_in_its_zone() -> None:
    event = read(EVENT, startTime="2026-07-05T18:00:00", timezone="Africa/Tunis").event
    assert event.starts_at == datetime(2026, 7, 5, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    "coordinates",
    [{"latitude": 91, "longitude": 0}, {"latitude": 10}, {"latitude": "x", "longitude": "y"}],
)
def test_coordinates_are_on_earth_or_left_out(coordinates: dict[str, Any]) -> None:
    place = read(EVENT, location={"type": "Place", "name": "x", **coordinates}).event.place
    assert place is not None
    assert (place.latitude, place.longitude) == (None, None)


def test_coordinates_written_as_text_count() -> None:
    place = read(EVENT, location={"name": "x", "latitude": "36.8", "longitude": "10.1"}).event.place
    assert place is not None
    assert (place.latitude, place.longitude) == (36.8, 10.1)


@pytest.mark.parametrize(
    ("value", "quantity"),
    [("12", "12"), ("012.50", "12.5"), (12, "12"), (2.5, "2.5"), ("0", "0"), ("1e9", None), ("-1", None), ("", None),
     (True, None), ("1,5", None), ("9" * 50, None), (1e20, None), ({}, None)],
)  # fmt: skip
def test_amounts_are_decimal_strings(value: object, quantity: str | None) -> None:
    document = NOTE | {
        "purpose": "request",
        "publishes": {"resourceQuantity": {"hasUnit": "om2:kilogram", "hasNumericalValue": value}},
    }
    aid = read(document).aid
    assert (aid.quantity, aid.unit) == (quantity, "kilogram")
