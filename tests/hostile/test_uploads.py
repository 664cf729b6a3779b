"""Uploads that lie, swell, stop half-way or carry something else; a decoder that dies, hangs or has been taken over."""

import asyncio
import io
import json
import os
import struct
import subprocess
import sys
import textwrap
import threading
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fedi.errors import Invalid, TooLarge, Unavailable, UnsupportedMediaType
from fedi.media import child, intake
from fedi.media.intake import prepare, take_in
from tests.harness.chance import examples


def saved(kind: str, size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    written = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(written, kind, **options)
    return written.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_that_claims(width: int, height: int, body: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def zipped() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("SECRET-payload.html", "<script>alert(1)</script>")
    return written.getvalue()


NOT_PICTURES = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "svg after a declaration": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg/>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
    "tiff": b"II*\x00\x08\x00\x00\x00",
    "bmp": b"BM" + bytes(60),
    "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "mp4": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42",
    "ico": b"\x00\x00\x01\x00\x01\x00",
    "zip": zipped(),
    "activity": b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Person"}',
    "wav": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "picture after a space": b" " + saved("PNG"),
    "zeros": bytes(1000),
}


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_not_a_picture_is_refused_by_its_bytes(name: str) -> None:
    with pytest.raises(UnsupportedMediaType) as refused:
        take_in(NOT_PICTURES[name])
    assert refused.value.message_key == "media.not_an_image"


WHOLE = {kind: saved(kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF", "GIF")}


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", WHOLE)
def test_a_truncated_file_is_said_to_be_damaged(kind: str, part: float) -> None:
    whole = WHOLE[kind]
    with pytest.raises(Invalid) as refused:
        take_in(whole[: int(len(whole) * part)])
    assert refused.value.message_key in {"media.damaged", "media.not_an_image"}


@pytest.mark.parametrize("start", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\xff\xff\xff\xffWEBP",
                                   b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00"])  # fmt: skip
@pytest.mark.parametrize("rest", [b"", b"<script>alert(1)</script>", bytes(5000), b"\xff" * 5000])
def test_only_the_first_bytes_of_a_picture_are_not_enough(start: bytes, rest: bytes) -> None:
    with pytest.raises(Invalid):
        take_in(start + rest)


BOMBS = {
    "fifty thousand squared": png_that_claims(50_000, 50_000, bytes(200_000)),
    "the largest numbers": png_that_claims(2**31 - 1, 2**31 - 1),
    "one very long line": png_that_claims(2**31 - 1, 1),
    "a gif of 65535 squared": b"GIF89a"
    + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0)
    + b","
    + bytes(20),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_before_it_is_decoded(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        take_in(BOMBS[name])
    assert refused.value.message_key in {"media.too_many_pixels", "media.damaged"}


def test_the_classic_bomb_is_named_as_such() -> None:
    with pytest.raises(TooLarge) as refused:
        take_in(BOMBS["fifty thousand squared"])
    assert refused.value.message_key == "media.too_many_pixels"


def test_a_text_chunk_that_swells_does_no_harm() -> None:
    swelling = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(200_000_000), 9))
    whole = WHOLE["PNG"]
    raw = whole[:33] + swelling * 3 + whole[33:]
    try:
        prepared = take_in(raw)
    except Invalid:
        return
    assert len(prepared.content) < 100_000


def test_a_progressive_jpeg_that_needs_too_much_memory_is_refused_by_name() -> None:
    written = io.BytesIO()
    Image.new("RGB", (8000, 5000)).save(written, "JPEG", progressive=True, subsampling=0)
    with pytest.raises(TooLarge) as refused:
        take_in(written.getvalue())
    assert refused.value.message_key == "media.too_heavy"


POLYGLOTS = {
    "a script in a gif comment": saved(
        "GIF", comment=b"*/SECRET-payload;<script>alert(1)</script>/*"
    ),
    "a zip after a jpeg": WHOLE["JPEG"] + zipped(),
    "a zip after a png": WHOLE["PNG"] + zipped(),
    "html after a png": WHOLE["PNG"] + b"<html>SECRET-payload</html>",
    "html in a jpeg comment": saved(
        "JPEG", comment=b"<html>SECRET-payload<script>alert(1)</script>"
    ),
    "php in an exif field": saved(
        "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00SECRET-payload<?php ?>"
    ),
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_what_rides_along_in_a_picture_is_left_behind(name: str) -> None:
    assert b"SECRET-payload" in POLYGLOTS[name]
    prepared = take_in(POLYGLOTS[name])
    written = prepared.content + prepared.previews[0].content
    assert [
        word
        for word in (b"SECRET", b"<script", b"<html", b"<?php", b"PK\x03\x04")
        if word in written
    ] == []


@examples(150)
@given(kind=st.sampled_from(sorted(WHOLE)), data=st.data())
def test_flipped_bytes_end_in_a_picture_or_a_refusal(kind: str, data: st.DataObject) -> None:
    raw = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, min(len(raw), 400) - 1))] = data.draw(st.integers(0, 255))
    header, parts = child.answer(bytes(raw))
    assert ("refused" in header) == (parts == [])


@examples(200)
@given(st.binary(max_size=200))
def test_sniffing_never_fails(raw: bytes) -> None:
    assert child.sniff(raw) in {None, *WHOLE}


# The child itself: it may die, hang, flood or lie.


def play(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put `script` in the place of the decoder."""
    monkeypatch.setattr(intake, "_COMMAND", (sys.executable, "-I", "-c", textwrap.dedent(script)))


def answering(header: object, body: bytes) -> str:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return f"import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write({struct.pack('>I', len(text)) + text + body!r})"


JPEG = b"\xff\xd8\xff" + bytes(10)
WEBP = b"RIFF" + bytes(10)
PICTURES = [
    {"type": "image/jpeg", "width": 5, "height": 5, "bytes": len(JPEG)},
    {"type": "image/webp", "width": 5, "height": 5, "bytes": len(WEBP)},
]
HASH = "L00000fQfQfQfQfQfQfQfQfQfQfQ"


def test_an_answer_as_agreed_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, answering({"pictures": PICTURES, "blurhash": HASH}, JPEG + WEBP))
    assert take_in(WHOLE["PNG"]).content == JPEG


LIES = {
    "silence": "import sys; sys.stdin.buffer.read()",
    "death before reading": "raise SystemExit(3)",
    "killed half-way": "import os, sys; sys.stdin.buffer.read(9); sys.stdout.write('x'); sys.stdout.flush(); os.kill(os.getpid(), 9)",
    "no json": answering(b"hello", b""),
    "a list": answering([], b""),
    "deep nesting": answering(b"[" * 4000, b""),
    "a huge header": "import sys; sys.stdout.buffer.write(b'\\xff' * 100)",
    "html as a picture": answering(
        {"pictures": [PICTURES[0] | {"type": "text/html"}, PICTURES[1]], "blurhash": HASH},
        JPEG + WEBP,
    ),
    "script bytes": answering({"pictures": PICTURES, "blurhash": HASH}, b"<script>1</sc" + WEBP),
    "a hash with markup": answering({"pictures": PICTURES, "blurhash": "<b>L00000"}, JPEG + WEBP),
    "no pictures": answering({"pictures": [], "blurhash": HASH}, b""),
    "one picture": answering({"pictures": PICTURES[:1], "blurhash": HASH}, JPEG),
    "too few bytes": answering({"pictures": PICTURES, "blurhash": HASH}, JPEG),
    "too many bytes": answering({"pictures": PICTURES, "blurhash": HASH}, JPEG + WEBP + b"more"),
    "a size of nothing": answering(
        {"pictures": [PICTURES[0] | {"width": 0}, PICTURES[1]], "blurhash": HASH}, JPEG + WEBP
    ),
    "a negative length": answering(
        {"pictures": [PICTURES[0] | {"bytes": -1}, PICTURES[1]], "blurhash": HASH}, JPEG + WEBP
    ),
    "a refusal of its own": answering({"refused": "admin.secret"}, b""),
    "a refusal with other values": answering(
        {"refused": "media.damaged", "values": {"field": 1}}, b""
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_a_decoder_that_dies_or_lies_means_a_damaged_picture(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    play(monkeypatch, LIES[name])
    with pytest.raises(Invalid) as refused:
        take_in(WHOLE["PNG"])
    assert refused.value.message_key == "media.damaged"


def test_a_decoder_that_hangs_is_killed_in_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "pid"
    play(
        monkeypatch,
        f"import os, signal; open({str(told)!r}, 'w').write(str(os.getpid())); signal.pause()",
    )
    with pytest.raises(TooLarge) as refused:
        take_in(
            bytes(intake.UPLOAD_BYTES_MAX), timeout_s=0.4
        )  # more than a pipe holds, so writing hangs too
    assert refused.value.message_key == "media.too_heavy"
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)


def test_a_decoder_that_used_up_its_processor_time_is_said_to_be_too_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play(monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)")
    with pytest.raises(TooLarge) as refused:
        take_in(WHOLE["PNG"])
    assert refused.value.message_key == "media.too_heavy"


def test_a_decoder_that_floods_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "import os\nwhile True: os.write(1, b'\\x00' * 65536)")
    with pytest.raises(Invalid):
        take_in(WHOLE["PNG"])


def test_a_decoder_that_cannot_be_started_means_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_COMMAND", ("/nonexistent/python",))
    with pytest.raises(Unavailable) as refused:
        take_in(WHOLE["PNG"])
    assert refused.value.retry_after_s > 0


INSIDE = """
import os, resource, socket, sys
from fedi.media import child
child.limit_self()
sys.stdin.buffer.read()
{deed}
"""


@pytest.mark.parametrize(
    ("deed", "expected"),
    [
        ("bytearray(300 * 1024 * 1024)", "MemoryError"),
        ("bytearray(150 * 1024 * 1024)", "nothing"),
        ("open(os.environ['ROOM'] + '/x', 'wb', buffering=0).write(b'x')", "OSError"),
        ("[os.dup(0) for _ in range(64)]", "OSError"),
        (
            "raise ValueError if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) else KeyError",
            "ValueError",
        ),
        (
            "raise ValueError if open('/proc/self/oom_score_adj').read() == '1000\\n' else KeyError",
            "ValueError",
        ),
        ("raise ValueError if os.umask(0) == 0o077 else KeyError", "ValueError"),
    ],
)
def test_the_limits_of_the_child_hold(deed: str, expected: str, tmp_path: Path) -> None:
    script = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + INSIDE.format(
        deed=deed
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=b"",
        capture_output=True,
        env={"PYTHONPATH": str(Path(intake.__file__).parents[2]), "ROOM": str(tmp_path)},
        timeout=20,
        check=False,
    )
    last = done.stderr.decode().strip().splitlines()[-1:] or ["nothing"]
    assert last[0].startswith(expected)


def test_the_child_sees_no_environment_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDI_SECRET", "SECRET-of-the-instance")
    play(
        monkeypatch,
        """
        import json, os, struct, sys
        sys.stdin.buffer.read()
        text = json.dumps({"refused": "media.too_heavy" if "FEDI_SECRET" not in os.environ else "leak"}).encode()
        sys.stdout.buffer.write(struct.pack(">I", len(text)) + text)
        """,
    )
    with pytest.raises(TooLarge):
        take_in(WHOLE["PNG"])


async def test_a_crowd_of_uploads_is_bounded_and_the_place_is_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = threading.Event()

    def waiting(raw: bytes) -> bytes:
        assert gate.wait(10)
        return raw

    monkeypatch.setattr(intake, "take_in", waiting)
    crowd = [asyncio.ensure_future(prepare(WHOLE["PNG"])) for _ in range(intake.WAITING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await prepare(WHOLE["PNG"])
    gate.set()
    await asyncio.gather(*crowd)
    await prepare(WHOLE["PNG"])
