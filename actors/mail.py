"""Addresses that people gave for a new password, and letters that wait to be sent. Owner of `mail_address`, `letter`.

Both are sealed with the instance secret: whoever has the database alone learns no address and opens no door.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from actors.sealing import seal, unseal
from fedi.clock import to_ms
from fedi.db.engine import UNHELD, Reader
from fedi.errors import Invalid
from fedi.ids import new_row_id
from fedi.unit import Unit

Kind = Literal["lost", "confirm", "digest"]

ADDRESS_MAX: Final = 254
# never, every day, every week
DIGEST_DAYS: Final = (0, 1, 7)
WAITING_MAX: Final = 1000
# Plain addresses only: nothing that a mail server could read as two, as a route or as another header (S83).
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody wants to be written to, and whether they proved that it is theirs. `digest_days`: how often they are told
    that something waits; 0: never."""

    text: str
    is_confirmed: bool
    digest_days: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """A letter to be written: `lost` to whoever has this address, `confirm` and `digest` to one person."""

    id: int
    kind: str
    address: str
    person_id: int
    attempts: int


def check_address(text: str) -> str:
    """The address as it is kept. Raises Invalid."""
    address = text.strip()
    if len(address) > ADDRESS_MAX or not _ADDRESS.fullmatch(address):
        raise Invalid("mail.address_form", field="address")
    return address


def set_address(unit: Unit, secret: bytes, person_id: int, address: str) -> None:
    """Keep this address, unproved, in the place of any other."""
    unit.tx.run(
        "INSERT INTO mail_address (person_id, address_sealed, address_hash, set_at, confirmed_at) VALUES (?, ?, ?, ?, NULL) "
        "ON CONFLICT (person_id) DO UPDATE SET address_sealed = excluded.address_sealed, "
        "address_hash = excluded.address_hash, set_at = excluded.set_at, confirmed_at = NULL",
        person_id,
        seal(secret, _label(person_id), address.encode()),
        _hash(secret, address),
        unit.now_ms,
    )


def find(rx: Reader, secret: bytes, person_id: int) -> Address | None:
    """The address of this person."""
    row = rx.one(
        "SELECT address_sealed, confirmed_at, digest_days FROM mail_address WHERE person_id = ?",
        person_id,
    )
    if row is None:
        return None
    text = unseal(secret, _label(person_id), bytes(row[0])).decode()
    return Address(text, row[1] is not None, int(row[2]))


def owners(rx: Reader, secret: bytes, address: str) -> list[int]:
    """Who proved that this address is theirs."""
    rows = rx.all(
        "SELECT person_id FROM mail_address WHERE address_hash = ? AND confirmed_at IS NOT NULL ORDER BY person_id",
        _hash(secret, address),
    )
    return [int(row[0]) for row in rows]


def code_of(rx: Reader, secret: bytes, person_id: int) -> str:
    """The eight digits that prove the address kept now; empty without one."""
    row = rx.one("SELECT address_hash, set_at FROM mail_address WHERE person_id = ?", person_id)
    if row is None:
        return ""
    text = f"address {person_id} {row[0]} {row[1]}"
    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return str(int.from_bytes(digest[:8], "big") % 10**8).zfill(8)


def confirm(unit: Unit, person_id: int) -> None:
    """The person proved it."""
    unit.tx.run(
        "UPDATE mail_address SET confirmed_at = ? WHERE person_id = ?", unit.now_ms, person_id
    )


def set_digest(unit: Unit, person_id: int, days: int) -> None:
    """Tell this person every so many days that something waits, from now on; 0: never. Raises Invalid."""
    if days not in DIGEST_DAYS:
        raise Invalid("mail.digest_form", field="digest")
    unit.tx.run(
        "UPDATE mail_address SET digest_days = ?, digest_at = ? WHERE person_id = ?",
        days,
        unit.now_ms,
        person_id,
    )


def list_digests_due(rx: Reader, now: datetime, most: int) -> list[int]:
    """People who proved their address and were last told longer ago than they wish."""
    rows = rx.all(
        "SELECT person_id FROM mail_address WHERE digest_days > 0 AND confirmed_at IS NOT NULL "
        "AND digest_at + digest_days * 86400000 <= ? ORDER BY digest_at, person_id LIMIT ?",
        to_ms(now),
        most,
    )
    return [int(row[0]) for row in rows]


def note_digest(unit: Unit, person_id: int) -> None:
    """This person was told just now, or there was nothing to tell."""
    unit.tx.run("UPDATE mail_address SET digest_at = ? WHERE person_id = ?", unit.now_ms, person_id)


def forget(unit: Unit, person_id: int) -> None:
    """No address of this person any more."""
    unit.tx.run("DELETE FROM mail_address WHERE person_id = ?", person_id)


def wish(unit: Unit, secret: bytes, kind: Kind, address: str, person_id: int = 0) -> None:
    """Have a letter written soon. With too many waiting already, nothing more is taken."""
    row = unit.tx.one("SELECT count(*) FROM letter")
    if row is not None and row[0] >= WAITING_MAX:
        return
    row_id = new_row_id(unit.now)
    unit.tx.run(
        "INSERT INTO letter (id, wish_sealed, attempts, due_at) VALUES (?, ?, 0, ?)",
        row_id,
        seal(secret, f"letter {row_id}", f"{kind} {person_id} {address}".encode()),
        unit.now_ms,
    )


def claim(unit: Unit, secret: bytes, most: int, lease: timedelta) -> Sequence[Wish]:
    """Some of the letters that are due; nobody else gets them before the lease ends."""
    rows = unit.tx.all(
        "SELECT id, wish_sealed, attempts FROM letter WHERE due_at <= ? "
        f"ORDER BY due_at, id LIMIT ? {UNHELD}",
        unit.now_ms,
        most,
    )
    found = []
    for row_id, sealed, attempts in rows:
        postpone(unit, row_id, lease)
        unit.tx.run("UPDATE letter SET attempts = attempts + 1 WHERE id = ?", row_id)
        text = unseal(secret, f"letter {row_id}", bytes(sealed)).decode()
        kind, person_id, address = text.split(" ", 2)
        found.append(Wish(row_id, kind, address, int(person_id), int(attempts) + 1))
    return found


def postpone(unit: Unit, row_id: int, after: timedelta) -> None:
    """Try again later."""
    unit.tx.run(
        "UPDATE letter SET due_at = ? WHERE id = ?",
        to_ms(unit.now + after),
        row_id,
    )


def finish(unit: Unit, row_id: int) -> None:
    """It was sent, or never will be."""
    unit.tx.run("DELETE FROM letter WHERE id = ?", row_id)


def forget_wishes(unit: Unit) -> None:
    """Nothing that was asked for is written any more."""
    unit.tx.run("DELETE FROM letter")


def rewrap(unit: Unit, old: bytes, new: bytes) -> None:
    """Every address, and every letter that waits, sealed with another secret. Raises SetupError."""
    addresses = []
    for person, sealed in unit.tx.all("SELECT person_id, address_sealed FROM mail_address"):
        plain = unseal(old, _label(person), bytes(sealed))
        addresses.append((seal(new, _label(person), plain), _hash(new, plain.decode()), person))
    unit.tx.run_many(
        "UPDATE mail_address SET address_sealed = ?, address_hash = ? WHERE person_id = ?",
        addresses,
    )
    letters = []
    for row_id, sealed in unit.tx.all("SELECT id, wish_sealed FROM letter"):
        label = f"letter {row_id}"
        letters.append((seal(new, label, unseal(old, label, bytes(sealed))), row_id))
    unit.tx.run_many("UPDATE letter SET wish_sealed = ? WHERE id = ?", letters)


def _label(person_id: int) -> str:
    return f"mail {person_id}"


def _hash(secret: bytes, address: str) -> str:
    return hmac.new(secret, b"mail " + address.casefold().encode(), hashlib.sha256).hexdigest()
