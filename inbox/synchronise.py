"""What others tell us about our collectives among their followers (FEP-8fcf, incoming).

A differing digest leads to one signed look at the sender's list. Whoever is missing there stops following here; whoever
is listed there without following is taken back. Only ever about the sender's own followers (S42).
"""

from collections.abc import Sequence

from actors import follows
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE, Actor
from fedi import chores
from fedi.errors import RemoteError
from fedi.instance import Instance
from fedi.unit import Unit
from fedi.vocab.follower_digest import digest_of, parse_header
from fedi.vocab.read import ids_of
from outbox.actions.undo import withdraw_follow

ITEMS_MAX = 1_000
PENDING_MAX = 1_000


async def reconcile(instance: Instance, subject: str) -> int:
    """Look into a difference that was noticed; 1 when the lists were brought together. `subject`: see `notice`."""
    sender_uri, digest, url = subject.split(" ")
    try:
        fetched = await instance.http.fetch_document(url)
    except RemoteError:
        return 0  # said again with the next delivery
    items = fetched.document.get("orderedItems", fetched.document.get("items"))
    listed = ids_of(items, ITEMS_MAX)
    if digest_of(listed) != digest:
        # it changed meanwhile, or was only a part: better nothing than a guess
        return 0
    await instance.change(lambda unit: _apply(unit, sender_uri, listed))
    return 1


def notice(unit: Unit, sender_uri: str, header: str) -> None:
    """Have somebody look into it soon when what the sender says of its followers here is not what we know."""
    sender = actor_store.find(unit.tx, sender_uri)
    said = parse_header(header, followers_uri=sender.followers) if sender is not None else None
    if said is None or digest_of(follows.list_local_followers(unit.tx, sender_uri)) == said.digest:
        return
    subject = f"{sender_uri} {said.digest} {said.url}"
    chores.add_if_few(unit, chores.FOLLOWERS, subject, PENDING_MAX)


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
