"""What a statement must satisfy before it may be published here. Pure."""

from fedi.publications.contract import Problem
from fedi.publications.model import Publication


def check_statement(publication: Publication) -> tuple[Problem, ...]:
    """An article needs a title, because many readers show nothing else; every statement needs words."""
    found = []
    if publication.type != "Note" and not publication.original.name:
        found.append(Problem("name", "publication.name_missing"))
    if not publication.original.content:
        found.append(Problem("content", "publication.content_missing"))
    return tuple(found)
