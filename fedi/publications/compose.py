"""What a person typed → Publication. Pure: the id, the moment and the actors that are mentioned come as arguments."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape, unescape
from typing import Final

from actors.model import Actor
from fedi.i18n.catalog import translator
from fedi.publications.contract import Problem
from fedi.publications.event.rules import complete
from fedi.publications.kinds import KIND_NAMES
from fedi.publications.model import Attachment, Details, Publication, Tag, Text
from fedi.publications.summaries import aid_first_line, event_summary
from fedi.text.excerpt import excerpt
from fedi.text.hashtags import normalise_hashtag
from fedi.text.markup import MentionLink, find_hashtags, find_mentions, render
from fedi.urls import part
from fedi.vocab.audience import Addressing, Visibility, address

ABSTRACT_LENGTH = 280
_WIRE_TYPES = {"event": "Event", "statement": "Article"}
_LAST_LINK: Final = re.compile(r'<p>(<a href="([^"]*)"[^>]*>[^<]*</a>)</p>\s*\Z')


@dataclass(frozen=True, slots=True)
class DraftText:
    """The words in one language as typed: a plain title and Markdown. `abstract` replaces the one made from the text."""

    title: str
    source: str
    abstract: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person wants to publish. `texts`: language → words, the original first. `is_short`: a statement as a Note.

    `is_for_circle`: for a named list; its members are told one by one, and whoever is mentioned besides is not.
    """

    kind: str
    texts: Mapping[str, DraftText]
    visibility: Visibility = Visibility.PUBLIC
    is_short: bool = False
    details: Details = None
    in_reply_to: str | None = None
    attachments: tuple[Attachment, ...] = ()
    is_sensitive: bool = False
    is_for_circle: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """What is quoted. `address`: its page for people; `stamp`: the proof that it may be."""

    uri: str
    address: str
    stamp: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything around a draft: who says it, under which id, when; whom it mentions, by handle;
    what and whom it answers; what it quotes."""

    author: Actor
    uri: str
    published_at: datetime
    hashtag_url: Callable[[str], str]
    mentioned: Mapping[str, Actor]
    parent: Publication | None = None
    answered: Actor | None = None
    updated_at: datetime | None = None
    zone: str = "UTC"
    quote: Quote | None = None


def mentions_in(draft: Draft) -> tuple[str, ...]:
    """Every `@name@host` in the texts, once, lower-case, for looking up before composing."""
    found = (
        handle.lower() for text in draft.texts.values() for handle in find_mentions(text.source)
    )
    return tuple(dict.fromkeys(found))


def compose(draft: Draft, setting: Setting) -> Publication:
    """The publication, ready to be checked and stored."""
    details = complete(draft.details) if draft.kind == "event" else draft.details  # type: ignore[arg-type]
    wire_type = "Note" if draft.is_short else _WIRE_TYPES.get(draft.kind, "Note")
    people = _people(draft, setting)
    addressing = _addressing(draft, setting, tuple(people))
    hashtags = {
        normalise_hashtag(tag): tag
        for text in draft.texts.values()
        for tag in find_hashtags(text.source)
    }
    return Publication(
        uri=setting.uri,
        kind=draft.kind,
        type=wire_type,
        author=setting.author.uri,
        visibility=draft.visibility,
        to=addressing.to,
        cc=addressing.cc,
        texts={
            language: _text(language, text, replace(draft, details=details), setting)
            for language, text in draft.texts.items()
        },
        published_at=setting.published_at,
        updated_at=setting.updated_at,
        url=setting.uri,
        in_reply_to=draft.in_reply_to,
        context=setting.parent.context if setting.parent else f"{setting.uri}/context",
        quote=setting.quote.uri if setting.quote else None,
        quote_stamp=setting.quote.stamp if setting.quote else None,
        tags=(
            *(Tag("mention", actor.called, actor.uri) for actor in people.values()),
            *(Tag("hashtag", name, setting.hashtag_url(name)) for name in hashtags.values()),
        ),
        attachments=draft.attachments,
        sensitive=draft.is_sensitive,
        indexable=setting.author.indexable,
        details=details,
    )


def problems_of(publication: Publication) -> tuple[Problem, ...]:
    """What must still be mended before it may go out."""
    return KIND_NAMES[publication.kind].check(publication)


def _people(draft: Draft, setting: Setting) -> dict[str, Actor]:
    """Whom the words are for by name: those mentioned, and who is answered."""
    answered = [setting.answered] if setting.answered is not None else []
    people = {actor.uri: actor for actor in (*answered, *setting.mentioned.values())}
    people.pop(setting.author.uri, None)
    return people


def _addressing(draft: Draft, setting: Setting, people: tuple[str, ...]) -> Addressing:
    if draft.visibility is Visibility.LOCAL:
        return Addressing((), ())
    if draft.is_for_circle:
        # one address for all copies that says nothing: neither who is meant nor that two texts went to the same list
        return Addressing((part(setting.uri, "audience"),), ())
    assert setting.author.followers is not None
    return address(draft.visibility, setting.author.followers, people)


def _text(language: str, text: DraftText, draft: Draft, setting: Setting) -> Text:
    def mention_link(handle: str) -> MentionLink | None:
        actor = setting.mentioned.get(handle.lower())
        return MentionLink(actor.uri, actor.url or actor.uri, actor.called) if actor else None

    content = render(text.source, mention_link=mention_link, hashtag_url=setting.hashtag_url)
    if setting.quote is not None:
        content = with_quote_line(content, setting.quote)
    title = text.title.strip() or None
    return Text(
        name=title if draft.kind != "note" else None,
        summary=_summary(language, text, draft, content),
        content=_first_line(language, title, draft, setting) + content,
        source=text.source,
    )


def with_quote_line(content: str, quote: Quote) -> str:
    """The words, ending with a link to what is quoted, marked so that whoever shows the quote itself leaves the line away.

    A link that stands there already, as its author typed it, becomes that line. It stays when the quote is refused.
    """
    found = _LAST_LINK.search(content)
    if found is not None and unescape(found[2]) in (quote.uri, quote.address):
        content, link = content[: found.start()], found[1]
    else:
        address = escape(quote.address)
        link = f'<a href="{address}">{address}</a>'
    return f'{content}<p class="quote-inline">RE: {link}</p>\n'


def _summary(language: str, text: DraftText, draft: Draft, content: str) -> str | None:
    """One sentence that says the essential, for readers that show nothing else. Not on a Note: there it is a warning."""
    if draft.kind == "event":
        return event_summary(draft.details, language)  # type: ignore[arg-type]
    if draft.kind == "statement" and not draft.is_short:
        return text.abstract.strip() or excerpt(content, ABSTRACT_LENGTH) or None
    return None


def _event_line(language: str, event_uri: str | None) -> str:
    """Where people who read it elsewhere find the event for which it is needed."""
    if event_uri is None:
        return ""
    address = escape(event_uri)
    return f'<p>{escape(translator(language)("aid.for_event"), quote=False)} <a href="{address}">{address}</a></p>'


def _first_line(language: str, title: str | None, draft: Draft, setting: Setting) -> str:
    """A Note has no title where it is read, so its first lines carry it."""
    if draft.kind in ("aid_request", "aid_offer"):
        line = aid_first_line(draft.details, language, title, zone=setting.zone)  # type: ignore[arg-type]
        heading = f"<p><strong>{escape(title, quote=False)}</strong></p>" if title else ""
        return f"{heading}<p>{escape(line, quote=False)}</p>{_event_line(language, draft.details.event_uri)}"  # type: ignore[union-attr]
    if draft.is_short and title:
        return f"<p><strong>{escape(title, quote=False)}</strong></p>"
    return ""
