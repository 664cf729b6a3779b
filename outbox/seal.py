"""Proof and signature inside our public activities, made once per activity and then part of its bytes (wire 2.7, 2.8).

They let others pass our words on: Mastodon forwards only what carries an LD signature, others believe a proof. Private
words carry neither, because both would make a leaked copy provable.
"""

import asyncio
import logging

import msgspec

from actors import keys
from fedi.db.engine import Reader
from fedi.errors import Invalid, NotFound
from fedi.instance import Instance
from fedi.signatures.keys import SigningKey
from fedi.signatures.proofs import add_proof
from fedi.unit import Unit
from fedi.vocab.context import with_context
from fedi.vocab.strict import dump
from outbox import store

log = logging.getLogger("fedi.outbox")

# What proof and signature will consist of, so that the context defines their terms.
_MEMBERS = {
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "",
        "created": "",
        "verificationMethod": "",
        "proofPurpose": "assertionMethod",
        "proofValue": "",
    },
    "signature": {"type": "RsaSignature2017", "creator": "", "created": "", "signatureValue": ""},
}


class Sealer:
    """Gives out the bytes of activities, sealing the public ones when they are first asked for."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        # the JSON-LD processor must not run twice at a time, and an activity must not be sealed twice
        self._one_at_a_time = asyncio.Lock()

    async def body(self, activity_id: int) -> bytes:
        """The bytes to send. Once given out they never change."""
        kept = await self._instance.look(lambda rx: store.load_seal(rx, activity_id))
        if kept.is_final:
            return kept.body
        async with self._one_at_a_time:
            kept = await self._instance.look(lambda rx: store.load_seal(rx, activity_id))
            return kept.body if kept.is_final else await self._seal(kept)

    async def _seal(self, kept: store.Seal) -> bytes:
        try:
            rsa, ed25519 = await self._keys(kept)
        except NotFound:
            # the author is gone; what it said last is still delivered, as it was
            return kept.body
        body = await asyncio.to_thread(self._sealed, kept.body, rsa, ed25519)

        def keep(unit: Unit) -> bytes:
            if store.keep_seal(unit, kept.activity_id, body):
                return body
            # another process was quicker: what it gave out never changes
            return store.load_seal(unit.tx, kept.activity_id).body

        return await self._instance.change(keep)

    def _sealed(self, body: bytes, rsa: SigningKey, ed25519: SigningKey) -> bytes:
        # importing the JSON-LD processor takes a tenth of a second: not at the start of every process
        from fedi.signatures.linked import add_signature  # noqa: PLC0415

        now = self._instance.told_now
        document = msgspec.json.decode(body)
        try:
            # the terms of proof and signature belong to the context that both cover
            document = with_context({**document, **_MEMBERS})
            document = add_proof(document, ed25519, now)
            document = add_signature(document, rsa, now)
        except Invalid as problem:
            log.info(
                "activity goes out unsealed",
                extra={"why": problem.message_key, "detail": problem.detail},
            )
            return body
        return dump(document)

    async def _keys(self, kept: store.Seal) -> tuple[SigningKey, SigningKey]:
        rsa_uri = kept.key_uri or await current_key(self._instance, kept.actor_uri, keys.RSA)
        ed25519_uri = await current_key(self._instance, kept.actor_uri, keys.ED25519)
        return (
            await signing_key(self._instance, rsa_uri),
            await signing_key(self._instance, ed25519_uri),
        )


async def current_key(instance: Instance, actor_uri: str, kind: str) -> str:
    """The id of the key with which an actor of ours signs now. Raises NotFound."""
    known = instance.keyring.current.get((actor_uri, kind))
    if known is None:
        generation = instance.keyring.generation
        known = await instance.look(lambda rx: keys.find_current(rx, actor_uri, kind))
        instance.keyring.remember_current(actor_uri, kind, known, generation)
    return known


async def signing_key(instance: Instance, key_uri: str) -> SigningKey:
    """One of our private keys, parsed once per process. Raises NotFound."""
    key = instance.keyring.signing.get(key_uri)
    if key is None:
        secret = instance.keyring.secret

        def load(rx: Reader) -> SigningKey:
            return keys.load_signing_key(rx, secret, key_uri)

        key = await instance.look(load)
        instance.keyring.signing[key_uri] = key
    return key
