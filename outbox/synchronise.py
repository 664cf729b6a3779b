"""What we tell each host about our followers there, so that lost follows are noticed (FEP-8fcf, outgoing)."""

from actors import follows
from actors.model import Actor
from fedi.canonical import origin_of
from fedi.db.engine import Reader
from fedi.instance import Instance
from fedi.urls import part
from fedi.vocab.follower_digest import HEADER, Synchronisation, at_origin, build_header, digest_of

PARTIAL = "followers_synchronization"
MEMORY_MAX = 5_000


class Digests:
    """Headers for deliveries to followers, remembered until anything here changes."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._known: dict[tuple[str, str], str] = {}
        self._generation = -1

    async def headers(self, actor_uri: str, inbox: str) -> dict[str, str]:
        """The header for words to the followers that go to this inbox."""
        if self._generation != self._instance.documents.generation or len(self._known) > MEMORY_MAX:
            self._known.clear()
            self._generation = self._instance.documents.generation
        origin = origin_of(inbox)
        value = self._known.get((actor_uri, origin))
        if value is None:
            listed = await self._instance.look(lambda rx: list_at(rx, actor_uri, origin))
            said = Synchronisation(
                part(actor_uri, "followers"), digest_of(listed), part(actor_uri, PARTIAL)
            )
            value = self._known[actor_uri, origin] = build_header(said)
        return {HEADER: value}


def list_at(rx: Reader, actor_uri: str, origin: str) -> list[str]:
    """The accepted followers of an actor of ours at an origin."""
    return at_origin(follows.list_follower_uris(rx, actor_uri), origin)


def visible_to(rx: Reader, followed: Actor, asker: Actor) -> list[str]:
    """The partial collection for whoever asks: the followers at its own origin, nobody else's."""
    return list_at(rx, followed.uri, origin_of(asker.uri))
