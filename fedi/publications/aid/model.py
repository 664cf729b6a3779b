"""What only aid requests and offers have in the words of FEP-0837. Plain values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from fedi.publications.place import Place

Purpose = Literal["request", "offer"]
Action = Literal["transfer", "deliverService"]

# What can be asked for without an address of its own; the texts for people are `aid.what.<name>`.
CATEGORIES: Final = (
    "food",
    "water",
    "shelter",
    "clothing",
    "health",
    "transport",
    "money",
    "legal",
    "translation",
    "care",
    "education",
    "tools",
    "space",
    "work",
    "information",
    "other",
)

# Short names of the Ontology of Units of Measure; the texts for people are `aid.unit.<name>`.
UNITS: Final = ("one", "kilogram", "litre", "metre", "hour", "day", "month")


@dataclass(frozen=True, slots=True)
class AidDetails:
    """Something needed or given. Quantities are decimal strings in `unit`, as they travel: "12.5".

    `what` is one of CATEGORIES, or the address of a thing (Wikidata). `minimum` is the smallest part one may
    pledge, `available` what is left. `in_return`: the author asks something back, as in a sale (only remote ones do).
    `event_uri`: the event for which it is asked or given.
    """

    purpose: Purpose
    action: Action = "transfer"
    what: str | None = None
    quantity: str | None = None
    unit: str = "one"
    minimum: str | None = None
    available: str | None = None
    until: datetime | None = None
    place: Place | None = None
    in_return: bool = False
    event_uri: str | None = None
