"""What other servers write into headers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi.http.headers import ACCEPT_AS2, is_as2, moment_of, retry_after_s, skew_s
from tests.harness.chance import examples

NOW = datetime(2026, 11, 21, 7, 0, 0, tzinfo=UTC)
AS2 = "https://www.w3.org/ns/activitystreams"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "Application/Activity+JSON",
        "application/activity+json; charset=utf-8",
        f'application/ld+json; profile="{AS2}"',
        f'application/ld+json;charset=utf-8;profile="{AS2}"',
        f'application/ld+json; profile="https://w3id.org/security {AS2}"',
        f"application/ld+json;profile={AS2}",
        f'application/ld+json; charset="utf-8"; PROFILE="{AS2}"',
        f'application/ld+json; x="a;b\\"c"; profile="{AS2}"',
        *ACCEPT_AS2.split(", "),
    ],
)
def test_an_activitystreams_type_is_recognised(content_type: str) -> None:
    assert is_as2(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "application/ld+json",
        f'application/ld+json; profile="{AS2}x"',
        f'application/ld+json; x="{AS2}"',
        f'application/ld+json; x="; profile={AS2}"',
        f'application/ld+json; profile="https://evil.example/?{AS2}"',
        f'application/ld+json; profile="other"; profile="{AS2}"',
        f"application/json; profile={AS2}",
        "application/ld+json; profile",
        'application/ld+json; profile="\\',
        "text/html; x=application/activity+json",
        "text/plain, application/activity+json",
        "application/activity+json, text/plain",
        "application/activity+jsonx",
        "image/png; application/activity+json",
        "text/html\r\napplication/activity+json",
        "application/activity+json" + " " * 2000,
    ],
)
def test_any_other_type_is_not_an_activitystreams_document(content_type: str) -> None:
    assert not is_as2(content_type)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 1),
        ("120", 120),
        (" 120 ", 120),
        ("999999999999999999999", 86400),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("١٢", None),
        ("Sat, 21 Nov 2026 07:02:00 GMT", 120),
        ("Sun, 21 Nov 2027 07:02:00 GMT", 86400),
        ("Sat, 21 Nov 2026 06:00:00 GMT", None),
        ("Sat, 21 Nov 2026 07:02:00", None),
        ("Sat, 99 Nov 2026 07:02:00 GMT", None),
    ],
)
def test_a_waiting_time_is_clamped_or_ignored(value: str | None, seconds: int | None) -> None:
    assert retry_after_s(value, NOW) == seconds


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        (None, None),
        ("garbage", None),
        ("Sat, 21 Nov 2026 07:00:59 GMT", None),
        ("Sat, 21 Nov 2026 07:02:00 GMT", 120),
        ("Sat, 21 Nov 2026 06:00:00 GMT", -3600),
    ],
)
def test_a_clock_that_differs_by_more_than_a_minute_is_noticed(
    date: str | None, ahead: int | None
) -> None:
    assert skew_s(date, NOW) == ahead


@examples(200)
@given(st.one_of(st.text(max_size=40), st.from_regex(r"\w{3}, \d+ \w{3} \d+ [\d:]+ [-+\d\w]+")))
def test_no_date_breaks_the_reader(text: str) -> None:
    moment = moment_of(text)
    assert moment is None or moment.tzinfo is UTC
