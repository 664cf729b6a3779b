"""The policy of trying again, over every number of failures, chance and wish."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from outbox.retry import JITTER, LADDER, Verdict, judge, next_attempt
from tests.harness.chance import examples

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CHANCE = st.floats(0, 1)


@examples(200)
@given(st.integers(1, 1000), CHANCE, st.none() | st.integers(0, 86_400))
def test_the_next_attempt_is_later_and_never_sooner_than_was_asked(
    failures: int, chance: float, after_s: int | None
) -> None:
    wait = next_attempt(failures, NOW, chance, after_s) - NOW
    assert wait >= LADDER[0] * (1 - JITTER)
    assert wait >= timedelta(seconds=after_s or 0)
    assert wait <= timedelta(days=1) * (1 + JITTER)


@examples(100)
@given(st.integers(1, 50), CHANCE)
def test_more_failures_never_mean_a_shorter_wait(failures: int, chance: float) -> None:
    assert next_attempt(failures + 1, NOW, chance) >= next_attempt(failures, NOW, chance)


@examples(300)
@given(st.integers(100, 999), st.integers(1, 100))
def test_only_success_counts_as_sent_and_every_answer_has_a_verdict(
    status: int, attempts: int
) -> None:
    found = judge(status, attempts)
    assert (found.verdict is Verdict.SENT) == (200 <= status < 300)
    assert found.reason == f"http_{status}"
