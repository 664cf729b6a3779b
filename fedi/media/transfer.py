"""Carrying pictures between the folder and the bucket. Two storages enter; every byte has been compared when it is over."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

from fedi.errors import NotFound, Unavailable
from fedi.media.storage import MediaStorage, Stored, media_type_of

AT_ONCE: Final = 8

# How many bytes of how many are where they belong.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Carried:
    """How many files arrived now, how many had arrived before, and their bytes in all."""

    copied: int
    already: int
    size_bytes: int


def carry(
    folder: MediaStorage,
    bucket: MediaStorage,
    *,
    to_bucket: bool,
    progress: Progress = lambda _done, _of: None,
) -> Carried:
    """Copy everything to the one from the other, which stays as it is. Whoever is cut off calls it again: what has arrived
    is not sent again. Raises Unavailable when one of them is away, or when what arrived is not what was sent.
    """
    source, target = (folder, bucket) if to_bucket else (bucket, folder)
    listed = list(source.iterate())
    total = sum(each.content_bytes for each in listed)
    one = partial(_carry_one, folder, bucket, source, target)
    copied = done = 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="carrying") as pool:
        try:
            for stored, is_new in zip(listed, pool.map(one, listed), strict=True):
                copied += is_new
                done += stored.content_bytes
                progress(done, total)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return Carried(copied, len(listed) - copied, total)


def clear(storage: MediaStorage, kept_in: MediaStorage) -> int:
    """Remove what is kept elsewhere too; how many files. Raises Unavailable."""
    there = {(each.key, each.content_bytes) for each in kept_in.iterate()}
    leaving = [each for each in storage.iterate() if (each.key, each.content_bytes) in there]
    return sum(storage.delete(each.key) for each in leaving)


def _carry_one(
    folder: MediaStorage,
    bucket: MediaStorage,
    source: MediaStorage,
    target: MediaStorage,
    stored: Stored,
) -> bool:
    """Whether it had to be copied."""
    if _agree(folder, bucket, stored.key):
        return False
    try:
        with source.open(stored.key) as file:
            data = file.read()
    except NotFound:
        # withdrawn since it was listed
        return False
    target.put(stored.key, data, media_type_of(stored.key))
    if not target.is_same(stored.key, data):
        raise Unavailable("media.move_differs", detail=stored.key)
    return True


def _agree(folder: MediaStorage, bucket: MediaStorage, key: str) -> bool:
    """Whether both have the same bytes: the folder is read, the bucket need only tell its digest."""
    try:
        with folder.open(key) as file:
            data = file.read()
    except NotFound:
        return False
    return bucket.is_same(key, data)
