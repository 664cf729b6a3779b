"""The story of one delivery in plain words. Pure: a line of the ledger and what is known of its host enter; message keys
with their values leave, and when it is tried next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from outbox.hosts import HostState
from outbox.store import (
    GIVEN_UP,
    GONE,
    REFUSED,
    SENT,
    SUPERSEDED,
    WAITING,
    Delivery,
)

_UNREACHABLE: Final = {
    "connect": "unreachable",
    "unreachable": "unreachable",
    "dns": "no_name",
    "proxy": "proxy",
    "behind_proxy": "behind_proxy",
    "tls": "certificate",
    "timeout": "slow",
    "reset": "broken_off",
    "protocol": "broken_off",
    "network": "broken_off",
    "encoding": "broken_off",
    "too_large": "broken_off",
    "malformed": "broken_off",
    "blocked": "blocked_here",
    "no_key": "no_key",
    "internal": "internal",
    "clock": "clock",
    "restored": "restored",
    "expired": "expired",
    "dropped": "dropped",
    "inbox_elsewhere": "inbox_elsewhere",
}
_ANSWERED: Final = {
    400: "not_understood",
    401: "signature",
    403: "not_allowed",
    405: "not_taken",
    406: "not_taken",
    408: "slow",
    410: "gone",
    413: "too_large",
    415: "not_taken",
    422: "not_taken",
    425: "busy",
    429: "busy",
    501: "not_taken",
    502: "down",
    503: "down",
    504: "down",
}
_DOWN: Final = range(520, 531)
# Every word a story may give as its cause; each has a sentence `ledger.why.<cause>`.
CAUSES: Final = frozenset(
    {
        *_UNREACHABLE.values(),
        *_ANSWERED.values(),
        "address",
        "moved",
        "not_found",
        "other",
        "stumbles",
    }
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A message key and its values."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Story:
    """What became of a delivery. `cause`: a stable word for why not, empty when there is nothing to explain.

    `sentences` are to be said one after the other; `next_try_at` is the moment before which it is not tried again.
    """

    state: str
    cause: str
    sentences: tuple[Sentence, ...]
    next_try_at: datetime | None


def tell(delivery: Delivery, host: HostState | None, *, takes_others: bool) -> Story:
    """The story of a delivery. `takes_others`: whether that server took something else from us before."""
    if delivery.state in (SENT, SUPERSEDED):
        return Story(delivery.state, "", (Sentence(f"ledger.{delivery.state}"),), None)
    # letters behind the one that found the host in trouble were not tried: the host's reason is theirs
    troubled = host if host is not None and host.failures > 0 else None
    is_untried = delivery.state == WAITING and not delivery.last_reason
    reason = troubled.last_reason if is_untried and troubled is not None else delivery.last_reason
    cause = _cause_of(reason, takes_others=takes_others)
    why = _why(cause, reason, delivery, host)
    if delivery.state == WAITING:
        return _waiting(delivery, host, cause, why)
    head = {
        GONE: (),
        REFUSED: (),
        GIVEN_UP: (Sentence("ledger.given_up", {"n": delivery.attempts}),),
    }.get(delivery.state, ())
    return Story(delivery.state, cause, (*head, *why), None)


def _waiting(
    delivery: Delivery, host: HostState | None, cause: str, why: tuple[Sentence, ...]
) -> Story:
    moments = [delivery.due_at]
    if host is not None and host.failures > 0 and host.due_at is not None:
        moments.append(host.due_at)
    return Story(
        WAITING, cause, why or (Sentence("ledger.waiting"),), max(moments) if cause else None
    )


def _cause_of(reason: str, *, takes_others: bool) -> str:
    if reason in _UNREACHABLE:
        return _UNREACHABLE[reason]
    if reason.startswith("address_"):
        return "address"
    status = _status_of(reason)
    if status is None:
        return "other" if reason else ""
    if status == 404:
        # Gancio says so to types it does not know and to actors it does not trust: not a sign of a dead inbox
        return "not_taken" if takes_others else "not_found"
    if status in _ANSWERED:
        return _ANSWERED[status]
    return _cause_of_class(status)


def _cause_of_class(status: int) -> str:
    if status in _DOWN:
        return "down"
    if status >= 500:
        return "stumbles"
    return "moved" if 300 <= status < 400 else "other"


def _status_of(reason: str) -> int | None:
    number = reason.removeprefix("http_")
    is_status = reason.startswith("http_") and number.isascii() and number.isdecimal()
    return int(number) if is_status else None


def _why(
    cause: str, reason: str, delivery: Delivery, host: HostState | None
) -> tuple[Sentence, ...]:
    if not cause:
        return ()
    if cause == "clock" and host is not None and host.clock_skew_s:
        minutes = max(1, round(abs(host.clock_skew_s) / 60))
        ahead = host.clock_skew_s > 0
        key = "ledger.why.clock_ahead" if ahead else "ledger.why.clock_behind"
        return (Sentence(key, {"n": minutes}),)
    status = _status_of(reason) or delivery.last_status
    values: dict[str, str | int] = {"answer": str(status) if status is not None else reason}
    return (Sentence(f"ledger.why.{cause}", values),)
