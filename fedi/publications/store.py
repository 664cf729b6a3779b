"""The tables of publications, ours and others'. Owner of `publication`, `publication_edit`, `publication_hashtag`,
`publication_addressee` and `tombstone`.

Words, tags, attachments and details are kept as JSON text with their order, because the order of languages is part
of what was said (the original comes first).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row, marks
from fedi.errors import NotFound
from fedi.ids import new_row_id
from fedi.publications.aid.model import AidDetails
from fedi.publications.dates.model import DatesDetails
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Attachment, Details, Publication, Tag, Text
from fedi.text.hashtags import normalise_hashtag
from fedi.unit import Unit
from fedi.vocab.audience import Visibility

COLUMNS = (
    "uri, kind, type, author_uri, visibility, addressed, texts, published_at, updated_at, url, in_reply_to, context, "
    "quote, tags, attachments, is_sensitive, indexable, details, quote_stamp"
)

_texts = msgspec.json.Decoder(dict[str, Text])
_tags = msgspec.json.Decoder(tuple[Tag, ...])
_attachments = msgspec.json.Decoder(tuple[Attachment, ...])
_addressed = msgspec.json.Decoder(tuple[tuple[str, ...], tuple[str, ...]])
_details: dict[str, msgspec.json.Decoder[Details]] = {
    "event": msgspec.json.Decoder(EventDetails),
    "aid_request": msgspec.json.Decoder(AidDetails),
    "aid_offer": msgspec.json.Decoder(AidDetails),
    "note": msgspec.json.Decoder(DatesDetails),
}


# Of how many publications the answers are asked for at once.
_LEVEL_MAX: Final = 100
_IN_THREAD: Final = "published_at, id, uri, author_uri, visibility"


@dataclass(frozen=True, slots=True)
class InThread:
    """What a list of a conversation has to know of a publication to name it."""

    uri: str
    author: str
    visibility: Visibility


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A publication that is gone: what it was, whose it was, since when. Its id never comes back (S39)."""

    uri: str
    former_type: str | None
    author_uri: str | None
    is_local: bool
    deleted_at: datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """What a publication said before a change."""

    version: int
    texts: dict[str, Text]
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """Something that waits to be shown. `row_id` rises with the time it came; `why`: names of reasons."""

    row_id: int
    uri: str
    author_uri: str
    stored_at: datetime
    why: tuple[str, ...] = ()


def publication_of(row: Row) -> Publication:
    """The publication of a row selected with `COLUMNS`."""
    to, cc = _addressed.decode(row[5])
    return Publication(
        uri=row[0],
        kind=row[1],
        type=row[2],
        author=row[3],
        visibility=Visibility(row[4]),
        to=to,
        cc=cc,
        texts=_texts.decode(row[6]),
        published_at=from_ms(row[7]),
        updated_at=None if row[8] is None else from_ms(row[8]),
        url=row[9],
        in_reply_to=row[10],
        context=row[11],
        quote=row[12],
        tags=_tags.decode(row[13]),
        attachments=_attachments.decode(row[14]),
        sensitive=bool(row[15]),
        indexable=None if row[16] is None else bool(row[16]),
        details=_details[row[1]].decode(row[17]) if row[17] is not None else None,
        quote_stamp=row[18],
    )


def find(rx: Reader, uri: str) -> Publication | None:
    """The publication with this id."""
    row = rx.one(f"SELECT {COLUMNS} FROM publication WHERE uri = ?", uri)
    return publication_of(row) if row else None


def load(rx: Reader, uri: str) -> Publication:
    """Like `find`; raises NotFound."""
    publication = find(rx, uri)
    if publication is None:
        raise NotFound("error.publication_not_found", detail=uri)
    return publication


def find_row_id(rx: Reader, uri: str) -> int | None:
    """The row of the publication with this id."""
    row = rx.one("SELECT id FROM publication WHERE uri = ?", uri)
    return int(row[0]) if row else None


def version_of(rx: Reader, uri: str) -> int:
    """How often the publication was said: 1 when it was never changed, 0 when it is not here."""
    row = rx.one("SELECT version FROM publication WHERE uri = ?", uri)
    return int(row[0]) if row else 0


def is_held(rx: Reader, uri: str) -> bool:
    """Whether the publication waits for somebody here to let it be shown."""
    row = rx.one("SELECT is_held FROM publication WHERE uri = ?", uri)
    return bool(row and row[0])


def is_hidden(rx: Reader, uri: str) -> bool:
    """Whether the stewards took the publication out of sight here."""
    return (
        rx.one("SELECT 1 FROM publication WHERE uri = ? AND hidden_at IS NOT NULL", uri) is not None
    )


def is_addressed(rx: Reader, uri: str, actor_uri: str) -> bool:
    """Whether the publication names this actor as somebody it is for."""
    return (
        rx.one(
            "SELECT 1 FROM publication_addressee a JOIN publication p ON p.id = a.publication_id "
            "WHERE p.uri = ? AND a.actor_uri = ?",
            uri,
            actor_uri,
        )
        is not None
    )


def list_replies(rx: Reader, uri: str, most: int) -> Sequence[Publication]:
    """The answers that are shown, oldest first."""
    rows = rx.all(
        f"SELECT {COLUMNS} FROM publication WHERE in_reply_to = ? AND NOT is_held ORDER BY published_at, id LIMIT ?",
        uri,
        most,
    )
    return [publication_of(row) for row in rows]


def list_conversation(rx: Reader, root: str, context: str, most: int) -> Sequence[InThread]:
    """What is shown below the publication that began a conversation, oldest first, and no more than `most`.

    That is whatever names the conversation and, because many servers name none, whatever answers something in it.
    """
    found: dict[str, Row] = {}
    level = [root]

    def take(rows: Sequence[Row]) -> None:
        for row in rows:
            if row[2] not in found and row[2] != root and len(found) < most:
                found[row[2]] = row
                level.append(row[2])

    take(
        rx.all(
            f"SELECT {_IN_THREAD} FROM publication WHERE context = ? AND NOT is_held ORDER BY published_at, id LIMIT ?",
            context,
            most,
        )
    )
    while level and len(found) < most:
        asked = level[:_LEVEL_MAX]
        del level[:_LEVEL_MAX]
        take(
            rx.all(
                f"SELECT {_IN_THREAD} FROM publication WHERE in_reply_to IN ({marks(len(asked))}) AND NOT is_held LIMIT ?",
                *asked,
                most,
            )
        )
    listed = sorted(found.values(), key=lambda row: (row[0], row[1]))
    return [InThread(row[2], row[3], Visibility(row[4])) for row in listed]


def find_tombstone(rx: Reader, uri: str) -> Tombstone | None:
    """What remains of a deleted publication."""
    row = rx.one(
        "SELECT uri, former_type, author_uri, is_local, deleted_at FROM tombstone WHERE uri = ?",
        uri,
    )
    return Tombstone(row[0], row[1], row[2], bool(row[3]), from_ms(row[4])) if row else None


def list_edits(rx: Reader, uri: str) -> Sequence[Edit]:
    """What a publication said before, oldest first."""
    rows = rx.all(
        "SELECT e.version, e.texts, e.replaced_at FROM publication_edit e "
        "JOIN publication p ON p.id = e.publication_id WHERE p.uri = ? ORDER BY e.version",
        uri,
    )
    return [Edit(row[0], _texts.decode(row[1]), from_ms(row[2])) for row in rows]


def list_of_others(rx: Reader, after: int, most: int) -> Sequence[tuple[int, str, str]]:
    """Rows, ids and authors of what others said, in the order of rows; `after`: the last row seen."""
    rows = rx.all(
        "SELECT id, uri, author_uri FROM publication WHERE id > ? AND NOT is_local ORDER BY id LIMIT ?",
        after,
        most,
    )
    return [(int(row[0]), str(row[1]), str(row[2])) for row in rows]


def insert(
    unit: Unit, publication: Publication, *, is_local: bool, held_why: Sequence[str] = ()
) -> int | None:
    """Store a new publication; its row, or None when this id is known already. `held_why`: why it waits, if it does."""
    row_id = new_row_id(unit.now)
    changed = unit.tx.run(
        f"INSERT INTO publication (id, {COLUMNS}, language, is_local, is_held, held_why, stored_at, version) "
        f"VALUES ({marks(26)}) ON CONFLICT (uri) DO NOTHING",
        row_id,
        publication.uri,
        publication.kind,
        publication.type,
        publication.author,
        publication.visibility.value,
        _json((publication.to, publication.cc)),
        _json(publication.texts),
        to_ms(publication.published_at),
        None if publication.updated_at is None else to_ms(publication.updated_at),
        publication.url,
        publication.in_reply_to,
        publication.context,
        publication.quote,
        _json(publication.tags),
        _json(publication.attachments),
        publication.sensitive,
        publication.indexable,
        None if publication.details is None else _json(publication.details),
        publication.quote_stamp,
        publication.language,
        is_local,
        bool(held_why),
        " ".join(held_why),
        unit.now_ms,
        1,
    )
    if not changed:
        return None
    _save_hashtags(unit, row_id, publication)
    unit.tx.run_many(
        "INSERT INTO publication_addressee (publication_id, actor_uri) VALUES (?, ?) "
        "ON CONFLICT (publication_id, actor_uri) DO NOTHING",
        [(row_id, uri) for uri in dict.fromkeys((*publication.to, *publication.cc))],
    )
    return row_id


def replace(unit: Unit, publication: Publication) -> int:
    """Put a newer version in the place of the stored one and keep what it said; the row.

    The audience is never changed by an edit (S88). Raises NotFound.
    """
    row = unit.tx.one(
        "SELECT id, version, texts, details, attachments FROM publication WHERE uri = ?",
        publication.uri,
    )
    if row is None:
        raise NotFound("error.publication_not_found", detail=publication.uri)
    row_id, version = int(row[0]), int(row[1])
    unit.tx.run(
        "INSERT INTO publication_edit (publication_id, version, texts, details, attachments, replaced_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        row_id,
        version,
        row[2],
        row[3],
        row[4],
        to_ms(unit.told),
    )
    unit.tx.run(
        "UPDATE publication SET type = ?, kind = ?, language = ?, texts = ?, updated_at = ?, url = ?, tags = ?, "
        "attachments = ?, is_sensitive = ?, indexable = ?, details = ?, quote = ?, quote_stamp = ?, version = ? WHERE id = ?",
        publication.type,
        publication.kind,
        publication.language,
        _json(publication.texts),
        None if publication.updated_at is None else to_ms(publication.updated_at),
        publication.url,
        _json(publication.tags),
        _json(publication.attachments),
        publication.sensitive,
        publication.indexable,
        None if publication.details is None else _json(publication.details),
        publication.quote,
        publication.quote_stamp,
        version + 1,
        row_id,
    )
    unit.tx.run("DELETE FROM publication_hashtag WHERE publication_id = ?", row_id)
    _save_hashtags(unit, row_id, publication)
    return row_id


def set_quote(unit: Unit, uri: str, quote: str | None, stamp: str | None) -> None:
    """What it quotes, and the proof that it may: no edit, since its words stay as they are."""
    unit.tx.run(
        "UPDATE publication SET quote = ?, quote_stamp = ? WHERE uri = ?", quote, stamp, uri
    )
    unit.touched.add(uri)


def note_told(unit: Unit, uri: str, at: datetime) -> None:
    """Others are told of it anew at this moment, although it says what it said."""
    unit.tx.run("UPDATE publication SET updated_at = ? WHERE uri = ?", to_ms(at), uri)
    unit.touched.add(uri)


def list_held(rx: Reader, most: int) -> Sequence[Held]:
    """What waits to be shown, the newest first."""
    rows = rx.all(
        "SELECT id, uri, author_uri, stored_at, held_why FROM publication WHERE is_held AND hidden_at IS NULL "
        "ORDER BY id DESC LIMIT ?",
        most,
    )
    return [Held(row[0], row[1], row[2], from_ms(row[3]), tuple(row[4].split())) for row in rows]


def release(unit: Unit, uri: str) -> bool:
    """Let a held publication be shown. Whether it was held."""
    return (
        unit.tx.run(
            "UPDATE publication SET is_held = FALSE, held_why = '' WHERE uri = ? AND is_held", uri
        )
        > 0
    )


def hide(unit: Unit, uri: str) -> bool:
    """Take a publication of others out of sight without deleting it; False when it was so already, or is ours."""
    return (
        unit.tx.run(
            "UPDATE publication SET is_held = TRUE, hidden_at = ? WHERE uri = ? AND NOT is_local AND hidden_at IS NULL",
            unit.now_ms,
            uri,
        )
        > 0
    )


def show_again(unit: Unit, uri: str) -> bool:
    """No longer out of sight; False when it was not."""
    return (
        unit.tx.run(
            "UPDATE publication SET is_held = FALSE, hidden_at = NULL WHERE uri = ? AND hidden_at IS NOT NULL",
            uri,
        )
        > 0
    )


def list_hidden(rx: Reader, most: int) -> Sequence[Held]:
    """What is out of sight, what was hidden last first. `stored_at`: when it was hidden."""
    rows = rx.all(
        "SELECT id, uri, author_uri, hidden_at FROM publication WHERE hidden_at IS NOT NULL "
        "ORDER BY hidden_at DESC, id DESC LIMIT ?",
        most,
    )
    return [Held(row[0], row[1], row[2], from_ms(row[3])) for row in rows]


def remove(unit: Unit, uri: str, *, is_local: bool, by: str | None = None) -> int | None:
    """Forget a publication and everything it said; leave a tombstone. The row it had, if it was known.

    The tombstone is left even when the publication never arrived: a Delete that overtakes its Create wins (S39).
    Then it bears the name of whoever withdrew it (`by`).
    """
    row = unit.tx.one("SELECT type, author_uri FROM publication WHERE uri = ?", uri)
    bury(unit, uri, row[0] if row else None, row[1] if row else by, is_local=is_local)
    return forget(unit, uri)


def forget(unit: Unit, uri: str) -> int | None:
    """Forget a publication and everything it said, without a tombstone: it may come back. The row it had."""
    row = unit.tx.one("SELECT id FROM publication WHERE uri = ?", uri)
    if row is None:
        return None
    for table in ("publication_edit", "publication_hashtag", "publication_addressee"):
        unit.tx.run(f"DELETE FROM {table} WHERE publication_id = ?", row[0])
    unit.tx.run("DELETE FROM publication WHERE id = ?", row[0])
    return int(row[0])


def bury(
    unit: Unit, uri: str, former_type: str | None, author_uri: str | None, *, is_local: bool
) -> None:
    """Remember that an id is dead."""
    unit.tx.run(
        "INSERT INTO tombstone (uri, former_type, author_uri, is_local, deleted_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (uri) DO NOTHING",
        uri,
        former_type,
        author_uri,
        is_local,
        to_ms(unit.told),
    )


def list_after(rx: Reader, row_id: int, most: int) -> Sequence[tuple[int, Publication]]:
    """Everything that is stored, in the order in which it came, with its rows; `row_id`: the last one already seen."""
    rows = rx.all(
        f"SELECT {COLUMNS}, id FROM publication WHERE id > ? ORDER BY id LIMIT ?", row_id, most
    )
    return [(int(row[-1]), publication_of(row[:-1])) for row in rows]


def list_by_author(
    rx: Reader, author_uri: str, after: tuple[int, int], most: int
) -> Sequence[tuple[tuple[int, int], Publication]]:
    """Everything of an author, the oldest first, each with its place; `after`: the place of the last one seen."""
    rows = rx.all(
        f"SELECT {COLUMNS}, id FROM publication WHERE author_uri = ? AND (published_at, id) > (?, ?) "
        "ORDER BY published_at, id LIMIT ?",
        author_uri,
        *after,
        most,
    )
    return [((int(row[7]), int(row[-1])), publication_of(row[:-1])) for row in rows]


def list_uris_of_author(rx: Reader, author_uri: str) -> Sequence[str]:
    """Every publication of an author."""
    return [
        row[0] for row in rx.all("SELECT uri FROM publication WHERE author_uri = ?", author_uri)
    ]


def hashtags_of(publication: Publication) -> list[str]:
    """The hashtags under which it is found by everybody, as they are compared; of what is not public none."""
    if publication.visibility is not Visibility.PUBLIC:
        return []
    names = {normalise_hashtag(tag.name) for tag in publication.tags if tag.kind == "hashtag"}
    return sorted(name for name in names if name)


def _save_hashtags(unit: Unit, row_id: int, publication: Publication) -> None:
    unit.tx.run_many(
        "INSERT INTO publication_hashtag (name, published_at, publication_id) VALUES (?, ?, ?) "
        "ON CONFLICT (name, published_at, publication_id) DO NOTHING",
        [(name, to_ms(publication.published_at), row_id) for name in hashtags_of(publication)],
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
