"""Codes of six digits against the values that RFC 6238 prints, and as people type them."""

from datetime import UTC, datetime, timedelta

import pytest

from actors import onetime

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "last_six"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_the_standard(seconds: int, last_six: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert onetime.matching_step(SECRET, last_six, now) == seconds // 30


@pytest.mark.parametrize("typed", ["287082", " 287 082 ", "287-082", "٢٨٧٠٨٢", "۲۸۷۰۸۲"])
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert onetime.matching_step(SECRET, typed, datetime.fromtimestamp(59, UTC)) == 1


@pytest.mark.parametrize(
    "typed", ["", "28708", "2870822", "28708x", "²87082", "1½87082", "\x00" * 6]
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert onetime.matching_step(SECRET, typed, datetime.fromtimestamp(59, UTC)) is None


@pytest.mark.parametrize(("late_s", "fits"), [(-31, True), (-61, False), (30, True), (61, False)])
def test_a_clock_may_be_wrong_by_half_a_minute(late_s: int, fits: bool) -> None:
    now = datetime.fromtimestamp(1111111111, UTC) + timedelta(seconds=late_s)
    assert (onetime.matching_step(SECRET, "050471", now) is not None) is fits


def test_codes_on_paper_differ_and_are_read_as_they_are_spoken() -> None:
    codes = onetime.new_recovery_codes()
    assert len(set(codes)) == 10
    for code in codes:
        plain = code.replace("-", "")
        assert onetime.paper_of(code) == plain
        assert onetime.paper_of(f" {plain.upper().replace('1', 'I').replace('0', 'O')} ") == plain
    assert onetime.paper_of("abcd-efgh-jkm!n") == "abcdefghjkmn"
    for odd in ("", "abcd", "abcd-efgh-jkmu", "é" * 12, "a" * 13):
        assert onetime.paper_of(odd) == ""


def test_the_address_in_the_picture_names_the_house_and_the_person() -> None:
    uri = onetime.key_uri(SECRET, "ساحة: a", "Ana & Bob")
    assert uri.startswith("otpauth://totp/%D8%B3")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in uri
    assert "Ana%20%26%20Bob?" in uri
