"""The passkeys of people: kept, used, named, taken away. Owner of `passkey`, `passkey_answered`.

What is kept is the public half of a key: whoever reads the table cannot sign in with it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from actors.authenticators import New
from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row
from fedi.errors import Conflict
from fedi.ids import new_row_id
from fedi.text.direction import clean_line
from fedi.unit import Unit

PASSKEYS_MAX: Final = 50
LABEL_MAX: Final = 60
Outcome = Literal["used", "gone", "copied"]

_COLUMNS: Final = "id, person_id, credential_id, public_key, sign_count, label, since, used_at"


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key on somebody's device. `label`: what they call it; `used_at`: None before the first time."""

    id: int
    person_id: int
    credential_id: bytes
    public_key: bytes
    sign_count: int
    label: str
    since: datetime
    used_at: datetime | None


def has(rx: Reader, person_id: int) -> bool:
    """Whether this person has one."""
    return rx.one("SELECT 1 FROM passkey WHERE person_id = ? LIMIT 1", person_id) is not None


def list_of(rx: Reader, person_id: int) -> Sequence[Passkey]:
    """All of this person, the oldest first."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM passkey WHERE person_id = ? ORDER BY id LIMIT ?",
        person_id,
        PASSKEYS_MAX,
    )
    return [_passkey_of(row) for row in rows]


def find(rx: Reader, passkey_id: int, person_id: int) -> Passkey | None:
    """One of this person; None alike when there is none and when it is somebody else's (S81)."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM passkey WHERE id = ? AND person_id = ?", passkey_id, person_id
    )
    return _passkey_of(row) if row else None


def find_by_credential(rx: Reader, credential_id: bytes) -> Passkey | None:
    """Whose key a device says it used."""
    row = rx.one(f"SELECT {_COLUMNS} FROM passkey WHERE credential_id = ?", credential_id)
    return _passkey_of(row) if row else None


def add(unit: Unit, person_id: int, new: New, label: str) -> str:
    """One more for this person; what it is called. Raises Conflict when there are too many, or when it is known already."""
    row = unit.tx.one("SELECT count(*) FROM passkey WHERE person_id = ?", person_id)
    if row is not None and row[0] >= PASSKEYS_MAX:
        raise Conflict("passkey.too_many", n=PASSKEYS_MAX)
    label = clean_line(label, LABEL_MAX)
    added = unit.tx.run(
        "INSERT INTO passkey (id, person_id, credential_id, public_key, sign_count, label, since) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (credential_id) DO NOTHING",
        new_row_id(unit.now),
        person_id,
        new.credential_id,
        new.public_key,
        new.sign_count,
        label,
        unit.now_ms,
    )
    if not added:
        raise Conflict("passkey.known")
    return label


def use(unit: Unit, passkey: Passkey, sign_count: int) -> Outcome:
    """It was used just now, and the device says how often it was.

    One that counts and did not count on has been copied, or an old answer was kept: it is refused. One that never counted is
    allowed (WebAuthn, 6.1.1 "Signature Counter Considerations").
    """
    used = unit.tx.run(
        "UPDATE passkey SET sign_count = ?, used_at = ? WHERE id = ? AND (sign_count < ? OR (sign_count = 0 AND ? = 0))",
        sign_count,
        unit.now_ms,
        passkey.id,
        sign_count,
        sign_count,
    )
    if used:
        return "used"
    return "copied" if find(unit.tx, passkey.id, passkey.person_id) else "gone"


def spend(unit: Unit, question: bytes, ends_at: datetime) -> bool:
    """Whether this question is answered for the first time (S79). `ends_at`: when nobody may answer it any more anyhow."""
    unit.tx.run("DELETE FROM passkey_answered WHERE ends_at <= ?", unit.now_ms)
    spent = unit.tx.run(
        "INSERT INTO passkey_answered (question_hash, ends_at) VALUES (?, ?) ON CONFLICT (question_hash) DO NOTHING",
        hashlib.sha256(question).hexdigest(),
        to_ms(ends_at),
    )
    return spent > 0


def rename(unit: Unit, passkey_id: int, person_id: int, label: str) -> bool:
    """What the person calls it; False when there is none of theirs."""
    renamed = unit.tx.run(
        "UPDATE passkey SET label = ? WHERE id = ? AND person_id = ?",
        clean_line(label, LABEL_MAX),
        passkey_id,
        person_id,
    )
    return renamed > 0


def remove(unit: Unit, passkey_id: int, person_id: int) -> bool:
    """It opens nothing any more; False when there is none of theirs."""
    return (
        unit.tx.run("DELETE FROM passkey WHERE id = ? AND person_id = ?", passkey_id, person_id) > 0
    )


def forget(unit: Unit, person_id: int) -> bool:
    """None of this person any more; False when there was none."""
    return unit.tx.run("DELETE FROM passkey WHERE person_id = ?", person_id) > 0


def _passkey_of(row: Row) -> Passkey:
    return Passkey(
        row[0],
        row[1],
        bytes(row[2]),
        bytes(row[3]),
        row[4],
        row[5],
        from_ms(row[6]),
        from_ms(row[7]) if row[7] is not None else None,
    )
