"""What members see of a publication in a list or a thread. Its links stay in the house."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from actors.model import Actor
from fedi.house.member import Visit
from fedi.house.reading.addresses import page_of_actor, thread_of
from fedi.media.seen import Seen
from fedi.views.conversation import Reply
from fedi.views.listed import Listed
from fedi.views.thread import Said
from fedi.views.timeline import Entry
from fedi.web.pages.frame import seen_here
from fedi.web.shown.article import ShownReply, shown_reply
from fedi.web.shown.cards import Card, Moment, card_of, moment_of
from fedi.web.shown.people import Who, who_of
from fedi.web.shown.words import Words, chosen_text, title_of

# Long threads on a narrow screen: deeper answers stand no further in.
_INDENT_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Spoken:
    """One of the two is there: `card` tells events, statements and needs by their facts, `words` messages by their words.

    `visibility` is empty for what everybody may read; `tag`: the followed hashtag that brought it.
    """

    uri: str
    kind: str
    href: str
    by: Who
    title: Words
    published: Moment
    card: Card | None
    words: ShownReply | None
    depth: int
    is_held: bool
    visibility: str
    boosted_by: Who | None = None
    tag: str = ""


def who_in_house(visit: Visit, actor: Actor | None, uri: str, seen: Seen | None = None) -> Who:
    """Somebody, leading to their page in the house."""
    who = who_of(actor, uri, visit.instance.urls, seen)
    return replace(who, href=page_of_actor(visit.username, uri)) if actor is not None else who


def spoken_of(
    visit: Visit,
    listed: Listed,
    *,
    depth: int = 0,
    is_held: bool = False,
    boosted_by: Actor | None = None,
    tag: str = "",
    seen: Seen | None = None,
) -> Spoken:
    """One publication as it stands between others."""
    seen, publication = seen or seen_here(visit.instance), listed.publication
    href = thread_of(visit.username, publication.uri)
    by = who_in_house(visit, listed.author, publication.author, seen)
    card: Card | None = None
    words: ShownReply | None = None
    if publication.kind == "note":
        words = replace(
            shown_reply(Reply(listed, max(depth, 1)), visit.visitor, seen), by=by, href=href
        )
        title = title_of(chosen_text(publication, visit.visitor))
    else:
        card = card_of(listed, visit.visitor, seen)
        card = replace(card, href=href, by=by, is_local=True, languages=())
        title = card.title
    return Spoken(
        uri=publication.uri,
        kind=publication.kind,
        href=href,
        by=by,
        title=title,
        published=moment_of(publication.published_at, visit.visitor),
        card=card,
        words=words,
        depth=min(depth, _INDENT_MAX),
        is_held=is_held,
        visibility="" if publication.visibility.is_public else publication.visibility.value,
        boosted_by=who_in_house(visit, boosted_by, boosted_by.uri, seen) if boosted_by else None,
        tag=tag,
    )


def spoken_in(visit: Visit, said: Iterable[Said]) -> list[Spoken]:
    """Parts of a thread."""
    seen = seen_here(visit.instance)
    return [
        spoken_of(visit, each.listed, depth=each.depth, is_held=each.is_held, seen=seen)
        for each in said
    ]


def spoken_entries(visit: Visit, entries: Iterable[Entry]) -> list[Spoken]:
    """Entries of a timeline."""
    seen = seen_here(visit.instance)
    return [
        spoken_of(visit, each.listed, boosted_by=each.boosted_by, tag=each.tag, seen=seen)
        for each in entries
    ]
