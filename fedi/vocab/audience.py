"""Visibility ⇄ to/cc (wire.md 3.1): who is meant by the two lists, and which lists say what the author chose."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from fedi.vocab.terms import PUBLIC, PUBLIC_SPELLINGS


class Visibility(StrEnum):
    """Who may see a publication. QUIET: public, but on no shared timeline. LOCAL: never leaves this server."""

    PUBLIC = "public"
    QUIET = "quiet"
    FOLLOWERS = "followers"
    DIRECT = "direct"
    LOCAL = "local"

    @property
    def is_public(self) -> bool:
        """Whether anybody at all may read it."""
        return self in (Visibility.PUBLIC, Visibility.QUIET)


@dataclass(frozen=True, slots=True)
class Addressing:
    """The two lists as they go on the wire."""

    to: tuple[str, ...]
    cc: tuple[str, ...]


def visibility_of(to: Iterable[str], cc: Iterable[str], followers_uri: str | None) -> Visibility:
    """What the lists mean, as Mastodon derives it.

    Public in `to`: public; Public in `cc`: quiet; the author's followers in `to`: followers; anything else: direct.
    The followers in `cc` alone do not count.
    """
    named = tuple(to)
    if not PUBLIC_SPELLINGS.isdisjoint(named):
        return Visibility.PUBLIC
    if not PUBLIC_SPELLINGS.isdisjoint(cc):
        return Visibility.QUIET
    if followers_uri is not None and followers_uri in named:
        return Visibility.FOLLOWERS
    return Visibility.DIRECT


def address(visibility: Visibility, followers_uri: str, mentioned: Iterable[str]) -> Addressing:
    """The lists that say `visibility`; whoever is mentioned is in `cc`, or in `to` of a direct message.

    Local publications have no addressing: asking for one is a mistake of the caller.
    """
    assert visibility is not Visibility.LOCAL, "a local publication is never addressed"
    people = tuple(dict.fromkeys(mentioned))
    if visibility is Visibility.PUBLIC:
        return Addressing((PUBLIC,), (followers_uri, *people))
    if visibility is Visibility.QUIET:
        return Addressing((followers_uri,), (PUBLIC, *people))
    if visibility is Visibility.FOLLOWERS:
        return Addressing((followers_uri,), people)
    return Addressing(people, ())
