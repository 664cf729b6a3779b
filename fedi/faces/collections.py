"""Collections and their pages as documents (wire 4.6). Pure."""

from collections.abc import Sequence
from typing import Any

from fedi.vocab.terms import CONTEXT


def collection(
    uri: str,
    total: int | None,
    *,
    first: str | dict[str, Any] | None,
    items: Sequence[Any] | None = None,
) -> dict[str, Any]:
    """An ordered collection: with its items, with its first page, or with nothing but how many there are."""
    document: dict[str, Any] = {"@context": CONTEXT, "id": uri, "type": "OrderedCollection"}
    if total is not None:
        document["totalItems"] = total
    if items is not None:
        document["orderedItems"] = list(items)
    if first is not None:
        document["first"] = first
    return document


def page(uri: str, part_of: str, items: Sequence[Any], following: str | None) -> dict[str, Any]:
    """One page of an ordered collection."""
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "id": uri,
        "type": "OrderedCollectionPage",
        "partOf": part_of,
        "orderedItems": list(items),
    }
    if following is not None:
        document["next"] = following
    return document
