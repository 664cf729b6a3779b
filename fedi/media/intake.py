"""What a member uploads enters as bytes of unknown origin and leaves as a clean picture and a small variant of it.

The decoder runs in a child process with limits (S77); this side only checks sizes, starts the child and reads its
answer with suspicion. Nothing of the original survives: no metadata, no name, no colour profile, no trailing bytes.
"""

import asyncio
import hashlib
import os
import re
import signal
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Final

import msgspec

import fedi
from fedi.errors import Invalid, TooLarge, Unavailable, UnsupportedMediaType
from fedi.media.shape import Shape

UPLOAD_BYTES_MAX: Final = 8 * 1024 * 1024
CHILD_TIMEOUT_S: Final = 15.0  # wall clock; the child also has five seconds of processor time
ANSWER_BYTES_MAX: Final = 16 * 1024 * 1024
HEADER_BYTES_MAX: Final = 4096
AT_ONCE: Final = 2
WAITING_MAX: Final = 16
EXTENSIONS: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}

_MAGIC: Final = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/webp": b"RIFF",
}
_BLURHASH: Final = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,100}", re.ASCII)
_REFUSALS: Final[dict[str, type[Invalid]]] = {
    "media.not_an_image": UnsupportedMediaType,
    "media.too_many_pixels": TooLarge,
    "media.too_heavy": TooLarge,
    "media.damaged": Invalid,
}
_COMMAND: Final = (sys.executable, "-P", "-s", "-B", "-m", "fedi.media.child")
_WORKERS: Final = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="media")
_PLACES: Final = threading.BoundedSemaphore(WAITING_MAX)


@dataclass(frozen=True, slots=True)
class Variant:
    """The same picture in another size. `sha256` is hexadecimal."""

    content: bytes
    media_type: str
    width: int
    height: int
    sha256: str

    @property
    def extension(self) -> str:
        """How a storage key for it ends, without the dot."""
        return EXTENSIONS[self.media_type]


@dataclass(frozen=True, slots=True)
class Prepared(Variant):
    """A picture that is safe to keep and to serve: JPEG when opaque, PNG when not, sides up to 2048 pixels.

    `previews` holds smaller variants for pages, today one WebP with sides up to 640 pixels.
    """

    blurhash: str
    previews: tuple[Variant, ...]


class _Picture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    width: Annotated[int, msgspec.Meta(ge=1, le=2048)]
    height: Annotated[int, msgspec.Meta(ge=1, le=2048)]
    bytes: Annotated[int, msgspec.Meta(ge=1, le=ANSWER_BYTES_MAX)]


class _Values(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    side: int = 0
    megapixels: int = 0


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    refused: str = ""
    values: _Values = _Values()
    pictures: list[_Picture] = []
    blurhash: str = ""


async def prepare(raw: bytes, shape: Shape | None = None) -> Prepared:
    """`take_in` without holding up the event loop. At most two decode at once; a long queue raises Unavailable."""
    check_upload(raw)
    if not _PLACES.acquire(blocking=False):
        raise Unavailable(
            "media.busy", detail="too many uploads wait for the decoder", retry_after_s=10
        )
    work = _WORKERS.submit(take_in, raw, shape=shape) if shape else _WORKERS.submit(take_in, raw)
    work.add_done_callback(lambda _: _PLACES.release())
    return await asyncio.wrap_future(work)


def take_in(
    raw: bytes, *, timeout_s: float = CHILD_TIMEOUT_S, shape: Shape | None = None
) -> Prepared:
    """Decode an upload in a child process and return it written anew; blocks, 15 seconds at the very worst.

    Takes JPEG, PNG, WebP, AVIF and GIF (the first frame), told apart by their bytes; a file name is never asked for. `shape`: what is cut out.
    Raises TooLarge (bytes, pixels), UnsupportedMediaType (no such picture), Invalid (damaged), Unavailable (no child).
    """
    check_upload(raw)
    return _read_answer(_ask_child(raw, timeout_s, shape))


def check_upload(raw: bytes) -> None:
    """Refuse what needs no decoder to be refused. Raises TooLarge, UnsupportedMediaType."""
    if len(raw) > UPLOAD_BYTES_MAX:
        raise TooLarge("media.too_large", field="file", limit=UPLOAD_BYTES_MAX // 1024 // 1024)
    if not raw:
        raise UnsupportedMediaType("media.not_an_image", field="file")


def _ask_child(raw: bytes, timeout_s: float, shape: Shape | None) -> bytes:
    """What the child wrote, cut at the limit. The child is dead when this returns, whatever happened."""
    try:
        child = subprocess.Popen(  # noqa: S603 - our own module, no argument from outside
            (*_COMMAND, *([shape.spelled()] if shape else [])),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PYTHONPATH": str(Path(fedi.__file__).parent.parent)},
            start_new_session=True,
        )
    except OSError as problem:
        raise Unavailable(
            "media.busy", detail="the decoder could not be started", retry_after_s=30
        ) from problem
    late = threading.Event()

    def stop() -> None:
        late.set()
        _kill(child)

    timer = threading.Timer(timeout_s, stop)
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            timer.start()
            _feed(child.stdin, raw)
            answer = child.stdout.read(ANSWER_BYTES_MAX + 1)
        finally:
            _kill(child)  # it has said all it may say
            timer.cancel()
            timer.join()  # before the wait below frees the process number for others
    if late.is_set() or child.returncode == -signal.SIGXCPU:
        raise TooLarge("media.too_heavy", detail="the decoder ran out of time", field="file")
    return answer


def _feed(stdin: IO[bytes], raw: bytes) -> None:
    with suppress(BrokenPipeError):  # the child died; its silence is judged by the reader
        stdin.write(raw)
    with suppress(BrokenPipeError):
        stdin.close()


def _kill(child: "subprocess.Popen[bytes]") -> None:
    if child.returncode is None:  # not yet waited for, so the number cannot belong to anybody else
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)


def _read_answer(answer: bytes) -> Prepared:
    try:
        length = struct.unpack_from(">I", answer)[0]
        if length > HEADER_BYTES_MAX:
            raise _damaged("the header is too long")
        header = msgspec.json.decode(answer[4 : 4 + length], type=_Header)
    except (struct.error, msgspec.MsgspecError) as problem:
        raise _damaged("the decoder died or spoke nonsense") from problem
    if header.refused:
        refusal = _REFUSALS.get(header.refused)
        if refusal is None:
            raise _damaged("the decoder refused for an unknown reason")
        values = header.values
        raise refusal(header.refused, field="file", side=values.side, megapixels=values.megapixels)
    pictures = _read_pictures(header.pictures, answer[4 + length :])
    if len(pictures) != 2 or not _BLURHASH.fullmatch(header.blurhash):
        raise _damaged("the decoder did not send what was agreed")
    full = pictures[0]
    return Prepared(
        full.content,
        full.media_type,
        full.width,
        full.height,
        full.sha256,
        header.blurhash,
        (pictures[1],),
    )


def _read_pictures(announced: list[_Picture], body: bytes) -> list[Variant]:
    """The child may have been taken over by what it decoded: nothing of its answer is believed without a look."""
    found: list[Variant] = []
    for picture in announced:
        content, body = body[: picture.bytes], body[picture.bytes :]
        magic = _MAGIC.get(picture.type)
        if magic is None or len(content) != picture.bytes or not content.startswith(magic):
            raise _damaged("the decoder sent something else than it announced")
        digest = hashlib.sha256(content).hexdigest()
        found.append(Variant(content, picture.type, picture.width, picture.height, digest))
    if body:
        raise _damaged("the decoder sent more than it announced")
    return found


def _damaged(detail: str) -> Invalid:
    return Invalid("media.damaged", detail=detail, field="file")
