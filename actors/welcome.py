"""The one-time address with which the first steward of a new instance comes in. Owner of `welcome`.

It can be told again while it is unused, so it is kept sealed; once a steward can sign in it opens nothing, used or not.
"""

import hashlib
from typing import Final

from actors.sealing import seal, unseal
from fedi.db.engine import Reader
from fedi.ids import new_token
from fedi.unit import Unit

_LABEL: Final = "welcome"
TOKEN_MAX: Final = 100


def is_awaited(rx: Reader) -> bool:
    """Whether nobody can look after this instance yet by signing in."""
    row = rx.one(
        "SELECT 1 FROM person_role r JOIN person p ON p.id = r.person_id JOIN password w ON w.person_id = r.person_id "
        "WHERE r.role = 'steward' AND p.removed_at IS NULL LIMIT 1"
    )
    return row is None


def offer(unit: Unit, secret: bytes) -> str | None:
    """The secret of the address, the same until it is used; None when a steward can sign in."""
    if not is_awaited(unit.tx):
        close(unit)
        return None
    row = unit.tx.one("SELECT token_sealed FROM welcome LIMIT 1")
    if row is not None:
        return unseal(secret, _LABEL, bytes(row[0])).decode()
    token = new_token()
    unit.tx.run(
        "INSERT INTO welcome (token_hash, token_sealed, created_at) VALUES (?, ?, ?)",
        _hash(token),
        seal(secret, _LABEL, token.encode()),
        unit.now_ms,
    )
    return token


def fits(rx: Reader, token: str) -> bool:
    """Whether this opens the door now."""
    if not token or len(token) > TOKEN_MAX or not is_awaited(rx):
        return False
    return rx.one("SELECT 1 FROM welcome WHERE token_hash = ?", _hash(token)) is not None


def close(unit: Unit) -> None:
    """Nobody comes in this way any more."""
    unit.tx.run("DELETE FROM welcome")


def rewrap(unit: Unit, old: bytes, new: bytes) -> None:
    """The address that was told, sealed with another secret. Raises SetupError."""
    rows = unit.tx.all("SELECT token_hash, token_sealed FROM welcome")
    unit.tx.run_many(
        "UPDATE welcome SET token_sealed = ? WHERE token_hash = ?",
        [(seal(new, _LABEL, unseal(old, _LABEL, bytes(sealed))), kept) for kept, sealed in rows],
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
