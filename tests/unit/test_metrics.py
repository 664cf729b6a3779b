"""Numbers: closed lists of words, buckets, and what is asked at the moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from fedi.metrics import BOUNDS_S, OTHER, Family, Kind, Metrics

COUNTED = Family("things_total", Kind.COUNTER, "Things.", colour=("red", "blue"))
PLAIN = Family("events_total", Kind.COUNTER, "Events.")
TOOK = Family("took_seconds", Kind.HISTOGRAM, "How long.", work=("read",))
LEVEL = Family("level", Kind.GAUGE, "How high.")


def test_a_word_that_is_on_no_list_makes_no_series() -> None:
    metrics = Metrics()
    for number in range(1000):
        metrics.count(COUNTED, f"invented-{number}")
    metrics.count(COUNTED, "red", by=2)
    found = {each.labels["colour"]: each.value for each in metrics.samples(COUNTED)}
    assert found == {OTHER: 1000, "red": 2, "blue": 0}


def test_there_is_one_word_for_each_label() -> None:
    for words in ((), ("red", "blue")):
        with pytest.raises(ValueError, match="zip"):
            Metrics().count(COUNTED, *words)


def test_what_has_not_happened_yet_is_nought() -> None:
    metrics = Metrics()
    (sample,) = metrics.samples(PLAIN)
    assert (sample.name, sample.labels, sample.value) == ("events_total", {}, 0)
    metrics.count(COUNTED, "red")
    assert [(each.labels["colour"], each.value) for each in metrics.samples(COUNTED)] == [
        ("red", 1),
        ("blue", 0),
    ]
    assert metrics.samples(LEVEL) == []


def test_each_bucket_holds_those_before_it_and_the_last_one_all() -> None:
    metrics = Metrics()
    for seconds in (0.0, BOUNDS_S[0], 0.5, 10_000.0):
        metrics.note(TOOK, seconds, "read")
    found = {each.labels.get("le", each.name): each.value for each in metrics.samples(TOOK)}
    assert [found[str(bound)] for bound in (*BOUNDS_S[:2], 0.25, 1.0, BOUNDS_S[-1])] == [
        2,
        2,
        2,
        3,
        3,
    ]
    assert (found["+Inf"], found["took_seconds_count"]) == (4, 4)
    assert found["took_seconds_sum"] == 10_000.5 + BOUNDS_S[0]


def test_what_is_watched_is_asked_when_somebody_wants_to_know() -> None:
    metrics, level = Metrics(), [1.0]
    metrics.watch(LEVEL, lambda: 99.0)
    metrics.watch(LEVEL, lambda: level[0])
    level[0] = 7.0
    assert [each.value for each in metrics.samples(LEVEL)] == [7.0]


def test_threads_lose_nothing() -> None:
    metrics = Metrics()

    def work(_: int) -> None:
        for _ in range(500):
            metrics.count(PLAIN)
            metrics.note(TOOK, 0.1, "read")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert metrics.samples(PLAIN)[0].value == 2000
    assert metrics.samples(TOOK)[-1].value == 2000
