"""Which files belong to whom. Owner of `media`; the bytes are in a `MediaStorage`."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedi.clock import to_ms
from fedi.db.engine import Reader, marks
from fedi.ids import new_row_id
from fedi.unit import Unit

_KEY: Final = re.compile(r"/media/([0-9a-z.-]{1,120})", re.ASCII)


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One picture: its key in the storage, the key of its small form, and what it shows."""

    key: str
    small_key: str | None
    owner_uri: str
    media_type: str
    size_bytes: int
    width: int
    height: int
    blurhash: str | None
    alt: str | None


def insert(unit: Unit, media: MediaFile) -> None:
    """Remember a file that is in the storage."""
    unit.tx.run(
        "INSERT INTO media (id, media_key, small_key, owner_uri, media_type, size_bytes, width, height, blurhash, alt, "
        "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        new_row_id(unit.now),
        media.key,
        media.small_key,
        media.owner_uri,
        media.media_type,
        media.size_bytes,
        media.width,
        media.height,
        media.blurhash,
        media.alt,
        unit.now_ms,
    )


def find(rx: Reader, key: str) -> MediaFile | None:
    """The picture with this key."""
    row = rx.one(
        "SELECT media_key, small_key, owner_uri, media_type, size_bytes, width, height, blurhash, alt FROM media "
        "WHERE media_key = ?",
        key,
    )
    return MediaFile(*row) if row else None


def usage(rx: Reader) -> tuple[int, int]:
    """How many pictures, and how many bytes they take."""
    row = rx.one("SELECT COUNT(*), COALESCE(SUM(size_bytes), 0) FROM media")
    return (int(row[0]), int(row[1])) if row else (0, 0)


def list_keys_after(rx: Reader, owner_uri: str, after: str, most: int) -> Sequence[str]:
    """The whole pictures of a collective by key, from the one after `after`."""
    rows = rx.all(
        "SELECT media_key FROM media WHERE owner_uri = ? AND media_key > ? ORDER BY media_key LIMIT ?",
        owner_uri,
        after,
        most,
    )
    return [str(row[0]) for row in rows]


def note_withdrawn(unit: Unit, urls: Iterable[str]) -> None:
    """What showed these pictures was withdrawn: they are not spared for being new. Others' addresses change nothing."""
    unit.tx.run_many(
        "UPDATE media SET created_at = 0 WHERE media_key = ?",
        [(url.rpartition("/")[2],) for url in urls if unit.urls.is_ours(url)],
    )


def list_unused(
    rx: Reader, before: datetime, after: tuple[int, int], most: int
) -> Sequence[tuple[int, int, int, bool]]:
    """Pictures uploaded before this moment: when, the row, how many bytes, whether nothing shows them."""
    rows = rx.all(
        "SELECT created_at, id, size_bytes, media_key FROM media WHERE created_at < ? AND (created_at, id) > (?, ?) "
        "ORDER BY created_at, id LIMIT ?",
        to_ms(before),
        *after,
        most,
    )
    shown = _shown(rx) if rows else frozenset()
    return [(int(row[0]), int(row[1]), int(row[2]), row[3] not in shown) for row in rows]


def forget_unused(unit: Unit, before: datetime, row_ids: Sequence[int]) -> Sequence[str]:
    """Forget those of these that nothing shows; the keys of their files, which are to be deleted now."""
    shown = _shown(unit.tx)
    rows = unit.tx.all(
        f"SELECT id, media_key, small_key FROM media WHERE created_at < ? AND id IN ({marks(len(row_ids))})",
        to_ms(before),
        *row_ids,
    )
    unused = [row for row in rows if row[1] not in shown]
    unit.tx.run_many("DELETE FROM media WHERE id = ?", [(row[0],) for row in unused])
    return [key for row in unused for key in row[1:] if key]


def list_known_keys(rx: Reader, keys: Sequence[str]) -> set[str]:
    """Those of these keys that a row names."""
    rows = rx.all(
        f"SELECT media_key, small_key FROM media WHERE media_key IN ({marks(len(keys))}) "
        f"OR small_key IN ({marks(len(keys))})",
        *keys,
        *keys,
    )
    return {key for row in rows for key in row if key}


def _shown(rx: Reader) -> frozenset[str]:
    """Every key that a publication of ours, an earlier version or a draft of one, or the picture of a collective names."""
    rows = rx.all(
        "SELECT p.attachments FROM actor a JOIN publication p ON p.author_uri = a.uri "
        "WHERE a.role <> 'remote' AND p.attachments <> '[]' UNION ALL "
        "SELECT e.attachments FROM actor a JOIN publication p ON p.author_uri = a.uri "
        "JOIN publication_edit e ON e.publication_id = p.id WHERE a.role <> 'remote' AND e.attachments <> '[]' UNION ALL "
        "SELECT COALESCE(icon, '') || ' ' || COALESCE(image, '') FROM actor WHERE role <> 'remote' UNION ALL "
        "SELECT content FROM draft WHERE state <> 'done'"
    )
    return frozenset(key for row in rows for key in _KEY.findall(row[0]))
