"""What came of a quote of ours: asked, given, refused, or nothing to be asked for."""

from dataclasses import dataclass

from fedi.db.engine import Reader
from fedi.instance import Instance
from fedi.publications import quoting
from fedi.publications.model import Publication


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """`state`: the last part of a key `reading.quote.…`; `uri`: what is quoted."""

    state: str
    uri: str


def quote_state(rx: Reader, instance: Instance, publication: Publication) -> ShownQuote | None:
    """For a publication of ours that quotes, or wanted to."""
    if not instance.urls.is_ours(publication.uri):
        return None
    asked = quoting.find(rx, publication.uri)
    if asked is not None:
        return ShownQuote(asked.state, asked.object_uri)
    return ShownQuote("own", publication.quote) if publication.quote else None
