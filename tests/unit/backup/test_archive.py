"""The file itself: what is packed comes out, whatever was done to it on the way is found, and no name leads elsewhere."""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable, Sequence

import msgspec
import pytest

from fedi.backup.archive import (
    ABOUT,
    DIGESTS,
    FORMAT,
    About,
    Damaged,
    Entry,
    Pulled,
    pack,
    read_about,
    unpack,
)
from fedi.errors import Invalid, NotFound

ABOUT_TEXT = msgspec.json.encode(
    About(
        format=FORMAT,
        program="0.1",
        base_url="https://agora.test",
        schema=1,
        made_at_ms=0,
        publications=0,
        followers=0,
        media=0,
        missing=0,
    )
)
PICTURE = f"media/{'a' * 26}.png"


def entry(name: str, data: bytes) -> Entry:
    return Entry(name, len(data), lambda: io.BytesIO(data))


def packed(*files: tuple[str, bytes]) -> bytes:
    whole = [(ABOUT, ABOUT_TEXT), *files]
    return b"".join(pack([entry(*each) for each in whole]))


def read(data: bytes) -> dict[str, bytes]:
    return {member.name: member.whole() for member in unpack(io.BytesIO(data))}


FILES = (("secret", b"s" * 32), ("fedi.sqlite3", bytes(range(256)) * 5000), (PICTURE, b"x" * 700))


def test_what_was_packed_comes_out() -> None:
    assert read(packed(*FILES)) == {ABOUT: ABOUT_TEXT, **dict(FILES)}


def test_other_programs_can_open_it_and_check_its_digests() -> None:
    with tarfile.open(fileobj=io.BytesIO(packed(*FILES)), mode="r:gz") as archive:
        names = archive.getnames()
        digests = archive.extractfile(DIGESTS)
        assert digests is not None
        listed = dict(reversed(line.split("  ")) for line in digests.read().decode().splitlines())
    assert names == [ABOUT, *(name for name, _ in FILES), DIGESTS]
    assert all(listed[name] == hashlib.sha256(data).hexdigest() for name, data in FILES)


def test_what_is_not_read_is_proved_all_the_same() -> None:
    assert [member.name for member in unpack(io.BytesIO(packed(*FILES)))] == [
        ABOUT,
        *(name for name, _ in FILES),
    ]


def test_a_file_that_shrinks_while_it_is_read_ends_it() -> None:
    with pytest.raises(Damaged):
        b"".join(pack([Entry(ABOUT, 10, lambda: io.BytesIO(b"short"))]))


def test_a_picture_that_was_withdrawn_meanwhile_is_left_out() -> None:
    def gone() -> io.BytesIO:
        raise NotFound

    data = b"".join(pack([entry(ABOUT, ABOUT_TEXT), Entry(PICTURE, 5, gone)]))
    assert read(data) == {ABOUT: ABOUT_TEXT}


@pytest.mark.parametrize("cut", [0, 1, 10, 200, 600, -1, -8, -20, -100])
def test_a_file_that_was_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(Damaged):
        read(packed(*FILES)[:cut])


def test_every_changed_byte_is_found() -> None:
    plain = bytearray(gzip.decompress(packed(("secret", b"s" * 32))))
    # times, owners and modes in the heads mean nothing to us; their own checksum covers them
    for place in range(0, len(plain), 7):
        changed = bytearray(plain)
        changed[place] ^= 0x41
        try:
            found = read(gzip.compress(bytes(changed), mtime=0))
        except Damaged:
            continue
        assert found == {ABOUT: ABOUT_TEXT, "secret": b"s" * 32}


def test_something_after_the_end_is_refused() -> None:
    for data in (packed() + b"more", packed() + packed()):
        with pytest.raises(Damaged):
            read(data)
    with pytest.raises(Damaged):
        read(gzip.compress(gzip.decompress(packed()) + b"\0" * 512))


def forged(*files: tuple[str, bytes], change: Callable[[tarfile.TarInfo], None] = lambda _i: None) -> bytes:  # fmt: skip
    """A tar as anybody can make one, digests and all."""
    whole: Sequence[tuple[str, bytes]] = [(ABOUT, ABOUT_TEXT), *files]
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in whole).encode()
    out = b""
    for number, (name, data) in enumerate([*whole, (DIGESTS, sums)]):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        if number == 1:
            change(info)
        out += info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
        out += data + bytes(-len(data) % 512)
    return gzip.compress(out + bytes(1024))


def test_the_forger_of_these_tests_can_write_a_good_one() -> None:
    assert read(forged(("secret", b"x"))) == {ABOUT: ABOUT_TEXT, "secret": b"x"}


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "/etc/passwd",
        "media/../../secret",
        "media/../secret",
        "./secret",
        "secret/",
        "media",
        f"media/{'a' * 26}.svg",
        f"media/{'a' * 26}.png/x",
        f"media/x/{'a' * 26}.png",
        f"media//{'a' * 26}.png",
        f"media/{'A' * 26}.png",
        "fedi.sqlite3-wal",
        "config.toml\n",
        "عربي",
        "x" * 99,
        "y" * 300,
        "",
    ],
)
def test_no_other_name_is_taken(name: str) -> None:
    with pytest.raises(Damaged):
        read(forged((name, b"x")))


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"5", b"6", b"7", b"L", b"K", b"x", b"g", b"S"])
def test_nothing_but_plain_files_is_taken(kind: bytes) -> None:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname = kind, "/etc/passwd"

    with pytest.raises(Damaged):
        read(forged(("secret", b"x"), change=change))


@pytest.mark.parametrize("size", [-1, 2, 10**6 * 2, 2**40, 2**62])
def test_a_size_that_is_a_lie_is_refused(size: int) -> None:
    def change(info: tarfile.TarInfo) -> None:
        info.size = size

    with pytest.raises(Damaged):
        read(forged(("secret", b"x"), change=change))


@pytest.mark.parametrize(
    "files",
    [
        [("secret", b"a"), ("secret", b"b")],
        [(ABOUT, ABOUT_TEXT)],
    ],
)
def test_no_file_comes_twice(files: list[tuple[str, bytes]]) -> None:
    with pytest.raises(Damaged):
        read(forged(*files))


def test_a_bomb_is_not_unfolded() -> None:
    """A gigabyte of nothing in a megabyte: only as much is unfolded as is asked for."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = b"".join(bomb.compress(bytes(2**20)) for _ in range(64)) + bomb.flush()
    with pytest.raises(Damaged):
        read(data)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"null", b"\xff", ABOUT_TEXT[:-1], ABOUT_TEXT[:-1] + b',"x":1}']
)
def test_what_it_says_of_itself_is_read_strictly(text: bytes) -> None:
    data = b"".join(pack([entry(ABOUT, text)]))
    with pytest.raises(Damaged):
        read_about(next(unpack(io.BytesIO(data))))


def test_a_later_form_is_left_to_a_later_program() -> None:
    text = ABOUT_TEXT.replace(b'"format":1', b'"format":2')
    data = b"".join(pack([entry(ABOUT, text)]))
    with pytest.raises(Invalid) as refused:
        read_about(next(unpack(io.BytesIO(data))))
    assert refused.value.message_key == "backup.newer"


def test_a_stream_of_pieces_reads_like_a_file() -> None:
    pulled = Pulled(iter([b"ab", b"", b"cdef"]))
    assert [pulled.read(1), pulled.read(5), pulled.read(3), pulled.read(-1), pulled.read(4)] == [
        b"a", b"b", b"cde", b"f", b"",
    ]  # fmt: skip
