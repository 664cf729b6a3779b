"""Publication: the one internal form of everything that is published here or read from elsewhere. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from fedi.publications.aid.model import AidDetails
from fedi.publications.dates.model import DatesDetails
from fedi.publications.event.model import EventDetails
from fedi.vocab.audience import Visibility

UNKNOWN_LANGUAGE: Final = "und"

TagKind = Literal["hashtag", "mention", "emoji"]
Role = Literal["banner", "image", "document", "link"]
Details = EventDetails | AidDetails | DatesDetails | None


@dataclass(frozen=True, slots=True)
class Text:
    """The words in one language. `name` and `summary` are plain text, `content` is sanitised HTML.

    `source` is the Markdown that was typed here; None for what came from elsewhere.
    """

    name: str | None
    summary: str | None
    content: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """`name`: hashtags as written and without `#`, mentions as `@user@host`, emoji as `:word:`.

    `href`: the tag's page, the actor's id, or the picture.
    """

    kind: TagKind
    name: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or a link. `focal`: the point to keep when cropping, each part from -1 to 1. `name` is for links."""

    url: str
    media_type: str
    alt: str | None = None
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    focal: tuple[float, float] | None = None
    role: Role = "document"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """`kind` is a name of `kinds.KINDS`, `type` the AS2 type on the wire. All addresses are canonical.

    `texts`: language → words, the original first; `und` when the language is unknown. Never empty.
    `indexable`: the author's wish about search engines; None when not expressed. `quote_stamp`: the proof that it may quote.
    """

    uri: str
    kind: str
    type: str
    author: str
    visibility: Visibility
    to: tuple[str, ...]
    cc: tuple[str, ...]
    texts: Mapping[str, Text]
    published_at: datetime
    updated_at: datetime | None = None
    url: str | None = None
    in_reply_to: str | None = None
    context: str | None = None
    quote: str | None = None
    quote_stamp: str | None = None
    tags: tuple[Tag, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    sensitive: bool = False
    indexable: bool | None = None
    details: Details = field(default=None)

    @property
    def language(self) -> str:
        """The language of the original."""
        return next(iter(self.texts))

    @property
    def original(self) -> Text:
        """The words as first written."""
        return next(iter(self.texts.values()))

    @property
    def event(self) -> EventDetails:
        """The details of an event; only to be asked of one."""
        assert isinstance(self.details, EventDetails)
        return self.details

    @property
    def aid(self) -> AidDetails:
        """The details of an aid request or offer; only to be asked of one."""
        assert isinstance(self.details, AidDetails)
        return self.details
