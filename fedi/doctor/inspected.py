"""The form of a question about others and of its answer. Plain values that travel as JSON."""

from datetime import datetime
from typing import Any

import msgspec

from fedi.desk.order import Order, Result
from fedi.doctor.finding import Finding


class InspectOrder(Order, frozen=True, kw_only=True):
    """`address`: `@name@host`, or the address of an actor, of something published, or of its page."""

    address: str


class Known(msgspec.Struct, frozen=True):
    """What this instance remembers of a host. `scheme`: the style of signature that worked last, if known."""

    host: str
    is_blocked: bool = False
    scheme: str = ""
    failures: int = 0
    failing_since: datetime | None = None
    last_sent_at: datetime | None = None
    last_heard_at: datetime | None = None
    last_reason: str = ""


class Sent(msgspec.Struct, frozen=True):
    """A line of the delivery ledger."""

    type: str
    inbox: str
    state: str
    attempts: int
    status: int | None
    reason: str
    at: datetime | None


class Inspected(Result, frozen=True, kw_only=True):
    """`kind`: actor, the name of a kind of publication, activity, or empty. `normal`: how we would keep it.

    `mastodon`: part and text of what Mastodon would show, empty when it would drop the document.
    """

    address: str
    url: str = ""
    kind: str = ""
    findings: tuple[Finding, ...] = ()
    known: Known
    deliveries: tuple[Sent, ...] = ()
    webfinger: dict[str, Any] | None = None
    document: dict[str, Any] | None = None
    normal: dict[str, Any] | None = None
    mastodon: tuple[tuple[str, str], ...] = ()
