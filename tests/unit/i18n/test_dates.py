"""When something is, as people of each language say it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fedi.i18n.dates import (
    day_line,
    moment_line,
    month_line,
    number,
    offset_name,
    part_line,
    relative,
    time_line,
    when_line,
)

START = datetime(2026, 12, 5, 17, 0, tzinfo=UTC)
END = datetime(2026, 12, 5, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Saturday 5 December 2026, 18:00–21:00 (Tunis time)"),
        ("fr", "samedi 5 décembre 2026 de 18h à 21h (heure de Tunis)"),
        ("es", "sábado 5 de diciembre de 2026, de 18:00 a 21:00 (hora de Túnez)"),
        ("ar", "السبت 5 ديسمبر 2026، من 18:00 إلى 21:00 (بتوقيت تونس)"),
        ("ar-TN", "السبت 5 ديسمبر 2026، من 18:00 إلى 21:00 (بتوقيت تونس)"),
        ("xx", "Saturday 5 December 2026, 18:00–21:00 (Tunis time)"),
    ],
)
def test_one_evening(language: str, line: str) -> None:
    assert when_line(START, END, "Africa/Tunis", False, language) == line


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Saturday 5 December 2026, 18:00 to Sunday 6 December 2026, 02:30 (Tunis time)"),
        (
            "fr",
            "du samedi 5 décembre 2026 à 18h au dimanche 6 décembre 2026 à 2h30 (heure de Tunis)",
        ),
        (
            "es",
            "del sábado 5 de diciembre de 2026, 18:00, al domingo 6 de diciembre de 2026, 02:30 (hora de Túnez)",
        ),
        (
            "ar",
            "من السبت 5 ديسمبر 2026 الساعة 18:00 إلى الأحد 6 ديسمبر 2026 الساعة 02:30 (بتوقيت تونس)",
        ),
    ],
)
def test_past_midnight(language: str, line: str) -> None:
    assert (
        when_line(START, START + timedelta(hours=8, minutes=30), "Africa/Tunis", False, language)
        == line
    )


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Saturday 5 December 2026, 18:00 (Tunis time)"),
        ("fr", "samedi 5 décembre 2026 à 18h (heure de Tunis)"),
        ("es", "sábado 5 de diciembre de 2026, 18:00 (hora de Túnez)"),
        ("ar", "السبت 5 ديسمبر 2026، الساعة 18:00 (بتوقيت تونس)"),
    ],
)
def test_without_an_end(language: str, line: str) -> None:
    assert moment_line(START, "Africa/Tunis", language) == line


def test_an_end_before_the_start_is_no_end() -> None:
    assert when_line(START, START - timedelta(hours=1), "UTC", False, "en") == moment_line(
        START, "UTC", "en"
    )


@pytest.mark.parametrize(
    ("days", "line"),
    [
        (None, "Saturday 5 December 2026, all day"),
        (1, "Saturday 5 December 2026, all day"),
        (3, "Saturday 5 December 2026 to Monday 7 December 2026"),
    ],
)
def test_all_day_ends_at_the_midnight_after_its_last_day(days: int | None, line: str) -> None:
    midnight = datetime(2026, 12, 4, 23, 0, tzinfo=UTC)
    end = midnight + timedelta(days=days) if days else None
    assert when_line(midnight, end, "Africa/Tunis", True, "en") == line


def test_the_year_is_left_out_when_it_is_this_one() -> None:
    assert when_line(START, END, "Africa/Tunis", False, "en", now=END).startswith(
        "Saturday 5 December, 18:00"
    )
    assert "2026" in when_line(
        START, END, "Africa/Tunis", False, "en", now=END + timedelta(days=60)
    )


@pytest.mark.parametrize(
    ("zone", "month"),
    [
        ("Africa/Tunis", "جانفي"),
        ("Asia/Damascus", "كانون الثاني"),
        ("Africa/Cairo", "يناير"),
        ("Europe/Paris", "يناير"),
    ],
)
def test_arabic_months_are_those_of_the_place(zone: str, month: str) -> None:
    assert month in moment_line(datetime(2027, 1, 9, 12, tzinfo=UTC), zone, "ar")


def test_the_region_may_be_chosen() -> None:
    assert month_line(date(2027, 1, 9), "ar", region="SY") == "كانون الثاني 2027"
    assert day_line(date(2027, 1, 9), "ar", region="tn") == "السبت 9 جانفي 2027"
    assert month_line(date(2027, 1, 9), "ar", region="??") == "يناير 2027"


def test_digits_follow_the_setting_in_arabic_only() -> None:
    assert (
        moment_line(START, "UTC", "ar", digits="arab") == "السبت ٥ ديسمبر ٢٠٢٦، الساعة ١٧:٠٠ (UTC)"
    )
    assert day_line(date(2026, 12, 5), "es", digits="arab") == "sábado 5 de diciembre de 2026"


@pytest.mark.parametrize(
    ("zone", "language", "name"),
    [
        ("Africa/Algiers", "fr", "(heure d’Alger)"), ("Africa/Cairo", "fr", "(heure du Caire)"), ("Nowhere/At_all", "fr", "(UTC)"),
        ("America/Argentina/Buenos_Aires", "en", "(Buenos Aires time)"), ("", "ar", "(UTC)"), ("../../etc/passwd", "en", "(UTC)"),
        ("x" * 10_000, "en", "(UTC)"), ("Etc/GMT-3", "en", "(GMT-3)"), ("\x00", "en", "(UTC)"), ("Asia/Gaza", "ar", "(بتوقيت غزة)"),
    ],
)  # fmt: skip
def test_a_zone_has_the_name_people_use_or_none_at_all(zone: str, language: str, name: str) -> None:
    assert moment_line(START, zone, language).endswith(name)


@pytest.mark.parametrize(
    "moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_the_first_and_last_moment_there_is_can_be_said(moment: datetime) -> None:
    assert moment_line(moment, "Pacific/Kiritimati", "ar")
    assert moment_line(moment, "Pacific/Pago_Pago", "fr")


def test_time_of_day_alone() -> None:
    assert time_line(START, "Africa/Tunis", "en") == "18:00"
    assert time_line(START + timedelta(minutes=5), "Africa/Tunis", "fr") == "18h05"


def test_distances_from_now() -> None:
    assert relative(START, START, "fr") == "à l’instant"
    assert relative(START + timedelta(days=2), START, "en") == "in 2 days"
    assert relative(START - timedelta(hours=3), START, "es") == "hace 3 horas"
    assert relative(START + timedelta(days=2), START, "ar") == "خلال يومين"


def test_numbers_in_each_language() -> None:
    assert number(1234567, "en") == "1,234,567"
    assert number(1234567, "ar", digits="arab") == "١٬٢٣٤٬٥٦٧"
    assert number(1234567, "es") == "1.234.567"
    assert number(1234567, "fr").replace("\u202f", " ").replace("\xa0", " ") == "1 234 567"


@pytest.mark.parametrize(
    ("day", "line"),
    [
        (date(2027, 5, 1), "samedi 1er mai 2027"),
        (date(2027, 5, 2), "dimanche 2 mai 2027"),
        (date(2027, 5, 11), "mardi 11 mai 2027"),
        (date(2027, 5, 31), "lundi 31 mai 2027"),
    ],
)
def test_french_counts_the_first_of_a_month(day: date, line: str) -> None:
    assert day_line(day, "fr") == line


def test_a_french_event_on_the_first_of_a_month() -> None:
    start = datetime(2027, 5, 1, 17, 0, tzinfo=UTC)
    assert moment_line(start, "UTC", "fr") == "samedi 1er mai 2027 à 17h (UTC)"


@pytest.mark.parametrize(("pattern", "part"), [("d", "1er"), ("d MMM", "1er mai"), ("MMMM", "mai")])
def test_a_part_of_a_french_day(pattern: str, part: str) -> None:
    assert part_line(date(2027, 5, 1), pattern, "fr") == part


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_other_languages_write_the_first_as_any_other_day(language: str) -> None:
    assert part_line(date(2027, 5, 1), "d", language) == "1"


@pytest.mark.parametrize(
    ("minutes", "line"),
    [
        (120, "Saturday 5 December 2026, 19:00 (UTC+2)"),
        (-210, "Saturday 5 December 2026, 13:30 (UTC-3:30)"),
        (0, "Saturday 5 December 2026, 17:00 (UTC)"),
        (840, "Sunday 6 December 2026, 07:00 (UTC+14)"),
    ],
)
def test_where_only_an_offset_is_known_it_is_told(minutes: int, line: str) -> None:
    assert moment_line(START, offset_name(minutes), "en") == line


def test_an_offset_keeps_its_order_among_arabic_words() -> None:
    assert moment_line(START, "+02:00", "ar", digits="arab").endswith("(\u2066UTC+٢\u2069)")


@pytest.mark.parametrize("name", ["+2", "02:00", "+24:00", "+02:60", "+٠٢:00", "+02:00 "])
def test_what_only_resembles_an_offset_counts_as_utc(name: str) -> None:
    assert time_line(START, name, "en") == "17:00"
