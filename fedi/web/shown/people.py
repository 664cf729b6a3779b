"""Who wrote something: the name, always with the full handle beside it (S70), and where to find them. Pure."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from actors.model import Actor
from fedi.media.seen import Seen
from fedi.text.direction import clean_line, direction_of
from fedi.text.links import checked_link
from fedi.urls import Urls
from fedi.views.listed import Origin
from fedi.web.sanitised import Sanitised
from fedi.web.shown.words import Words

NAME_CHARS_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Field:
    """A line of a profile."""

    name: str
    value: Sanitised


@dataclass(frozen=True, slots=True)
class Who:
    """An actor in one line. `href` is None when there is no address that may be linked; `icon` is an address of ours (S71).

    `is_source`: not an actor, but the calendar or page that something is mirrored from.
    """

    name: Words
    handle: str
    href: str | None
    is_local: bool
    icon: str | None
    is_source: bool = False


def source_of(origin: Origin, uri: str) -> Who:
    """Where a mirrored event is from: its name, and always the host that really said it."""
    name = clean_line(origin.name, NAME_CHARS_MAX)
    where = web_link(uri.partition("#")[0])
    href = web_link(origin.link) or where
    return Who(
        name=Words(name, "", direction_of(name, "")),
        # the link is what a member typed, and may name a house that said nothing of it
        handle=urlsplit(where or uri).hostname or "",
        href=href,
        is_local=False,
        icon=None,
        is_source=True,
    )


def who_of(actor: Actor | None, uri: str, urls: Urls, seen: Seen | None = None) -> Who:
    """The author of something; one we know nothing of goes by the host. Without `seen` there is no picture."""
    if actor is None:
        host = urlsplit(uri).hostname or ""
        return Who(Words(host, "", "ltr"), "", web_link(uri), False, None)
    name = clean_line(actor.title, NAME_CHARS_MAX)
    page = f"/@{actor.username}" if actor.is_local else web_link(actor.url) or web_link(actor.uri)
    return Who(
        name=Words(name, actor.language or "", direction_of(name, actor.language)),
        handle=clean_line(actor.handle, NAME_CHARS_MAX * 3),
        href=page,
        is_local=actor.is_local,
        icon=seen(actor.icon.url) if seen is not None and actor.icon is not None else None,
    )


def path_here(address: str, urls: Urls) -> str:
    """One of our addresses as a path, so that a page works under every name the instance is reached by (S93)."""
    return address.removeprefix(urls.base) or "/"


def web_link(url: str | None) -> str | None:
    """An http(s) address that may be linked, or None."""
    checked = checked_link(url) if url else None
    return checked if checked and not checked.lower().startswith("mailto:") else None
