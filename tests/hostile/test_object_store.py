"""An object store that lies: it sends more than there is, lists without end, says strange things of whom it belongs to."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Final

import pytest

from fedi.config import BucketConfig
from fedi.errors import Unavailable
from fedi.media import bucket
from fedi.media.bucket import LENGTH_MAX, OWNER_BYTES_MAX, BucketStorage
from tests.harness.browser import Browser
from tests.harness.world import world

HERE: Final = "agora.test"
KEY: Final = "0123456789abcdefghjkmnpqrs.jpg"
PIECE: Final = 1024 * 1024


class Liar(ThreadingHTTPServer):
    """Answers whatever it is asked with `length` bytes, with `words`, or with one more page of a list."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.length = 0
        self.words = b""
        self.sent = 0
        self.pages = count()
        self.elsewhere = ""
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def storage(self, key_file: Path) -> BucketStorage:
        key_file.write_text("secret")
        address = f"http://127.0.0.1:{self.server_port}"
        config = BucketConfig(
            name="pictures", endpoint=address, key_id="us", key_file=str(key_file)
        )
        return BucketStorage(config, "media")


class _Answering(BaseHTTPRequestHandler):
    server: Liar
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""

    def do_HEAD(self) -> None:
        self._note()
        self.send_response(200)
        self.send_header("content-length", "1")
        self.send_header("last-modified", "Sat, 21 Nov 2026 10:00:00 GMT")
        self.send_header("etag", '"1"')
        self.end_headers()

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._note()
        self.send_response(200)
        self.send_header("etag", '"1"')
        self.send_header("content-length", "0")
        self.end_headers()

    def _note(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.command, self.path, headers))

    def do_GET(self) -> None:
        self._note()
        liar = self.server
        if liar.elsewhere:
            self.send_response(307)
            self.send_header("location", liar.elsewhere + self.path)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        body = liar.words
        if "list-type" in self.path:
            body = _page(next(liar.pages))
        self.send_response(200)
        self.send_header("content-length", str(len(body) or liar.length))
        self.send_header("last-modified", "Sat, 21 Nov 2026 10:00:00 GMT")
        self.send_header("etag", '"1"')
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)
            while not body and liar.sent < liar.length:
                self.wfile.write(b"x" * PIECE)
                liar.sent += PIECE
        self.close_connection = not body


def _page(number: int) -> bytes:
    listed = "".join(
        f"<Contents><Key>media/{number:010x}{each:016x}.jpg</Key><Size>1</Size>"
        "<LastModified>2026-11-21T10:00:00.000Z</LastModified><ETag>1</ETag></Contents>"
        for each in range(1000)
    )
    more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{number}</NextContinuationToken>"
    return f"<ListBucketResult>{more}{listed}</ListBucketResult>".encode()


@contextmanager
def a_liar() -> Iterator[Liar]:
    made = Liar()
    thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join(10)
    made.server_close()


@pytest.fixture
def liar() -> Iterator[Liar]:
    with a_liar() as made:
        yield made


ASKED: Final[dict[str, tuple[int, Callable[[BucketStorage], object]]]] = {
    "picture": (LENGTH_MAX, lambda storage: storage.open(KEY)),
    "owner": (OWNER_BYTES_MAX, lambda storage: storage.claim("https://agora.test")),
}


@pytest.mark.parametrize("what", ASKED)
def test_what_is_longer_than_it_can_be_is_not_taken_in(
    liar: Liar, tmp_path: Path, what: str
) -> None:
    most, ask = ASKED[what]
    liar.length = 64 * most + PIECE
    with pytest.raises(Unavailable) as caught:
        ask(liar.storage(tmp_path / "key"))
    assert caught.value.detail == "an object is too long"


def test_whom_it_belongs_to_is_told_without_what_a_terminal_obeys(
    liar: Liar, tmp_path: Path
) -> None:
    liar.words = b"\x1b]0;ours\x07\x1b[2Jhttps://other.test\n"
    owner = liar.storage(tmp_path / "key").claim("https://agora.test")
    assert owner.endswith("https://other.test")
    assert owner.isprintable()


def test_a_list_without_end_is_given_up(
    liar: Liar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "LISTED_MAX", 50)
    with pytest.raises(Unavailable) as caught:
        list(liar.storage(tmp_path / "key").iterate())
    assert caught.value.detail == "a list without end"
    assert next(liar.pages) < 10


FOREIGN: Final = {
    "AWS_SESSION_TOKEN": "theirs",
    "AWS_ACCESS_KEY_ID": "theirs",
    "AWS_SECRET_ACCESS_KEY": "theirs",
    "AWS_DEFAULT_REGION": "theirs",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT": "http://127.0.0.1:9",
    "AWS_BUCKET": "theirs",
    "AWS_SKIP_SIGNATURE": "true",
    "AWS_UNSIGNED_PAYLOAD": "true",
    "AWS_S3_EXPRESS": "true",
    "AWS_CHECKSUM_ALGORITHM": "sha256",
    "AWS_SERVER_SIDE_ENCRYPTION": "AES256",
    "AWS_REQUEST_PAYER": "true",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    "aws_session_token": "theirs",
}


@pytest.mark.parametrize("name", ["all", *FOREIGN])
def test_what_the_environment_says_to_other_programs_counts_for_nothing(
    liar: Liar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for each, value in FOREIGN.items():
        monkeypatch.delenv(each, raising=False)
        if name in ("all", each):
            monkeypatch.setenv(each, value)
    liar.words = b"x"
    storage = liar.storage(tmp_path / "key")
    storage.put(KEY, b"x", "image/jpeg")
    with storage.open(KEY) as file:
        assert file.read() == b"x"
    for _, path, headers in liar.asked:
        assert path == f"/pictures/media/{KEY}"
        assert "theirs" not in str(headers)
        assert "Credential=us/" in headers["authorization"]
        assert "/us-east-1/s3/" in headers["authorization"]
        assert headers["x-amz-content-sha256"] != "UNSIGNED-PAYLOAD"
        assert {each for each in headers if each.startswith("x-amz-")} == {"x-amz-date", "x-amz-content-sha256"}  # fmt: skip
    assert [verb for verb, _, _ in liar.asked] == ["PUT", "GET"]
    assert name == "all" or os.environ[name] == FOREIGN[name]


def test_wherever_a_store_sends_us_nobody_else_is_shown_that_we_may_ask(
    liar: Liar, tmp_path: Path
) -> None:
    """That we go there at all is the library's way; whoever has our bucket can make us read what the machine can reach."""
    with a_liar() as other:
        other.words = b"x"
        liar.elsewhere = f"http://localhost:{other.server_port}"
        with suppress(Unavailable), liar.storage(tmp_path / "key").open(KEY) as file:
            assert file.read() == b"x"
        assert len(liar.asked) == 1
        for _, _, headers in other.asked:
            assert "authorization" not in headers
            assert not any("us/" in value for value in headers.values())


@pytest.mark.embedded
async def test_a_crowd_that_looks_at_a_picture_costs_one_request(
    liar: Liar, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("secret")
    liar.words = f"https://{HERE}".encode()
    settings = (
        f'[bucket]\nname = "pictures"\nendpoint = "http://127.0.0.1:{liar.server_port}"\n'
        f'key_id = "us"\nkey_file = "{tmp_path / "key"}"\n'
    )
    async with world(HERE, settings=settings) as made:
        who = Browser(made, HERE)
        liar.asked.clear()
        pages = await asyncio.gather(*(who.get(f"/media/{KEY}") for _ in range(20)))
        assert {page.status for page in pages} == {200}
        etag = pages[0].headers["etag"]
        again = [await who.get(f"/media/{KEY}", **{"If-None-Match": etag}) for _ in range(5)]
        assert {page.status for page in again} == {304}
        assert [verb for verb, _, _ in liar.asked] == ["GET"]
        # for a while, and who has the bytes makes nobody send them again
        made.clock.advance(minutes=6)
        assert (await who.get(f"/media/{KEY}", **{"If-None-Match": etag})).status == 304
        assert (await who.get(f"/media/{KEY}", **{"If-None-Match": etag})).status == 304
        assert [verb for verb, _, _ in liar.asked] == ["GET", "HEAD"]
        assert (await who.get(f"/media/{KEY}")).status == 200
        assert [verb for verb, _, _ in liar.asked] == ["GET", "HEAD", "GET"]
