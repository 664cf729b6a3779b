"""People who act as a collective: roles, invitations, tokens. Owner of `person`, `person_role`, `invitation`, `api_token`.

Secrets are stored as SHA-256 of 256 random bits: whoever reads the table cannot use them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader
from fedi.errors import Conflict, Invalid, NotFound
from fedi.ids import new_row_id, new_token
from fedi.text.direction import clean_line
from fedi.text.letters import fold_letters
from fedi.unit import Unit

ROLES = ("steward", "editor", "author", "reader")
# What a token for reading an agenda is for; its label is the collective. No command gives it.
CALENDAR = "calendar"
SCOPES = ("read", "write")
INVITATION_LIFE = timedelta(days=7)
NAME_MAX = 100


@dataclass(frozen=True, slots=True)
class CalendarKey:
    """Opens the agenda of a collective to a program of somebody who has this role there."""

    actor_uri: str
    role: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in. `roles`: actor id → role."""

    id: int
    name: str
    language: str | None
    roles: dict[str, str]


@dataclass(frozen=True, slots=True)
class Invitation:
    """An unused invitation: for whom, and until when."""

    person_id: int
    expires_at: datetime


def add(unit: Unit, name: str, language: str | None = None) -> Person:
    """A new person. Raises Invalid for an empty name, Conflict when the name is taken."""
    cleaned = clean_line(name, NAME_MAX)
    if not cleaned:
        raise Invalid("person.name_missing", field="name")
    row_id = new_row_id(unit.now)
    _free(unit, cleaned)
    changed = unit.tx.run(
        "INSERT INTO person (id, name, language, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
        row_id,
        cleaned,
        language,
        unit.now_ms,
    )
    if not changed:
        raise Conflict("person.name_taken", detail="person")
    return Person(row_id, cleaned, language, {})


def load(rx: Reader, name: str) -> Person:
    """A person by name. Raises NotFound."""
    row = rx.one(
        "SELECT id, name, language FROM person WHERE name = ? AND removed_at IS NULL", name
    )
    if row is None:
        raise NotFound("person.not_found", detail="person")
    return _with_roles(rx, row[0], row[1], row[2])


def find_by_id(rx: Reader, person_id: int) -> Person | None:
    """A person by row; None for somebody who was removed."""
    row = rx.one(
        "SELECT id, name, language FROM person WHERE id = ? AND removed_at IS NULL", person_id
    )
    return _with_roles(rx, row[0], row[1], row[2]) if row else None


def load_by_id(rx: Reader, person_id: int) -> Person:
    """A person by row. Raises NotFound."""
    found = find_by_id(rx, person_id)
    if found is None:
        raise NotFound("person.not_found", detail="person")
    return found


def list_all(rx: Reader) -> Sequence[Person]:
    """Everybody who may sign in, by name."""
    rows = rx.all("SELECT id, name, language FROM person WHERE removed_at IS NULL ORDER BY name")
    return [_with_roles(rx, row[0], row[1], row[2]) for row in rows]


def find_signing_in(rx: Reader, name: str) -> Person | None:
    """Who signs in under this name, typed with other capitals, alefs or accents if nobody else's is alike."""
    everybody = list_all(rx)
    typed = " ".join(name.split())
    same = [each for each in everybody if each.name == typed]
    alike = same or [each for each in everybody if _folded(each.name) == _folded(typed)]
    return alike[0] if len(alike) == 1 else None


def rename(unit: Unit, person_id: int, name: str, language: str | None) -> None:
    """Another name to sign in with, another language. Raises Invalid, Conflict when the name is taken."""
    cleaned = clean_line(name, NAME_MAX)
    if not cleaned:
        raise Invalid("person.name_missing", field="name")
    _free(unit, cleaned)
    taken = unit.tx.one("SELECT id FROM person WHERE name = ? AND id <> ?", cleaned, person_id)
    if taken is not None:
        raise Conflict("person.name_taken", detail="person")
    unit.tx.run(
        "UPDATE person SET name = ?, language = ? WHERE id = ? AND removed_at IS NULL",
        cleaned,
        language,
        person_id,
    )


def remove(unit: Unit, person_id: int) -> None:
    """This person does not belong here any more: no role, no invitation, no program that acts for them. Sessions and passwords
    are ended by their owners. The name stays for the journal and may be given again."""
    unit.tx.run("DELETE FROM person_role WHERE person_id = ?", person_id)
    unit.tx.run("DELETE FROM invitation WHERE person_id = ?", person_id)
    unit.tx.run("DELETE FROM api_token WHERE person_id = ?", person_id)
    unit.tx.run(
        "UPDATE person SET removed_at = ? WHERE id = ? AND removed_at IS NULL",
        unit.now_ms,
        person_id,
    )


def grant(unit: Unit, person_id: int, actor_uri: str, role: str) -> None:
    """Give a role for an actor, in the place of the one held before. Raises Invalid."""
    if role not in ROLES:
        raise Invalid("person.role", field="role")
    unit.tx.run(
        "INSERT INTO person_role (person_id, actor_uri, role, granted_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (person_id, actor_uri) DO UPDATE SET role = excluded.role, granted_at = excluded.granted_at",
        person_id,
        actor_uri,
        role,
        unit.now_ms,
    )


def revoke(unit: Unit, person_id: int, actor_uri: str) -> bool:
    """Take a role away; False when there was none."""
    return (
        unit.tx.run(
            "DELETE FROM person_role WHERE person_id = ? AND actor_uri = ?", person_id, actor_uri
        )
        > 0
    )


def invite(unit: Unit, person_id: int) -> tuple[str, datetime]:
    """A fresh invitation: its secret, told once, and when it ends. Older unused ones end now."""
    end_invitations(unit, person_id)
    token = new_token()
    expires_at = unit.now + INVITATION_LIFE
    unit.tx.run(
        "INSERT INTO invitation (token_hash, person_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
        _hash(token),
        person_id,
        unit.now_ms,
        to_ms(expires_at),
    )
    return token, expires_at


def end_invitations(unit: Unit, person_id: int) -> None:
    """No link that was made for this person before lets anybody in any more."""
    unit.tx.run("DELETE FROM invitation WHERE person_id = ? AND used_at IS NULL", person_id)


def end_invitations_of(unit: Unit, actor_uri: str) -> None:
    """The same for everybody who has a role for this collective."""
    unit.tx.run(
        "DELETE FROM invitation WHERE used_at IS NULL AND person_id IN "
        "(SELECT person_id FROM person_role WHERE actor_uri = ?)",
        actor_uri,
    )


def find_invitation(rx: Reader, token: str, now: datetime) -> Invitation | None:
    """The invitation that this secret opens, if it is unused and has not ended."""
    row = rx.one(
        "SELECT person_id, expires_at FROM invitation WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?",
        _hash(token),
        to_ms(now),
    )
    return Invitation(int(row[0]), from_ms(row[1])) if row else None


def use_invitation(unit: Unit, token: str) -> Person:
    """The person invited; the invitation is used up. Raises NotFound when it cannot be used (any more)."""
    found = find_invitation(unit.tx, token, unit.now)
    used = found is not None and unit.tx.run(
        "UPDATE invitation SET used_at = ? WHERE token_hash = ? AND used_at IS NULL",
        unit.now_ms,
        _hash(token),
    )
    if found is None or not used:
        raise NotFound("person.no_invitation", detail="invitation")
    return load_by_id(unit.tx, found.person_id)


def end_secrets(unit: Unit) -> int:
    """End every unused invitation and every token of a program; how many."""
    ended = unit.tx.run("DELETE FROM invitation WHERE used_at IS NULL")
    return ended + unit.tx.run("DELETE FROM api_token")


def add_token(unit: Unit, person_id: int, label: str, scopes: Sequence[str]) -> str:
    """A secret with which a program acts for a person, told once. Raises Invalid."""
    if not scopes or any(scope not in SCOPES for scope in scopes):
        raise Invalid("person.scope", field="scope")
    token = new_token()
    unit.tx.run(
        "INSERT INTO api_token (id, token_hash, person_id, label, scopes, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        new_row_id(unit.now),
        _hash(token),
        person_id,
        clean_line(label, NAME_MAX),
        " ".join(dict.fromkeys(scopes)),
        unit.now_ms,
    )
    return token


def renew_calendar(unit: Unit, person_id: int, actor_uri: str) -> str:
    """The secret with which a program of this person reads the agenda of a collective, told once; the one before ends."""
    end_calendar(unit, person_id, actor_uri)
    token = new_token()
    unit.tx.run(
        "INSERT INTO api_token (id, token_hash, person_id, label, scopes, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        new_row_id(unit.now),
        _hash(token),
        person_id,
        actor_uri,
        CALENDAR,
        unit.now_ms,
    )
    return token


def end_calendar(unit: Unit, person_id: int, actor_uri: str) -> bool:
    """No program of this person reads the agenda of this collective any more; whether one could."""
    return (
        unit.tx.run(
            "DELETE FROM api_token WHERE person_id = ? AND label = ? AND scopes = ?",
            person_id,
            actor_uri,
            CALENDAR,
        )
        > 0
    )


def calendar_since(rx: Reader, person_id: int, actor_uri: str) -> datetime | None:
    """Since when a program of this person may read that agenda; None when none may."""
    row = rx.one(
        "SELECT created_at FROM api_token WHERE person_id = ? AND label = ? AND scopes = ?",
        person_id,
        actor_uri,
        CALENDAR,
    )
    return None if row is None else from_ms(row[0])


def find_calendar(rx: Reader, token: str) -> CalendarKey | None:
    """Whose agenda this secret opens, while its person is here and has a role for the collective."""
    row = rx.one(
        "SELECT t.label, r.role FROM api_token t JOIN person p ON p.id = t.person_id AND p.removed_at IS NULL "
        "JOIN person_role r ON r.person_id = t.person_id AND r.actor_uri = t.label "
        "WHERE t.token_hash = ? AND t.scopes = ?",
        _hash(token),
        CALENDAR,
    )
    return CalendarKey(row[0], row[1]) if row else None


def list_of(rx: Reader, actor_uri: str) -> Sequence[Person]:
    """Who has a role for this collective, by name."""
    rows = rx.all(
        "SELECT p.id, p.name, p.language FROM person_role r JOIN person p ON p.id = r.person_id "
        "WHERE r.actor_uri = ? AND p.removed_at IS NULL ORDER BY p.name",
        actor_uri,
    )
    return [_with_roles(rx, row[0], row[1], row[2]) for row in rows]


def is_last_steward(rx: Reader, actor_uri: str, person_id: int) -> bool:
    """Whether this is the only steward of the collective who can sign in; somebody who never could is not missed."""
    rows = rx.all(
        "SELECT r.person_id FROM person_role r JOIN person p ON p.id = r.person_id "
        "JOIN password w ON w.person_id = r.person_id "
        "WHERE r.actor_uri = ? AND r.role = 'steward' AND p.removed_at IS NULL LIMIT 2",
        actor_uri,
    )
    return [int(row[0]) for row in rows] == [person_id]


def invited_until(rx: Reader, person_id: int, now: datetime) -> datetime | None:
    """Until when an unused link of this person holds; None without one."""
    row = rx.one(
        "SELECT max(expires_at) FROM invitation WHERE person_id = ? AND used_at IS NULL AND expires_at > ?",
        person_id,
        to_ms(now),
    )
    return from_ms(row[0]) if row and row[0] is not None else None


def _free(unit: Unit, name: str) -> None:
    """Somebody who left does not keep the name from others: in the journal a number tells the two apart."""
    unit.tx.run(
        "UPDATE person SET name = name || ' (' || id || ')' WHERE name = ? AND removed_at IS NOT NULL",
        name,
    )


def _with_roles(rx: Reader, row_id: int, name: str, language: str | None) -> Person:
    rows = rx.all(
        "SELECT actor_uri, role FROM person_role WHERE person_id = ? ORDER BY actor_uri", row_id
    )
    return Person(row_id, name, language, {row[0]: row[1] for row in rows})


def _folded(name: str) -> str:
    return fold_letters(name).casefold()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
