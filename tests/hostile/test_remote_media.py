"""Hosts that give something else than a picture, and readers who want us to fetch what no page of ours shows."""

import asyncio
import gzip
import io
import struct
import zipfile
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable

import pytest
from PIL import Image

from fedi.media import cache
from fedi.media.seen import FULL, SMALL, Seen
from tests.harness.gallery import Gallery, a_picture, gallery
from tests.instances.test_remote_media import Visit, a_visit

SECRET = b"SECRET-payload"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_that_claims(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def zipped() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("page.html", SECRET + HTML)
    return written.getvalue()


def page_in_a_picture() -> bytes:
    written = io.BytesIO()
    noise = Image.effect_noise((64, 48), 60).convert("RGB")
    noise.save(written, "JPEG", comment=b"<script>" + SECRET + b"</script>")
    return written.getvalue()


Lie = Callable[[Gallery], str]
# what is given instead of a picture → how it is remembered
LIES: dict[tuple[str, str], Lie] = {
    ("nine megabytes", "too_large"): lambda g: g.hang("/x", a_picture() + bytes(9 * 1024 * 1024)),
    ("nine megabytes without a length", "too_large"): lambda g: g.hang(
        "/x", b"\xff\xd8\xff" + bytes(9 * 1024 * 1024), content_length=None
    ),
    ("megabytes that were packed", "too_large"): lambda g: g.hang(
        "/x", gzip.compress(bytes(64 * 1024 * 1024)), content_encoding="gzip"
    ),
    ("an unknown packing", "encoding"): lambda g: g.hang("/x", a_picture(), content_encoding="br"),
    ("a page called a picture", "media.not_an_image"): lambda g: g.hang("/x", HTML, "image/jpeg"),
    ("a drawing with a script", "media.not_an_image"): lambda g: g.hang("/x", SVG, "image/svg+xml"),
    ("a drawing called a picture", "media.not_an_image"): lambda g: g.hang("/x", SVG, "image/png"),
    ("a bomb of pixels", "media.too_many_pixels"): lambda g: g.hang(
        "/x", png_that_claims(30_000, 30_000), "image/png"
    ),
    ("half a picture", "media.damaged"): lambda g: g.hang("/x", a_picture()[:500]),
    ("less than announced", "reset"): lambda g: g.hang("/x", a_picture(), content_length="99999"),
    ("nothing", "media.not_an_image"): lambda g: g.hang("/x", b""),
    ("not there", "http_404"): lambda g: f"https://{g.host}/not-there",
    ("a redirect in a circle", "redirect_loop"): lambda g: g.point("/x", "/x"),
    ("a redirect without a place", "redirect"): lambda g: g.point("/x", ""),
    ("a redirect to a private address", "address_as_name"): lambda g: g.point(
        "/x", "https://10.0.0.1/x"
    ),
    ("a redirect to a cloud's secrets", "address_as_name"): lambda g: g.point(
        "/x", "https://169.254.169.254/x"
    ),
    ("a redirect to this machine", "address_as_name"): lambda g: g.point("/x", "https://[::1]/x"),
    ("a redirect to ourselves", "own_host"): lambda g: g.point("/x", "https://agora.test/actor"),
    ("a redirect without encryption", "scheme"): lambda g: g.point("/x", "http://photos.test/y"),
    ("a redirect to a database", "port"): lambda g: g.point("/x", "https://photos.test:5432/"),
    ("a redirect to a file", "not_a_url"): lambda g: g.point("/x", "file:///etc/passwd"),
    ("a name that leads nowhere", "dns"): lambda _: "https://nowhere.test/x",
}


async def test_whatever_is_not_a_picture_is_not_there_and_is_not_asked_for_again() -> None:
    async with a_visit() as visit:
        found, redirected = {}, []
        for (name, _), lie in LIES.items():
            url = lie(visit.gallery)
            first = await visit.look_at(url)
            sent = len(visit.made.wire.sent)
            again = await visit.look_at(url)
            rows = await visit.here.look(lambda rx: rx.all("SELECT reason FROM remote_media"))
            asked_again = len(visit.made.wire.sent) - sent
            found[name] = (first.status_code, again.status_code, asked_again, rows[0][0])
            redirected += [name] if "location" in first.headers else []
            await visit.here.change(lambda unit, u=url: cache.forget(unit, [u]))
        assert found == {name: (404, 404, 0, expected) for name, expected in LIES}
        assert redirected == []
        assert visit.kept_bytes() == 0


async def test_redirects_lead_nowhere_that_was_refused() -> None:
    async with a_visit() as visit:
        for (name, _), lie in LIES.items():
            if name.startswith("a redirect to"):
                url = lie(visit.gallery)
                await visit.look_at(url)
                await visit.here.change(lambda unit, u=url: cache.forget(unit, [u]))
        assert set(visit.gallery.asked) == {"/x"}


async def test_a_redirect_to_another_public_host_is_followed() -> None:
    async with a_visit() as visit, gallery(visit.made, "store.test") as store:
        url = visit.gallery.point("/a.jpg", store.hang("/real.jpg", a_picture()))
        assert (await visit.look_at(url)).status_code == 200
        assert store.asked == ["/real.jpg"]


async def test_a_host_that_never_finishes_is_given_up() -> None:
    async with a_visit(fetch_s=0.1) as visit:
        visit.gallery.held = asyncio.Event()
        url = visit.gallery.hang("/slow.jpg", a_picture())
        assert (await visit.look_at(url)).status_code == 404


@pytest.mark.parametrize("variant", [FULL, SMALL])
async def test_nothing_hidden_in_a_picture_passes_through(variant: str) -> None:
    async with a_visit() as visit:
        url = visit.gallery.hang("/a.jpg", page_in_a_picture() + zipped())
        shown = await visit.look_at(url, variant)
        assert shown.status_code == 200
        assert SECRET not in shown.content
        assert b"PK\x03\x04" not in shown.content


async def test_the_other_host_learns_nothing_of_the_reader() -> None:
    told = {
        "cookie": "session=SECRET",
        "referer": "https://agora.test/SECRET",
        "user-agent": "SECRET",
        "accept-language": "ar-SECRET",
        "x-forwarded-for": "198.51.100.7",
        "authorization": "Bearer SECRET",
        "accept": "image/SECRET",
        "range": "bytes=0-1",
    }
    async with a_visit() as visit:
        await visit.look_at(visit.gallery.hang("/a.jpg", a_picture()), **told)
        head = visit.gallery.heads[0].decode()
        names = {line.partition(":")[0].lower() for line in head.split("\r\n")[1:] if line}
        assert "SECRET" not in head
        assert "198.51.100.7" not in head
        assert names == {"host", "user-agent", "accept", "accept-encoding"}


async def test_a_cookie_set_by_the_other_host_reaches_nobody() -> None:
    async with a_visit() as visit:
        for path in ("/a.jpg", "/b.jpg"):
            shown = await visit.look_at(
                visit.gallery.hang(path, a_picture(), set_cookie="id=SECRET", etag='"SECRET"')
            )
            assert "SECRET" not in str(shown.headers)
        assert b"SECRET" not in b"".join(visit.gallery.heads)


def encoded(url: str) -> str:
    return urlsafe_b64encode(url.encode()).rstrip(b"=").decode()


def forgeries(seen: Seen, url: str) -> dict[str, str]:
    path = seen(url, FULL)
    assert path is not None
    _, _, variant, code, text = path.split("/")
    stranger = Seen(bytes(32), seen.urls)(url, FULL)
    assert stranger is not None
    return {
        "another instance's code": stranger,
        "no code": f"/seen/{variant}/-/{text}",
        "an empty code": f"/seen/{variant}//{text}",
        "a shorter code": f"/seen/{variant}/{code[:-1]}/{text}",
        "another letter in the code": f"/seen/{variant}/{code[:-1]}{'A' if code[-1] != 'A' else 'B'}/{text}",
        "another picture": f"/seen/{variant}/{code}/{encoded('https://photos.test/b.jpg')}",
        "another host": f"/seen/{variant}/{code}/{encoded('https://bank.test/a.jpg')}",
        "another form": f"/seen/{SMALL}/{code}/{text}",
        "an unknown form": f"/seen/huge/{code}/{text}",
        "the padding": f"/seen/{variant}/{code}/{text}=",
        "a letter more": f"/seen/{variant}/{code}/{text}A",
        "letters that are none": f"/seen/{variant}/{code}/{text}%00%ff",
        "a query": f"{path}?width=9999",
        "the address itself": f"/seen/{variant}/{code}/{url}",
        "a very long address": f"/seen/{variant}/{code}/{'A' * 5000}",
    }


async def test_only_paths_of_our_own_making_are_answered() -> None:
    async with a_visit() as visit:
        url = visit.gallery.hang("/a.jpg", a_picture())
        answers = {
            name: (await visit.client.get(path)).status_code
            for name, path in forgeries(visit.seen, url).items()
        }
        assert {name: status for name, status in answers.items() if status != 404} == {}
        assert visit.made.wire.sent == []


async def test_addresses_stay_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with a_visit() as visit:
        caplog.set_level("DEBUG", logger="fedi")
        await _fail_once(visit)
        assert "who-reads-this" not in caplog.text


async def _fail_once(visit: Visit) -> None:
    url = f"https://{visit.gallery.host}/who-reads-this.jpg"
    assert (await visit.look_at(url)).status_code == 404
