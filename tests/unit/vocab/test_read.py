"""The tolerant readers: any JSON value in, a plain value or None out."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fedi.vocab import read
from fedi.vocab.terms import PUBLIC

ANY_VALUE: list[Any] = [
    None, True, False, 0, -1, 1.5, 2**53, "", " ", "x", "https://x.example/1", [], [[]], [None], {}, [{}],
    {"id": None}, {"id": []}, {"type": []}, {"type": {}}, {"url": {}}, {"url": [{}]}, {"href": 1}, {"@value": 1},
    {"contentMap": []}, {"contentMap": {"ar": None, "": "x"}}, "\ud800", "\x00", "x" * 5000, ["x"] * 3000,
]  # fmt: skip


@pytest.mark.parametrize("value", ANY_VALUE, ids=lambda value: repr(value)[:30])
@pytest.mark.parametrize(
    "reader",
    [
        read.as_list,
        read.one_of,
        read.id_of,
        read.ids_of,
        read.audience_of,
        read.type_of,
        read.text_of,
        read.language_tag,
        lambda value: read.language_map_of(value, "content"),
        read.moment_of,
        read.local_moment_of,
        read.zone_of,
        read.number_of,
        read.count_of,
        read.bool_of,
        read.href_of,
        read.url_of,
        read.link_list_of,
        read.media_type_of,
    ],
)
def test_no_reader_raises_for_any_value(reader: Any, value: Any) -> None:
    reader(value)


@pytest.mark.parametrize(
    ("value", "uri"),
    [
        ("https://x.example/1", "https://x.example/1"),
        ("https://x.example/1#main-key", "https://x.example/1#main-key"),
        ({"id": "https://x.example/1", "type": "Person"}, "https://x.example/1"),
        ("https://X.example/1", None),
        ("https://x.example:443/1", None),
        ("https://user@x.example/1", None),
        ("https://x.example/1\n", None),
        (" https://x.example/1", None),
        ("javascript:alert(1)", None),
        ("ap://did:key:z6Mk/actor", None),
        ("/users/1", None),
        ("SCRUBBED_ID", None),
        ("https://x.example/" + "a" * 2048, None),
        (["https://x.example/1"], None),
        (7, None),
    ],
)
def test_an_id_is_canonical_or_absent(value: object, uri: str | None) -> None:
    assert read.id_of(value) == uri


def test_ids_come_from_one_value_a_list_or_objects_without_doubles() -> None:
    several = ["https://x.example/2", {"id": "https://x.example/1"}, None, 7, "https://x.example/2"]
    assert read.ids_of("https://x.example/1") == ("https://x.example/1",)
    assert read.ids_of(several) == ("https://x.example/2", "https://x.example/1")


@pytest.mark.parametrize("spelling", [PUBLIC, "as:Public", "Public", [PUBLIC], {"id": PUBLIC}])
def test_every_spelling_of_public_is_the_full_address(spelling: object) -> None:
    assert read.audience_of(spelling) == (PUBLIC,)


def test_of_an_audience_only_the_first_thousand_are_looked_at() -> None:
    crowd = [f"https://x.example/{number}" for number in range(1500)]
    assert len(read.audience_of(crowd)) == 1000


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Note", "Note"),
        ("as:Note", "Note"),
        ("vf:Proposal", "Proposal"),
        ("ValueFlows:Proposal", "Proposal"),
        ("https://www.w3.org/ns/activitystreams#Note", "Note"),
        (["Odd", "Note"], "Note"),
        (["Odd", "Strange"], "Odd"),
        ([], None),
        (None, None),
        (3, None),
    ],
)
def test_a_type_loses_its_prefix_and_of_a_list_the_known_one_counts(
    value: object, kind: str | None
) -> None:
    assert read.type_of({"type": value}, {"Note", "Proposal"}) == kind


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("ar", "ar"),
        ("AR", "ar"),
        ("zh-cn", "zh-CN"),
        ("en_us", "en-US"),
        ("SR-LATN-rs", "sr-Latn-RS"),
        ("zgh", "zgh"),
        ("und", "und"),
        ("x", None),
        ("", None),
        ("english!", None),
        ("ar-", None),
        ("a" * 36, None),
        (None, None),
    ],
)
def test_language_tags_have_one_spelling(text: object, tag: str | None) -> None:
    assert read.language_tag(text) == tag


def test_a_language_map_keeps_its_order_and_only_texts() -> None:
    document = {"contentMap": {"fr": "b", "AR": "a", "ar": "twice", "not a tag": "x", "en": None}}
    assert list(read.language_map_of(document, "content").items()) == [("fr", "b"), ("ar", "a")]


def test_a_language_map_ends_after_forty() -> None:
    many = {f"{a}{b}": "x" for a in "abcdefgh" for b in "abcdefgh"}
    assert len(read.language_map_of({"nameMap": many}, "name")) == 40


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-12-05T18:00:00Z", datetime(2026, 12, 5, 18, tzinfo=UTC)),
        ("2026-12-05T18:00:00+01:00", datetime(2026, 12, 5, 17, tzinfo=UTC)),
        ("2026-12-05T18:00:00.123456789Z", datetime(2026, 12, 5, 18, 0, 0, 123456, tzinfo=UTC)),
        ("2026-12-05t18:00:00z", datetime(2026, 12, 5, 18, tzinfo=UTC)),
        ("2026-12-05 18:00Z", datetime(2026, 12, 5, 18, tzinfo=UTC)),
        ("2026-12-05T18:00:00", None),
        ("2026-12-05", None),
        ("2030-02-29T18:00:00Z", None),
        ("2026-12-05T24:00:00Z", None),
        ("2026-12-05T18:00:60Z", None),
        ("2026-12-05T18:00:00+24:00", None),
        ("0000-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("10000-01-01T00:00:00Z", None),
        ("-2026-01-01T00:00:00Z", None),
        ("٢٠٢٦-12-05T18:00:00Z", None),
        ("20261205T180000Z", None),
        ("2026-W49-6T18:00:00Z", None),
        ("2026-12-05T18:00:00Z\n", None),
        ("tomorrow", None),
        (1796486400, None),
        (None, None),
    ],
)
def test_a_moment_is_a_moment_of_the_calendar_in_utc_or_nothing(
    value: object, moment: datetime | None
) -> None:
    assert read.moment_of(value) == moment


def test_a_local_moment_keeps_its_offset() -> None:
    moment = read.local_moment_of("2026-12-05T18:00:00+01:00")
    assert moment is not None
    assert moment.tzinfo == timezone(timedelta(hours=1))


def test_a_floating_time_is_read_in_the_zone_of_the_event() -> None:
    moment = read.local_moment_of("2026-07-05T18:00:00", ZoneInfo("Europe/Paris"))
    assert moment == datetime(2026, 7, 5, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        "Mars/Olympus",
        "../../etc/passwd",
        "/etc/localtime",
        "",
        "Africa",
        None,
        "A" * 70,
        "Africa/\0",
    ],
)
def test_what_is_no_zone_is_none(name: object) -> None:
    assert read.zone_of(name) is None


@pytest.mark.parametrize(
    ("value", "number"),
    [(36, 36.0), (36.5, 36.5), ("36.80", 36.8), ("-1", -1.0), (True, None), ("1e9", None), ("٣", None), ("nan", None),
     (float("inf"), None), (float("nan"), None), (2**60, None), ("", None), ([1], None)],
)  # fmt: skip
def test_a_number_may_be_written_as_text_but_must_be_finite(
    value: object, number: float | None
) -> None:
    assert read.number_of(value) == number


@pytest.mark.parametrize(
    ("value", "count"),
    [(0, 0), (80, 80), ("80", 80), (2.0, 2), (2.5, None), (-1, None), (True, None)],
)
def test_a_count_is_whole_and_not_negative(value: object, count: int | None) -> None:
    assert read.count_of(value) == count


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://X.example/page", "https://x.example/page"),
        ({"type": "Link", "href": "https://x.example/1"}, "https://x.example/1"),
        (
            [
                {
                    "type": "Link",
                    "mediaType": "application/x-mpegURL",
                    "href": "https://x.example/m3u8",
                },
                {"type": "Link", "mediaType": "text/html", "href": "https://x.example/page"},
            ],
            "https://x.example/page",
        ),
        (["magnet:?xt=1", "https://x.example/2"], "https://x.example/2"),
        ("javascript:alert(1)", None),
        ("//x.example/1", None),
        ("", None),
        ({"href": {"href": "https://x.example/1"}}, None),
    ],
)
def test_the_page_for_people_is_the_html_link_or_the_first(value: object, url: str | None) -> None:
    assert read.url_of(value) == url


@pytest.mark.parametrize(
    ("value", "one"), [("a", "a"), (["a"], "a"), (["a", "b"], None), ([], None), (None, None)]
)
def test_where_one_is_expected_a_list_of_several_is_none(value: object, one: object) -> None:
    assert read.one_of(value) == one


@pytest.mark.parametrize(
    ("value", "truth"),
    [(True, True), ("false", False), ("TRUE", True), (1, None), (None, None), ("yes", None)],
)
def test_true_and_false_may_be_written_as_text(value: object, truth: bool | None) -> None:
    assert read.bool_of(value) is truth


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        ("  ", None),
        (["", "x"], "x"),
        ({"@value": "x", "@language": "ar"}, "x"),
        (7, None),
    ],
)
def test_a_text_has_something_in_it(value: object, text: str | None) -> None:
    assert read.text_of(value) == text
