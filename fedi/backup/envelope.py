"""The envelope of a backup: the age format, through pyrage, which nobody else here imports.

A recipient (`age1…`) can only close an envelope; the identity (`AGE-SECRET-KEY-1…`) opens it. What is opened is proved
piece by piece, and only at its end to be whole: whoever reads must not believe anything before.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final, Protocol

import pyrage

from fedi.backup.archive import Damaged, Source
from fedi.errors import Forbidden, Invalid

IDENTITY: Final = "AGE-SECRET-KEY-1"
IDENTITY_FILE_MAX: Final = 64 * 1024
_MARK: Final = b"age-encryption.org/"
_GZIP_MARK: Final = b"\x1f\x8b"


class WrongKey(Forbidden):
    """None of the keys given opens this file."""

    default_key = "backup.wrong_key"


def new_identity() -> tuple[str, str]:
    """A secret key and the recipient that belongs to it."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def check_recipients(recipients: Sequence[str]) -> None:
    """Raises Invalid naming the first that is none."""
    for each in recipients:
        _recipient(each)


def read_identities(text: str) -> list[str]:
    """The secret keys in a text, which may hold comments as age writes them. Raises Invalid when there is none."""
    found = [
        line.strip() for line in text.splitlines() if line.strip().upper().startswith(IDENTITY)
    ]
    if not found:
        raise Invalid("backup.no_identity")
    for each in found:
        _identity(each)
    return found


def seal(source: Source, target: BinaryIO, recipients: Sequence[str]) -> None:
    """Encrypt all of `source` for these recipients. What reading raises is raised again."""
    caught = _Caught(source)
    try:
        pyrage.encrypt_io(caught, target, [_recipient(each) for each in recipients])
    except (pyrage.EncryptError, OSError):
        if caught.problem is not None:
            raise caught.problem from None
        raise


class Seekable(Source, Protocol):
    """The same, and back to its start."""

    def seek(self, place: int, /) -> int: ...


def is_sealed(file: Seekable) -> bool:
    """Whether this is an envelope; False for a plain archive. Raises Damaged when it is neither. Reads from the start."""
    file.seek(0)
    mark = file.read(len(_MARK))
    file.seek(0)
    if mark != _MARK and not mark.startswith(_GZIP_MARK):
        raise Damaged(detail="neither age nor gzip")
    return mark == _MARK


@contextmanager
def opened(file: Seekable, identities: Sequence[str]) -> Iterator[Source]:
    """What is inside. Raises WrongKey, or Damaged when it is not whole: at the latest on leaving without an error."""
    if not is_sealed(file):
        yield file
        return
    keys = [_identity(each) for each in identities]
    if not keys:
        raise Invalid("backup.needs_identity")
    reading, writing = os.pipe()
    problems: list[BaseException] = []

    def open_it() -> None:
        with os.fdopen(writing, "wb") as out:
            try:
                pyrage.decrypt_io(file, out, keys)
                out.flush()
            except BaseException as problem:  # noqa: BLE001 - told by the one who reads
                problems.append(problem)
                with suppress(OSError):
                    out.flush()

    thread = threading.Thread(target=open_it, name="envelope", daemon=True)
    thread.start()
    try:
        with os.fdopen(reading, "rb") as inside:
            try:
                yield inside
            except Damaged:
                # where the envelope itself is the reason, it knows better
                inside.close()
                thread.join()
                meaning = _meaning(problems)
                if meaning is not None:
                    raise meaning from None
                raise
            if inside.read(1):
                raise Damaged(detail="more after the end")
            thread.join()
            meaning = _meaning(problems)
            if meaning is not None:
                raise meaning
    finally:
        thread.join()


class _Caught:
    """Remembers what went wrong while reading, which the library only tells as text."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.problem: BaseException | None = None

    def read(self, most: int, /) -> bytes:
        try:
            return self._source.read(most)
        except BaseException as problem:
            self.problem = problem
            raise


def _meaning(problems: Sequence[BaseException]) -> Exception | None:
    if not problems:
        return None
    problem = problems[0]
    if isinstance(problem, pyrage.DecryptError) and "No matching keys" in str(problem):
        return WrongKey()
    if isinstance(problem, BrokenPipeError):
        return None
    return Damaged(detail=type(problem).__name__)


def _recipient(text: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as problem:
        raise Invalid("backup.bad_recipient") from problem


def _identity(text: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError as problem:
        raise Invalid("backup.bad_identity") from problem
