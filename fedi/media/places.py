"""Where pictures rest, as the settings say: folders of the data folder, or a bucket of an object store."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from fedi.config import BucketConfig, Config
from fedi.errors import SetupError, Unavailable
from fedi.media.storage import FolderStorage, MediaStorage, Stored

if TYPE_CHECKING:
    from fedi.media.bucket import BucketStorage

MEDIA: Final = "media"
SEEN: Final = "seen"

_P = ParamSpec("_P")
_T = TypeVar("_T")
# Apart from the threads of everything else: a store that hangs keeps nobody from signing in.
_WORKERS: Final = ThreadPoolExecutor(16, thread_name_prefix="pictures")


async def aside(work: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Do what asks a storage in a thread of those kept for it."""
    return await asyncio.get_running_loop().run_in_executor(
        _WORKERS, partial(work, *args, **kwargs)
    )


def open_place(config: Config, folder: str) -> MediaStorage:
    """The storage for `folder` (MEDIA or SEEN). Nothing is asked yet. Raises SetupError when the library is missing."""
    return open_bucket(config, folder) if config.bucket.name else open_folder(config, folder)


def open_folder(config: Config, folder: str) -> FolderStorage:
    """The folder, whatever the settings say."""
    return FolderStorage(config.data_folder / folder)


def open_bucket(config: Config, folder: str) -> "BucketStorage":
    """The bucket of the settings, which must name one. Raises SetupError."""
    return _bucket(config.bucket, folder, config.network.extra_ca_file)


def check_place(config: Config) -> None:
    """Whether the bucket can be used and is ours, if there is one. Raises SetupError with what to do about it."""
    if not config.bucket.name:
        return
    bucket, base = open_bucket(config, MEDIA), config.instance.base_url
    try:
        owner = bucket.claim(base)
    except Unavailable as problem:
        raise SetupError(
            "media.store_unusable", bucket=config.bucket.name, why=problem.detail
        ) from problem
    if owner != base:
        raise SetupError("media.store_taken", bucket=config.bucket.name, owner=owner)


def open_members(config: Config, identity: str) -> MediaStorage:
    """Where members' pictures are, for the database of this `identity`. Raises SetupError.

    A copy of a database, restored to see whether it can be, finds the pictures of the one that goes on: it knows nothing of
    those that came since, and deletes none.
    """
    storage = open_place(config, MEDIA)
    return storage if is_first(config, identity) else Guest(storage)


def is_first(config: Config, identity: str) -> bool:
    """Whether no other copy of this database tidies up among its pictures. Raises SetupError."""
    if not config.bucket.name:
        return True
    from fedi.media.bucket import COPY_MARK  # noqa: PLC0415 - a library that most never need

    try:
        return open_bucket(config, MEDIA).claim(identity, COPY_MARK) == identity
    except Unavailable as problem:
        raise SetupError(
            "media.store_unusable", bucket=config.bucket.name, why=problem.detail
        ) from problem


class Guest:
    """A storage of which nothing is deleted. Passes everything on but that."""

    def __init__(self, storage: MediaStorage) -> None:
        self._storage = storage
        self.put, self.open = storage.put, storage.open
        self.exists, self.is_same = storage.exists, storage.is_same
        self.iterate, self.size = storage.iterate, storage.size

    def delete(self, key: str) -> bool:
        return self._storage.exists(key)

    def iterate_older(self, age_s: float) -> Iterator[Stored]:
        yield from ()

    def remove_unfinished(self) -> int:
        return 0


@lru_cache(maxsize=8)
def _bucket(config: BucketConfig, folder: str, ca_file: str) -> "BucketStorage":
    """One for the whole process: it holds connections, and knows whether the store answers."""
    try:
        from fedi.media.bucket import BucketStorage  # noqa: PLC0415 - a library that most never need
    except ImportError as problem:
        raise SetupError("media.store_library") from problem
    try:
        authorities = Path(ca_file).read_text(encoding="ascii") if ca_file else ""
        return BucketStorage(config, folder, authorities)
    except (OSError, ValueError) as problem:
        raise SetupError(
            "media.store_unusable", bucket=config.name, why=type(problem).__name__
        ) from problem
