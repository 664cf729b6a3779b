"""Keys of actors: ours are made here and kept sealed, others' are kept as their own documents say. Owner of `actor_key`.

A private key is sealed with the instance secret, which is a file of its own and never in the database (S19, S121).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from actors.sealing import seal, unseal
from fedi.clock import from_ms
from fedi.db.engine import Reader, marks
from fedi.errors import Invalid, NotFound, SetupError
from fedi.ids import new_public_id
from fedi.signatures.keys import (
    PublicKey,
    SigningKey,
    multikey,
    public_pem,
    read_multikey,
    read_private_pem,
    read_public_pem,
)
from fedi.unit import Unit
from fedi.urls import ed25519_key, main_key

# Who changes keys all the time does not fill the journal.
NOTED_AGAIN = timedelta(days=1)
RSA = "rsa"
ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class ActorKey:
    """A public key as an actor's document lists it: PEM for RSA, multibase text for Ed25519."""

    owner_uri: str
    uri: str
    kind: str
    public_text: str


def save_pair(unit: Unit, secret: bytes, actor_uri: str, pair: tuple[bytes, bytes]) -> None:
    """Give one of our actors its first keys, under the ids that peers expect."""
    _insert_pair(unit, secret, actor_uri, pair, (main_key(actor_uri), ed25519_key(actor_uri)))


def replace_pair(unit: Unit, secret: bytes, actor_uri: str, pair: tuple[bytes, bytes]) -> str:
    """Give one of our actors new keys under new ids; the id of the RSA key it signed with until now.

    The old ones leave its document at once; they are kept a while, for the one letter that announces the new ones.
    """
    old = find_current(unit.tx, actor_uri, RSA)
    unit.tx.run(
        "UPDATE actor_key SET retired_at = ? WHERE owner_uri = ? AND retired_at IS NULL AND private_sealed IS NOT NULL",
        unit.now_ms,
        actor_uri,
    )
    mark = new_public_id(unit.told)
    uris = (f"{main_key(actor_uri)}-{mark}", f"{ed25519_key(actor_uri)}-{mark}")
    _insert_pair(unit, secret, actor_uri, pair, uris)
    unit.touched.add(actor_uri)
    unit.rekeyed.add(actor_uri)
    return old


def rewrap(unit: Unit, old: bytes, new: bytes) -> None:
    """Every private key of ours, a replaced one too, sealed with another secret. Raises SetupError."""
    rows = unit.tx.all(
        "SELECT owner_uri, uri, private_sealed FROM actor_key WHERE private_sealed IS NOT NULL"
    )
    unit.tx.run_many(
        "UPDATE actor_key SET private_sealed = ? WHERE owner_uri = ? AND uri = ?",
        [
            (seal(new, uri, unseal(old, uri, bytes(sealed))), owner, uri)
            for owner, uri, sealed in rows
        ],
    )


def list_retired(rx: Reader, before_ms: int, after: str, most: int) -> Sequence[tuple[str, int]]:
    """Private keys that were replaced before this moment, by id, with their bytes; `after` is the last one seen."""
    rows = rx.all(
        "SELECT uri, LENGTH(private_sealed) FROM actor_key WHERE retired_at < ? AND private_sealed IS NOT NULL "
        "AND uri > ? ORDER BY uri LIMIT ?",
        before_ms,
        after,
        most,
    )
    return [(row[0], int(row[1])) for row in rows]


def forget_retired(unit: Unit, before_ms: int, uris: Sequence[str]) -> int:
    """Destroy those of these private keys that were replaced before this moment; how many."""
    return unit.tx.run(
        "DELETE FROM actor_key WHERE retired_at < ? AND private_sealed IS NOT NULL "
        f"AND uri IN ({marks(len(uris))})",
        before_ms,
        *uris,
    )


def find_current(rx: Reader, actor_uri: str, kind: str) -> str:
    """The id of the key of this kind with which an actor of ours signs. Raises NotFound."""
    row = rx.one(
        "SELECT uri FROM actor_key WHERE owner_uri = ? AND kind = ? AND retired_at IS NULL "
        "AND private_sealed IS NOT NULL ORDER BY created_at DESC LIMIT 1",
        actor_uri,
        kind,
    )
    if row is None:
        raise NotFound("error.key_not_found", detail=actor_uri)
    return str(row[0])


def _insert_pair(
    unit: Unit, secret: bytes, actor_uri: str, pair: tuple[bytes, bytes], uris: tuple[str, str]
) -> None:
    rsa, ed25519 = (read_private_pem(pem) for pem in pair)
    assert isinstance(ed25519, Ed25519PrivateKey)
    for uri, kind, text, pem in (
        (uris[0], RSA, public_pem(rsa), pair[0]),
        (uris[1], ED25519, multikey(ed25519), pair[1]),
    ):
        unit.tx.run(
            "INSERT INTO actor_key (owner_uri, uri, kind, public_text, private_sealed, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            actor_uri,
            uri,
            kind,
            text,
            seal(secret, uri, pem),
            unit.now_ms,
        )


def load_signing_key(rx: Reader, secret: bytes, key_uri: str) -> SigningKey:
    """One of our private keys, opened, a replaced one too. Raises NotFound, or SetupError when the secret does not fit."""
    row = rx.one(
        "SELECT private_sealed FROM actor_key WHERE uri = ? AND private_sealed IS NOT NULL",
        key_uri,
    )
    if row is None:
        raise NotFound("error.key_not_found", detail=key_uri)
    return SigningKey(key_uri, read_private_pem(unseal(secret, key_uri, bytes(row[0]))))


def list_unfit(rx: Reader, secret: bytes) -> Sequence[str]:
    """The ids of those keys of ours that the secret does not open, or whose two halves do not belong together (R19)."""
    rows = rx.all(
        "SELECT uri, kind, public_text, private_sealed FROM actor_key WHERE private_sealed IS NOT NULL ORDER BY uri"
    )
    return [str(row[0]) for row in rows if not _fits(secret, *row)]


def _fits(secret: bytes, uri: str, kind: str, public_text: str, sealed: bytes) -> bool:
    try:
        private = read_private_pem(unseal(secret, uri, bytes(sealed)))
    except (SetupError, Invalid):
        return False
    if isinstance(private, Ed25519PrivateKey):
        return kind == ED25519 and multikey(private) == public_text
    return kind == RSA and public_pem(private) == public_text


def list_of_others(rx: Reader, after: tuple[str, str], most: int) -> Sequence[tuple[str, str]]:
    """Owners and ids of keys of others, in their order; `after`: the last pair seen."""
    rows = rx.all(
        "SELECT owner_uri, uri FROM actor_key WHERE private_sealed IS NULL AND (owner_uri, uri) > (?, ?) "
        "ORDER BY owner_uri, uri LIMIT ?",
        *after,
        most,
    )
    return [(str(row[0]), str(row[1])) for row in rows]


def list_keys(rx: Reader, owner_uri: str) -> Sequence[ActorKey]:
    """The living keys of an actor, RSA first."""
    rows = rx.all(
        "SELECT owner_uri, uri, kind, public_text FROM actor_key WHERE owner_uri = ? AND retired_at IS NULL "
        "ORDER BY kind DESC, created_at",
        owner_uri,
    )
    return [ActorKey(*row) for row in rows]


def find_public(rx: Reader, key_uri: str) -> PublicKey | None:
    """A known public key of somebody else by its id, parsed."""
    row = rx.one(
        "SELECT owner_uri, uri, kind, public_text FROM actor_key WHERE uri = ? AND retired_at IS NULL "
        "AND private_sealed IS NULL",
        key_uri,
    )
    return public_key_of(ActorKey(*row)) if row else None


def public_key_of(key: ActorKey) -> PublicKey | None:
    """The key parsed; None when it is one that we do not use (S13)."""
    try:
        parsed = (
            read_public_pem(key.public_text) if key.kind == RSA else read_multikey(key.public_text)
        )
    except Invalid:
        return None
    return PublicKey(key.uri, key.owner_uri, parsed)


def is_replaced_by(rx: Reader, owner_uri: str, keys: Sequence[ActorKey]) -> bool:
    """Whether a key that was known of somebody elsewhere is not among these any more, though there are some."""
    known = {each.public_text for each in list_keys(rx, owner_uri)}
    return bool(keys) and not known <= {each.public_text for each in keys}


def note_change(unit: Unit, owner_uri: str) -> bool:
    """Remember that a key was replaced (S15); False when it was noted within the last day already."""
    before = changed_at(unit.tx, owner_uri)
    unit.tx.run(
        "INSERT INTO key_change (owner_uri, at, times) VALUES (?, ?, 1) "
        "ON CONFLICT (owner_uri) DO UPDATE SET at = excluded.at, times = key_change.times + 1",
        owner_uri,
        unit.now_ms,
    )
    return before is None or unit.now - before > NOTED_AGAIN


def changed_at(rx: Reader, owner_uri: str) -> datetime | None:
    """When a key of somebody elsewhere was last replaced by another, as far as anybody here had to do with them."""
    row = rx.one("SELECT at FROM key_change WHERE owner_uri = ?", owner_uri)
    return from_ms(row[0]) if row else None


def replace_remote(unit: Unit, owner_uri: str, keys: Sequence[ActorKey]) -> None:
    """What a remote actor's own document lists is what counts: the rest is dead at once (S12, S15). Raises Invalid."""
    if unit.urls.is_ours(owner_uri) or any(key.owner_uri != owner_uri for key in keys):
        raise Invalid("signature.key", detail="not the owner's own")
    if not keys:
        unit.tx.run("DELETE FROM key_change WHERE owner_uri = ?", owner_uri)
    unit.tx.run("DELETE FROM actor_key WHERE owner_uri = ?", owner_uri)
    for key in keys:
        unit.tx.run(
            "INSERT INTO actor_key (owner_uri, uri, kind, public_text, created_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (owner_uri, uri) DO NOTHING",
            key.owner_uri,
            key.uri,
            key.kind,
            key.public_text,
            unit.now_ms,
        )
