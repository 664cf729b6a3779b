"""The one sentence that says the essential, for readers that show nothing else (product.md 4.3, wire.md 4.1). Pure.

Events: when and where. Aid: what is needed, how much, until when, where. Used by the actions that publish.
"""

from datetime import UTC
from decimal import Decimal, InvalidOperation
from typing import Final

from fedi.i18n.catalog import translator
from fedi.i18n.dates import when_line
from fedi.publications.aid.model import CATEGORIES, UNITS, AidDetails
from fedi.publications.event.model import EventDetails

SEPARATOR: Final = " – "


def event_summary(details: EventDetails, language: str) -> str:
    """`Cancelled: Sat 5 Dec 2026, 18:00–21:00 (Africa/Tunis) – Place, Town`, in `language`."""
    t = translator(language)
    ends_at = details.ends_at if details.display_end else None
    when = when_line(details.starts_at, ends_at, details.zone, details.all_day, language)
    place = details.place.label or ", ".join(details.place.address_lines) if details.place else ""
    where = [place, t("event.online") if details.is_online else ""]
    line = SEPARATOR.join(part for part in (when, *where) if part)
    if details.status in ("cancelled", "postponed", "tentative"):
        return t(f"event.marked.{details.status}", line=line)
    return line


def aid_first_line(details: AidDetails, language: str, name: str | None = None) -> str:
    """`Needed: blankets – 50 kg – until 5 Dec 2026 – Tunis`, in `language`.

    `name` is the title, used when the thing is given by an address that says nothing to people.
    """
    t = translator(language)
    what = (
        t(f"aid.what.{details.what}") if details.what in CATEGORIES else name or t("aid.what.other")
    )
    parts = [what, _how_much(details, language)]
    if details.until is not None:
        day = when_line(details.until, None, UTC, True, language)
        parts.append(t("aid.until", day=day))
    if details.place is not None:
        parts.append(details.place.label)
    line = SEPARATOR.join(part for part in parts if part)
    return t("aid.needed" if details.purpose == "request" else "aid.offered", line=line)


def _how_much(details: AidDetails, language: str) -> str:
    """The amount with its unit; a bare number of things stands alone."""
    if details.quantity is None:
        return ""
    t = translator(language)
    try:
        number = Decimal(details.quantity)
    except InvalidOperation:
        return ""
    if details.unit not in UNITS:
        return f"{details.quantity} {details.unit}"
    count = int(number) if number == number.to_integral_value() else float(number)
    return t(f"aid.unit.{details.unit}", count=count)
