"""What a note must satisfy before it may be published here. Pure."""

from fedi.publications.contract import Problem
from fedi.publications.model import Publication


def check_note(publication: Publication) -> tuple[Problem, ...]:
    """Words or a file."""
    if publication.original.content or publication.attachments:
        return ()
    return (Problem("content", "publication.content_missing"),)
