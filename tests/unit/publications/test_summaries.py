"""The one sentence that says the essential, in four languages."""

from dataclasses import replace

import pytest

from fedi.publications.summaries import aid_first_line, event_summary
from tests.peers.samples import AID_OFFER, AID_REQUEST, EVENT


@pytest.mark.parametrize(
    ("language", "needles"),
    [
        ("ar", ("5 ديسمبر 2026", "18:00", "تونس", "حديقة الجوار، تونس")),
        ("en", ("5 December 2026", "18:00", "Tunis", "حديقة الجوار, تونس")),
        ("fr", ("5 décembre 2026", "18h", "Tunis")),
        ("es", ("5 de diciembre de 2026", "18:00", "Túnez")),
    ],
)
def test_an_event_says_when_and_where(language: str, needles: tuple[str, ...]) -> None:
    line = event_summary(EVENT.event, language)
    assert [needle for needle in needles if needle not in line] == []


@pytest.mark.parametrize(
    ("language", "word"),
    [("ar", "أُلغيت"), ("en", "Cancelled"), ("fr", "Annulé"), ("es", "Cancelado")],
)
def test_a_cancelled_event_says_so_first(language: str, word: str) -> None:
    assert event_summary(replace(EVENT.event, status="cancelled"), language).startswith(word)


def test_an_open_end_is_not_told() -> None:
    assert "21:00" not in event_summary(replace(EVENT.event, display_end=False), "en")


def test_an_event_online_says_so() -> None:
    assert event_summary(replace(EVENT.event, place=None, is_online=True), "en").endswith(
        "– online"
    )


@pytest.mark.parametrize(
    ("language", "start", "needles"),
    [
        ("ar", "مطلوب: ملابس وأغطية – 40", ("15 ديسمبر 2026", "تونس")),
        ("en", "Needed: clothes and blankets – 40", ("until", "15 December 2026")),
        ("fr", "Besoin\u00a0: vêtements et couvertures – 40", ("jusqu’au", "15 décembre 2026")),
        ("es", "Se necesita: ropa y mantas – 40", ("hasta el", "15 de diciembre de 2026")),
    ],
)
def test_an_aid_request_says_what_how_much_and_until_when(
    language: str, start: str, needles: tuple[str, ...]
) -> None:
    line = aid_first_line(AID_REQUEST.aid, language)
    assert line.startswith(start)
    assert [needle for needle in needles if needle not in line] == []


def test_the_last_day_is_the_day_on_the_spot() -> None:
    assert "16 December" in aid_first_line(AID_REQUEST.aid, "en", zone="Asia/Tokyo")


def test_a_thing_given_by_address_is_called_by_the_title() -> None:
    assert (
        aid_first_line(AID_OFFER.aid, "fr", "interprète") == "Proposé\u00a0: interprète – 10 heures"
    )


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        ("1", "ساعة واحدة"),
        ("2", "ساعتان"),
        ("3", "3 ساعات"),
        ("11", "11 ساعة"),
        ("100", "100 ساعة"),
        ("2.5", "2.5 ساعة"),
    ],
)
def test_arabic_counts_as_arabic_does(quantity: str, words: str) -> None:
    line = aid_first_line(replace(AID_OFFER.aid, quantity=quantity), "ar", "ترجمة")
    assert line == f"معروض: ترجمة – {words}"


def test_digits_follow_the_setting() -> None:
    line = aid_first_line(replace(AID_OFFER.aid, quantity="10"), "ar", "ترجمة", digits="arab")
    assert line == "معروض: ترجمة – ١٠ ساعات"


def test_a_unit_without_a_word_keeps_its_name() -> None:
    assert (
        aid_first_line(replace(AID_OFFER.aid, unit="hectare"), "en", "land")
        == "Offered: land – 10 hectare"
    )
