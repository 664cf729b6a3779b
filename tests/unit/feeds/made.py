"""Publications as views hand them to feeds."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from actors.model import Actor
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication, Tag, Text
from fedi.views.listed import Listed
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC

AT = datetime(2026, 11, 21, 10, 0, 0, 123000, tzinfo=UTC)
AUTHOR = Actor(
    uri="https://here.example/actor/1",
    host="here.example",
    role="collective",
    type="Group",
    username="us",
    name="مجاورة",
    summary="",
    inbox="https://here.example/actor/1/inbox",
    language="ar",
)


def listed(
    name: str | None = "عنوان",
    content: str = "<p>نص</p>",
    *,
    details: EventDetails | None = None,
    language: str = "ar",
    version: int = 1,
    author: Actor | None = AUTHOR,
    tags: tuple[str, ...] = (),
    **more: Any,
) -> Listed:
    kind = "event" if details else "statement"
    publication = Publication(
        uri=f"https://here.example/{kind}/01",
        kind=kind,
        type="Event" if details else "Article",
        author=AUTHOR.uri,
        visibility=Visibility.PUBLIC,
        to=(PUBLIC,),
        cc=(),
        texts={language: Text(name, None, content)},
        published_at=AT,
        url=f"https://here.example/{kind}/01",
        details=details,
        tags=tuple(Tag("hashtag", each) for each in tags),
    )
    return Listed(replace(publication, **more), author, 1, version, True)


def event(**more: Any) -> EventDetails:
    given = {
        "starts_at": datetime(2026, 12, 5, 17, 0, tzinfo=UTC),
        "ends_at": datetime(2026, 12, 5, 20, 0, tzinfo=UTC),
        "timezone": "Africa/Tunis",
    }
    return EventDetails(**{**given, **more})
