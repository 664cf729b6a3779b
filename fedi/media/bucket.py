"""Pictures in an S3-compatible object store. Loaded only where the settings name a bucket: obstore is an extra.

The bucket stays closed: what is kept here is shown by us, so that its host learns of no reader and an address of a
picture outlives the place where its bytes rest. Each file is one object, written by one request: whole, or not at all.
"""

import hashlib
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from fedi.config import BucketConfig
from fedi.errors import FediError, Invalid, NotFound, Unavailable
from fedi.media.storage import Stored, is_key, media_type_of
from fedi.text.direction import clean_line

if TYPE_CHECKING:
    from obstore.store import ClientConfig

MARK: Final = "mujawara"
# Which copy of its database tidies up here.
COPY_MARK: Final = "mujawara-database"
CONNECT_S: Final = 5.0
# Nobody else waits for a store that did not answer a moment ago.
AWAY_S: Final = 5.0
RETRY_AFTER_S: Final = 30
# No picture is as long, no owner, and nobody has as many: what a store sends beyond it is not taken in.
LENGTH_MAX: Final = 32 * 1024 * 1024
OWNER_BYTES_MAX: Final = 1024
LISTED_MAX: Final = 1_000_000
_IN_MEMORY: Final = 1024 * 1024
_PIECE: Final = 256 * 1024
_CODE: Final = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_STATUS: Final = re.compile(r"status code: ([0-9]{3})")
_THEIRS: Final = re.compile("AWS_", re.IGNORECASE)
_ENVIRONMENT: Final = Lock()
_MD5: Final = re.compile(r'"([0-9a-f]{32})"')


class BucketStorage:
    """Objects `<prefix>/<folder>/<key>` of one bucket. Passes the contract of `MediaStorage`."""

    def __init__(self, config: BucketConfig, folder: str, authorities: str = "") -> None:
        """`authorities`: certificates (PEM) to trust beside those of the system."""
        timeout = timedelta(seconds=config.timeout_s)
        connect = timedelta(seconds=min(CONNECT_S, config.timeout_s))
        client: ClientConfig = {
            "allow_http": config.endpoint.startswith("http:"),
            "allow_invalid_certificates": False,
            "timeout": timeout,
            "connect_timeout": connect,
        }
        if authorities:
            client["root_certificate"] = authorities
        self._folder = folder
        self._away_until = 0.0
        with _without_environment():
            self._store = S3Store(
                config.name,
                prefix=config.prefix or None,
                endpoint=config.endpoint.rstrip("/") or f"https://s3.{config.region}.amazonaws.com",
                region=config.region,
                access_key_id=config.key_id,
                secret_access_key=config.key,
                virtual_hosted_style_request=not config.path_style,
                client_options=client,
                retry_config={"max_retries": 1, "retry_timeout": timeout},
            )

    def put(self, key: str, data: bytes, media_type: str) -> None:
        if media_type_of(key) != media_type:
            raise Invalid("media.bad_key", detail=f"{media_type} does not go with this key")
        with self._asked():
            obstore.put(
                self._store,
                self._path(key),
                data,
                attributes={"Content-Type": media_type},
                use_multipart=False,
            )

    def open(self, key: str) -> BinaryIO:
        """All bytes have arrived when this returns: what is read never breaks off. Large ones wait on the disk."""
        media_type_of(key)
        file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - the caller closes it
        try:
            with self._asked(by_name=True):
                found = obstore.get(self._store, self._path(key))
                for piece in _pieces(found, LENGTH_MAX):
                    file.write(piece)
                if file.tell() != found.meta["size"]:
                    raise _away("an object arrived cut off")
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def delete(self, key: str) -> bool:
        is_there = self.exists(key)
        if is_there:
            with self._asked():
                obstore.delete(self._store, self._path(key))
        return is_there

    def exists(self, key: str) -> bool:
        media_type_of(key)
        try:
            with self._asked(by_name=True):
                obstore.head(self._store, self._path(key))
        except NotFound:
            return False
        return True

    def is_same(self, key: str, data: bytes) -> bool:
        """By the digest that the store tells, where it tells one; else by reading everything back."""
        media_type_of(key)
        try:
            with self._asked(by_name=True):
                found = obstore.head(self._store, self._path(key))
        except NotFound:
            return False
        if found["size"] != len(data):
            return False
        digest = _MD5.fullmatch(found["e_tag"] or "")
        if digest and digest[1] == hashlib.md5(data, usedforsecurity=False).hexdigest():
            return True
        with self.open(key) as file:
            return file.read() == data

    def iterate(self) -> Iterator[Stored]:
        yield from self._listed(lambda _age: True)

    def iterate_older(self, age_s: float) -> Iterator[Stored]:
        now = self._now()
        yield from self._listed(lambda moment: now - moment > age_s)

    def size(self) -> int:
        return sum(stored.content_bytes for stored in self.iterate())

    def remove_unfinished(self) -> int:
        """An object that was not written whole is none: nothing is ever left behind."""
        return 0

    def claim(self, owner: str, mark: str = MARK) -> str:
        """Whose bucket, or part of a bucket, this is by a mark; `owner` from now on if it was nobody's. Raises Unavailable.

        Two that share one by mistake would tidy away each other's pictures.
        """
        with self._asked():
            try:
                found = obstore.get(self._store, mark)
            except FileNotFoundError:
                obstore.put(self._store, mark, owner.encode(), use_multipart=False)
                found = obstore.get(self._store, mark)
            told = b"".join(_pieces(found, OWNER_BYTES_MAX))
        # it is told to whoever set up the second one
        return clean_line(told.decode(errors="replace"), 300)

    def probe(self) -> None:
        """Write, list and remove something small. Raises Unavailable."""
        self._now()
        with self._asked():
            next(iter(obstore.list(self._store, prefix=self._folder, chunk_size=1)), None)

    def _now(self) -> float:
        """The time of an object made now: the clock is the one of the store, which other machines may share."""
        path = f"{self._folder}/.now-{secrets.token_hex(8)}"
        with self._asked():
            obstore.put(self._store, path, b"now", use_multipart=False)
            now = obstore.head(self._store, path)["last_modified"].timestamp()
            obstore.delete(self._store, path)
        return now

    def _listed(self, is_meant: Callable[[float], bool]) -> Iterator[Stored]:
        with self._asked():
            pages = iter(obstore.list(self._store, prefix=self._folder, chunk_size=1000))
        count = 0
        while True:
            with self._asked():
                page = next(pages, None)
            if page is None:
                return
            count += max(len(page), 1)
            if count > LISTED_MAX:
                raise _away("a list without end")
            for each in page:
                key = each["path"].removeprefix(f"{self._folder}/")
                if is_key(key) and is_meant(each["last_modified"].timestamp()):
                    yield Stored(key, each["size"])

    def _path(self, key: str) -> str:
        return f"{self._folder}/{key}"

    @contextmanager
    def _asked(self, *, by_name: bool = False) -> Iterator[None]:
        """Around a request: what the library raises becomes what callers know. `by_name`: one object may be missing."""
        if time.monotonic() < self._away_until:
            raise _away("did not answer a moment ago")
        try:
            yield
        except FediError:
            raise
        except (BaseError, OSError, ValueError) as problem:
            why = _why(problem)
            if by_name and isinstance(problem, FileNotFoundError) and why != "NoSuchBucket":
                raise NotFound("media.not_found", detail="no such object of media") from None
            if why == "no answer":
                self._away_until = time.monotonic() + AWAY_S
            # what the library says names addresses and keys: it goes no further
            raise _away(why) from None


@contextmanager
def _without_environment() -> Iterator[None]:
    """The settings name everything. The library would take from variables what other programs of the machine are to use: their
    tokens, their place, that nothing is signed."""
    with _ENVIRONMENT:
        theirs = {name: value for name, value in os.environ.items() if _THEIRS.match(name)}
        for name in theirs:
            del os.environ[name]
        try:
            yield
        finally:
            os.environ.update(theirs)


def _pieces(found: "obstore.GetResult", most: int) -> Iterator[bytes]:
    """What is in an object, piece by piece. Raises Unavailable when there is more than that in it."""
    if found.meta["size"] > most:
        raise _away("an object is too long")
    count = 0
    for piece in found.stream(min_chunk_size=_PIECE):
        count += len(piece)
        if count > most:
            raise _away("an object is too long")
        yield bytes(piece)


def _away(why: str) -> Unavailable:
    return Unavailable("media.store_away", detail=why, retry_after_s=RETRY_AFTER_S)


def _why(problem: Exception) -> str:
    """A short word: the store's own code, the status of its answer, or that there was none."""
    text = str(problem)
    for found in (_CODE.search(text), _STATUS.search(text)):
        if found:
            return found[1]
    if isinstance(problem, PermissionDeniedError | UnauthenticatedError):
        return "refused"
    return "no answer" if "HTTP error" in text else "failed"
