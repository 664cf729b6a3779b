"""A publication on its own page, with what it answers and what was answered. Pure."""

from dataclasses import dataclass
from html import escape
from typing import Final

from fedi.i18n.catalog import translator
from fedi.media.seen import SMALL, Seen
from fedi.publications.aid.model import AidDetails
from fedi.publications.model import Publication
from fedi.text.direction import Direction, clean_line, direction_of
from fedi.text.html import paragraphs_of, text_of
from fedi.urls import Urls
from fedi.views.conversation import Conversation, Reply
from fedi.views.listed import Listed
from fedi.web.sanitised import Sanitised
from fedi.web.shown.cards import Moment, facts_of_aid, facts_of_event, moment_of, page_href
from fedi.web.shown.facts import AidFacts, EventFacts
from fedi.web.shown.people import Who, path_here, web_link, who_of
from fedi.web.shown.pictures import Link, Picture, links_of, pictures_of
from fedi.web.shown.programme import Day, Stop, days_of, stops_of
from fedi.web.shown.words import (
    LEAD_CHARS_MAX,
    Chosen,
    LanguageChoice,
    Words,
    beginning,
    chosen_text,
    language_choices,
    title_of,
)
from fedi.web.visitor import Visitor

REPLY_LENGTH_MAX: Final = 6_000
SHORTENED_TO: Final = 400
REPLY_PICTURES_MAX: Final = 4
_INDENT_MAX: Final = 4
_COMPARED: Final = 80


@dataclass(frozen=True, slots=True)
class Body:
    """Formatted text with the attributes it is set by."""

    html: Sanitised
    lang: str
    dir: Direction


@dataclass(frozen=True, slots=True)
class Answered:
    """What a reply answers. `words` is empty when it is not known here."""

    href: str
    by: Who | None
    words: Words


@dataclass(frozen=True, slots=True)
class ShownReply:
    """One answer. `warning`: what its author put in front of it. `is_shortened`: the rest is at `href`.

    `is_sensitive`: its pictures are for those who ask for them.
    """

    depth: int
    by: Who
    href: str
    published: Moment
    warning: Words
    body: Body
    is_shortened: bool
    is_sensitive: bool
    pictures: tuple[Picture, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """`days`, `stops`: the programme of an event, or the stops of a tour. `organisers`: who organises an event with `by`; `named`: of whom `by` alone says so. `address` is what one pastes into a search field elsewhere to answer. `edited` is None when it never was.

    `is_sensitive`: its pictures are for those who ask for them.
    """

    kind: str
    address: str
    href: str
    has_name: bool
    title: Words
    abstract: Words
    warning: Words
    body: Body
    by: Who
    organisers: tuple[Who, ...]
    named: tuple[Who, ...]
    published: Moment
    edited: Moment | None
    languages: tuple[LanguageChoice, ...]
    event: EventFacts | None
    days: tuple[Day, ...]
    stops: tuple[Stop, ...]
    tours: tuple[Link, ...]
    aid: AidFacts | None
    is_sensitive: bool
    pictures: tuple[Picture, ...]
    links: tuple[Link, ...]
    hashtags: tuple[Link, ...]
    answered: Answered | None
    replies: tuple[ShownReply, ...]
    description: str


def article_of(conversation: Conversation, visitor: Visitor, seen: Seen) -> Article:
    """The whole page of a publication."""
    urls, listed = seen.urls, conversation.listed
    publication = listed.publication
    chosen = chosen_text(publication, visitor)
    href = page_href(listed, urls)
    edited = publication.updated_at if listed.version > 1 else None
    pictures = pictures_of(publication, seen)
    return Article(
        kind=publication.kind,
        address=publication.uri,
        href=href,
        has_name=bool(chosen.text.name),
        title=title_of(chosen),
        abstract=_abstract(publication, chosen),
        warning=_warning(publication, chosen),
        body=body_of(chosen, _after_title(listed, chosen)),
        by=who_of(listed.author, publication.author, urls, seen),
        organisers=tuple(who_of(each, each.uri, urls, seen) for each in listed.organisers),
        named=tuple(who_of(each, each.uri, urls, seen) for each in listed.named),
        published=moment_of(publication.published_at, visitor),
        edited=None if edited is None else moment_of(edited, visitor),
        languages=language_choices(publication, chosen, href),
        event=facts_of_event(publication, visitor),
        days=days_of(publication, visitor),
        stops=stops_of(publication, visitor),
        tours=_tours(conversation, visitor, urls),
        aid=facts_of_aid(publication, visitor),
        is_sensitive=publication.sensitive,
        pictures=pictures,
        links=links_of(publication, pictures, seen),
        hashtags=_hashtags(publication, chosen, urls),
        answered=_answered(publication, conversation.parent, visitor, urls),
        replies=tuple(shown_reply(each, visitor, seen) for each in conversation.replies),
        description=_description(chosen),
    )


def _tours(conversation: Conversation, visitor: Visitor, urls: Urls) -> tuple[Link, ...]:
    """The tours that an event is a stop of, as far as they are known here."""
    return tuple(
        Link(page_href(each, urls), title_of(chosen_text(each.publication, visitor)).text)
        for each in conversation.tours
    )


def body_of(chosen: Chosen, html: str | None = None) -> Body:
    """The text, or this part of it, as it may stand in a page."""
    html = chosen.text.content if html is None else html
    return Body(
        Sanitised(html), chosen.lang, direction_of(text_of(html[:3000]), chosen.lang or None)
    )


def _after_title(listed: Listed, chosen: Chosen) -> str:
    """The text without the first lines that carry title and facts to readers elsewhere: here they stand above it."""
    html, name = chosen.text.content, chosen.text.name
    if not listed.is_local or listed.publication.type != "Note" or not name:
        return html
    html = html.removeprefix(f"<p><strong>{escape(name, quote=False)}</strong></p>")
    details = listed.publication.details
    if isinstance(details, AidDetails):
        key = "aid.needed" if details.purpose == "request" else "aid.offered"
        opening = translator(chosen.language)(key, line="").strip()
        if html.startswith(f"<p>{escape(opening, quote=False)}"):
            html = html.partition("</p>")[2]
    return html


def _abstract(publication: Publication, chosen: Chosen) -> Words:
    """Of statements only: that of an event repeats the facts, that of a note is a warning.

    One that is only the beginning of the text is left out: the text follows.
    """
    summary = clean_line(chosen.text.summary or "", 4 * LEAD_CHARS_MAX)
    is_beginning = summary[:_COMPARED] == beginning(chosen, LEAD_CHARS_MAX)[:_COMPARED]
    return chosen.words("" if publication.kind != "statement" or is_beginning else summary)


def _warning(publication: Publication, chosen: Chosen) -> Words:
    has_warning = publication.type in ("Note", "Question")
    summary = (chosen.text.summary or "") if has_warning else ""
    return chosen.words(clean_line(summary, LEAD_CHARS_MAX))


def _description(chosen: Chosen) -> str:
    summary = chosen.text.summary
    return clean_line(summary, 300) if summary else beginning(chosen, 300)


def _hashtags(publication: Publication, chosen: Chosen, urls: Urls) -> tuple[Link, ...]:
    """Those that the text itself does not link."""
    names = dict.fromkeys(tag.name for tag in publication.tags if tag.kind == "hashtag")
    return tuple(
        Link(path_here(href, urls), name)
        for name in names
        if (href := urls.hashtag(name)) not in chosen.text.content
    )


def _answered(
    publication: Publication, parent: Listed | None, visitor: Visitor, urls: Urls
) -> Answered | None:
    if publication.in_reply_to is None:
        return None
    if parent is None:
        # One of ours that not everybody may read is not even named (S89).
        is_ours = urls.is_ours(publication.in_reply_to)
        href = None if is_ours else web_link(publication.in_reply_to)
        return Answered(href, None, Words("", "", "ltr")) if href else None
    by = who_of(parent.author, parent.publication.author, urls)
    words = title_of(chosen_text(parent.publication, visitor))
    return Answered(page_href(parent, urls), by, words)


def shown_reply(reply: Reply, visitor: Visitor, seen: Seen) -> ShownReply:
    """An answer, or anything else that is read between others: whole, or its beginning when it is long."""
    listed = reply.listed
    publication = listed.publication
    chosen = chosen_text(publication, visitor)
    is_long = len(chosen.text.content) > REPLY_LENGTH_MAX
    short = chosen.words(beginning(chosen, SHORTENED_TO) if is_long else "")
    pictures = pictures_of(publication, seen, SMALL, REPLY_PICTURES_MAX)
    return ShownReply(
        depth=min(reply.depth, _INDENT_MAX),
        by=who_of(listed.author, publication.author, seen.urls, seen),
        href=page_href(listed, seen.urls),
        published=moment_of(publication.published_at, visitor),
        warning=_warning(publication, chosen),
        body=Body(Sanitised(paragraphs_of(short.text)), short.lang, short.dir)
        if is_long
        else body_of(chosen),
        is_shortened=is_long,
        is_sensitive=publication.sensitive,
        pictures=pictures,
        links=links_of(publication, pictures, seen),
    )
