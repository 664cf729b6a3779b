"""An event of a source as a publication: one that is shown here and never ours. Pure.

Its id is no address, so nobody can ask for it, answer it or pass it on, and no server can claim it.
"""

from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import msgspec

from fedi.publications.event.model import EventDetails
from fedi.publications.event.rules import complete
from fedi.publications.model import UNKNOWN_LANGUAGE, Publication, Tag, Text
from fedi.sources.model import Found
from fedi.sources.store import Source
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC

PREFIX: Final = "urn:uuid:"
# What our calendars say of an event that is itself only mirrored: two who mirror each other would never let go of it.
MIRRORED: Final = "X-MUJAWARA-SOURCE"


def is_mirror(uri: str) -> bool:
    """Whether a publication is shown here from a source."""
    return uri.startswith(PREFIX)


def mirror_uri(source: Source, identity: str) -> str:
    """The id of the mirror of an event: the same at every reading."""
    return f"{PREFIX}{uuid5(NAMESPACE_URL, f'{source.author_uri} {identity}')}"


def print_of(value: object) -> str:
    """What tells whether two are the same."""
    return sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:32]


def publication_of(found: Found, source: Source, now: datetime) -> Publication:
    """The mirror: everything leads to the page at the source, where people sign up as well."""
    page = found.url or source.link or source.address
    details = EventDetails(
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        timezone=found.timezone,
        all_day=found.all_day,
        place=found.place,
        online_url=found.online_url,
        status=found.status,
        join_mode="external",
        external_url=page,
        replies_open=False,
        is_online=found.online_url is not None and found.place is None,
        takes_join=False,
    )
    return Publication(
        uri=mirror_uri(source, found.identity),
        kind="event",
        type="Event",
        author=source.author_uri,
        visibility=Visibility.PUBLIC,
        to=(PUBLIC,),
        cc=(),
        texts={
            found.language or source.language or UNKNOWN_LANGUAGE: Text(
                found.title, None, found.html
            )
        },
        published_at=now,
        url=page,
        tags=tuple(Tag("hashtag", each) for each in found.tags),
        indexable=False,
        details=complete(details),
    )
