"""Pictures from elsewhere: asked for once, kept within bounds, gone when their time has come."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from PIL import Image
from starlette.applications import Starlette

from actors import blocks
from fedi.desk.collectives import NoOrder
from fedi.desk.media import PruneOrder, prune, usage
from fedi.errors import Invalid
from fedi.faces import remote_media
from fedi.instance import Instance
from fedi.media import cache
from fedi.media.cache import WRITING_AT_MOST
from fedi.media.places import SEEN
from fedi.media.remote import RemoteMedia, storage_of, tidy
from fedi.media.seen import FULL, SMALL, Seen
from tests.harness.gallery import Gallery, a_picture, gallery
from tests.harness.world import World, world

HERE = "agora.test"


@dataclass(slots=True)
class Visit:
    """An instance, a gallery elsewhere and somebody who looks at pages."""

    made: World
    here: Instance
    gallery: Gallery
    seen: Seen
    client: httpx2.AsyncClient
    remote: RemoteMedia

    async def look_at(self, url: str, variant: str = SMALL, **headers: str) -> httpx2.Response:
        path = self.seen(url, variant)
        assert path is not None
        return await self.client.get(path, headers={**headers})

    def kept_bytes(self) -> int:
        return storage_of(self.here).size()

    async def block(self, host: str) -> None:
        await self.here.change(lambda unit: blocks.add(unit, blocks.INSTANCE, host, blocks.HOST))


@asynccontextmanager
async def a_visit(settings: str = "", **limits: Any) -> AsyncIterator[Visit]:
    async with world(HERE, settings=settings) as made, gallery(made) as elsewhere:
        here = made[HERE]
        remote = RemoteMedia(here, **limits)
        app = Starlette(routes=list(remote_media.routes(here, remote)))
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url=f"https://{HERE}") as client:
            seen = Seen.of(here.config, here.urls, here.keyring.secret)
            yield Visit(made, here, elsewhere, seen, client, remote)


async def test_a_picture_is_asked_for_once_and_served_written_anew() -> None:
    async with a_visit() as visit:
        url = visit.gallery.hang("/a.png", a_picture("PNG"), "image/png")
        first = await visit.look_at(url, FULL)
        again = await visit.look_at(url, FULL)
        assert (first.status_code, first.headers["content-type"]) == (200, "image/jpeg")
        assert again.content == first.content
        assert visit.gallery.asked == ["/a.png"]
        assert Image.open(io.BytesIO(first.content)).size == (64, 48)


async def test_the_small_form_comes_from_the_same_fetch() -> None:
    async with a_visit() as visit:
        url = visit.gallery.hang("/a.jpg", a_picture(size=(1000, 800)))
        full, small = await visit.look_at(url, FULL), await visit.look_at(url, SMALL)
        assert small.headers["content-type"] == "image/webp"
        assert Image.open(io.BytesIO(small.content)).size == (640, 512)
        assert Image.open(io.BytesIO(full.content)).size == (1000, 800)
        assert visit.gallery.asked == ["/a.jpg"]


async def test_a_browser_that_has_the_picture_hears_so() -> None:
    async with a_visit() as visit:
        url = visit.gallery.hang("/a.jpg", a_picture())
        first = await visit.look_at(url)
        again = await visit.look_at(url, **{"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert first.headers["cache-control"] == "public, max-age=604800"


async def test_nothing_a_browser_could_run_or_embed_elsewhere() -> None:
    async with a_visit() as visit:
        shown = await visit.look_at(visit.gallery.hang("/a.jpg", a_picture()))
        assert shown.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert shown.headers["cross-origin-resource-policy"] == "same-origin"


async def test_fifty_readers_at_once_are_one_fetch() -> None:
    async with a_visit() as visit:
        visit.gallery.held = asyncio.Event()
        url = visit.gallery.hang("/a.jpg", a_picture())
        readers = [asyncio.create_task(visit.look_at(url)) for _ in range(50)]
        await visit.gallery.wait_for(1)
        visit.gallery.held.set()
        answers = await asyncio.gather(*readers)
        assert {each.status_code for each in answers} == {200}
        assert len({each.content for each in answers}) == 1
        assert visit.gallery.asked == ["/a.jpg"]


async def test_a_reader_who_leaves_does_not_spoil_it_for_the_others() -> None:
    async with a_visit() as visit:
        visit.gallery.held = asyncio.Event()
        url = visit.gallery.hang("/a.jpg", a_picture())
        leaving = asyncio.create_task(visit.look_at(url))
        await visit.gallery.wait_for(1)
        staying = asyncio.create_task(visit.look_at(url))
        leaving.cancel()
        await asyncio.wait({leaving})
        visit.gallery.held.set()
        assert (await staying).status_code == 200
        assert visit.gallery.asked == ["/a.jpg"]


async def test_no_more_than_two_requests_at_once_go_to_one_host() -> None:
    async with a_visit() as visit:
        visit.gallery.held = asyncio.Event()
        urls = [visit.gallery.hang(f"/{n}.jpg", a_picture()) for n in range(4)]
        readers = [asyncio.create_task(visit.look_at(url)) for url in urls]
        await visit.gallery.wait_for(2)
        for _ in range(10):  # whoever else could go would have gone by now
            await visit.here.look(lambda rx: rx.one("SELECT 1"))
        assert len(visit.made.wire.sent) == 2
        visit.gallery.held.set()
        assert {each.status_code for each in await asyncio.gather(*readers)} == {200}


async def test_whoever_finds_no_place_in_time_is_asked_to_come_later() -> None:
    async with a_visit(wait_s=0.05) as visit:
        visit.gallery.held = asyncio.Event()
        urls = [visit.gallery.hang(f"/{n}.jpg", a_picture()) for n in range(3)]
        readers = [asyncio.create_task(visit.look_at(url)) for url in urls]
        done, _ = await asyncio.wait(readers, return_when=asyncio.FIRST_COMPLETED)
        assert [each.result().status_code for each in done] == [503]
        assert next(iter(done)).result().headers["retry-after"] == "30"
        visit.gallery.held.set()
        await asyncio.gather(*readers)


async def test_readers_cannot_make_us_ask_as_often_as_they_like() -> None:
    async with a_visit(misses_per_minute=2) as visit:
        urls = [visit.gallery.hang(f"/{n}.jpg", a_picture()) for n in range(3)]
        statuses = [(await visit.look_at(url)).status_code for url in urls]
        assert statuses == [200, 200, 503]
        assert (await visit.look_at(urls[0])).status_code == 200
        visit.made.clock.advance(seconds=31)
        assert (await visit.look_at(urls[2])).status_code == 200


async def test_what_could_not_be_had_is_left_alone_for_longer_and_longer() -> None:
    async with a_visit() as visit:
        url = f"https://{visit.gallery.host}/gone.jpg"
        asked = []
        for minutes in (0, 4, 2, 6, 25):
            visit.made.clock.advance(minutes=minutes)
            assert (await visit.look_at(url)).status_code == 404
            asked.append(len(visit.gallery.asked))
        assert asked == [1, 1, 2, 2, 3]


async def test_what_failed_before_is_shown_once_it_is_there() -> None:
    async with a_visit() as visit:
        url = f"https://{visit.gallery.host}/late.jpg"
        assert (await visit.look_at(url)).status_code == 404
        visit.gallery.hang("/late.jpg", a_picture())
        visit.made.clock.advance(minutes=6)
        assert (await visit.look_at(url)).status_code == 200


async def test_the_copies_stay_under_their_bound_on_the_disk_too() -> None:
    async with a_visit("[media]\ncache_bytes_max = 9000\n") as visit:
        for number in range(5):
            visit.made.clock.advance(minutes=1)
            url = visit.gallery.hang(f"/{number}.jpg", a_picture(seed=60 + number))
            assert (await visit.look_at(url)).status_code == 200
            assert 0 < visit.kept_bytes() <= 9000
        known = await visit.here.look(lambda rx: cache.find(rx, url))
        assert known is not None


async def test_what_nobody_looked_at_for_longest_leaves_first() -> None:
    async with a_visit() as visit:
        urls = [visit.gallery.hang(f"/{n}.jpg", a_picture()) for n in range(3)]
        for url in urls:
            visit.made.clock.advance(minutes=1)
            await visit.look_at(url)
        visit.made.clock.advance(days=2)
        await visit.look_at(urls[0])
        one = (await visit.here.look(cache.usage)).size_bytes // 3
        await visit.here.change(lambda unit: cache.evict(unit, one * 2 + 100))
        kept = [await visit.here.look(lambda rx, u=url: cache.find(rx, u)) for url in urls]
        assert [each is not None for each in kept] == [True, False, True]


async def test_looking_writes_nothing_on_the_same_day() -> None:
    async with a_visit() as visit:
        url = visit.gallery.hang("/a.jpg", a_picture())
        await visit.look_at(url)
        before = await visit.here.look(lambda rx: rx.all("SELECT * FROM remote_media"))
        visit.made.clock.advance(hours=23)
        await visit.look_at(url)
        assert await visit.here.look(lambda rx: rx.all("SELECT * FROM remote_media")) == before


async def test_a_copy_is_deleted_after_thirty_days_and_asked_for_again() -> None:
    async with a_visit() as visit:
        url = visit.gallery.hang("/a.jpg", a_picture())
        await visit.look_at(url)
        visit.made.clock.advance(days=31)
        await tidy(visit.here)
        assert visit.kept_bytes() == 0
        assert (await visit.look_at(url)).status_code == 200
        assert visit.gallery.asked == ["/a.jpg", "/a.jpg"]


async def test_an_old_copy_is_not_shown_even_before_it_is_deleted() -> None:
    async with a_visit() as visit:
        url = visit.gallery.hang("/a.jpg", a_picture())
        await visit.look_at(url)
        visit.made.clock.advance(days=31)
        await visit.look_at(url)
        assert visit.gallery.asked == ["/a.jpg", "/a.jpg"]
        files = len(list(storage_of(visit.here).iterate()))
        assert files == 2


async def test_a_blocked_host_is_neither_asked_nor_shown() -> None:
    async with a_visit() as visit:
        known, unknown = (visit.gallery.hang(f"/{n}.jpg", a_picture()) for n in range(2))
        await visit.look_at(known)
        await visit.block("photos.test")
        assert (await visit.look_at(known)).status_code == 404
        assert (await visit.look_at(unknown)).status_code == 404
        assert visit.gallery.asked == ["/0.jpg"]


async def test_the_copies_of_a_blocked_host_are_deleted() -> None:
    async with a_visit() as visit:
        await visit.look_at(visit.gallery.hang("/a.jpg", a_picture()))
        await visit.block("photos.test")
        assert await tidy(visit.here) == 1
        assert visit.kept_bytes() == 0


async def test_a_redirect_does_not_lead_to_a_blocked_host() -> None:
    async with a_visit() as visit, gallery(visit.made, "store.test") as store:
        url = visit.gallery.point("/a.jpg", store.hang("/real.jpg", a_picture()))
        await visit.block("store.test")
        assert (await visit.look_at(url)).status_code == 404
        assert store.asked == []


async def test_blocking_the_host_that_a_redirect_led_to_hides_the_copy() -> None:
    async with a_visit() as visit, gallery(visit.made, "store.test") as store:
        url = visit.gallery.point("/a.jpg", store.hang("/real.jpg", a_picture()))
        assert (await visit.look_at(url)).status_code == 200
        await visit.block("store.test")
        assert (await visit.look_at(url)).status_code == 404
        await tidy(visit.here)
        assert visit.kept_bytes() == 0


async def test_what_is_forgotten_leaves_the_disk_with_the_next_round() -> None:
    async with a_visit() as visit:
        url = visit.gallery.hang("/a.jpg", a_picture())
        await visit.look_at(url)
        assert await visit.here.change(lambda unit: cache.forget(unit, [url])) == 1
        await tidy(visit.here)
        assert visit.kept_bytes() == 0


async def test_a_file_whose_fetch_was_never_finished_is_found_and_deleted() -> None:
    async with a_visit() as visit:
        key = "0" * 26 + ".jpg"
        await visit.here.change(lambda unit: cache.announce(unit, [key]))
        storage_of(visit.here).put(key, b"half", "image/jpeg")
        await tidy(visit.here)
        assert visit.kept_bytes() == 4
        visit.made.clock.advance(hours=2)
        await tidy(visit.here)
        assert visit.kept_bytes() == 0


async def test_files_are_named_before_they_are_written() -> None:
    async with a_visit() as visit:
        folder = visit.here.config.data_folder / SEEN
        folder.rmdir()
        folder.touch()  # no file can be written below a file
        with pytest.raises(OSError, match="directory"):
            await visit.look_at(visit.gallery.hang("/a.jpg", a_picture()))
        later = visit.made.clock.now() + WRITING_AT_MOST
        assert len(await visit.here.look(lambda rx: cache.list_leaving(rx, later))) == 2


async def test_a_copy_whose_file_is_missing_is_asked_for_again() -> None:
    async with a_visit() as visit:
        url = visit.gallery.hang("/a.jpg", a_picture())
        await visit.look_at(url)
        for stored in list(storage_of(visit.here).iterate()):
            storage_of(visit.here).delete(stored.key)
        assert (await visit.look_at(url)).status_code == 200
        assert visit.gallery.asked == ["/a.jpg", "/a.jpg"]


async def test_a_steward_who_wants_no_copies_gets_links_and_no_fetches() -> None:
    async with a_visit() as visit:
        url = visit.gallery.hang("/a.jpg", a_picture())
        path = visit.seen(url)
    async with a_visit("[media]\ncache_bytes_max = 0\n") as visit:
        assert visit.seen(url) is None
        assert (await visit.client.get(str(path))).status_code == 404
        assert visit.gallery.asked == []


async def test_a_steward_sees_and_prunes_copies() -> None:
    async with a_visit() as visit, gallery(visit.made, "store.test") as store:
        await visit.look_at(visit.gallery.hang("/a.jpg", a_picture()))
        await visit.look_at(store.hang("/b.jpg", a_picture()))
        found = await usage(visit.here, NoOrder())
        assert (found.remote_pictures, found.remote_bytes) == (2, visit.kept_bytes())
        for order, gone in (
            (PruneOrder(), 0),
            (PruneOrder(host="other.test"), 0),
            (PruneOrder(host="https://photos.test/x"), 1),
            (PruneOrder(everything=True), 1),
        ):
            before = visit.kept_bytes()
            pruned = await prune(visit.here, order)
            assert pruned.pictures == gone
            assert pruned.size_bytes == before - visit.kept_bytes()
        assert visit.kept_bytes() == 0


async def test_a_host_that_is_none_is_not_pruned() -> None:
    async with a_visit() as visit:
        with pytest.raises(Invalid):
            await prune(visit.here, PruneOrder(host="not a host"))
