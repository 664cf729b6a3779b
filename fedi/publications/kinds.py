"""KINDS: everything that is published here or understood when it arrives. The first that claims a document has it."""

from collections.abc import Mapping
from typing import Any, Final

from fedi.publications.aid.kind import AID_OFFER, AID_REQUEST
from fedi.publications.contract import Kind
from fedi.publications.event.kind import EVENT
from fedi.publications.note.kind import NOTE
from fedi.publications.statement.kind import STATEMENT
from fedi.vocab.read import type_of

KINDS: Final[tuple[Kind, ...]] = (EVENT, STATEMENT, AID_REQUEST, AID_OFFER, NOTE)
KIND_NAMES: Final = {kind.name: kind for kind in KINDS}
KNOWN_TYPES: Final = frozenset().union(*(kind.types for kind in KINDS))


def kind_of(document: Mapping[str, Any]) -> Kind | None:
    """The kind of a document, or None when its type is not one that we can show."""
    known = type_of(document, KNOWN_TYPES)
    return next((kind for kind in KINDS if known in kind.types and kind.claims(document)), None)
