"""Which face of an address is meant: the ActivityStreams document or the page for people. Pure."""

from typing import Final

from fedi.vocab.terms import ACTIVITY_JSON, LD_JSON

_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_DOCUMENTS: Final = frozenset({ACTIVITY_JSON, LD_JSON})
_HEADER_LENGTH_MAX: Final = 2000
_RANGES_MAX: Final = 40


def wants_activity(accept: str | None) -> bool:
    """Whether the document is wanted: either media type is named, and no page is preferred to it by a higher q.

    Any position, any profile, any spelling of case (wire 0.2, 10.2); wildcards alone mean a person.
    """
    document = page = 0.0
    for item in (accept or "")[:_HEADER_LENGTH_MAX].split(",")[:_RANGES_MAX]:
        media_type, *parameters = (part.strip() for part in item.split(";"))
        if media_type.lower() in _DOCUMENTS:
            document = max(document, _weight(parameters))
        elif media_type.lower() in _PAGES:
            page = max(page, _weight(parameters))
    return document > 0 and document >= page


def _weight(parameters: list[str]) -> float:
    """The q of a range; what cannot be read counts as 1, because naming a type is what matters."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            value = value.strip()
            plain = value.isascii() and len(value) <= 5 and value.replace(".", "", 1).isdigit()
            return min(float(value), 1.0) if plain else 1.0
    return 1.0
