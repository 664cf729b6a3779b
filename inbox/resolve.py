"""Fetching what a handler needs, before its transaction. Each document is believed because its own address gave it (D2)."""

from actors import blocks, refresh
from actors import store as actor_store
from fedi.canonical import host_of
from fedi.db.engine import Reader
from fedi.errors import Invalid, RemoteMalformed
from fedi.instance import Instance
from fedi.publications import store as publication_store
from fedi.publications.activitystreams import authors_of, parse_publication
from fedi.publications.model import Publication

FETCHES_MAX = 3


async def resolve(instance: Instance, uris: frozenset[str]) -> dict[str, Publication]:
    """The publications under these ids that are neither ours nor known, with their authors stored.

    Raises RemoteError, Invalid. What is shut out, dead or known already is left out.
    """
    found: dict[str, Publication] = {}
    for uri in sorted(uris)[:FETCHES_MAX]:
        publication = await _resolve_one(instance, uri)
        if publication is not None:
            found[uri] = publication
    return found


async def _resolve_one(instance: Instance, uri: str) -> Publication | None:
    if instance.urls.is_ours(uri):
        return None

    def look(rx: Reader) -> bool:
        return (
            publication_store.find_row_id(rx, uri) is None
            and publication_store.find_tombstone(rx, uri) is None
            and not blocks.is_host_blocked(rx, host_of(uri))
        )

    if not await instance.look(look):
        return None
    fetched = await instance.http.fetch_document(uri)
    return await parse_fetched(instance, fetched.document)


async def parse_fetched(instance: Instance, document: dict[str, object]) -> Publication:
    """A publication from the document that its own id gave, with its author known and stored."""
    authors = authors_of(document)
    if not authors:
        raise Invalid("publication.author")
    author_uri = authors[0]
    if host_of(author_uri) != host_of(str(document.get("id"))):
        raise RemoteMalformed("publication.author_elsewhere", detail="origin")
    author = await refresh.find_or_fetch_actor(instance, author_uri)
    is_blocked = await instance.look(
        lambda rx: blocks.is_actor_blocked(rx, author.uri, author.host)
    )
    if is_blocked or await instance.look(lambda rx: _is_dead(rx, author.uri)):
        raise RemoteMalformed("publication.author_blocked", detail="author")
    return parse_publication(document, now=instance.clock.now(), followers_uri=author.followers)


def _is_dead(rx: Reader, uri: str) -> bool:
    actor = actor_store.find(rx, uri)
    return actor is not None and actor.deleted_at is not None
