"""Who signed this request? The only place that makes a `Sender`, and the only one that fetches keys.

Verification itself is pure (`fedi.signatures.request`); here the key is found: in memory, in the store, or from its
owner, at most once more when a known key no longer fits.
"""

import asyncio

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from actors import blocks, keys, refresh
from actors.model import Actor
from fedi.canonical import host_of
from fedi.clock import cpu_s
from fedi.db.engine import Reader
from fedi.errors import (
    FediError,
    Forbidden,
    Invalid,
    NotFound,
    RemoteGone,
    Unauthenticated,
    Unavailable,
)
from fedi.instance import Instance
from fedi.signatures.keys import PublicKey
from fedi.signatures.request import (
    LoadKey,
    Reason,
    Refused,
    SignedRequest,
    UnknownKey,
    Verified,
    key_id_of,
    verify,
)
from inbox.contract import Sender

REFRESH_EVERY_S = 300.0
# Larger keys take long enough to be checked beside the event loop (S20).
RSA_BITS_AT_ONCE = 2048


async def verified(instance: Instance, request: SignedRequest) -> Verified:
    """Whose key signed the request.

    Raises Unauthenticated or Invalid when nobody's did, Forbidden when the host is shut out, Unavailable when the
    key could not be asked for just now, RemoteGone when its owner is gone, TooMany when too many strangers of its host
    came lately.
    """
    verdict = await _verify(instance, request)
    if isinstance(verdict, UnknownKey):
        generation = instance.keyring.generation
        from_store = await _from_store(instance, verdict.key_id)
        if from_store is None:
            fetched = await _fetch(instance, verdict.key_id)
            verdict = await _verify(instance, request, fetched)
        else:
            instance.keyring.remember(from_store, generation)
            verdict = await _verify_or_refresh(instance, request, verdict.key_id, from_store)
    elif isinstance(verdict, Refused) and verdict.reason is Reason.MISMATCH:
        verdict = await _verify_or_refresh(instance, request, None, None)
    if isinstance(verdict, Verified):
        return verdict
    if isinstance(verdict, UnknownKey):
        raise Unauthenticated("signature.key", detail="unknown after fetching")
    if verdict.status == 400:
        raise Invalid(verdict.reason.value)
    raise Unauthenticated(verdict.reason.value)


def sender_of(actor: Actor, proof: str) -> Sender:
    """The proved sender of an activity that was kept with its proof."""
    return Sender(actor, proof)


async def _verify(
    instance: Instance, request: SignedRequest, at_hand: PublicKey | None = None
) -> Verified | UnknownKey | Refused:
    """`at_hand`: a key that was looked up this moment, whether or not it may be remembered."""
    large: list[PublicKey] = []

    def recall(key_id: str) -> PublicKey | None:
        key = instance.keyring.recall(key_id)
        if key is None and at_hand is not None and at_hand.key_id == key_id:
            key = at_hand
        if key is not None:
            instance.accounts.check_verifying(host_of(key.owner), instance.clock.monotonic())
        if key is None or not _is_large(key):
            return key
        large.append(key)
        return None

    verdict, spent_s = _judge(instance, request, recall)
    if large:
        verdict, spent_s = await asyncio.to_thread(
            _judge, instance, request, lambda _key_id: large[0]
        )
    if isinstance(verdict, Verified):
        host = host_of(verdict.owner)
        instance.accounts.note_verified(host, instance.clock.monotonic(), spent_s)
    return verdict


def _judge(
    instance: Instance, request: SignedRequest, load_key: LoadKey
) -> tuple[Verified | UnknownKey | Refused, float]:
    """The verdict, and the seconds of processor it took."""
    start_s = cpu_s()
    verdict = verify(
        request,
        scheme=instance.urls.scheme,
        authority=instance.urls.host,
        now=instance.clock.now(),
        load_key=load_key,
    )
    return verdict, cpu_s() - start_s


def _is_large(key: PublicKey) -> bool:
    return isinstance(key.key, RSAPublicKey) and key.key.key_size > RSA_BITS_AT_ONCE


async def _verify_or_refresh(
    instance: Instance, request: SignedRequest, key_id: str | None, at_hand: PublicKey | None
) -> Verified | UnknownKey | Refused:
    """Verify with the key we know; when it does not fit, ask its owner once, but not too often (S14)."""
    verdict = await _verify(instance, request, at_hand)
    if not (isinstance(verdict, Refused) and verdict.reason is Reason.MISMATCH):
        return verdict
    name = key_id or key_id_of(request)
    now = instance.clock.monotonic()
    if name is None or instance.keyring.has_failed(f"refresh {name}", now):
        return verdict
    host = host_of(name)
    if instance.newcomers.has_failed_often(host, now):
        return verdict
    instance.keyring.note_failure(f"refresh {name}", now + REFRESH_EVERY_S)
    instance.newcomers.note_failed_key(host, now)
    try:
        fetched = await refresh.fetch_key(instance, name)
    except FediError as problem:
        if isinstance(problem, Unavailable) and problem.message_key != refresh.KEY_UNREACHABLE:
            # the trouble is ours: nobody is judged by it, and the next try may ask
            instance.keyring.note_failure(f"refresh {name}", now)
            raise
        return verdict
    return await _verify(instance, request, fetched)


async def _from_store(instance: Instance, key_id: str) -> PublicKey | None:
    """The key as stored. Raises Forbidden before anything is asked of a host that is shut out."""
    try:
        host = host_of(key_id)
    except Invalid as problem:
        raise Unauthenticated("signature.key", detail="key id") from problem

    def look(rx: Reader) -> tuple[bool, PublicKey | None]:
        return blocks.is_host_blocked(rx, host), keys.find_public(rx, key_id)

    is_blocked, key = await instance.look(look)
    if is_blocked:
        raise Forbidden("error.host_blocked", detail=host)
    return key


async def _fetch(instance: Instance, key_id: str) -> PublicKey:
    instance.newcomers.check(host_of(key_id), instance.clock.monotonic())
    try:
        return await refresh.fetch_key(instance, key_id)
    except RemoteGone:
        raise
    except NotFound as problem:
        raise Unauthenticated("signature.key", detail=problem.detail) from problem
