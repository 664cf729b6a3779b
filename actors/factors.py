"""The second factor of people: kept sealed, compared, used up, taken away. Owner of `factor`, `recovery_code`, `factor_taken`.

A program for codes, passkeys (`actors/passkeys.py`), or both; with either come codes on paper.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from actors import onetime, passkeys
from actors.authenticators import New
from actors.sealing import seal, unseal
from fedi.clock import from_ms
from fedi.db.engine import Reader
from fedi.unit import Unit

How = Literal["code", "recovery"]


@dataclass(frozen=True, slots=True)
class Factor:
    """Somebody's second factor: since when there is a program for codes (None without one), and how many codes on paper are left."""

    since: datetime | None
    codes_left: int


def has(rx: Reader, person_id: int) -> bool:
    """Whether a password alone does not let this person in."""
    program = rx.one("SELECT 1 FROM factor WHERE person_id = ?", person_id)
    return program is not None or passkeys.has(rx, person_id)


def find(rx: Reader, person_id: int) -> Factor | None:
    """What this person has; None for who comes in with the password alone."""
    row = rx.one(
        "SELECT (SELECT since FROM factor WHERE person_id = ?), (SELECT count(*) FROM recovery_code WHERE person_id = ?)",
        person_id,
        person_id,
    )
    if row is None or (row[0] is None and not passkeys.has(rx, person_id)):
        return None
    return Factor(from_ms(row[0]) if row[0] is not None else None, int(row[1]))


def begin(unit: Unit, secret: bytes, person_id: int, shared: bytes, step: int) -> list[str]:
    """From now on this person has a second factor, proved with the code of `step`; the codes on paper, told once."""
    unit.tx.run(
        "INSERT INTO factor (person_id, secret_sealed, last_step, since) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (person_id) DO UPDATE SET secret_sealed = excluded.secret_sealed, "
        "last_step = excluded.last_step, since = excluded.since",
        person_id,
        seal(secret, _label(person_id), shared),
        step,
        unit.now_ms,
    )
    unit.tx.run("DELETE FROM factor_taken WHERE person_id = ?", person_id)
    return new_codes(unit, secret, person_id)


def add_passkey(unit: Unit, secret: bytes, person_id: int, new: New, label: str) -> list[str]:
    """One more passkey; with the first second factor of this person come codes on paper, told once. Raises Conflict."""
    is_first = not has(unit.tx, person_id)
    passkeys.add(unit, person_id, new, label)
    if not is_first:
        return []
    unit.tx.run("DELETE FROM factor_taken WHERE person_id = ?", person_id)
    return new_codes(unit, secret, person_id)


def remove_passkey(unit: Unit, passkey_id: int, person_id: int) -> bool:
    """One passkey less; False when there is none of theirs. Codes on paper go with the last factor that they stand in for."""
    removed = passkeys.remove(unit, passkey_id, person_id)
    _end_codes_alone(unit, person_id)
    return removed


def remove_program(unit: Unit, person_id: int) -> bool:
    """The program for codes counts no more, passkeys go on; False when there was none."""
    removed = unit.tx.run("DELETE FROM factor WHERE person_id = ?", person_id) > 0
    _end_codes_alone(unit, person_id)
    return removed


def new_codes(unit: Unit, secret: bytes, person_id: int) -> list[str]:
    """Fresh codes on paper, told once; the ones before are worth nothing any more."""
    unit.tx.run("DELETE FROM recovery_code WHERE person_id = ?", person_id)
    codes = onetime.new_recovery_codes()
    for code in codes:
        unit.tx.run(
            "INSERT INTO recovery_code (person_id, code_hash) VALUES (?, ?)",
            person_id,
            _hash(secret, person_id, onetime.paper_of(code)),
        )
    return codes


def use(unit: Unit, secret: bytes, person_id: int, typed: str) -> How | None:
    """Whether what was typed is this person's code of this moment, or one on paper; either counts once (S79)."""
    row = unit.tx.one("SELECT secret_sealed FROM factor WHERE person_id = ?", person_id)
    step = None
    if row is not None:
        shared = unseal(secret, _label(person_id), bytes(row[0]))
        step = onetime.matching_step(shared, typed, unit.now)
    if step is not None:
        taken = unit.tx.run(
            "UPDATE factor SET last_step = ? WHERE person_id = ? AND last_step < ?",
            step,
            person_id,
            step,
        )
        return "code" if taken else None
    paper = onetime.paper_of(typed)
    used = paper and unit.tx.run(
        "DELETE FROM recovery_code WHERE person_id = ? AND code_hash = ?",
        person_id,
        _hash(secret, person_id, paper),
    )
    return "recovery" if used else None


def count_with_codes(rx: Reader) -> int:
    """How many people have codes on paper that were not used."""
    row = rx.one("SELECT count(DISTINCT person_id) FROM recovery_code")
    return int(row[0]) if row else 0


def rewrap(unit: Unit, old: bytes, new: bytes) -> None:
    """Every second factor sealed with another secret. Raises SetupError.

    The codes on paper end: only what the old secret made of them is known, and whoever has that secret could try them out.
    """
    rows = unit.tx.all("SELECT person_id, secret_sealed FROM factor")
    unit.tx.run_many(
        "UPDATE factor SET secret_sealed = ? WHERE person_id = ?",
        [
            (seal(new, _label(person), unseal(old, _label(person), bytes(sealed))), person)
            for person, sealed in rows
        ],
    )
    unit.tx.run("DELETE FROM recovery_code")


def forget(unit: Unit, person_id: int) -> bool:
    """No second factor of any kind any more; False when there was none."""
    unit.tx.run("DELETE FROM recovery_code WHERE person_id = ?", person_id)
    unit.tx.run("DELETE FROM factor_taken WHERE person_id = ?", person_id)
    had_passkeys = passkeys.forget(unit, person_id)
    return unit.tx.run("DELETE FROM factor WHERE person_id = ?", person_id) > 0 or had_passkeys


def take(unit: Unit, person_id: int) -> bool:
    """A steward took it away, and the person is to be told; False when there was none."""
    if not forget(unit, person_id):
        return False
    unit.tx.run("INSERT INTO factor_taken (person_id, at) VALUES (?, ?)", person_id, unit.now_ms)
    return True


def taken_at(rx: Reader, person_id: int) -> datetime | None:
    """When a steward took it away, until the person has said that they know."""
    row = rx.one("SELECT at FROM factor_taken WHERE person_id = ?", person_id)
    return from_ms(row[0]) if row else None


def note_told(unit: Unit, person_id: int) -> None:
    """The person knows."""
    unit.tx.run("DELETE FROM factor_taken WHERE person_id = ?", person_id)


def _end_codes_alone(unit: Unit, person_id: int) -> None:
    if not has(unit.tx, person_id):
        unit.tx.run("DELETE FROM recovery_code WHERE person_id = ?", person_id)


def _label(person_id: int) -> str:
    return f"factor {person_id}"


def _hash(secret: bytes, person_id: int, paper: str) -> str:
    return hmac.new(secret, f"recovery {person_id} {paper}".encode(), hashlib.sha256).hexdigest()
