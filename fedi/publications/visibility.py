"""May this reader see this publication? The one answer, asked by every road that shows or serves one (D6).

`may_see` is for whoever asks from outside, `may_read_here` for the members of a collective of ours.
"""

from dataclasses import dataclass

from actors import blocks, circles, follows, notifications
from actors.model import Actor
from fedi.canonical import host_of
from fedi.db.engine import Reader
from fedi.publications import store, timeline
from fedi.publications.model import Publication
from fedi.publications.store import InThread
from fedi.vocab.audience import Visibility


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: nobody in particular, or the actor whose signature the request carried."""

    actor: Actor | None = None


NOBODY = Viewer()


def may_see(rx: Reader, viewer: Viewer, publication: Publication) -> bool:
    """Public and quiet words: everybody who is not shut out. Others: those they are for, at this moment (S87)."""
    actor = viewer.actor
    if actor is not None and _is_shut_out(rx, actor, publication.author):
        return False
    if store.is_held(rx, publication.uri):
        return False
    if publication.visibility.is_public:
        return True
    if actor is None or publication.visibility is Visibility.LOCAL:
        return False
    if _is_for(rx, actor, publication):
        return True
    return publication.visibility is Visibility.FOLLOWERS and _is_follower_or_its_server(
        rx, actor, publication.author
    )


def may_come(rx: Reader, actor: Actor, publication: Publication) -> bool:
    """Whether an actor may answer an event of ours and be told of it: who may see it, and neighbours of local words."""
    if actor.is_local and publication.visibility is Visibility.LOCAL:
        return not _is_shut_out(rx, actor, publication.author)
    return may_see(rx, Viewer(actor), publication)


def may_read_here(
    rx: Reader, reader: Actor, publication: Publication, *, held_too: bool = False
) -> bool:
    """Whether members may read this in the name of a collective of ours, of all that is stored here for several.

    Never what another collective of the same instance was sent and this one was not; nothing by whom the instance or
    this collective shut out; of those who are limited only what it follows, or what a person here let through.
    `held_too`: also what waits for a decision, for those who decide, but not what the instance hides.
    """
    author = publication.author
    if author == reader.uri:
        return True
    if _is_apart(rx, reader, author):
        return False
    is_held = store.is_held(rx, publication.uri)
    if is_held and (not held_too or store.is_hidden(rx, publication.uri)):
        return False
    is_follower = follows.is_follower(rx, reader.uri, author)
    if not (is_held or is_follower) and blocks.is_limited(rx, author):
        return notifications.is_told(rx, reader.uri, author, publication.uri)
    return (
        publication.visibility.is_public
        or _is_for(rx, reader, publication)
        or _came_for(rx, reader, publication, is_follower=is_follower)
    )


def _is_apart(rx: Reader, reader: Actor, author_uri: str) -> bool:
    """Whether the author is shut out by the instance or by this collective, or has shut it out."""
    return (
        blocks.is_actor_blocked(rx, author_uri, host_of(author_uri))
        or blocks.is_blocked_by(rx, reader.uri, author_uri)
        or blocks.is_blocked_by(rx, author_uri, reader.uri)
    )


def _came_for(rx: Reader, reader: Actor, publication: Publication, *, is_follower: bool) -> bool:
    """Whether what is not for everybody, and does not name this collective in its addresses, is for it all the same."""
    if publication.visibility is Visibility.DIRECT:
        # a copy for a list names the list; that it came for this collective is known by where it was put
        row_id = store.find_row_id(rx, publication.uri)
        return row_id is not None and timeline.is_before(rx, reader.uri, row_id)
    is_named = publication.visibility is Visibility.LOCAL and any(
        tag.kind == "mention" and tag.href == reader.uri for tag in publication.tags
    )
    return is_follower or is_named


def is_shown(rx: Reader, publication: Publication | InThread) -> bool:
    """Whether lists that anybody may read name it: public, by somebody who is neither shut out nor limited."""
    return publication.visibility.is_public and not blocks.is_hidden(rx, publication.author)


def _is_for(rx: Reader, actor: Actor, publication: Publication) -> bool:
    return store.is_addressed(rx, publication.uri, actor.uri) or circles.may_read(
        rx, publication.uri, actor.uri
    )


def _is_shut_out(rx: Reader, actor: Actor, author_uri: str) -> bool:
    return blocks.is_actor_blocked(rx, actor.uri, actor.host) or blocks.is_blocked_by(
        rx, author_uri, actor.uri
    )


def _is_follower_or_its_server(rx: Reader, actor: Actor, author_uri: str) -> bool:
    """Servers fetch with an actor of their own (wire 2.5): it may read what a follower of its host may."""
    if follows.is_follower(rx, actor.uri, author_uri):
        return True
    return actor.type == "Application" and follows.has_follower_at(rx, author_uri, actor.host)
