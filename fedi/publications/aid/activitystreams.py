"""Aid requests and offers ⇄ the FEP-0837 members on a `Note`, so that microblogs show it and peers can compute. Pure.

The deadline is AS2's `endTime`; the event for which it is needed is schema.org's `about`; a category of ours is `resourceClassifiedAs`, the address of a thing `resourceConformsTo`.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from fedi.clock import iso
from fedi.errors import Invalid
from fedi.publications.aid.model import Action, AidDetails, Purpose
from fedi.publications.model import Publication
from fedi.publications.place import build_place, line_of, parse_place
from fedi.vocab.read import as_list, href_of, id_of, moment_of, one_of

PROPOSAL_TYPES: Final = frozenset({"Proposal"})
TYPES: Final = PROPOSAL_TYPES | {"Note"}
PRIMARY: Final = "#primary"
_QUANTITY: Final = re.compile(r"0*([0-9]{1,12}(?:\.[0-9]{1,6})?)")
_UNIT: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,59}")
_PURPOSES: Final[dict[object, Purpose]] = {"request": "request", "offer": "offer"}
_ACTIONS: Final[dict[object, Action]] = {"transfer": "transfer", "deliverService": "deliverService"}


def purpose_of(document: Mapping[str, Any]) -> Purpose | None:
    """Whether something is asked for or given; None when the document is about neither."""
    purpose = one_of(document.get("purpose"))
    return _PURPOSES.get(purpose) if isinstance(purpose, str) else None


def parse_aid(document: Mapping[str, Any]) -> AidDetails:
    """Reads by short names, whatever the context maps them to (wire.md 6.1).

    Raises Invalid("aid.purpose") or Invalid("aid.publishes") when it cannot be understood as aid.
    """
    purpose = purpose_of(document)
    if purpose is None:
        raise Invalid("aid.purpose", field="purpose")
    intent = one_of(document.get("publishes"))
    if not isinstance(intent, dict):
        raise Invalid("aid.publishes", field="publishes")
    quantity, unit = _parse_measure(intent.get("resourceQuantity"))
    minimum, _ = _parse_measure(intent.get("minimumQuantity"))
    available, _ = _parse_measure(intent.get("availableQuantity"))
    action = one_of(intent.get("action"))
    return AidDetails(
        purpose=purpose,
        action=_ACTIONS.get(action, "transfer") if isinstance(action, str) else "transfer",
        what=_parse_what(intent),
        quantity=quantity,
        unit=unit or "one",
        minimum=minimum,
        available=available,
        until=moment_of(document.get("endTime")),
        place=next(
            (p for item in as_list(document.get("location"))[:4] if (p := parse_place(item))), None
        ),
        event_uri=id_of(one_of(document.get("about"))),
        in_return=isinstance(one_of(document.get("reciprocal")), dict),
    )


def build_aid(publication: Publication) -> dict[str, Any]:
    """`unitBased` is left out on purpose: then any part of the amount may be pledged."""
    details = publication.aid
    intent: dict[str, Any] = {
        "type": "Intent",
        "id": publication.uri + PRIMARY,
        "action": details.action,
    }
    if details.what is not None:
        is_address = href_of(details.what) is not None
        intent["resourceConformsTo" if is_address else "resourceClassifiedAs"] = details.what
    intent["resourceQuantity"] = _build_measure(details.quantity, details.unit)
    if details.minimum is not None:
        intent["minimumQuantity"] = _build_measure(details.minimum, details.unit)
    if details.available is not None:
        intent["availableQuantity"] = _build_measure(details.available, details.unit)
    members: dict[str, Any] = {"purpose": details.purpose, "publishes": intent}
    if details.until is not None:
        members["endTime"] = iso(details.until)
    if details.event_uri is not None:
        members["about"] = details.event_uri
    if details.place is not None:
        members["location"] = build_place(details.place)
    return members


def quantity_of(value: object) -> str | None:
    """A decimal string without needless noughts; numbers are taken too. None for anything else, also for exponents."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = format(Decimal(repr(value)), "f")
    match = (
        _QUANTITY.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 40 else None
    )
    if match is None:
        return None
    digits = match[1]
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return digits


def _parse_measure(value: object) -> tuple[str | None, str | None]:
    measure = one_of(value)
    if not isinstance(measure, dict):
        return None, None
    unit = measure.get("hasUnit")
    named = unit.rsplit(":", 1)[-1].rsplit("/", 1)[-1] if isinstance(unit, str) else ""
    return quantity_of(measure.get("hasNumericalValue")), named if _UNIT.fullmatch(named) else None


def _build_measure(quantity: str | None, unit: str) -> dict[str, str]:
    """Amounts travel as strings: Mitra reads nothing else (wire.md 6.2)."""
    measure = {"hasUnit": unit}
    if quantity is not None:
        measure["hasNumericalValue"] = quantity
    return measure


def _parse_what(intent: Mapping[str, Any]) -> str | None:
    thing = href_of(one_of(intent.get("resourceConformsTo")))
    return thing or line_of(one_of(intent.get("resourceClassifiedAs")), 100)
