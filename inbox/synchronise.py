"""What others tell us about our collectives among their followers (FEP-8fcf, incoming).

A differing digest leads to one signed look at the sender's list. Whoever is missing there stops following here; whoever
is listed there without following is taken back. Only ever about the sender's own followers (S42).
"""

from collections.abc import Sequence

from actors import follows
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE, Actor
from fedi.db.engine import Reader
from fedi.errors import RemoteError
from fedi.instance import Instance
from fedi.unit import Unit
from fedi.vocab.follower_digest import Synchronisation, digest_of, parse_header
from fedi.vocab.read import ids_of
from outbox.actions.undo import withdraw_follow

ITEMS_MAX = 1_000
PENDING_MAX = 1_000


async def work_pending(instance: Instance) -> int:
    """Look into every difference that was noticed; how many."""
    worked = 0
    while instance.differences:
        sender_uri, said = instance.differences.popitem()
        worked += 1
        try:
            await _reconcile(instance, sender_uri, said)
        except RemoteError:
            continue  # said again with the next delivery
    return worked


def difference(rx: Reader, sender: Actor | None, header: str | None) -> Synchronisation | None:
    """What the sender says of its followers here, if it is not what we know."""
    if sender is None or header is None:
        return None
    said = parse_header(header, followers_uri=sender.followers)
    if said is None or digest_of(follows.list_local_followers(rx, sender.uri)) == said.digest:
        return None
    return said


def remember(instance: Instance, sender_uri: str, said: Synchronisation) -> None:
    """Have somebody look into it soon."""
    if len(instance.differences) < PENDING_MAX:
        instance.differences[sender_uri] = said


async def _reconcile(instance: Instance, sender_uri: str, said: Synchronisation) -> None:
    fetched = await instance.http.fetch_document(said.url)
    items = fetched.document.get("orderedItems", fetched.document.get("items"))
    listed = ids_of(items, ITEMS_MAX)
    if digest_of(listed) != said.digest:
        # it changed meanwhile, or was only a part: better nothing than a guess
        return
    await instance.change(lambda unit: _apply(unit, sender_uri, listed))


def _apply(unit: Unit, sender_uri: str, listed: Sequence[str]) -> None:
    followed = actor_store.find(unit.tx, sender_uri)
    if followed is None:
        return
    for uri in follows.list_local_followers(unit.tx, sender_uri):
        if uri not in listed:
            follows.remove(unit, uri, sender_uri)
    for uri in listed:
        follower = actor_store.find(unit.tx, uri) if unit.urls.is_ours(uri) else None
        if follower is not None and _is_stranger(unit, follower, sender_uri):
            withdraw_follow(unit, follower, sender_uri)


def _is_stranger(unit: Unit, follower: Actor, followed_uri: str) -> bool:
    return (
        follower.role == ROLE_COLLECTIVE
        and follows.find(unit.tx, follower.uri, followed_uri) is None
    )
