"""Reading what other servers write into headers: media types, moments, waiting times. Pure; nothing here raises."""

from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Final

AS2_IRI: Final = "https://www.w3.org/ns/activitystreams"
ACCEPT_AS2: Final = f'application/activity+json, application/ld+json; profile="{AS2_IRI}"'
RETRY_AFTER_S_MAX: Final = 24 * 3600


def is_as2(content_type: str) -> bool:
    """Whether a Content-Type names an ActivityStreams document: parsed, not searched (S33).

    Plain `application/json` and `application/ld+json` without the profile are what uploads can be served as.
    """
    if len(content_type) > 1024 or "," in content_type:
        return False
    parsed = Message()
    parsed["content-type"] = content_type.replace("\r", "").replace("\n", "")
    kind = parsed.get_content_type()
    if kind == "application/activity+json":
        return True
    if kind != "application/ld+json":
        return False
    profile = parsed.get_param("profile")
    return isinstance(profile, str) and AS2_IRI in profile.split()


def moment_of(http_date: str) -> datetime | None:
    """The aware UTC moment of a `Date`-like header; None for naive, far or unreadable ones."""
    try:
        moment = parsedate_to_datetime(http_date[:64])
        if moment.tzinfo is None:
            return None
        return moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def retry_after_s(value: str | None, now: datetime) -> int | None:
    """Seconds to wait, between 1 and a day (S117); None for absent, negative or unreadable values."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        seconds = int(value[:10])
        return max(1, min(seconds, RETRY_AFTER_S_MAX))
    moment = moment_of(value)
    if moment is None:
        return None
    wait_s = int((moment - now).total_seconds())
    return min(wait_s, RETRY_AFTER_S_MAX) if wait_s > 0 else None


def skew_s(date: str | None, now: datetime) -> int | None:
    """How many seconds the other server's clock is ahead of ours; None when within a minute or unknown."""
    moment = moment_of(date) if date else None
    if moment is None:
        return None
    ahead = int((moment - now).total_seconds())
    return ahead if abs(ahead) > 60 else None
