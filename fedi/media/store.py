"""Which files belong to whom. Owner of `media`; the bytes are in a `MediaStorage`."""

from dataclasses import dataclass

from fedi.db.engine import Reader
from fedi.ids import new_row_id
from fedi.unit import Unit


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


def usage(rx: Reader) -> tuple[int, int]:
    """How many pictures, and how many bytes they take."""
    row = rx.one("SELECT COUNT(*), COALESCE(SUM(size_bytes), 0) FROM media")
    return (int(row[0]), int(row[1])) if row else (0, 0)
