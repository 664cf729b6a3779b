"""Media types are parsed, never searched for (S33)."""

import pytest

from fedi.vocab.terms import ACCEPT_AS2, LD_JSON_PROFILE, is_activity_media_type

AS2 = "https://www.w3.org/ns/activitystreams"


@pytest.mark.parametrize(
    "value",
    [
        "application/activity+json",
        "Application/Activity+JSON",
        "application/activity+json; charset=utf-8",
        "application/activity+json ;q=1",
        LD_JSON_PROFILE,
        f"application/ld+json;profile={AS2}",
        f'application/ld+json; charset="utf-8"; PROFILE="{AS2}"',
        f'application/ld+json; profile="https://example.org/x {AS2}"',
        f'application/ld+json; x="a;b\\"c"; profile="{AS2}"',
    ],
)
def test_media_types_of_activity_streams_are_known(value: str) -> None:
    assert is_activity_media_type(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "application/json",
        "application/ld+json",
        "text/html; application/activity+json",
        "application/activity+json2",
        "application/activity",
        f"application/json; profile={AS2}",
        f'application/ld+json; profile="{AS2}x"',
        f'application/ld+json; profile="https://evil.example/?{AS2}"',
        f'application/ld+json; x="; profile={AS2}"',
        f'application/ld+json; notprofile="{AS2}"',
        f'application/ld+json; profile="other"; profile="{AS2}"',
        'application/ld+json; profile="' + "x" * 2000,
        "application/ld+json; profile",
        'application/ld+json; profile="\\',
    ],
)
def test_other_media_types_are_not(value: str) -> None:
    assert not is_activity_media_type(value)


def test_what_we_ask_for_is_what_we_take() -> None:
    assert all(is_activity_media_type(part) for part in ACCEPT_AS2.split(", "))
