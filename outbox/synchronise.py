"""What we tell each host about our followers there, so that lost follows are noticed (FEP-8fcf, outgoing)."""

from actors import follows
from actors.model import Actor
from fedi.canonical import origin_of
from fedi.db.engine import Reader
from fedi.instance import Instance
from fedi.urls import part
from fedi.vocab.follower_digest import (
    HEADER,
    NOBODY,
    Synchronisation,
    at_origin,
    build_header,
    digests_by_origin,
)

PARTIAL = "followers_synchronization"
ACTORS_MAX = 100


class Digests:
    """Headers for deliveries to followers, remembered until anything here changes.

    All origins of an actor's followers are digested in one pass: a publication goes to thousands of them.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._known: dict[str, dict[str, str]] = {}
        self._generation = -1

    async def headers(self, actor_uri: str, inbox: str) -> dict[str, str]:
        """The header for words to the followers that go to this inbox."""
        documents = self._instance.documents
        is_old = self._generation != documents.generation or not documents.is_kept
        if is_old or len(self._known) > ACTORS_MAX:
            self._known.clear()
            self._generation = documents.generation
        digests = self._known.get(actor_uri)
        if digests is None:
            followers = await self._instance.look(
                lambda rx: follows.list_follower_uris(rx, actor_uri)
            )
            digests = self._known[actor_uri] = digests_by_origin(followers)
        digest = digests.get(origin_of(inbox), NOBODY)
        said = Synchronisation(part(actor_uri, "followers"), digest, part(actor_uri, PARTIAL))
        return {HEADER: build_header(said)}


def list_at(rx: Reader, actor_uri: str, origin: str) -> list[str]:
    """The accepted followers of an actor of ours at an origin."""
    return at_origin(follows.list_follower_uris(rx, actor_uri), origin)


def visible_to(rx: Reader, followed: Actor, asker: Actor) -> list[str]:
    """The partial collection for whoever asks: the followers at its own origin, nobody else's."""
    return list_at(rx, followed.uri, origin_of(asker.uri))
