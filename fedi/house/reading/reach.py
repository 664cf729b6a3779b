"""What a handle or an address names: found here, or asked of its server. For members who typed it or pressed a button."""

from dataclasses import dataclass

from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.desk import lookup
from fedi.desk.speaker import find_or_fetch, load_known
from fedi.errors import FediError, Invalid, NotFound
from fedi.house.member import Visit
from fedi.house.reading.addresses import load_said, page_of_actor, thread_of


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody or something published, by its id."""

    uri: str
    is_actor: bool

    def page(self, username: str) -> str:
        """Where members of this collective look at it."""
        where = page_of_actor if self.is_actor else thread_of
        return where(username, self.uri)


async def reach(visit: Visit, question: str) -> Reached:
    """What it names, asking its server if it is not known here. An address may be that of a publication or of an actor.

    Raises NotFound, Invalid, Forbidden, RemoteError.
    """
    if "://" not in question:
        return Reached((await find_or_fetch(visit.instance, question)).uri, is_actor=True)
    if await visit.instance.look(lambda rx: actor_store.is_known(rx, question)):
        return Reached(question, is_actor=True)
    if visit.instance.urls.is_ours(question):
        said = await visit.instance.look(lambda rx: load_said(visit, rx, question))
        return Reached(said.listed.publication.uri, is_actor=False)
    try:
        publication = await lookup.find_or_fetch(visit.instance, question)
    except FediError as problem:
        try:
            actor = await find_or_fetch(visit.instance, question)
        except FediError:
            raise problem from None
        return Reached(actor.uri, is_actor=True)
    # what is here for a neighbour is not here for us
    await visit.instance.look(lambda rx: load_said(visit, rx, publication.uri))
    return Reached(publication.uri, is_actor=False)


def find_reached(visit: Visit, rx: Reader, question: str) -> Reached | None:
    """The same among what is here and this collective may read; nobody is asked."""
    try:
        actor = load_known(rx, visit.instance.urls, question)
        if actor.role != "server":
            return Reached(actor.uri, is_actor=True)
    except (NotFound, Invalid):
        pass
    if "://" not in question:
        return None
    try:
        said = load_said(visit, rx, question)
    except FediError:
        return None
    return Reached(said.listed.publication.uri, is_actor=False)
