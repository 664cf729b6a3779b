"""What is being written, before it goes out. Owner of `draft`.

A draft holds what was typed, also what makes no sense yet: nothing is judged before somebody wants it published.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row
from fedi.errors import Conflict, NotFound, TooLarge
from fedi.ids import new_public_id, new_row_id
from fedi.unit import Unit

OPEN: Final = "open"
ASKED: Final = "asked"
DUE: Final = "due"
DONE: Final = "done"
CONTENT_BYTES_MAX: Final = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Typed:
    """The words in one language as typed."""

    language: str
    title: str = ""
    source: str = ""
    abstract: str = ""

    def __bool__(self) -> bool:
        return bool(self.title.strip() or self.source.strip() or self.abstract.strip())


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A picture that lies in the storage already. `key` is that of its row in `media`."""

    key: str
    alt: str = ""
    focal: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """Everything in the form. `texts`: the original first. `aside`: translations taken out, kept in case they come back.

    `fields`: every other field by its name.
    """

    texts: tuple[Typed, ...] = ()
    aside: tuple[Typed, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    files: tuple[KeptFile, ...] = ()

    def get(self, name: str) -> str:
        """A field; empty when it was not filled in."""
        return self.fields.get(name, "")


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft. `begun_by`, `changed_by`, `due_by`: persons. `failure`: message key and values of why it did not go out."""

    row_id: int
    id: str
    actor_uri: str
    kind: str
    state: str
    written: Written
    version: int
    changes_uri: str | None
    base_version: int
    begun_by: int
    changed_by: int
    note: str
    due_at: datetime | None
    due_by: int | None
    failure: tuple[str, dict[str, Any]] | None
    published_uri: str | None
    created_at: datetime
    changed_at: datetime


class Overtaken(Conflict):
    """Somebody saved it since the form was opened; `current` is what stands there now."""

    default_key = "writing.overtaken"

    def __init__(self, current: Draft) -> None:
        super().__init__(detail=current.id)
        self.current = current


_COLUMNS: Final = (
    "id, public_id, actor_uri, kind, state, content, version, changes_uri, base_version, begun_by, changed_by, note, "
    "due_at, due_by, failure, published_uri, created_at, changed_at"
)
_written = msgspec.json.Decoder(Written)
_failure = msgspec.json.Decoder(tuple[str, dict[str, Any]])


def _draft_of(row: Row) -> Draft:
    return Draft(
        row_id=row[0],
        id=row[1],
        actor_uri=row[2],
        kind=row[3],
        state=row[4],
        written=_written.decode(row[5]),
        version=row[6],
        changes_uri=row[7],
        base_version=row[8],
        begun_by=row[9],
        changed_by=row[10],
        note=row[11],
        due_at=None if row[12] is None else from_ms(row[12]),
        due_by=row[13],
        failure=_failure.decode(row[14]) if row[14] else None,
        published_uri=row[15],
        created_at=from_ms(row[16]),
        changed_at=from_ms(row[17]),
    )


def load(rx: Reader, actor_uri: str, public_id: str) -> Draft:
    """A draft of this collective. Raises NotFound, alike for one of another collective (S81)."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM draft WHERE public_id = ? AND actor_uri = ?", public_id, actor_uri
    )
    if row is None:
        raise NotFound("writing.not_found", detail="draft")
    return _draft_of(row)


def find_once(rx: Reader, actor_uri: str, once: str) -> Draft | None:
    """The draft that this form began, when it was sent before."""
    row = rx.one(f"SELECT {_COLUMNS} FROM draft WHERE once = ? AND actor_uri = ?", once, actor_uri)
    return _draft_of(row) if row else None


def find_changing(rx: Reader, uri: str) -> Draft | None:
    """The draft that changes this publication, if one is under way."""
    row = rx.one(f"SELECT {_COLUMNS} FROM draft WHERE changes_uri = ? AND state <> 'done'", uri)
    return _draft_of(row) if row else None


def list_of(rx: Reader, actor_uri: str, state: str, most: int) -> Sequence[Draft]:
    """The drafts of a collective in this state, the last changed first."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM draft WHERE actor_uri = ? AND state = ? ORDER BY changed_at DESC, id DESC LIMIT ?",
        actor_uri,
        state,
        most,
    )
    return [_draft_of(row) for row in rows]


def list_due(rx: Reader, now: datetime, most: int) -> Sequence[Draft]:
    """What should have gone out by now, the longest overdue first."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM draft WHERE state = 'due' AND due_at <= ? ORDER BY due_at LIMIT ?",
        to_ms(now),
        most,
    )
    return [_draft_of(row) for row in rows]


def add(
    unit: Unit,
    actor_uri: str,
    person_id: int,
    once: str,
    kind: str,
    written: Written,
    *,
    changes_uri: str | None = None,
    base_version: int = 0,
) -> Draft:
    """A new draft. Raises Conflict when this form began one for somebody else, TooLarge."""
    public_id = new_public_id(unit.now)
    changed = unit.tx.run(
        "INSERT INTO draft (id, public_id, once, actor_uri, kind, state, content, version, changes_uri, base_version, "
        "begun_by, changed_by, note, failure, created_at, changed_at) "
        "VALUES (?, ?, ?, ?, ?, 'open', ?, 1, ?, ?, ?, ?, '', '', ?, ?) ON CONFLICT (once) DO NOTHING",
        new_row_id(unit.now),
        public_id,
        once,
        actor_uri,
        kind,
        _text(written),
        changes_uri,
        base_version,
        person_id,
        person_id,
        unit.now_ms,
        unit.now_ms,
    )
    if not changed:
        raise Conflict("writing.once", detail="draft")
    return load(unit.tx, actor_uri, public_id)


def change(unit: Unit, draft: Draft, version: int, person_id: int, written: Written) -> Draft:
    """Put what was typed in the place of what was there, when nobody else did since `version`; nothing new is no change.

    Raises Overtaken, TooLarge, and Conflict when it is no longer written on.
    """
    now = load(unit.tx, draft.actor_uri, draft.id)
    if now.state not in (OPEN, ASKED):
        raise Conflict("writing.closed", detail=draft.id)
    if now.written == written:
        return now
    if now.version != version:
        raise Overtaken(now)
    unit.tx.run(
        "UPDATE draft SET content = ?, version = version + 1, changed_by = ?, changed_at = ?, failure = '' WHERE id = ?",
        _text(written),
        person_id,
        unit.now_ms,
        draft.row_id,
    )
    return load(unit.tx, draft.actor_uri, draft.id)


def ask(unit: Unit, draft: Draft) -> None:
    """It waits for somebody who may publish."""
    unit.tx.run("UPDATE draft SET state = 'asked', note = '' WHERE id = ?", draft.row_id)


def open_again(unit: Unit, draft: Draft, note: str = "") -> None:
    """It is written on: sent back with a note, or taken back."""
    unit.tx.run(
        "UPDATE draft SET state = 'open', note = ?, due_at = NULL, due_by = NULL WHERE id = ?",
        note,
        draft.row_id,
    )


def schedule(unit: Unit, draft: Draft, at: datetime, person_id: int) -> None:
    """It goes out by itself at this moment; this person let it."""
    unit.tx.run(
        "UPDATE draft SET state = 'due', due_at = ?, due_by = ?, failure = '', note = '' WHERE id = ?",
        to_ms(at),
        person_id,
        draft.row_id,
    )


def fail(unit: Unit, draft: Draft, key: str, values: Mapping[str, Any]) -> None:
    """It should have gone out and could not: it is written on, and says why."""
    unit.tx.run(
        "UPDATE draft SET state = 'open', due_at = NULL, due_by = NULL, failure = ? WHERE id = ? AND state = 'due'",
        msgspec.json.encode((key, dict(values)), enc_hook=str).decode(),
        draft.row_id,
    )


def finish(unit: Unit, draft: Draft, published_uri: str) -> bool:
    """It went out; what was typed is forgotten here. False when it had gone out before."""
    return (
        unit.tx.run(
            "UPDATE draft SET state = 'done', content = ?, published_uri = ?, note = '', failure = '', due_at = NULL, "
            "changed_at = ? WHERE id = ? AND state <> 'done'",
            _text(Written()),
            published_uri,
            unit.now_ms,
            draft.row_id,
        )
        > 0
    )


def remove(unit: Unit, draft: Draft) -> None:
    """Throw it away."""
    unit.tx.run("DELETE FROM draft WHERE id = ?", draft.row_id)


def list_done(
    rx: Reader, before: datetime, after: tuple[int, int], most: int
) -> Sequence[tuple[int, int]]:
    """Drafts that went out before this moment: when, and their row."""
    rows = rx.all(
        "SELECT changed_at, id FROM draft WHERE state = 'done' AND changed_at < ? AND (changed_at, id) > (?, ?) "
        "ORDER BY changed_at, id LIMIT ?",
        to_ms(before),
        *after,
        most,
    )
    return [(int(row[0]), int(row[1])) for row in rows]


def forget_done(unit: Unit, row_ids: Sequence[int]) -> int:
    """Forget these, which only led from a form to what came of it."""
    unit.tx.run_many(
        "DELETE FROM draft WHERE id = ? AND state = 'done'", [(row_id,) for row_id in row_ids]
    )
    return len(row_ids)


def _text(written: Written) -> str:
    content = msgspec.json.encode(written)
    if len(content) > CONTENT_BYTES_MAX:
        raise TooLarge("house.form_large", detail="draft")
    return content.decode()
