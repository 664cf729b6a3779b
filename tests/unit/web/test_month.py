"""A month as weeks."""

from datetime import UTC, date, datetime

import pytest

from fedi.i18n.catalog import translator
from fedi.web.shown.month import span_of
from fedi.web.visitor import Visitor


# CLDR 42 and later, supplemental/weekData: Monday is the first day of the world, Saturday of Egypt.
@pytest.mark.parametrize(
    ("language", "zone", "first", "last"),
    [
        ("en", "Africa/Tunis", "2026-11-30", "2027-01-03"),
        ("fr", "Europe/Paris", "2026-11-30", "2027-01-03"),
        ("ar", "Africa/Tunis", "2026-11-30", "2027-01-03"),
        ("ar", "Africa/Cairo", "2026-11-28", "2027-01-01"),
    ],
)
def test_weeks_begin_as_they_do_in_the_language(
    language: str, zone: str, first: str, last: str
) -> None:
    now = datetime(2026, 12, 5, tzinfo=UTC)
    visitor = Visitor(translator(language), language, "ltr", "latn", zone, now)
    found = span_of(date(2026, 12, 1), visitor)
    assert tuple(each.isoformat() for each in found) == (first, last)


def test_a_month_of_whole_weeks_has_no_other_days() -> None:
    now = datetime(2027, 2, 5, tzinfo=UTC)
    visitor = Visitor(translator("fr"), "fr", "ltr", "latn", "Europe/Paris", now)
    assert span_of(date(2027, 2, 1), visitor) == (date(2027, 2, 1), date(2027, 2, 28))
