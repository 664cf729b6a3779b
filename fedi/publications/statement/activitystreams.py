"""How a statement is told from a note: by its type, or by the mark that a short statement carries. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from fedi.publications.model import Publication

MARK: Final = "publicationKind"
STATEMENT: Final = "statement"
LONG_TYPES: Final = frozenset({"Article", "Page"})


def is_marked(document: Mapping[str, Any]) -> bool:
    """Whether the author says that it is a statement (our own term, written plain or with its prefix)."""
    return STATEMENT in (document.get(MARK), document.get(f"mj:{MARK}"))


def parse_statement(_document: Mapping[str, Any]) -> None:
    """A statement has nothing beyond what all publications have."""


def build_statement(publication: Publication) -> dict[str, Any]:
    """The mark, when the type does not say it already."""
    return {} if publication.type in LONG_TYPES else {MARK: STATEMENT}
