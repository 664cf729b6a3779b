"""Addresses of pictures from elsewhere, and the rows that remember them."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi.clock import to_ms
from fedi.config import MediaConfig, parse_config
from fedi.db.engine import Database
from fedi.db.migrate import migrate
from fedi.db.sqlite import open_sqlite
from fedi.errors import SetupError
from fedi.media import cache
from fedi.media.cache import NewPicture, is_meant, wait_after
from fedi.media.seen import FULL, SMALL, VARIANTS, Seen
from fedi.unit import Unit
from fedi.urls import Urls
from tests.harness.chance import examples
from tests.harness.clock import FakeClock

T = TypeVar("T")
URLS = Urls.of("https://agora.test")
SEEN = Seen(b"k" * 32, URLS)
LONGEST = "https://photos.test/" + "a" * (2048 - len("https://photos.test/"))


def written(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def read(path: str | None, seen: Seen = SEEN) -> str | None:
    assert path is not None
    _, _, variant, code, encoded = path.split("/")
    return seen.read(variant, code, encoded)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    "url",
    [
        "https://photos.test/a.jpg",
        "https://photos.test:8443/a.jpg?size=2&x=%2F",
        "https://photos.test/صورة.png",
        "https://xn--4gbrim.test/a",
        LONGEST,
    ],
)
def test_what_a_path_names_can_be_read_from_it(url: str, variant: str) -> None:
    assert read(SEEN(url, variant)) == url


def test_one_picture_has_one_path_however_it_is_spelled() -> None:
    assert SEEN("https://PHOTOS.test:443/a.jpg#top") == SEEN("https://photos.test/a.jpg")


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "http://photos.test/a.jpg",
        "//photos.test/a.jpg",
        "/a.jpg",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://user:secret@photos.test/a.jpg",
        "https://127.1/a.jpg",
        "https://photos.test/a b.jpg",
        'https://photos.test/"onerror=',
        LONGEST + "a",
        "https://agora.test/actor",
        "https://agora.test/seen/full/x/y",
        "https://agora.test",
    ],
)
def test_what_may_not_be_asked_for_has_no_path(url: str | None) -> None:
    assert SEEN(url) is None


def test_plain_http_has_a_path_where_the_steward_allows_it() -> None:
    seen = Seen(SEEN.key, URLS, allows_http=True)
    url = "http://photos.test/a.jpg"
    assert read(seen(url), seen) == url


def test_our_own_pictures_are_shown_where_they_lie() -> None:
    assert SEEN("https://agora.test/media/abc.jpg") == "/media/abc.jpg"


def test_each_form_has_its_own_path() -> None:
    url = "https://photos.test/a.jpg"
    assert SEEN(url, FULL) != SEEN(url, SMALL)


def test_two_instances_make_different_paths() -> None:
    url = "https://photos.test/a.jpg"
    config = parse_config("", {})
    made = {Seen.of(config, URLS, secret)(url) for secret in (b"a" * 32, b"b" * 32)}
    assert len(made) == 2


@given(st.text(max_size=80) | st.from_regex(r"https?://[a-z]{1,9}\.test/.{0,40}", fullmatch=True))
@examples(300)
def test_a_path_leads_back_to_an_address_of_the_same_path(url: str) -> None:
    path = SEEN(url)
    assert path is None or SEEN(read(path)) == path


@given(
    variant=st.sampled_from(VARIANTS) | st.text(max_size=8),
    code=st.text(max_size=30) | st.binary(min_size=16, max_size=16).map(written),
    encoded=st.text(max_size=60)
    | st.from_regex(r"https://[a-z]{1,9}\.test/[a-z]{0,9}", fullmatch=True).map(
        lambda url: written(url.encode())
    ),
)
@examples(300)
def test_made_up_paths_name_nothing(variant: str, code: str, encoded: str) -> None:
    assert SEEN.read(variant, code, encoded) is None


@pytest.mark.parametrize(
    ("host", "blocked", "expected"),
    [
        ("bad.test", "bad.test", True),
        ("cdn.bad.test", "bad.test", True),
        ("cdn.bad.test:8443", "bad.test", True),
        ("bad.test:8443", "bad.test:8443", True),
        ("notbad.test", "bad.test", False),
        ("bad.test", "cdn.bad.test", False),
        ("[2001:db8::1]", "[2001:db8::1]", True),
        ("[2001:db8::1]:8443", "[2001:db8::1]", True),
    ],
)
def test_shutting_out_a_host_concerns_itself_and_what_is_below(
    host: str, blocked: str, expected: bool
) -> None:
    assert is_meant(host, blocked) is expected


def test_waiting_after_failures_grows_to_a_day_and_no_further() -> None:
    waits = [wait_after(failures) for failures in range(1, 100)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=5)
    assert waits[-1] == timedelta(days=1)


def test_the_bounds_of_the_cache_are_checked() -> None:
    assert parse_config("", {}).media == MediaConfig(512 * 1024 * 1024, 30)
    with pytest.raises(SetupError, match="cache_bytes_max"):
        parse_config("[media]\ncache_bytes_max = -1\n", {})
    with pytest.raises(SetupError, match="cache_days_max"):
        parse_config("[media]\ncache_days_max = 0\n", {})


@dataclass(slots=True)
class Kept:
    """The tables, and a clock."""

    database: Database
    clock: FakeClock

    async def change(self, work: Callable[[Unit], T]) -> T:
        return await self.database.write(lambda tx: work(Unit(tx, self.clock.now(), URLS)))

    async def keep(self, number: int, size_bytes: int = 100, host: str = "photos.test") -> str:
        url = f"https://{host}/{number}"
        picture = NewPicture(url, host, host, keys_of(number), size_bytes)
        await self.change(lambda unit: cache.keep(unit, picture))
        self.clock.advance(seconds=1)
        return url

    async def left(self) -> list[str]:
        rows = await self.database.read(
            lambda rx: rx.all("SELECT url FROM remote_media ORDER BY url")
        )
        return [row[0].rpartition("/")[2] for row in rows]

    async def leaving(self) -> list[str]:
        later = self.clock.now() + timedelta(days=1)
        return sorted(await self.database.read(lambda rx: cache.list_leaving(rx, later)))


def keys_of(number: int) -> tuple[str, str]:
    return (f"{number:026}.jpg", f"{number:026}-small.webp")


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    clock = FakeClock()
    database = await open_sqlite(tmp_path / "db.sqlite3", readers=1)
    await migrate(database, now_ms=to_ms(clock.now()))
    yield Kept(database, clock)
    await database.close()


async def test_no_more_leave_than_needed(kept: Kept) -> None:
    for number in range(5):
        await kept.keep(number)
    assert await kept.change(lambda unit: cache.evict(unit, 300)) == 2
    assert await kept.left() == ["2", "3", "4"]


async def test_nothing_leaves_while_there_is_room(kept: Kept) -> None:
    await kept.keep(1)
    assert await kept.change(lambda unit: cache.evict(unit, 100)) == 0


async def test_the_files_of_what_leaves_are_named(kept: Kept) -> None:
    await kept.keep(1)
    await kept.change(lambda unit: cache.evict(unit, 0))
    assert await kept.leaving() == sorted(keys_of(1))


async def test_a_kept_file_is_not_among_those_that_leave(kept: Kept) -> None:
    await kept.change(lambda unit: cache.announce(unit, keys_of(1)))
    assert await kept.leaving() == sorted(keys_of(1))
    await kept.keep(1)
    assert await kept.leaving() == []


async def test_a_new_copy_takes_the_place_of_the_old_one(kept: Kept) -> None:
    url = await kept.keep(1)
    again = NewPicture(url, "photos.test", "photos.test", keys_of(2), 50)
    await kept.change(lambda unit: cache.keep(unit, again))
    assert await kept.leaving() == sorted(keys_of(1))
    assert (await kept.database.read(cache.usage)).size_bytes == 50


async def test_a_failure_takes_the_place_of_a_copy(kept: Kept) -> None:
    url = await kept.keep(1)
    await kept.change(lambda unit: cache.note_failure(unit, url, "photos.test", "timeout"))
    assert await kept.leaving() == sorted(keys_of(1))
    found = await kept.database.read(cache.usage)
    assert (found.pictures, found.failed) == (0, 1)


async def test_failures_cannot_fill_the_table(kept: Kept) -> None:
    for number in range(5):
        url = f"https://nowhere.test/{number}"
        await kept.change(lambda unit, u=url: cache.note_failure(unit, u, "nowhere.test", "dns"))
        kept.clock.advance(seconds=1)
    assert await kept.change(lambda unit: cache.forget_failures_beyond(unit, 2)) == 3
    assert await kept.left() == ["3", "4"]


async def test_a_use_is_noted_once_a_day(kept: Kept) -> None:
    url = await kept.keep(1)
    kept.clock.advance(hours=23)
    assert not await kept.change(lambda unit: cache.note_use(unit, url))
    kept.clock.advance(hours=1)
    assert await kept.change(lambda unit: cache.note_use(unit, url))
    assert not await kept.change(lambda unit: cache.note_use(unit, url))


async def test_a_shut_out_host_takes_along_what_is_below_it_and_nothing_else(kept: Kept) -> None:
    for number, host in enumerate(("bad.test", "cdn.bad.test", "notbad.test")):
        await kept.keep(number, host=host)
    assert await kept.change(lambda unit: cache.forget_host(unit, "bad.test")) == 2
    assert await kept.left() == ["2"]


async def test_what_was_deleted_is_found_by_its_address_with_or_without_a_fragment(
    kept: Kept,
) -> None:
    urls = [await kept.keep(1), await kept.keep(2) + "#top"]
    assert await kept.change(lambda unit: cache.forget(unit, [*urls, "https://other.test/"])) == 2
    assert await kept.left() == []
