"""What the pages of moderation have in common: moments, decisions and publications as lines to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from actors import store as actor_store
from fedi.canonical import host_of
from fedi.db.engine import Reader
from fedi.desk.sight import Entry
from fedi.house.member import Visit
from fedi.i18n.dates import moment_line
from fedi.publications import store
from fedi.publications.model import Publication
from fedi.text.excerpt import excerpt
from fedi.web.shown.people import Who, path_here, web_link, who_of
from fedi.web.shown.words import Words, chosen_text, title_of

ABOUT = "/steward/moderation/about"
TEXT_LENGTH = 600


@dataclass(frozen=True, slots=True)
class Said:
    """A decision as a line. `what` is translated; `href`: the page about its target, if there is one."""

    when: str
    person: str
    what: str
    target: str
    href: str | None
    why: str
    row: str


@dataclass(frozen=True, slots=True)
class Told:
    """A publication, for a steward to judge. `href`: where it can be read in full."""

    uri: str
    title: Words
    text: Words
    by: Who
    author_href: str
    href: str | None
    is_ours: bool
    is_hidden: bool
    is_held: bool
    when: str


def moment(visit: Visit, at: datetime) -> str:
    """A moment in the visitor's zone, language and digits."""
    visitor = visit.visitor
    return moment_line(at, visitor.zone, visitor.language, digits=visitor.digits)


def said(visit: Visit, entries: Sequence[Entry]) -> list[Said]:
    """Decisions as lines."""
    t = visit.visitor.t
    return [
        Said(
            when=moment(visit, each.at),
            person=each.person or t("decision.by_command"),
            what=t(f"journal.{each.done}"),
            target=each.handle or each.target,
            href=target_href(each.kind, each.target),
            why=each.why,
            row=each.row,
        )
        for each in entries
    ]


def target_href(kind: str, target: str) -> str | None:
    """The page of the house about what a decision is about."""
    if kind == "publication":
        return f"/steward/moderation/publication?which={quote(target, safe='')}"
    if kind == "flag":
        return f"/steward/moderation/flags/{quote(target, safe='')}"
    if kind == "list":
        return None
    return f"{ABOUT}?target={quote(target, safe='')}"


def told(visit: Visit, rx: Reader, publication: Publication) -> Told:
    """A publication as a steward reads it, whoever else may."""
    urls = visit.instance.urls
    chosen = chosen_text(publication, visit.visitor)
    is_ours = urls.is_ours(publication.author)
    author = actor_store.find(rx, publication.author)
    page = path_here(publication.uri, urls) if is_ours else web_link(publication.url)
    return Told(
        uri=publication.uri,
        title=title_of(chosen),
        text=chosen.words(excerpt(chosen.text.content, TEXT_LENGTH)),
        by=who_of(author, publication.author, urls),
        author_href=target_href("actor", publication.author) or "",
        href=page or web_link(publication.uri),
        is_ours=is_ours,
        is_hidden=store.is_hidden(rx, publication.uri),
        is_held=store.is_held(rx, publication.uri),
        when=moment(visit, publication.published_at),
    )


def who_line(visit: Visit, rx: Reader, uri: str) -> Who:
    """Somebody by id, known or not."""
    return who_of(actor_store.find(rx, uri), uri, visit.instance.urls)


def host_href(uri: str) -> str:
    """The page about the host of an address."""
    return f"{ABOUT}?target={quote(host_of(uri), safe='')}"
