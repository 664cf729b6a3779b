"""Getting to know actors elsewhere: fetch, check, store. Edges; every fetch ends before a transaction begins."""

import contextlib
from collections.abc import Sequence
from typing import Any

from actors import blocks, follows, handles, journal, keys, store, webfinger
from actors.documents import parse_actor, parse_keys, understands_rfc9421
from actors.keys import ActorKey
from actors.model import Actor
from fedi.canonical import host_of, origin_of, same_origin
from fedi.db.engine import Reader
from fedi.errors import (
    FediError,
    Forbidden,
    Invalid,
    NotFound,
    RemoteGone,
    RemoteMalformed,
    RemoteUnreachable,
    TooMany,
    Unavailable,
)
from fedi.http.schemes import RFC9421
from fedi.instance import Instance
from fedi.signatures.keys import PublicKey
from fedi.unit import Unit
from fedi.vocab.read import id_of

KEY_REFUSED_S = 300.0
KEY_LATER_S = 20.0
# Whoever has the key does not answer: unlike every other `Unavailable` nothing of ours is in trouble.
KEY_UNREACHABLE = "signature.key_unreachable"


async def fetch_actor(instance: Instance, uri: str, *, across_origins: bool = False) -> Actor:
    """Fetch an actor from its id and store what it says of itself. Raises RemoteError, Invalid or Forbidden."""
    if instance.urls.is_ours(uri):
        return await instance.look(lambda rx: store.load(rx, uri))
    await _check_welcome(instance, uri)
    fetched = await instance.http.fetch_document(uri, across_origins=across_origins)
    return await _store_document(instance, fetched.document)


async def find_or_fetch_actor(instance: Instance, uri: str) -> Actor:
    """The actor as known, or fetched now. Raises like `fetch_actor`."""
    known = await instance.look(lambda rx: store.find(rx, uri))
    if known is not None and (known.is_local or known.deleted_at is None):
        return known
    return await fetch_actor(instance, uri)


async def find_or_fetch_by_handle(instance: Instance, handle: str) -> Actor:
    """The actor that people call `@name@host`, or whose address they gave.

    The host vouches for the actor and the actor for its name (S35). Raises Invalid, NotFound or RemoteError.
    """
    if handle.startswith(("https://", "http://")):
        return await _find_or_fetch_by_address(instance, handle)
    username, host = webfinger.split_handle(handle)
    if host == instance.urls.host:
        found = await instance.look(lambda rx: store.find_local(rx, username))
        if found is None:
            raise NotFound("error.actor_not_found", detail="local handle")
        return found
    known = await instance.look(lambda rx: store.find_by_handle(rx, username, host))
    if known is not None:
        return known
    said = await handles.ask(instance, username, host)
    actor = await fetch_actor(instance, said.uri)
    handle = await handles.handle_of(instance, actor, said)
    if handle.lower() != said.handle.lower():
        raise RemoteMalformed("actor.handle_mismatch", detail="preferredUsername")
    await instance.change(lambda unit: handles.keep(unit, actor.uri, handle))
    return await instance.look(lambda rx: store.load(rx, actor.uri))


async def _check_welcome(instance: Instance, uri: str) -> None:
    """Nothing is asked of hosts that are shut out. Raises Forbidden."""
    host = host_of(uri)
    if await instance.look(lambda rx: blocks.is_host_blocked(rx, host)):
        raise Forbidden("error.host_blocked", detail=host)


async def _find_or_fetch_by_address(instance: Instance, url: str) -> Actor:
    found = await instance.look(lambda rx: store.find(rx, url))
    if found is None or found.deleted_at is not None:
        await _check_welcome(instance, url)
        fetched = await instance.http.fetch_document(url, across_origins=True)
        # where it led may be shut out, though where it began is not
        await _check_welcome(instance, fetched.url)
        found = await _store_document(instance, fetched.document)
    if not found.is_local and not found.confirmed:
        uri = found.uri
        await instance.change(lambda unit: store.want_handle(unit, uri))
    return found


async def fetch_key(instance: Instance, key_id: str) -> PublicKey:
    """Fetch the key with this id and prove that its owner claims it (S11, wire 2.4).

    Raises NotFound when there is no such key or it is not the owner's, Unavailable when it could not be asked for.
    Failures are remembered for a while, so that bad signatures cannot make us hammer anybody (S14). Raises TooMany
    when more strangers of that host came than may (S113).
    """
    now = instance.clock.monotonic()
    if instance.keyring.has_failed(key_id, now):
        raise NotFound("signature.key", detail="failed lately")
    generation = instance.keyring.generation
    try:
        key = await _fetch_key(instance, key_id)
    except RemoteUnreachable as problem:
        instance.keyring.note_failure(key_id, now + KEY_LATER_S)
        raise Unavailable(KEY_UNREACHABLE, detail=problem.detail, retry_after_s=60) from problem
    except (TooMany, Unavailable):
        # the reason is here, not there
        raise
    except RemoteGone:
        _note_refusal(instance, key_id, now)
        raise
    except FediError as problem:
        _note_refusal(instance, key_id, now)
        raise NotFound(
            "signature.key", detail=f"{problem.message_key} {problem.detail}"
        ) from problem
    instance.keyring.remember(key, generation)
    return key


def _note_refusal(instance: Instance, key_id: str, now: float) -> None:
    instance.keyring.note_failure(key_id, now + KEY_REFUSED_S)
    with contextlib.suppress(Invalid):
        instance.newcomers.note_failed_key(host_of(key_id), now)


async def _fetch_key(instance: Instance, key_id: str) -> PublicKey:
    if instance.urls.is_ours(key_id):
        raise Forbidden("signature.key", detail="ours")
    fetched = await instance.http.fetch_document(key_id, check_id=False)
    owner_uri = _owner_of(fetched.document, key_id)
    document = fetched.document
    if document.get("id") != owner_uri or fetched.url != owner_uri or "inbox" not in document:
        # a bare key, or a stub that shows only what is needed to check a signature: the owner must confirm it
        document = (await instance.http.fetch_document(owner_uri)).document
    await _store_document(instance, document)
    for listed in parse_keys(document, owner_uri):
        if listed.uri == key_id:
            key = keys.public_key_of(listed)
            if key is not None:
                return key
    raise NotFound("signature.key", detail="not listed by its owner")


def _owner_of(document: dict[str, Any], key_id: str) -> str:
    """Whose key a fetched document shows. Raises Invalid."""
    owner: object = document.get("owner") or document.get("controller")
    if owner is None and isinstance(document.get("publicKey"), dict):
        owner = document["publicKey"].get("owner")
    owner_uri = id_of(owner) or id_of(document.get("id"))
    if owner_uri is None or not same_origin(owner_uri, key_id):
        raise Invalid("signature.key", detail="owner elsewhere")
    return owner_uri


async def _store_document(instance: Instance, document: dict[str, Any]) -> Actor:
    pairs = instance.config.delivery.inbox_pairs
    actor, listed = parse_actor(document, now=instance.clock.now(), elsewhere=pairs)
    if instance.urls.is_ours(actor.uri):
        raise Forbidden("error.forbidden", detail="a remote document claims a local id")
    is_known, is_host_known = await instance.look(
        lambda rx: (store.is_known(rx, actor.uri), store.is_host_known(rx, actor.host))
    )
    if not is_known:
        instance.newcomers.admit(
            actor.host,
            instance.clock.monotonic(),
            per_host=instance.config.inbox.new_actors_per_host,
            hosts_per_domain=instance.config.inbox.new_hosts_per_domain,
            is_host_new=not is_host_known,
        )

    def save(unit: Unit) -> None:
        known = store.find(unit.tx, actor.uri)
        if known is not None and known.deleted_at is not None:
            raise RemoteGone(
                "error.remote_gone", detail="left before, and stays gone", http_status=410
            )
        store.save(unit, actor)
        if known is not None and known.username != actor.username:
            store.want_handle(unit, actor.uri)
        _note_changed_key(unit, actor.uri, listed)
        before = _public_texts(unit.tx, actor.uri)
        if before and before != {(key.uri, key.public_text) for key in listed}:
            unit.rekeyed.add(actor.uri)
        keys.replace_remote(unit, actor.uri, listed)

    await instance.change(save)
    if understands_rfc9421(document):
        instance.http.note_scheme(origin_of(actor.uri), RFC9421)
    return actor


def _note_changed_key(unit: Unit, uri: str, listed: Sequence[ActorKey]) -> None:
    """A key that somebody here relied on was replaced: for the journal and for moderators (S15)."""
    if not keys.is_replaced_by(unit.tx, uri, listed):
        return
    tied = follows.list_tied(unit.tx, uri)
    if tied and keys.note_change(unit, uri):
        for ours in (journal.HOUSE, *tied):
            journal.note(unit, ours, 0, "journal.key_changed", uri)


def _public_texts(rx: Reader, owner_uri: str) -> set[tuple[str, str]]:
    return {(key.uri, key.public_text) for key in keys.list_keys(rx, owner_uri)}
