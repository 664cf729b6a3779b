"""Pages, feeds and calendars of a whole small instance, asked for over HTTP."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import httpx2
import pytest
from icalendar import Calendar

from actors import blocks
from actors import store as actor_store
from actors.model import Actor, ActorImage, ProfileField
from fedi.app import assemble
from fedi.desk.speaker import load_speaker
from fedi.publications import shelf, store
from fedi.publications.aid.model import AidDetails
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Attachment, Publication, Tag, Text
from fedi.publications.place import Place
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from inbox.limits import HostLimits
from tests.browser.sample import (
    BASE,
    NOW,
    PagesOnly,
    Sample,
    answer,
    application,
    at,
    collective,
    fill,
    open_pages,
    picture,
    put,
    stranger,
)
from tests.harness.gallery import a_picture, gallery
from tests.harness.plans import plan_of
from tests.harness.world import a_note, world
from tests.peers.shared import SEEDS, need

LANGUAGES = ["ar", "en", "es", "fr"]
PLAIN_PAGES = [
    "/",
    "/agenda",
    "/needs",
    "/about",
    "/archive/event",
    "/archive/statement",
    "/archive/aid_request",
    "/archive/aid_offer",
    "/archive/note",
    "/tag/تونس",
    "/@mujawara",
    "/@tablee",
]
SAMPLE_PAGES = ["event", "cancelled", "statement", "request", "offer", "note", "edited"]
FEEDS = [
    "/feed.atom",
    "/feed.rss",
    "/archive/event.atom",
    "/archive/statement.rss",
    "/@mujawara/feed.atom",
    "/@mujawara/feed.rss",
    "/@mujawara/event.atom",
    "/@tablee/note.atom",
]
CALENDARS = ["/events.ics", "/@mujawara/events.ics"]


@dataclass(frozen=True, slots=True)
class Here:
    instance: PagesOnly
    client: httpx2.AsyncClient
    sample: Sample | None

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(path, headers={"accept": "text/html", **named})


async def open_here(folder: Path, sample: Sample | None, **settings: Any) -> AsyncIterator[Here]:
    instance = await open_pages(folder, **settings)
    try:
        transport = httpx2.ASGITransport(app=application(instance))
        async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
            yield Here(instance, client, sample)
    finally:
        await instance.db.close()


async def prepare(folder: Path, *, filled: bool) -> Sample | None:
    instance = await open_pages(folder)
    try:
        return await fill(instance) if filled else None
    finally:
        await instance.db.close()


# Made once and copied: each test changes its own.
@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sample | None]:
    folder = tmp_path_factory.mktemp("lively")
    return folder, asyncio.run(prepare(folder, filled=True))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bare")
    asyncio.run(prepare(folder, filled=False))
    return folder


@pytest.fixture
async def here(lively: tuple[Path, Sample | None], tmp_path: Path) -> AsyncIterator[Here]:
    folder, sample = lively
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    async for each in open_here(tmp_path, sample):
        yield each


@pytest.fixture
async def empty(bare: Path, tmp_path: Path) -> AsyncIterator[Here]:
    shutil.copytree(bare, tmp_path, dirs_exist_ok=True)
    async for each in open_here(tmp_path, None):
        yield each


class Tags(HTMLParser):
    """Every start tag with its attributes, and the words between."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.words += "\n" if tag == "br" else ""

    def handle_data(self, data: str) -> None:
        self.words += data


def page_of(here: Here, name: str) -> str:
    path = getattr(here.sample, name) if name in SAMPLE_PAGES else name
    assert isinstance(path, str)
    return path


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PLAIN_PAGES + SAMPLE_PAGES)
async def test_a_page_speaks_the_language_of_its_reader(
    here: Here, page: str, language: str
) -> None:
    answered = await here.get(page_of(here, page), accept_language=language)
    html = Tags(answered.text)
    root = html.tags[0][1]
    assert answered.status_code == 200
    assert (root["lang"], root["dir"]) == (language, "rtl" if language == "ar" else "ltr")
    assert (
        re.findall(r"\b(?:web|aid|event|kind|error|date)\.[a-z_]+(?:\.[a-z_]+)*\b", html.words)
        == []
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("path", "status"),
    [("/nothing", 404), ("/archive/nothing", 404), ("/@nobody", 404), ("gone", 410)],
)
async def test_what_is_not_there_is_said_in_the_language_of_its_reader(
    here: Here, path: str, status: int, language: str
) -> None:
    assert here.sample is not None
    answered = await here.get(
        here.sample.gone if path == "gone" else path, accept_language=language
    )
    assert answered.status_code == status
    assert Tags(answered.text).tags[0][1]["lang"] == language
    assert answered.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", ["/", "/agenda", "/needs", "/about", "/archive/note", "/tag/x"])
async def test_an_empty_instance_says_what_to_do(empty: Here, page: str, language: str) -> None:
    answered = await empty.get(page, accept_language=language)
    assert answered.status_code == 200
    assert 'class="empty"' in answered.text


async def test_the_other_languages_of_a_text_are_linked(here: Here) -> None:
    path = page_of(here, "event")
    french = await here.get(f"{path}?text=fr", accept_language="ar")
    links = [attrs for tag, attrs in Tags(french.text).tags if tag == "a" and "hreflang" in attrs]
    assert {each["href"] for each in links} == {f"{path}?text=ar", f"{path}?text=fr"}


async def test_a_text_can_be_asked_in_another_language_than_the_page(here: Here) -> None:
    french = Tags((await here.get(f"{page_of(here, 'event')}?text=fr", accept_language="ar")).text)
    assert french.tags[0][1]["lang"] == "ar"
    assert [attrs["lang"] for tag, attrs in french.tags if tag == "h1"] == ["fr"]


@pytest.mark.parametrize(
    "query",
    ["lang=xx", "lang=%00", "lang=" + "a" * 5000, "text=%FF%FE", "text=../../x", "after=garbage",
     "after=9999999999999999999999.1", "after=-1.-1", "lang=ar&lang=fr", "text[]=a", "after=%D9%A1.2", "%00=%00"],
)  # fmt: skip
@pytest.mark.parametrize("page", ["/", "/agenda", "/archive/note", "/@mujawara", "event", "/tag/x"])
async def test_nonsense_in_an_address_is_ignored(here: Here, page: str, query: str) -> None:
    assert (await here.get(f"{page_of(here, page)}?{query}")).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/archive/%00", "/tag/%00", "/tag/%F0%9F%98%80", "/@%00", "/@..%2F..", "/event/%FF", "/static/../config.toml",
     "/static/..%2f..%2fconfig.toml", "/static/.git", "/event/x/event.ics", "/@mujawara/nothing.atom", "/@/feed.rss"],
)  # fmt: skip
async def test_nonsense_instead_of_a_name_is_not_found(here: Here, path: str) -> None:
    assert (await here.get(path)).status_code == 404


# What strangers write


def poisoned(unit: Unit) -> tuple[Publication, Actor]:
    evil = "<b onload>\u202e&amp;\"'>"
    us = collective(unit.urls, "us", evil, f"<p>{evil}</p><script>x</script>", "ar")
    us = replace(us, fields=(ProfileField(evil, f"{evil}<script>x</script>"),))
    them = stranger("evil.example", "them", evil)
    for actor in (us, them):
        actor_store.save(unit, actor)
    event = put(
        unit,
        us,
        "event",
        {"ar": (evil, evil), "en": (evil, evil)},
        details=EventDetails(
            starts_at=at(1, 10),
            timezone="Africa/Tunis",
            place=Place(name=evil, street=evil, locality=evil),
            online_url="javascript:alert(1)",
            external_url="data:text/html,x",
            is_online=True,
        ),
    )
    put(
        unit,
        us,
        "aid_request",
        {"ar": (evil, evil)},
        details=AidDetails("request", what=evil, quantity="3", unit=evil, place=Place(name=evil)),
    )
    raw = "<p>a</p><img src=x onerror=alert(1)><b onload>x</b><a href='javascript:x'>y</a>"
    worse = Publication(
        uri="https://evil.example/1",
        kind="note",
        type="Note",
        author=them.uri,
        visibility=Visibility.PUBLIC,
        to=(),
        cc=(),
        # As if the row had been written without going through the door.
        texts={'x"><b onload>': Text(evil, evil, raw)},
        published_at=unit.now,
        url="javascript:alert(1)",
        in_reply_to=event.uri,
        tags=(Tag("hashtag", evil, "javascript:x"),),
        attachments=(
            Attachment("javascript:x", "text/html", name=evil, role="link"),
            Attachment("javascript:x", "image/png", alt=evil, role="image"),
            Attachment('https://evil.example/a.png"onload', "image/png", alt=evil, role="image"),
            Attachment("https://evil.example/a.png", "image/png", alt=evil, role="image"),
        ),
    )
    shelf.put(unit, worse, is_local=False)
    tagged = replace(
        worse, uri=unit.urls.publication("note", "0" * 26), author=us.uri, in_reply_to=None
    )
    shelf.put(unit, tagged, is_local=True)
    return event, us


@pytest.mark.parametrize(
    "page", ["/", "/agenda", "/needs", "/about", "/@us", "event", "note", "/archive/note"]
)
async def test_nothing_a_stranger_writes_becomes_markup(empty: Here, page: str) -> None:
    event, _ = await empty.instance.change(poisoned)
    own = {"event": event.uri.removeprefix(BASE), "note": "/note/" + "0" * 26}
    answered = await empty.get(own.get(page, page))
    found = Tags(answered.text)
    assert answered.status_code == 200
    assert [attrs for _, attrs in found.tags if any(name.startswith("on") for name in attrs)] == []
    assert {tag for tag, _ in found.tags} & {"script", "style", "iframe", "object"} == set()
    sources = [attrs["src"] or "" for tag, attrs in found.tags if tag == "img"]
    assert [each for each in sources if not each.startswith("/seen/")] == []


@pytest.mark.parametrize("page", ["/", "/@us", "event", "note"])
async def test_no_link_leads_into_a_script(empty: Here, page: str) -> None:
    event, _ = await empty.instance.change(poisoned)
    own = {"event": event.uri.removeprefix(BASE), "note": "/note/" + "0" * 26}
    tags = Tags((await empty.get(own.get(page, page))).text).tags
    addresses = [attrs.get("href") or "" for tag, attrs in tags if tag in ("a", "link")]
    assert [each for each in addresses if not each.startswith(("/", "https://", "#"))] == []


@pytest.mark.parametrize("feed", ["/feed.atom", "/feed.rss", "/@us/feed.atom"])
async def test_feeds_of_hostile_words_are_xml(empty: Here, feed: str) -> None:
    await empty.instance.change(poisoned)
    assert fromstring((await empty.get(feed)).content) is not None  # noqa: S314 - our own words


async def test_a_name_from_elsewhere_stands_beside_its_handle_and_is_isolated(here: Here) -> None:
    html = (await here.get(page_of(here, "event"))).text
    assert '<bdi class="handle" dir="ltr">@salma@mastodon.example</bdi>' in html
    assert "\u202e" not in html


async def test_nothing_is_loaded_from_elsewhere(here: Here) -> None:
    for page in (*PLAIN_PAGES, page_of(here, "event"), page_of(here, "statement")):
        tags = Tags((await here.get(page)).text).tags
        loaded = [attrs.get("src") for tag, attrs in tags if tag in ("img", "script", "source")]
        loaded += [
            attrs.get("href")
            for tag, attrs in tags
            if tag == "use"
            or (tag == "link" and attrs.get("rel") in ("stylesheet", "icon", "manifest"))
        ]
        assert [each for each in loaded if not (each or "").startswith("/")] == []


# What is not for everybody

SECRET = "zwölfgeheim"


async def with_secret(here: Here, visibility: Visibility) -> tuple[str, str]:
    """A private event, and a private answer to a public one."""

    def work(unit: Unit) -> tuple[str, str]:
        us = load_speaker(unit.tx, "mujawara")
        details = EventDetails(starts_at=at(2, 10), timezone="UTC", place=Place(name=SECRET))
        event = put(
            unit,
            us,
            "event",
            {"en": (SECRET, f"{SECRET} #{SECRET}")},
            details=details,
            visibility=visibility,
        )
        for kind, more in (
            ("statement", None),
            ("note", None),
            ("aid_request", AidDetails("request", what="food")),
        ):
            put(
                unit,
                us,
                kind,
                {"en": (SECRET, f"{SECRET} #{SECRET}")},
                details=more,
                visibility=visibility,
            )
        salma = actor_store.find_by_handle(unit.tx, "salma", "mastodon.example")
        assert salma is not None
        assert here.sample is not None
        answer(
            unit, salma, BASE + here.sample.event, f"<p>{SECRET}</p>", "en", visibility=visibility
        )
        return event.uri.removeprefix(BASE), here.sample.event

    return await here.instance.change(work)


PRIVATE = [Visibility.FOLLOWERS, Visibility.DIRECT, Visibility.LOCAL]


@pytest.mark.parametrize("visibility", PRIVATE)
async def test_a_private_publication_is_nowhere(here: Here, visibility: Visibility) -> None:
    secret, answered = await with_secret(here, visibility)
    pages = [*PLAIN_PAGES, f"/tag/{SECRET}", answered, *FEEDS, *CALENDARS, f"{answered}/event.ics"]
    leaking = [
        page
        for page in pages
        if SECRET
        in (await here.get(page)).text.replace(f"/tag/{SECRET}", "").replace(f"#{SECRET}", "")
    ]
    assert leaking == []
    assert (await here.get(secret)).status_code == 404
    assert (await here.get(f"{secret}/event.ics")).status_code == 404


@pytest.mark.parametrize("visibility", PRIVATE)
async def test_a_private_publication_is_not_told_from_a_missing_one(
    here: Here, visibility: Visibility
) -> None:
    secret, _ = await with_secret(here, visibility)
    # Uncompressed: the page carries the address it was asked for, and that compresses differently.
    private = await here.get(secret, accept_encoding="identity")
    missing = await here.get(secret[:-4] + "0000", accept_encoding="identity")
    strip = re.compile(r'name="next" value="[^"]*"')
    assert strip.sub("", private.text) == strip.sub("", missing.text)
    assert private.headers == missing.headers


@pytest.mark.parametrize("visibility", PRIVATE)
async def test_private_answers_are_not_even_counted(here: Here, visibility: Visibility) -> None:
    path = page_of(here, "event")
    before = (await here.get(path)).text
    await with_secret(here, visibility)
    assert (await here.get(path)).text == before


@pytest.mark.parametrize("visibility", PRIVATE)
async def test_lists_do_not_trust_the_mark_of_being_listed(
    here: Here, visibility: Visibility
) -> None:
    await with_secret(here, visibility)

    def mark(unit: Unit) -> None:
        unit.tx.run("UPDATE event SET is_listed = TRUE")
        unit.tx.run("UPDATE aid SET is_listed = TRUE")
        unit.tx.run(
            "INSERT INTO publication_hashtag (name, published_at, publication_id) "
            "SELECT 'tunis', published_at, id FROM publication WHERE visibility <> 'public'"
        )

    await here.instance.change(mark)
    pages = ["/", "/agenda", "/needs", "/@mujawara", "/tag/tunis", *CALENDARS]
    assert [page for page in pages if SECRET in (await here.get(page)).text] == []


@pytest.mark.parametrize("visibility", PRIVATE)
async def test_a_public_answer_does_not_name_what_it_answers_in_private(
    here: Here, visibility: Visibility
) -> None:
    secret, _ = await with_secret(here, visibility)

    def publish(unit: Unit) -> str:
        us = load_speaker(unit.tx, "mujawara")
        note = put(unit, us, "note", {"en": ("", "An answer")}, in_reply_to=BASE + secret)
        return note.uri.removeprefix(BASE)

    html = (await here.get(await here.instance.change(publish))).text
    assert "An answer" in html
    assert secret not in html


async def test_a_quiet_publication_has_a_page_and_is_in_no_list(here: Here) -> None:
    secret, _ = await with_secret(here, Visibility.QUIET)
    assert (await here.get(secret)).status_code == 200
    assert [
        page for page in (*PLAIN_PAGES, *FEEDS, *CALENDARS) if SECRET in (await here.get(page)).text
    ] == []


async def test_what_a_collective_that_left_had_published_is_gone(here: Here) -> None:
    def leave(unit: Unit) -> None:
        actor_store.mark_deleted(unit, load_speaker(unit.tx, "tablee").uri)

    await here.instance.change(leave)
    pages = ["/", "/agenda", "/needs", "/archive/statement", *FEEDS[:4], "/events.ics"]
    assert [page for page in pages if "Roubaix" in (await here.get(page)).text] == []
    assert (await here.get(page_of(here, "offer"))).status_code == 404


async def test_an_answer_that_waits_for_approval_is_not_shown(here: Here) -> None:
    assert "رد محجوز" not in (await here.get(page_of(here, "event"))).text


async def test_an_answer_appears_once_it_is_let_through(here: Here) -> None:
    def release(unit: Unit) -> None:
        row = unit.tx.one("SELECT uri FROM publication WHERE is_held")
        assert row is not None
        store.release(unit, row[0])

    await here.instance.change(release)
    assert "رد محجوز" in (await here.get(page_of(here, "event"))).text


@pytest.mark.parametrize("target", ["mastodon.example", "https://mastodon.example/users/salma"])
async def test_answers_of_those_shut_out_are_gone_with_all_below_them(
    here: Here, target: str
) -> None:
    kind = "actor" if "/" in target else "host"
    await here.instance.change(lambda unit: blocks.add(unit, "", target, kind))
    html = (await here.get(page_of(here, "event"))).text
    assert "salma" not in html
    assert "there is a ramp" not in html
    assert "On arrive à quatre" in html


async def test_events_of_a_host_shut_out_are_not_recommended(here: Here) -> None:
    await here.instance.change(lambda unit: blocks.add(unit, "", "mobilizon.example", "host"))
    assert "mobilizon.example" not in (await here.get("/")).text


# Caches


@pytest.mark.parametrize("page", ["/", "event", *FEEDS[:2], *CALENDARS[:1]])
async def test_who_has_the_page_hears_so(here: Here, page: str) -> None:
    path = page_of(here, page)
    etag = (await here.get(path)).headers["etag"]
    again = await here.get(path, if_none_match=f'"other", {etag}')
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/feed.atom", "/events.ics"])
async def test_who_has_the_feed_since_its_last_change_hears_so(here: Here, path: str) -> None:
    modified = (await here.get(path)).headers["last-modified"]
    assert (await here.get(path, if_modified_since=modified)).status_code == 304


@pytest.mark.parametrize("garbage", ["", "yesterday", "Sat, 99 Foo 2026", "\x7f"])
async def test_an_unreadable_date_means_the_whole_answer(here: Here, garbage: str) -> None:
    assert (await here.get("/feed.atom", if_modified_since=garbage)).status_code == 200


async def test_each_language_has_its_own_tag(here: Here) -> None:
    tags = {(await here.get("/", accept_language=each)).headers["etag"] for each in LANGUAGES}
    assert len(tags) == len(LANGUAGES)


@pytest.mark.parametrize("page", ["/", "event", "/nothing"])
@pytest.mark.parametrize("name", ["Accept", "Accept-Language", "Cookie", "Accept-Encoding"])
async def test_caches_are_told_what_a_page_depends_on(here: Here, page: str, name: str) -> None:
    assert name in (await here.get(page_of(here, page))).headers["vary"].split(", ")


async def test_pages_are_compressed_for_those_who_can_unpack(here: Here) -> None:
    plain = await here.get("/", accept_encoding="identity")
    packed = await here.get("/", accept_encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text


@pytest.mark.parametrize("page", ["/", "event", "statement"])
async def test_the_first_view_is_small(here: Here, page: str) -> None:
    answered = await here.get(page_of(here, page), accept_encoding="gzip")
    total = int(answered.headers["content-length"])
    for tag, attrs in Tags(answered.text).tags:
        if tag == "use" or (tag == "link" and attrs.get("rel") in ("stylesheet", "icon")):
            file = await here.get((attrs["href"] or "").partition("#")[0], accept_encoding="gzip")
            total += int(file.headers["content-length"]) if attrs.get("rel") == "stylesheet" else 0
    assert total <= 30_000


async def test_files_may_be_kept_for_ever(here: Here) -> None:
    href = next(
        a["href"] for t, a in Tags((await here.get("/")).text).tags if a.get("rel") == "stylesheet"
    )
    file = await here.get(href or "")
    assert "immutable" in file.headers["cache-control"]
    assert (await here.get(href or "", if_none_match=file.headers["etag"])).status_code == 304


# Language


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_chosen_language_is_remembered(here: Here, language: str) -> None:
    form = {"to": language, "next": "/agenda"}
    chosen = await here.client.post("/language", data=form)
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/agenda")
    page = await here.client.get(
        "/agenda", headers={"accept-language": "es" if language != "es" else "fr"}
    )
    assert Tags(page.text).tags[0][1]["lang"] == language


async def test_the_cookie_is_kept_from_scripts_and_other_sites(here: Here) -> None:
    chosen = await here.client.post("/language", data={"to": "ar", "next": "/"})
    cookie = chosen.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "secure", "samesite=lax", "path=/"))


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/nowhere/at/all/x"]
)
async def test_choosing_a_language_leads_nowhere_else(here: Here, target: str) -> None:
    chosen = await here.client.post("/language", data={"to": "ar", "next": target})
    assert chosen.headers["location"] == "/"


@pytest.mark.parametrize(
    "body", [b"", b"to=", b"to=xx&next=/", b"\xff\xfe", b"&" * 500, b"to=ar%00", b"a=b" * 2]
)
async def test_a_strange_form_sets_nothing(here: Here, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    chosen = await here.client.post("/language", content=body, headers=headers)
    assert chosen.status_code == 303
    assert "set-cookie" not in chosen.headers


async def test_a_huge_form_is_refused(here: Here) -> None:
    assert (await here.client.post("/language", content=b"a" * 20_000)).status_code == 413


async def test_reading_sets_no_cookie(here: Here) -> None:
    assert "set-cookie" not in (await here.get("/?lang=fr")).headers


# Heads


async def test_a_page_leads_to_its_document_and_its_calendar(here: Here) -> None:
    path = page_of(here, "event")
    answered = await here.get(path)
    links = {
        a.get("type"): a["href"]
        for t, a in Tags(answered.text).tags
        if t == "link" and a.get("type")
    }
    assert links["application/activity+json"] == BASE + path
    assert links["text/calendar"] == f"{path}/event.ics"
    assert (
        f'<{BASE}{path}>; rel="alternate"; type="application/activity+json"'
        in answered.headers["link"]
    )


async def test_a_card_says_the_essential(here: Here) -> None:
    answered = await here.get(page_of(here, "event"), accept_language="fr")
    meta = {a.get("property"): a.get("content") for t, a in Tags(answered.text).tags if t == "meta"}
    assert meta["og:title"] == "Rencontre des voisins : que cuisiner ensemble cet hiver ?"
    assert "samedi 5 décembre" in (meta["og:description"] or "")
    assert meta["article:published_time"] == "2026-11-21T07:00:00Z"


async def test_who_does_not_want_to_be_found_is_not_indexed(here: Here) -> None:
    def hide(unit: Unit) -> None:
        for each in actor_store.list_collectives(unit.tx):
            actor_store.save(unit, replace(each, indexable=False))

    await here.instance.change(hide)
    assert "Disallow: /\n" in (await here.get("/robots.txt")).text
    for page in ("/", "/@mujawara", page_of(here, "statement")):
        assert '<meta name="robots" content="noindex">' in (await here.get(page)).text


async def test_search_engines_are_welcome_where_they_are_wanted(here: Here) -> None:
    assert "Disallow: /\n" not in (await here.get("/robots.txt")).text
    assert "noindex" not in (await here.get("/@mujawara")).text


@pytest.mark.parametrize("posture", ["open", "guarded", "closed"])
async def test_the_privacy_page_says_what_is_configured(tmp_path: Path, posture: str) -> None:
    async for each in open_here(tmp_path, None, posture=posture):
        said = (await each.get("/about")).text
        key = {
            "open": "accepted at once",
            "guarded": "approved by hand",
            "closed": "that we have listed",
        }
        assert [name for name, words in key.items() if words in said] == [posture]


@pytest.mark.parametrize("name", ["000", "001", "002", "003", "004"])
async def test_a_long_real_text_has_its_page(empty: Here, name: str) -> None:
    text = next(need(SEEDS).glob(f"{name}_*.txt")).read_text(encoding="utf-8")

    def publish(unit: Unit) -> str:
        us = collective(unit.urls, "us", "Us", "", "ar")
        actor_store.save(unit, us)
        return put(unit, us, "statement", {"ar": ("عنوان", text)}).uri.removeprefix(BASE)

    path = await empty.instance.change(publish)
    page = await empty.get(path, accept_language="en")
    words = Tags(page.text).words.split()
    assert page.status_code == 200
    assert [word for word in text.split() if word.isalpha() and word not in words] == []


@pytest.mark.parametrize(("digits", "written"), [("arabic", "٥"), ("latin", "5")])
async def test_digits_are_written_as_the_instance_prefers(
    lively: tuple[Path, Sample | None], tmp_path: Path, digits: str, written: str
) -> None:
    shutil.copytree(lively[0], tmp_path, dirs_exist_ok=True)
    async for each in open_here(tmp_path, lively[1], digits=digits):
        html = (await each.get(page_of(each, "event"), accept_language="ar")).text
        assert f'<span class="date-day">{written}</span>' in html
        assert ("arabic-digits" in html) is (digits == "arabic")


# What was said before


async def test_an_edited_publication_says_so_and_leads_to_what_it_said(here: Here) -> None:
    path = page_of(here, "edited")
    assert f'class="edited" dir="ltr"><a href="{path}/history">' in (await here.get(path)).text
    assert 'class="edited"' not in (await here.get(page_of(here, "note"))).text


async def test_the_earlier_version_stands_with_its_dates(here: Here) -> None:
    history = await here.get(f"{page_of(here, 'edited')}/history", accept_language="en")
    tags = Tags(history.text)
    assert "Bread again from Tuesday." in tags.words
    assert "Bread again from Wednesday." not in tags.words.partition("Version 1")[2]
    times = [attrs["datetime"] for tag, attrs in tags.tags if tag == "time"][-2:]
    assert times == ["2026-11-20T06:00:00Z", "2026-11-21T10:00:00Z"]


async def test_every_earlier_version_is_there_the_latest_first(here: Here) -> None:
    path = page_of(here, "edited")

    def edit(unit: Unit) -> None:
        for day in ("Thursday", "Friday"):
            found = store.load(unit.tx, BASE + path)
            text = replace(found.original, content=f"<p>Bread again from {day}.</p>")
            shelf.exchange(unit, replace(found, texts={"en": text}))

    await here.instance.change(edit)
    words = Tags((await here.get(f"{path}/history")).text).words
    said = re.findall(r"Bread again from (\w+)\.", words.partition("Version")[2])
    assert said == ["Thursday", "Wednesday", "Tuesday"]


async def test_an_earlier_version_keeps_its_warning_closed(here: Here) -> None:
    path = page_of(here, "edited")

    def edit(unit: Unit) -> None:
        found = store.load(unit.tx, BASE + path)
        warned = replace(found.original, summary="About yeast")
        shelf.exchange(unit, replace(found, texts={"en": warned}))
        shelf.exchange(unit, replace(found, texts={"en": found.original}))

    await here.instance.change(edit)
    html = (await here.get(f"{path}/history")).text
    assert re.search(r"<details[^>]*><summary[^>]*>About yeast</summary>\s*<div", html)


@pytest.mark.parametrize("page", ["note", "gone", "/archive/note", "/note/nothing", "/x/y"])
async def test_what_was_never_edited_has_no_history(here: Here, page: str) -> None:
    path = getattr(here.sample, page, page)
    assert (await here.get(f"{path}/history")).status_code == 404


@pytest.mark.parametrize("visibility", PRIVATE)
async def test_the_history_of_something_private_is_not_found(
    here: Here, visibility: Visibility
) -> None:
    secret, _ = await with_secret(here, visibility)

    def edit(unit: Unit) -> None:
        shelf.exchange(unit, store.load(unit.tx, BASE + secret))

    await here.instance.change(edit)
    answered = await here.get(f"{secret}/history")
    assert (answered.status_code, SECRET in answered.text.replace(secret, "")) == (404, False)


async def test_the_history_leaves_with_the_publication(here: Here) -> None:
    path = page_of(here, "edited")
    await here.instance.change(lambda unit: shelf.take_off(unit, BASE + path, is_local=True))
    assert (await here.get(f"{path}/history")).status_code == 404


# Pictures from elsewhere


def images(html: str) -> list[dict[str, str | None]]:
    return [attrs for tag, attrs in Tags(html).tags if tag == "img"]


async def test_those_who_answer_are_seen_at_an_address_of_ours(here: Here) -> None:
    html = (await here.get(page_of(here, "event"))).text
    faces = [each for each in images(html) if each.get("class") == "face"]
    assert len(faces) == 3
    assert all((each["src"] or "").startswith("/seen/small/") for each in faces)


@pytest.mark.parametrize("page", ["event", "/", "/agenda"])
async def test_a_picture_has_its_place_before_it_arrives_and_waits_to_be_seen(
    here: Here, page: str
) -> None:
    found = images((await here.get(page_of(here, page))).text)
    assert found
    assert [each for each in found if not (each.get("width") and each.get("height"))] == []
    assert {each.get("loading") for each in found} == {"lazy"}


@pytest.mark.parametrize("page", ["event", "/"])
async def test_what_a_page_shows_can_be_had_at_that_address(here: Here, page: str) -> None:
    found = images((await here.get(page_of(here, page))).text)
    answered = [await here.client.get(each["src"] or "") for each in found]
    assert {each.status_code for each in answered} == {200}
    assert {each.headers["content-type"] for each in answered} == {"image/webp"}


async def test_a_picture_in_an_answer_says_what_it_shows_and_leads_to_all_of_it(here: Here) -> None:
    html = (await here.get(page_of(here, "event"))).text
    (shown,) = (each for each in images(html) if "قدور" in (each["alt"] or ""))
    assert (shown["width"], shown["height"]) == ("640", "480")
    assert '<a href="/seen/full/' in html.partition(shown["src"] or "")[0][-300:]


async def test_an_event_of_those_we_follow_brings_its_picture(here: Here) -> None:
    html = (await here.get("/")).text
    assert "دار وكتب تحت شمس كبيرة" in [each["alt"] for each in images(html)]


async def with_answer(here: Here, *pictures: Attachment, **more: Any) -> str:
    """The page of an event with one more answer, which has these attached."""
    path = page_of(here, "event")

    def work(unit: Unit) -> None:
        jo = actor_store.find_by_handle(unit.tx, "jo_rtl", "social.example")
        assert jo is not None
        answer(unit, jo, BASE + path, "<p>look</p>", "en", attachments=pictures, **more)

    await here.instance.change(work)
    return (await here.get(path, accept_language="en")).text


@pytest.mark.parametrize(
    ("width", "height"), [(None, None), (1, 100_000), (100_000, 1), (40, None), (0, 0)]
)
async def test_a_size_nobody_can_believe_gets_an_ordinary_place(
    here: Here, width: int | None, height: int | None
) -> None:
    html = await with_answer(here, picture("shelf/x", width, height, "odd"))
    (shown,) = (each for each in images(html) if each["alt"] == "odd")
    assert (shown["class"], shown["width"], shown["height"]) == ("unmeasured", "640", "480")


async def test_a_picture_without_words_says_so(here: Here) -> None:
    html = await with_answer(here, picture("shelf/x", 10, 10, None))
    assert "Picture without description" in [each["alt"] for each in images(html)]


async def test_sensitive_pictures_wait_until_they_are_asked_for(here: Here) -> None:
    html = await with_answer(here, picture("shelf/x", 10, 10, "hard"), sensitive=True)
    before, found, _ = html.partition('alt="hard"')
    assert found
    assert before.rpartition("<details")[2].count("</details>") == 0


async def test_the_pictures_of_an_answer_with_a_warning_are_behind_it(here: Here) -> None:
    html = await with_answer(here, picture("shelf/x", 10, 10, "hard"), summary="Careful")
    assert "</details>" not in html.partition("Careful")[2].partition('alt="hard"')[0]


async def test_many_pictures_are_shown_in_part_and_linked_for_the_rest(here: Here) -> None:
    many = [picture(f"shelf/{number}", 10, 10, f"pot {number}") for number in range(7)]
    html = await with_answer(here, *many)
    assert [each["alt"] for each in images(html) if "pot" in (each["alt"] or "")] == [
        f"pot {number}" for number in range(4)
    ]
    links = [attrs.get("href") for tag, attrs in Tags(html).tags if tag == "a"]
    assert [href for href in links if (href or "").startswith("https://pictures.example")] == [
        f"https://pictures.example/shelf/{number}" for number in (4, 5, 6)
    ]


@pytest.mark.parametrize("url", ["http://plain.example/a.png", "https://user@x.example/a.png"])
async def test_a_picture_we_would_not_fetch_is_not_shown(here: Here, url: str) -> None:
    html = await with_answer(here, Attachment(url, "image/png", alt="far", role="image"))
    assert "far" not in [each["alt"] for each in images(html)]


async def test_without_a_cache_pictures_are_linked(here: Here) -> None:
    config = here.instance.config
    config = replace(config, media=replace(config.media, cache_bytes_max=0))
    transport = httpx2.ASGITransport(app=application(replace(here.instance, config=config)))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        html = (await client.get(page_of(here, "event"))).text
    assert images(html) == []
    assert 'href="https://pictures.example/shelf/salma"' in html


async def test_a_picture_from_elsewhere_is_not_offered_to_cards(here: Here) -> None:
    def publish(unit: Unit) -> str:
        us = load_speaker(unit.tx, "mujawara")
        own = put(unit, us, "note", {"en": ("", "With a picture")})
        shelf.exchange(unit, replace(own, attachments=(picture("shelf/x", 10, 10, "pots"),)))
        return own.uri.removeprefix(BASE)

    html = (await here.get(await here.instance.change(publish))).text
    assert "pots" in [each["alt"] for each in images(html)]
    assert 'property="og:image"' not in html


@pytest.mark.parametrize("visibility", PRIVATE)
async def test_pictures_of_a_private_answer_are_nowhere(here: Here, visibility: Visibility) -> None:
    html = await with_answer(here, picture("shelf/x", 10, 10, "zwölftöpfe"), visibility=visibility)
    assert "zwölftöpfe" not in html


async def test_a_picture_is_shown_by_the_whole_application() -> None:
    async with world("agora.test") as made, gallery(made) as elsewhere:
        instance = made["agora.test"]
        url = elsewhere.hang("/a.png", a_picture("PNG"), "image/png")
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("Who comes?"))

        def arrive(unit: Unit) -> None:
            them = replace(
                stranger("photos.test", "them", "Them"), icon=ActorImage(url, "image/png", None)
            )
            actor_store.save(unit, them)
            answer(unit, them, note.uri, "<p>I do</p>", "en")

        await instance.change(arrive)
        app = assemble(instance, HostLimits(60))
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="https://agora.test") as client:
            page = await client.get(note.uri, headers={"accept": "text/html"})
            (face,) = images(page.text)
            picture_of_them = await client.get(face["src"] or "")
        assert (picture_of_them.status_code, elsewhere.asked) == (200, ["/a.png"])
        assert picture_of_them.headers["content-type"] == "image/webp"


# When something breaks


class Broken:
    """A database that fails in a way nobody foresaw."""

    def __init__(self, instance: Any) -> None:
        self._instance = instance

    def __getattr__(self, name: str) -> Any:
        return getattr(self._instance, name)

    async def look(self, _work: Any) -> Any:
        raise ZeroDivisionError


async def ask_broken(path: str, **headers: str) -> httpx2.Response:
    async with world("agora.test") as made:
        app = assemble(Broken(made["agora.test"]), HostLimits(60))  # type: ignore[arg-type]
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="https://agora.test") as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.get(path, headers=named)


@pytest.mark.parametrize(
    ("language", "word"),
    [("ar", "الصفحة الأولى"), ("en", "Something broke"), ("es", "portada"), ("fr", "chez nous")],
)
async def test_a_defect_is_explained_to_people_in_their_language(language: str, word: str) -> None:
    answered = await ask_broken("/about", accept="text/html", accept_language=language)
    assert answered.status_code == 500
    assert Tags(answered.text).tags[0][1]["lang"] == language
    assert word in answered.text
    assert answered.headers["cache-control"] == "no-store"
    assert "content-security-policy" in answered.headers


@pytest.mark.parametrize(
    ("path", "accept"),
    [("/actor/x", "application/activity+json"), ("/nodeinfo/2.1", "*/*")],
)
async def test_a_defect_is_named_to_programs(path: str, accept: str) -> None:
    answered = await ask_broken(path, accept=accept)
    assert (answered.status_code, answered.json()) == (500, {"error": "error.internal"})


async def test_a_defect_writes_no_secret_of_an_address_down(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for path in ("/calendar/known-to-one.ics", "/attendance/known-to-one"):
        assert (await ask_broken(path)).status_code == 500
    paths = [record.__dict__.get("path") for record in caplog.records]
    assert "/attendance/…" in paths
    assert "/calendar/….ics" in paths
    assert "known-to-one" not in str(paths)


async def test_an_event_with_an_offset_only_is_told_in_its_own_time(here: Here) -> None:
    def publish(unit: Unit) -> str:
        us = load_speaker(unit.tx, "mujawara")
        details = EventDetails(
            starts_at=at(2, 20), offset_minutes=330, place=Place(name="Somewhere")
        )
        own = put(unit, us, "event", {"en": ("Far", "x")}, details=details)
        # Only others come with an offset; ours get the zone of the instance.
        shelf.exchange(unit, replace(own, details=details))
        return own.uri.removeprefix(BASE)

    path = await here.instance.change(publish)
    html = (await here.get(path, accept_language="en")).text
    assert "Tuesday 24 November, 01:30 (UTC+5:30)" in html
    assert '<span class="date-day">24</span>' in html


# Feeds and calendars over HTTP


@pytest.mark.parametrize("path", FEEDS)
async def test_a_feed_is_xml_with_its_own_type(here: Here, path: str) -> None:
    answered = await here.get(path)
    assert answered.headers["content-type"].startswith(f"application/{path[-4:].strip('.')}+xml")
    assert fromstring(answered.content) is not None  # noqa: S314 - our own words


async def test_the_agenda_as_a_calendar_has_our_events_only(here: Here) -> None:
    calendar = Calendar.from_ical((await here.get("/events.ics")).content)
    assert len(calendar.walk("VEVENT")) == 5
    assert not [each for each in calendar.walk("VEVENT") if "mobilizon" in str(each.get("uid"))]


async def test_one_event_is_a_calendar_with_one_event(here: Here) -> None:
    answered = await here.get(f"{page_of(here, 'event')}/event.ics")
    (found,) = Calendar.from_ical(answered.content).walk("VEVENT")
    assert str(found.get("uid")) == BASE + page_of(here, "event")


async def test_what_is_no_event_is_no_calendar(here: Here) -> None:
    note = page_of(here, "note").replace("/note/", "/event/")
    assert (await here.get(f"{note}/event.ics")).status_code == 404


# Paging


def crowd(unit: Unit) -> None:
    us = collective(unit.urls, "many", "Many", "", "en")
    actor_store.save(unit, us)
    for number in range(47):
        # Many at the same moment: the row decides then.
        age = timedelta(hours=1 + number // 7)
        put(unit, us, "note", {"en": ("", f"note number {number} #many")}, age=age)
        start = at(1 + number // 9, 10)
        put(
            unit,
            us,
            "event",
            {"en": (f"event number {number}", "text")},
            age=age,
            details=EventDetails(starts_at=start, timezone="UTC", place=Place(name="Here")),
        )


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/agenda", "event"),
        ("/archive/event", "event"),
        ("/archive/note", "note"),
        ("/@many", "note"),
        ("/tag/many", "note"),
    ],
)
async def test_paging_shows_everything_once(empty: Here, path: str, word: str) -> None:
    await empty.instance.change(crowd)
    seen: list[str] = []
    next_path: str | None = path
    for _ in range(12):
        html = (await empty.get(next_path or "")).text
        shown = html.split('class="block list"')[-1] if path == "/@many" else html
        seen += re.findall(rf">{word} number (\d+)", shown)
        following = [a["href"] for t, a in Tags(html).tags if a.get("rel") == "next"]
        next_path = following[0] if following else None
        if next_path is None:
            break
    assert sorted(seen, key=int) == [str(number) for number in range(47)]


async def test_something_new_does_not_shift_the_next_page(empty: Here) -> None:
    await empty.instance.change(crowd)
    html = (await empty.get("/archive/note")).text
    first = set(re.findall(r">note number (\d+)", html))
    following = next(a["href"] for t, a in Tags(html).tags if a.get("rel") == "next")

    def publish(unit: Unit) -> None:
        us = load_speaker(unit.tx, "many")
        put(unit, us, "note", {"en": ("", "a later one")}, age=timedelta(minutes=1))

    await empty.instance.change(publish)
    second = set(re.findall(r">note number (\d+)", (await empty.get(following or "")).text))
    assert (first & second, len(second)) == (set(), 20)


async def test_an_event_that_is_over_leaves_the_agenda(empty: Here) -> None:
    def work(unit: Unit) -> None:
        us = collective(unit.urls, "us", "Us", "", "en")
        actor_store.save(unit, us)
        for title, start in (("over", NOW - timedelta(days=1)), ("now", NOW - timedelta(hours=1))):
            details = EventDetails(starts_at=start, timezone="UTC", place=Place(name="Here"))
            put(unit, us, "event", {"en": (f"It is {title}", "x")}, details=details)

    await empty.instance.change(work)
    html = (await empty.get("/agenda")).text
    assert ("It is now" in html, "It is over" in html) == (True, False)


async def test_a_need_leaves_the_list_when_its_day_has_passed(empty: Here) -> None:
    def work(unit: Unit) -> None:
        us = collective(unit.urls, "us", "Us", "", "en")
        actor_store.save(unit, us)
        for title, until in (("passed", at(-2, 10)), ("open", at(2, 10)), ("endless", None)):
            put(
                unit,
                us,
                "aid_request",
                {"en": (f"It is {title}", "x")},
                details=AidDetails("request", what="food", quantity="3", until=until),
            )

    await empty.instance.change(work)
    html = (await empty.get("/needs")).text
    assert [word for word in ("passed", "open", "endless") if f"It is {word}" in html] == [
        "open",
        "endless",
    ]


INDEXED = [
    "/", "/agenda", "/needs", "/archive/note", "/@mujawara", "/tag/x", "/events.ics", "/feed.atom", "event",
]  # fmt: skip


@pytest.mark.parametrize("page", INDEXED)
async def test_no_page_reads_the_whole_table(here: Here, page: str) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []

    class Listening:
        def __init__(self, rx: Any) -> None:
            self.rx = rx

        def one(self, sql: str, *values: object) -> Any:
            asked.append((sql, values))
            return self.rx.one(sql, *values)

        def all(self, sql: str, *values: object) -> Any:
            asked.append((sql, values))
            return self.rx.all(sql, *values)

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(here.instance, name)

        async def look(self, work: Any) -> Any:
            return await here.instance.look(lambda rx: work(Listening(rx)))

    transport = httpx2.ASGITransport(app=application(Watched()))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        await client.get(page_of(here, page))
    assert asked
    plans = await here.instance.look(
        lambda rx: [(sql, plan_of(rx, sql, *values)) for sql, values in asked]
    )
    scanning = [(plan.whole, sql, plan.text) for sql, plan in plans if plan.whole]
    assert [each for each in scanning if " FROM actor WHERE role = ?" not in each[1]] == []
