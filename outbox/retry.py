"""The policy of trying again. Pure: an answer → a verdict, a number of failures → a moment.

The ladder spans two weeks: a server that is repaired after a long week-end still gets everything.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LADDER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
)
DAILY = timedelta(days=1)
JITTER = 0.2
# Being told "who are you?" is worth some patience (a key not fetched yet, a clock being set), but not two weeks.
UNAUTHORISED_ATTEMPTS_MAX = 7


class Verdict(StrEnum):
    """What an answer means. HOST_LATER: the whole host is in trouble. LATER: only this one letter is."""

    SENT = "sent"
    LATER = "later"
    HOST_LATER = "host_later"
    REFUSED = "refused"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its reason, a stable word that the ledger translates."""

    verdict: Verdict
    reason: str


_HOST_IN_TROUBLE = frozenset({408, 425, 429, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530})


def judge(status: int, attempts: int) -> Judgement:
    """What a status means after so many attempts (this one included)."""
    reason = f"http_{status}"
    if 200 <= status < 300:
        return Judgement(Verdict.SENT, reason)
    if status in _HOST_IN_TROUBLE:
        return Judgement(Verdict.HOST_LATER, reason)
    if status >= 500 or 300 <= status < 400:
        # may be this one document that they stumble over: the next one is not held back by it
        return Judgement(Verdict.LATER, reason)
    if status == 401 and attempts < UNAUTHORISED_ATTEMPTS_MAX:
        return Judgement(Verdict.LATER, reason)
    if status == 410:
        return Judgement(Verdict.GONE, reason)
    return Judgement(Verdict.REFUSED, reason)


def next_attempt(
    failures: int, now: datetime, jitter: float, after_s: int | None = None
) -> datetime:
    """When to try again after so many failures in a row (≥ 1). `jitter` is a random number from 0 to 1.

    `after_s` is what the other side asked for; it only ever makes the wait longer.
    """
    wait = LADDER[failures - 1] if failures <= len(LADDER) else DAILY
    wait *= 1 - JITTER + 2 * JITTER * jitter
    if after_s is not None:
        wait = max(wait, timedelta(seconds=after_s))
    return now + wait
