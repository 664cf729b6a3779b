"""What an aid request or offer must satisfy before it may be published here. Pure."""

from decimal import Decimal

from fedi.publications.aid.activitystreams import quantity_of
from fedi.publications.aid.model import CATEGORIES
from fedi.publications.contract import Problem
from fedi.publications.model import Publication
from fedi.vocab.read import href_of


def check_aid(publication: Publication) -> tuple[Problem, ...]:
    """What a person must still mend."""
    details = publication.aid
    found = []
    if not publication.original.name:
        found.append(Problem("name", "publication.name_missing"))
    if (
        details.what is not None
        and details.what not in CATEGORIES
        and href_of(details.what) is None
    ):
        found.append(Problem("what", "aid.what_unknown"))
    amounts = {
        field: _amount(getattr(details, field)) for field in ("quantity", "minimum", "available")
    }
    found += [
        Problem(field, "aid.quantity_malformed")
        for field, amount in amounts.items()
        if getattr(details, field) is not None and amount is None
    ]
    if amounts["quantity"] == 0:
        found.append(Problem("quantity", "aid.quantity_zero"))
    whole, least = amounts["quantity"], amounts["minimum"]
    if whole is not None and least is not None and least > whole:
        found.append(Problem("minimum", "aid.minimum_too_large"))
    if details.until is not None and details.until <= publication.published_at:
        found.append(Problem("until", "aid.until_past"))
    return tuple(found)


def _amount(text: str | None) -> Decimal | None:
    digits = quantity_of(text)
    return None if digits is None else Decimal(digits)
