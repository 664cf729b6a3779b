"""Which publication is meant: by id, by the last part of its address, or fetched from where it lives."""

from actors import blocks
from fedi.canonical import canonical, host_of
from fedi.db.engine import Reader
from fedi.errors import Forbidden, Gone, NotFound, RemoteUnreachable
from fedi.ids import is_public_id
from fedi.instance import Instance
from fedi.publications import shelf, store
from fedi.publications.kinds import KIND_NAMES
from fedi.publications.model import Publication
from fedi.sources.mirror import is_mirror
from fedi.unit import Unit
from fedi.urls import Urls
from inbox.resolve import parse_fetched


def load(rx: Reader, urls: Urls, which: str) -> Publication:
    """A publication that is here. `which`: its id, or the 26 characters at the end of one of ours.

    Raises NotFound, Gone when it was deleted.
    """
    for uri in _spellings(urls, which.strip()):
        found = store.find(rx, uri)
        # a mirror is for agendas only: nobody answers it or passes it on
        if found is not None and not is_mirror(found.uri):
            return found
        if store.find_tombstone(rx, uri) is not None:
            raise Gone("error.gone", detail=uri)
    raise NotFound("error.publication_not_found", detail="desk")


def load_for(rx: Reader, urls: Urls, actor_uri: str, which: str) -> Publication:
    """The same for one collective: what somebody else withdrew is as good as never said (S81). Raises NotFound, Gone for its own."""
    try:
        return load(rx, urls, which)
    except Gone as problem:
        stone = store.find_tombstone(rx, problem.detail)
        if stone is None or stone.author_uri != actor_uri:
            raise NotFound("error.publication_not_found", detail="desk") from problem
        raise


async def find_or_fetch(instance: Instance, which: str) -> Publication:
    """The same; what lives elsewhere and is not known is fetched and kept. Raises RemoteError, Forbidden, Invalid."""
    try:
        return await instance.look(lambda rx: load(rx, instance.urls, which))
    except NotFound:
        if not which.startswith(("https://", "http://")) or instance.urls.is_ours(which):
            raise
    address = canonical(which.strip())
    if await instance.look(lambda rx: blocks.is_host_blocked(rx, host_of(address))):
        raise Forbidden("error.host_blocked", detail=host_of(address))
    try:
        fetched = await instance.http.fetch_document(address, across_origins=True)
    except RemoteUnreachable as problem:
        raise RemoteUnreachable(
            "desk.unreachable", problem.detail, host=host_of(address)
        ) from problem
    publication = await parse_fetched(instance, fetched.document)

    def keep(unit: Unit) -> Publication:
        shelf.put(unit, publication, is_local=False)
        return load(unit.tx, unit.urls, publication.uri)

    return await instance.change(keep)


def _spellings(urls: Urls, which: str) -> list[str]:
    if is_public_id(which.lower()):
        return [urls.publication(kind, which.lower()) for kind in KIND_NAMES]
    if "://" not in which and which.partition("/")[0] in KIND_NAMES:
        return [f"{urls.base}/{which}"]
    return [which.partition("?")[0].partition("#")[0], which]
