"""Every form that takes a file, from the doors of the house, and everything that could come in the place of one."""

import asyncio
import io
import re
import ssl
import struct
import tempfile
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from PIL import Image

from fedi.desk.pictures import PICTURES_BYTES_MAX
from fedi.desk.programme import TABLE_BYTES_MAX
from fedi.errors import Unavailable
from fedi.house import gate
from fedi.house.parts import NOTHING, Held
from fedi.house.routes import DOORS
from fedi.media.intake import UPLOAD_BYTES_MAX
from fedi.serving import PATIENT_PATHS
from tests.harness.browser import Browser
from tests.harness.chance import first_of
from tests.harness.gathering import an_organiser
from tests.harness.members import a_member
from tests.harness.world import World, world
from tests.hostile.stranger import changed
from tests.hostile.test_house_bypass import raw
from tests.hostile.test_house_doors import a_draft, filled, state, token_of
from tests.hostile.test_uploads import BOMBS, WHOLE, chunk, zipped

HERE: Final = "agora.test"
BRINGING: Final = tuple(door for door in DOORS if door.brings is not NOTHING)
MEGA: Final = 1024 * 1024
PARTS: Final = "multipart/form-data; boundary=x"


def jpeg_that_claims(side: int) -> bytes:
    whole = bytearray(WHOLE["JPEG"])
    at = re.search(rb"\xff[\xc0\xc2]", bytes(whole))
    assert at
    whole[at.start() + 5 : at.start() + 9] = struct.pack(">HH", side, side)
    return bytes(whole)


def webp_that_claims(side: int) -> bytes:
    sides = (side - 1).to_bytes(3, "little") * 2
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + sides + WHOLE["WEBP"][12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif_of_frames(count: int) -> bytes:
    frame = b"!\xf9\x04\x00\x01\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00"
    return b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff" + frame * count + b";"


def png_of_frames(count: int) -> bytes:
    """An animation whose frames are announced and come, after a still picture."""
    whole = WHOLE["PNG"]
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 64, 48, 0, 0, 1, 100, 0, 0))
    data = chunk(b"fdAT", bytes(4) + zlib.compress(bytes(64 * 48 * 3 + 48)))
    return whole[:33] + chunk(b"acTL", struct.pack(">II", count, 0)) + whole[33:-12] + (frame + data) * count + whole[-12:]  # fmt: skip


@cache
def zip_bomb() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("following_accounts.csv", "blocked_accounts.csv", "outbox.json"):
            with archive.open(name, "w") as file:
                for _ in range(64):
                    file.write(bytes(MEGA))
    return written.getvalue()


def located() -> bytes:
    """A picture that says where it was taken, and with what."""
    exif = Image.Exif()
    exif[0x010F] = "SECRET-camera"
    exif.get_ifd(0x8825)[29] = "SECRET-place"
    written = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(written, "JPEG", exif=exif)
    return written.getvalue()


def _tiff() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(written, "TIFF")
    return written.getvalue()


# What is no picture, or none that may be opened.
BAD: Final[dict[str, Callable[[], bytes]]] = {
    "a png of 50,000 squared": lambda: BOMBS["fifty thousand squared"],
    "a gif of 65,535 squared": lambda: BOMBS["a gif of 65535 squared"],
    "a webp of 50,000 squared": lambda: webp_that_claims(50_000),
    "a jpeg of 50,000 squared": lambda: jpeg_that_claims(50_000),
    "a drawing with a script": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a page": lambda: b"<!doctype html><script>alert(1)</script>",
    "a tiff": _tiff,
    "a half": lambda: WHOLE["JPEG"][: len(WHOLE["JPEG"]) // 2],
    "a zip bomb": zip_bomb,
    "nothing": lambda: b"",
    "one byte too many": lambda: WHOLE["PNG"] + bytes(UPLOAD_BYTES_MAX + 1 - len(WHOLE["PNG"])),
}  # fmt: skip
# What is a picture, and more than that.
MORE: Final[dict[str, Callable[[], bytes]]] = {
    "a picture and an archive": lambda: WHOLE["JPEG"] + zipped(),
    "where it was taken": located,
    "ten thousand frames": lambda: gif_of_frames(10_000),
    "ten thousand frames of another kind": lambda: png_of_frames(10_000),
}


class _Files(HTMLParser):
    """Forms that take files: where they go, and by which fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._form = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "form":
            self._form = known.get("action") or ""
        if tag == "form" and known.get("enctype") == "multipart/form-data":
            self.found.setdefault(self._form, [])
        if tag == "input" and known.get("type") == "file":
            self.found.setdefault(self._form, []).append(known.get("name") or "")


@dataclass(frozen=True, slots=True)
class Home:
    """Somebody who may bring files, and what forms can be about: the id of a draft, and that of an event that is public."""

    ana: Browser
    draft: str
    event: str

    def address(self, path: str) -> str:
        """That of a door: tables of programmes belong to an event, everything else to a draft or to nothing."""
        return filled(path, "agora", self.event if "/programme/" in path else self.draft, 1)


async def fields_of(home: Home, to: str = "/") -> dict[str, list[str]]:
    """The forms of the house that take files, as they stand in its pages: all of them, or that which goes to one address."""
    reader = _Files()
    for door in DOORS:
        path = home.address(door.path)
        if door.ask is not None and (to == "/" or to.startswith(path)):
            for query in ("", "?kind=event") if path.endswith("/write") else ("",):
                reader.feed((await home.ana.get(path + query)).text)
    return reader.found


async def words_for(who: Browser, path: str, token: str, once: str) -> list[tuple[str, str]]:
    """What else has to be in a form so that only its file can be wrong."""
    sent = {"form_token": token, "kind": "event", "once": once, "name": "Agora", "act": "upload"}
    if "/draft/" in path:
        [form] = [each for each in (await who.get(path)).forms if "kind" in dict(each.fields)]
        sent |= dict(form.fields)
    return list(sent.items())


async def at_home(made: World) -> Home:
    scene = await an_organiser(made)
    ana = await a_member(made, scene.agora)
    return Home(ana, await a_draft(ana, "agora", "Planned"), scene.which)


def kept_files(made: World) -> list[str]:
    folder = made.sites[HERE].folder / "media"
    return sorted(file.name for file in folder.rglob("*") if file.is_file())


def test_who_brings_files_over_a_bad_line_is_given_time() -> None:
    assert [
        door.path for door in BRINGING if not door.path.encode().startswith(PATIENT_PATHS)
    ] == []


async def test_every_form_with_files_leads_to_a_door_that_takes_them_and_the_other_way_round() -> (
    None
):
    async with world(HERE) as made:
        home = await at_home(made)
        found = await fields_of(home)
        assert set(found) == {home.address(door.path) for door in BRINGING}
        assert all(found.values()), found


def high_water(reset: bool = False) -> int:
    """The most memory this process had since it was asked to forget, in bytes."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    said = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", said)
    assert found
    return int(found[1]) * 1024


QUICK: Final = ("a png of 50,000 squared", "a page", "a zip bomb", "nothing")


@pytest.mark.parametrize("door", first_of(each.path for each in BRINGING))
async def test_what_is_no_picture_is_refused_and_nothing_is_kept(door: str) -> None:
    await refuses(door, QUICK)


@pytest.mark.thorough
@pytest.mark.parametrize("door", [each.path for each in BRINGING])
async def test_nothing_that_is_no_picture_is_kept(door: str) -> None:
    await refuses(door, BAD)


async def refuses(door: str, bad: Iterable[str]) -> None:
    async with world(HERE) as made:
        home = await at_home(made)
        ana, path = home.ana, home.address(door)
        names = (await fields_of(home, path))[path]
        token = await token_of(ana)
        contents = {name: BAD[name]() for name in bad}
        for field in names:
            for name, content in contents.items():
                sent = await words_for(ana, path, token, name)
                before = {k: v for k, v in (await state(made)).items() if k != "draft"}
                start = high_water(reset=True)
                page = await ana.post(path, sent, {field: ("summer.png", content)})
                assert high_water() - start < 100 * MEGA, (field, name)
                assert page.status in (400, 413, 415), (field, name, page.status)
                assert 'class="problems' in page.text, (field, name)
                assert "alert(1)" not in page.text
                after = {k: v for k, v in (await state(made)).items() if k != "draft"}
                assert changed(before, after) == {}, (field, name)
                assert kept_files(made) == [], (field, name)


@pytest.mark.parametrize("door", first_of(each.path for each in BRINGING))
async def test_of_what_is_more_than_a_picture_only_the_picture_is_kept(door: str) -> None:
    async with world(HERE) as made:
        home = await at_home(made)
        ana, path = home.ana, home.address(door)
        names = (await fields_of(home, path))[path]
        token = await token_of(ana)
        for field in names:
            for name, make in MORE.items():
                sent = await words_for(ana, path, token, name)
                page = await ana.post(path, sent, {field: ("summer.jpg", make())})
                if field == "file":
                    # no list of anything
                    assert page.status in (400, 413, 415), (field, name, page.status)
                else:
                    assert page.status == 200, (field, name, page.text)
        folder = made.sites[HERE].folder / "media"
        kept = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
        assert bool(kept) == ("file" not in names)
        assert [
            each for each in kept if b"SECRET" in each or b"PK\x03\x04" in each or b"acTL" in each
        ] == []


# Tables

HEADS: Final = b"day,from,title"
ROW: Final = b"2026-12-01,10:00,Opening"
# What is no table of sessions, or none that may be read, and where the whole file still fits through the door.
NO_TABLE: Final[dict[str, Callable[[], bytes]]] = {
    "a picture": lambda: WHOLE["PNG"],
    "a picture after the headings": lambda: HEADS + b"\n" + WHOLE["JPEG"],
    "a picture that claims 50,000 squared": lambda: BOMBS["fifty thousand squared"],
    "a zip bomb": zip_bomb,
    "an archive, as a spreadsheet is one": zipped,
    "a page": lambda: b"<!doctype html><script>alert(1)</script>",
    "94,000 columns": lambda: HEADS + b",x" * 94_000 + b"\n" + ROW,
    "94,000 columns of titles": lambda: HEADS + b",title" * 80_000 + b"\n" + ROW,
    "another encoding": lambda: (HEADS + b"\n" + ROW).decode().encode("utf-16"),
    "another encoding of one letter": lambda: HEADS + b"\n2026-12-01,10:00,Ouverture \xe0 midi",
    "half a letter": lambda: HEADS + b"\n2026-12-01,10:00,\xd8",
    "halves of a pair": lambda: HEADS + b"\n2026-12-01,10:00,\xed\xa0\x80",
    "one cell without end": lambda: HEADS + b'\n2026-12-01,10:00,"' + b"x" * 400_000,
    "quotation marks only": lambda: HEADS + b"\n" + b'"' * 450_000,
    "lines without anything": lambda: HEADS + b",text\n" + b",\n" * 200_000,
    "100,000 cells in a line": lambda: HEADS + b"\n,," + b",x" * 100_000,
    "sessions without end": lambda: HEADS + b"\n" + (ROW + b"\n") * 15_000,
    "a title that is too long": lambda: HEADS + b"\n" + ROW + b"g" * 2_000,
    "one byte too many": lambda: HEADS + b"\n" + b"x" * (TABLE_BYTES_MAX - len(HEADS)),
}  # fmt: skip
TABLES: Final = tuple(door for door in BRINGING if door.path.endswith("/table"))


@pytest.mark.parametrize("door", [each.path for each in TABLES])
async def test_what_is_no_table_is_refused_and_nothing_is_written(door: str) -> None:
    async with world(HERE) as made:
        home = await at_home(made)
        path = home.address(door)
        [field] = set((await fields_of(home, path))[path])
        token = await token_of(home.ana)
        before = await state(made)
        for name, make in NO_TABLE.items():
            content = make()
            start = high_water(reset=True)
            sent = [("form_token", token), ("seen", "0")]
            page = await home.ana.post(path, sent, {field: ("programme.csv", content)})
            assert high_water() - start < 40 * MEGA, name
            assert (page.status, 'class="problems' in page.text) == (400, True), (name, page.text)
            assert "alert(1)" not in page.text, name
            assert len(page.text) < 100_000, name
            if "columns" in name:
                # seen by the headings, before any line is read
                assert "The first line of the table" in page.text, name
            assert changed(before, await state(made)) == {}, name


# Bodies that nobody should have to read


async def pieces(first: bytes, piece: bytes, count: int) -> AsyncIterator[bytes]:
    yield first
    for _ in range(count):
        yield piece


async def flood(
    made: World, who: Browser | None, path: str, body: Any, kind: str = PARTS
) -> tuple[int, str]:
    """Send a body as it is, without its length when it comes in pieces; 0 when the door closed in the middle of it."""
    headers = {
        "Host": HERE,
        "Content-Type": kind,
        "Origin": f"https://{HERE}",
        "Accept-Language": "fr",
    }
    if who is not None:
        headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in who.cookies.items())
    address = f"https://127.0.0.1:{made.wire.ports[HERE]}{path}"
    try:
        async with (
            aiohttp.ClientSession() as client,
            client.post(address, data=body, headers=headers, ssl=False, allow_redirects=False) as answer,
        ):  # fmt: skip
            return answer.status, (await answer.read()).decode("utf-8", "replace")
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        return 0, ""


def field(name: str, value: str) -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


FILE: Final = b'--x\r\nContent-Disposition: form-data; name="upload"; filename="a.png"\r\n\r\n'


@pytest.fixture
def no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever does not stay in memory has nowhere to go."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("a temporary file was wanted")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)


@pytest.mark.parametrize("door", [each.path for each in BRINGING])
async def test_a_stranger_writes_nothing_to_the_disk_and_keeps_the_words(
    door: str, no_disk: None
) -> None:
    async with world(HERE) as made:
        path = (await at_home(made)).address(door)
        start = high_water(reset=True)
        body = pieces(field("text.en", "Long words") + FILE, bytes(MEGA), 20)

        async def whole() -> AsyncIterator[bytes]:
            async for piece in body:
                yield piece
            yield b"\r\n--x--\r\n"

        status, text = await flood(made, None, path, whole())
        assert (status, "Long words" in text) == (401, True), text
        assert high_water() - start < 40 * MEGA


async def test_a_stranger_is_not_listened_to_without_end(no_disk: None) -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        for first in (field("text.en", "Words") + FILE, b"\r\n" * 1000, b"x" * 1000, FILE):
            body = pieces(first, bytes(MEGA), 200)
            status, _ = await flood(made, None, "/house/agora/write", body)
            assert status in (0, 400, 413), (first[:20], status)


async def test_what_announces_too_much_is_refused_before_it_comes(no_disk: None) -> None:
    async with world(HERE) as made:
        ana = (await at_home(made)).ana
        port = made.wire.ports[HERE]
        cookie = "; ".join(f"{k}={v}" for k, v in ana.cookies.items())
        told = {}
        for door, who in (("/me", ""), ("/me", cookie), ("/house/agora/write", ""), ("/house/agora/write", cookie), ("/sign-in", "")):  # fmt: skip
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=_trusting())
            head = f"POST {door} HTTP/1.1\r\nHost: {HERE}\r\nOrigin: https://{HERE}\r\nCookie: {who}\r\nContent-Type: {PARTS}\r\nContent-Length: 99999999999\r\n\r\n"
            writer.write(head.encode())
            # not one byte of the body is sent
            line = await asyncio.wait_for(reader.readline(), 10)
            told[door, bool(who)] = line.split()[1]
            writer.close()
        assert set(told.values()) == {b"413"}, told


def _trusting() -> Any:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def test_who_is_nobody_and_slow_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "STRANGER_S", 0.05)
    held = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield field("text.en", "Words")
        await held.wait()

    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        status, text = await flood(made, None, "/house/agora/write", slow())
        held.set()
        assert status in (0, 400), text


async def test_a_member_without_the_right_brings_nothing(no_disk: None) -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        low = await a_member(made, agora, "Low", "reader")
        for door in BRINGING:
            body = pieces(FILE, bytes(MEGA), 20)
            status, _ = await flood(made, low, filled(door.path, "agora", "x", 1), body)
            assert status in (0, 403, 404), door.path


SPOILED: Final[dict[str, Callable[[bytes], bytes]]] = {
    "ten thousand parts": lambda proof: proof + field("a", "b") * 10_000 + b"--x--\r\n",
    "ten thousand files": lambda proof: proof + (FILE + b"\r\n") * 10_000 + b"--x--\r\n",
    "a part header of a megabyte": lambda proof: proof + b'--x\r\nContent-Disposition: form-data; name="' + b"a" * MEGA + b'"\r\n\r\n\r\n--x--\r\n',
    "ten thousand part headers": lambda proof: proof + b"--x\r\n" + b"X-A: b\r\n" * 10_000 + b'Content-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    "a long preamble": lambda proof: b"\r\n" * (2 * MEGA) + proof + b"--x--\r\n",
    "a preamble of almost boundaries": lambda proof: b"--" * MEGA + proof + b"--x--\r\n",
    "a file of almost boundaries": lambda proof: proof + FILE + b"\r\n--" * (2 * MEGA) + b"\r\n--x--\r\n",
    "a long end": lambda proof: proof + b"--x--\r\n" + b"\r\n" * (4 * MEGA),
    "another encoding": lambda proof: proof.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + b"--x--\r\n",
    "no end": lambda proof: proof + FILE + bytes(100),
    "no name": lambda proof: proof + b"--x\r\nContent-Disposition: form-data\r\n\r\nb\r\n--x--\r\n",
    "a name that is no text": lambda proof: proof + b'--x\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\nb\r\n--x--\r\n',
    "a text that is no text": lambda proof: proof + field("text.en", "a")[:-3] + b"\xff\xfe\r\n--x--\r\n",
    "three megabytes of text": lambda proof: proof + field("text.en", "a" * 3 * MEGA) + b"--x--\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
async def test_a_spoiled_form_is_refused_and_changes_nothing(name: str) -> None:
    async with world(HERE) as made:
        ana = (await at_home(made)).ana
        token = await token_of(ana)
        proof = field("form_token", token) + field("kind", "note")
        body = SPOILED[name](proof)
        before = await state(made)
        start = high_water(reset=True)
        status, text = await raw(made, ana, "/house/agora/write", PARTS, body)
        assert high_water() - start < 60 * MEGA
        if name in ("another encoding", "a long end", "a file of almost boundaries"):
            # read as what stands there, and not more; a file that is no picture is said beside the words
            assert status in (200, 303, 400, 413, 415), text
        else:
            assert status in (400, 413), text
            assert "<html" in text
            assert changed(before, await state(made)) == {}


async def test_too_many_and_too_heavy_pictures_are_told_beside_the_words() -> None:
    async with world(HERE) as made:
        ana = (await at_home(made)).ana
        token = await token_of(ana)
        words = field("form_token", token) + field("kind", "note") + field("languages", "en") + field("text.en", "Kept words")  # fmt: skip
        for number, (size, count) in enumerate(((10, 12), (UPLOAD_BYTES_MAX, 4))):
            assert size * count > PICTURES_BYTES_MAX or count > 8
            once = field("once", f"{number}" * 24)
            files = b"".join(FILE + bytes(size) + b"\r\n" for _ in range(count))
            status, text = await raw(made, ana, "/house/agora/write", PARTS, words + once + files + b"--x--\r\n")  # fmt: skip
            assert (status, "Kept words" in text) == (400, True), text
            assert kept_files(made) == []


def test_what_forms_hold_together_is_bounded_and_given_back() -> None:
    held = Held(most=10)
    with held.claim() as one, held.claim() as other:
        one.take(6)
        with pytest.raises(Unavailable):
            other.take(5)
        other.take(4)
    with held.claim() as again:
        again.take(10)
    assert held.bytes == 0
