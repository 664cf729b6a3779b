"""The lines of `fedi top`: rates, times, widths."""

from collections.abc import Mapping

import pytest

from fedi.cli.speech import speak_in, width_of
from fedi.cli.top_screen import Glance, cut, duration, one_line, screen, size
from fedi.db.watch import RAN
from fedi.desk.numbers import Number, Numbers
from fedi.i18n.catalog import LANGUAGES
from inbox.verdicts import ANSWERED


@pytest.fixture(autouse=True)
def english() -> None:
    speak_in("en")


def told(up_s: float, *numbers: tuple[str, Mapping[str, str], float]) -> Numbers:
    made = [Number(name=name, labels=dict(labels), value=value) for name, labels, value in numbers]
    return Numbers(up_s=up_s, numbers=made, slowest=[], troubled=[])


def kept(up_s: float, many: float) -> Numbers:
    labels = {"status": "202", "verdict": "kept"}
    refused = {"status": "401", "verdict": "signature.key"}
    return told(up_s, (ANSWERED.name, labels, many), (ANSWERED.name, refused, 5))


def test_a_rate_is_what_came_between_two_glances() -> None:
    glance = Glance(kept(14.0, 130), kept(10.0, 100))
    assert glance.per_second(ANSWERED, status="202") == 7.5
    assert glance.total(ANSWERED) == 135


def test_the_first_glance_tells_of_all_the_time() -> None:
    assert Glance(kept(10.0, 100)).per_second(ANSWERED, status="202") == 10.0


def test_after_a_restart_nothing_runs_backwards() -> None:
    glance = Glance(kept(2.0, 4), kept(1000.0, 90_000))
    assert glance.per_second(ANSWERED, status="202") == 2.0


def test_times_are_those_between_two_glances() -> None:
    def ran(up_s: float, quick: int, slow: int) -> Numbers:
        name = RAN.name
        return told(
            up_s,
            (f"{name}_bucket", {"work": "read", "le": "0.001"}, quick),
            (f"{name}_bucket", {"work": "read", "le": "0.25"}, quick + slow),
            (f"{name}_bucket", {"work": "read", "le": "+Inf"}, quick + slow),
            (f"{name}_sum", {"work": "read"}, quick * 0.001 + slow * 0.2),
            (f"{name}_count", {"work": "read"}, quick + slow),
        )

    before = ran(10, 1000, 0)
    mean_s, bound_s = Glance(ran(12, 1090, 10), before).times(RAN, work="read") or (0, 0)
    assert (round(mean_s, 4), bound_s) == (0.0209, 0.25)
    assert Glance(ran(12, 1099, 1), before).times(RAN, work="read") == (
        pytest.approx(0.00299),
        0.001,
    )
    assert Glance(before, ran(9, 1000, 0)).times(RAN, work="read") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_server_that_knows_nothing_yet_is_shown_too(language: str) -> None:
    speak_in(language)
    lines = screen(Glance(told(0.0)))
    assert not any("top." in line or "{" in line for line in [*lines, one_line(Glance(told(0.0)))])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"),
        (0.0004, "0.4 ms"),
        (2.5, "2.5 s"),
        (150, "2 min"),
        (7300, "2 h"),
        (200_000, "2 d"),
    ],
)
def test_a_span_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"), [(None, "–"), (512, "0.5 KB"), (3 * 2**20, "3.0 MB"), (2**31, "2.0 GB")]
)
def test_bytes_are_told_in_a_unit_that_people_read(count: float | None, words: str) -> None:
    assert size(count) == words


def test_a_line_that_is_cut_closes_what_it_opened() -> None:
    line = "خادم \u2066agora.example.org\u2069 بطيء"
    assert cut(line, 100) == line
    short = cut(line, 10)
    assert width_of(short) == 10
    assert short.count("\u2066") == short.count("\u2069") == 1
    assert cut(line, 4) == "خادم"
