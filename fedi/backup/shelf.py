"""Which backups lie in a folder: known by their names alone, so that nothing else there is ever touched."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

SEALED: Final = ".tar.gz.age"
PLAIN: Final = ".tar.gz"
UNFINISHED: Final = ".part"
_MOMENT: Final = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Kept:
    """One backup of this instance."""

    file: Path
    made_at: datetime
    size_bytes: int
    is_sealed: bool


def name_of(base_url: str, made_at: datetime, *, is_sealed: bool) -> str:
    """`mujawara-<host>-<moment>.tar.gz.age`"""
    return f"{_stem(base_url)}{made_at.astimezone(UTC).strftime(_MOMENT)}{SEALED if is_sealed else PLAIN}"


def list_kept(folder: Path, base_url: str) -> Sequence[Kept]:
    """The backups of this instance in a folder, newest first; none when there is no folder."""
    pattern = re.compile(
        re.escape(_stem(base_url)) + r"([0-9]{8}T[0-9]{6}Z)\.tar\.gz(\.age)?", re.ASCII
    )
    found = []
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            matched = pattern.fullmatch(entry.name)
            if matched is None or not entry.is_file(follow_symlinks=False):
                continue
            with suppress(ValueError):
                made_at = datetime.strptime(matched[1], _MOMENT).replace(tzinfo=UTC)
                size = entry.stat(follow_symlinks=False).st_size
                found.append(Kept(Path(entry.path), made_at, size, matched[2] is not None))
    return sorted(found, key=lambda each: each.file.name, reverse=True)


def prune(folder: Path, base_url: str, keep: int, *, spare: Path | None = None) -> Sequence[Path]:
    """Delete all but the newest `keep` backups of this instance (0: keep all); those deleted.

    `spare`: the one just made, which stays whatever the clock said when the others were.
    """
    old = (
        [each for each in list_kept(folder, base_url)[keep:] if each.file != spare] if keep else []
    )
    for each in old:
        each.file.unlink(missing_ok=True)
    return [each.file for each in old]


def sweep(folder: Path, base_url: str) -> None:
    """Remove what backups that were interrupted left behind."""
    for file in folder.glob(f".{_stem(base_url)}*{UNFINISHED}"):
        file.unlink(missing_ok=True)


def _stem(base_url: str) -> str:
    return f"mujawara-{re.sub(r'[^a-z0-9.-]', '_', urlsplit(base_url).netloc)}-"
