"""The one sentence that says the essential, for readers that show nothing else (product.md 4.3, wire.md 4.1). Pure.

Events: when and where. Aid: what is needed, how much, until when, where. Used by the actions that publish.
"""

from decimal import Decimal
from typing import Final

from fedi.i18n.catalog import Digits, translator
from fedi.i18n.dates import day_line, offset_name, when_line, zone_of
from fedi.publications.aid.activitystreams import quantity_of
from fedi.publications.aid.model import CATEGORIES, UNITS, AidDetails
from fedi.publications.event.model import EventDetails
from fedi.publications.place import Place

SEPARATOR: Final = " – "


def event_summary(details: EventDetails, language: str, *, digits: Digits = "latn") -> str:
    """`Cancelled: Saturday 5 December 2026, 18:00–21:00 (Tunis time) – Place, Town`, in `language`."""
    t = translator(language, digits)
    when = when_line(
        details.starts_at,
        details.ends_at if details.display_end else None,
        details.timezone or offset_name(details.offset_minutes or 0),
        details.all_day,
        language,
        digits=digits,
    )
    where = _where(details.place, language)
    online = t("event.online") if details.is_online else ""
    line = SEPARATOR.join(part for part in (when, where, online) if part)
    return line if details.status == "confirmed" else t(f"event.marked.{details.status}", line=line)


def aid_first_line(
    details: AidDetails,
    language: str,
    name: str | None = None,
    *,
    zone: str = "UTC",
    digits: Digits = "latn",
) -> str:
    """`Needed: clothes and blankets – 40 – until Tuesday 15 December 2026 – Tunis`, in `language`.

    `name` is the title, used when the thing is given by an address, which says nothing to people. `zone` (IANA)
    decides which day the deadline falls on.
    """
    t = translator(language, digits)
    what = t(f"aid.what.{details.what}") if details.what in CATEGORIES else name
    parts = [what or t("aid.what.other"), _how_much(details, language, digits)]
    if details.until is not None:
        day = details.until.astimezone(zone_of(zone)).date()
        parts.append(t("aid.until", day=day_line(day, language, digits=digits)))
    parts.append(_where(details.place, language))
    line = SEPARATOR.join(part for part in parts if part)
    return t("aid.needed" if details.purpose == "request" else "aid.offered", line=line)


def _where(place: Place | None, language: str) -> str:
    return "" if place is None else place.labelled("، " if language.startswith("ar") else ", ")


def _how_much(details: AidDetails, language: str, digits: Digits) -> str:
    """The amount with its unit; a bare number of things stands alone. A unit we have no word for keeps its own name."""
    quantity = quantity_of(details.quantity)
    if quantity is None:
        return ""
    t = translator(language, digits)
    if details.unit not in UNITS:
        return f"{quantity} {details.unit}"
    amount = Decimal(quantity)
    if amount == amount.to_integral_value():
        return t.plural(f"aid.unit.{details.unit}", int(amount))
    return t(f"aid.unit.{details.unit}", n=quantity)
