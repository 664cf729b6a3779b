"""May this reader see this publication? The one answer, asked by every road that shows or serves one (D6)."""

from dataclasses import dataclass

from actors import blocks, circles, follows
from actors.model import Actor
from fedi.db.engine import Reader
from fedi.publications import store
from fedi.publications.model import Publication
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


def is_shown(rx: Reader, publication: Publication) -> bool:
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
