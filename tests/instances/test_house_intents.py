"""Other servers send members home: to follow, answer, thank, pass on and write; and what liars make of the same doors."""

import html
import re
from urllib.parse import quote, urlsplit

import pytest

from actors import people
from actors.model import Actor
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from tests.harness.browser import Browser, Page
from tests.harness.members import PASSWORD, a_member
from tests.harness.world import World, a_note, an_event, world
from tests.hostile.stranger import a_note_of, everything, stranger

AGORA, BEIRUT = "agora.test", "beirut.test"


async def _two(made: World) -> tuple[Actor, Actor, Publication]:
    """Agora announced an assembly; Beirut has never heard of it."""
    agora = await made.collective(AGORA, "agora")
    beirut = await made.collective(BEIRUT, "beirut")
    return agora, beirut, await made.publish(agora, an_event("Assembly"))


async def _home(made: World, page_path: str) -> str:
    """Where a visitor of Agora is led who says that they are at home in Beirut."""
    visitor = Browser(made, AGORA)
    page = await visitor.get(page_path)
    page = await visitor.send(page.form("/own-server"), handle="@beirut@beirut.test")
    onward = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    assert onward is not None, page.text
    address = urlsplit(html.unescape(onward[1]))
    assert address.netloc == BEIRUT
    return f"{address.path}?{address.query}"


def _at(what: str, uri: str, **more: str) -> str:
    rest = "".join(
        f"&{name.replace('_', '-')}={quote(value, safe='')}" for name, value in more.items()
    )
    return f"/intent/{what}?object={quote(uri, safe='')}{rest}"


async def _press(browser: Browser, page: Page, what: str, **typed: str) -> Page:
    assert page.status == 200, page.text
    return await browser.send(page.form(f"/intent/{what}"), **typed)


async def test_a_visitor_of_an_event_answers_from_their_own_house() -> None:
    async with world(AGORA, BEIRUT) as made:
        _, beirut, event = await _two(made)
        omar = await a_member(made, beirut, "Omar")
        page = await omar.get(await _home(made, urlsplit(event.uri).path))
        assert event.uri in page.text
        assert await made.find(BEIRUT, event.uri) is None, "opening the address asked for it"
        page = await _press(omar, page, "create")
        assert "Assembly" in page.text
        await omar.send(page.form("/house/beirut/answer", "answer"), words="We come")
        await made.settle()
        rows = await made[AGORA].look(
            lambda rx: rx.all("SELECT author_uri FROM publication WHERE in_reply_to = ?", event.uri)
        )
        assert rows == [(beirut.uri,)]
        # from now on it is known, and there is nothing to decide
        page = await omar.get(f"/authorize_interaction?uri={quote(event.uri, safe='')}")
        assert page.path.startswith("/house/beirut/thread?")


async def test_a_visitor_of_a_collective_follows_it_with_one_press() -> None:
    async with world(AGORA, BEIRUT) as made:
        agora, beirut, _ = await _two(made)
        omar = await a_member(made, beirut, "Omar")
        page = await omar.get(await _home(made, "/@agora"))
        page = await _press(omar, page, "follow")
        assert page.path.startswith("/house/beirut/actor?")
        await made.settle()
        assert await made.followers(agora) == [beirut.uri]
        again = await omar.get(_at("follow", agora.uri))
        assert "@agora@agora.test" in again.text, "who is known is shown by name"
        await _press(omar, again, "follow")
        await made.settle()
        assert await made.followers(agora) == [beirut.uri]


async def test_who_is_not_signed_in_signs_in_and_goes_on() -> None:
    async with world(AGORA, BEIRUT) as made:
        _, beirut, event = await _two(made)
        omar = await a_member(made, beirut, "Omar", is_signed_in=False)
        # as long as an address may be
        page = await omar.get(_at("like", event.uri, on_cancel=f"{event.uri}?" + "x" * 1900))
        page = await omar.send(page.form("/sign-in"), name="Omar", password=PASSWORD)
        page = await _press(omar, page, "like")
        assert page.path.startswith("/house/beirut/thread?")
        await made.settle()
        assert (await made.rows(AGORA))["reaction"] == 1


@pytest.mark.parametrize(("what", "told"), [("like", "Thanked."), ("announce", "Passed on")])
async def test_thanking_and_passing_on_lead_back_if_that_is_where_it_came_from(
    what: str, told: str
) -> None:
    async with world(AGORA, BEIRUT) as made:
        _, beirut, event = await _two(made)
        omar = await a_member(made, beirut, "Omar")
        back, cancel = "https://agora.test/done?x=1", "https://agora.test/no"
        page = await omar.get(_at(what, event.uri, on_success=back, on_cancel=cancel))
        assert f'href="{cancel}"' in page.text
        page = await _press(omar, page, what)
        assert told in page.text
        assert f'href="{back}"' in page.text
        await made.settle()
        assert (await made.rows(AGORA))["reaction"] == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/x",
        "https://agora.test.evil.test/",
        "https://agora.test@evil.test/",
        "//evil.test/",
        "https:/\\evil.test",
        "javascript:evil.test",
        "data:text/html,evil.test",
        "http://agora.test/evil.test",
        "https://agora.test:8443/evil.test",
        "https://agora.test/evil.test\r\nX: y",
    ],
)
async def test_nobody_is_led_elsewhere(elsewhere: str) -> None:
    async with world(AGORA, BEIRUT) as made:
        _, beirut, event = await _two(made)
        omar = await a_member(made, beirut, "Omar")
        page = await omar.get(_at("like", event.uri, on_success=elsewhere, on_cancel=elsewhere))
        assert "evil.test" not in page.text
        form = page.form("/intent/like")
        # nor when the form itself is tampered with
        fields = [*form.fields, ("on-success", elsewhere), ("on-cancel", elsewhere)]
        page = await omar.post("/intent/like", fields)
        assert page.path.startswith("/house/beirut/thread?")
        assert "evil.test" not in page.text


async def test_opening_an_address_changes_nothing_and_asks_nobody() -> None:
    async with world(AGORA, BEIRUT) as made, stranger(made, "there.test") as there:
        agora, beirut, event = await _two(made)
        eve = there.person("eve")
        note = a_note_of(eve, 1)
        there.show(note["id"], note)
        omar = await a_member(made, beirut, "Omar")
        before = [await everything(made, host) for host in (AGORA, BEIRUT)]
        for uri in (agora.uri, event.uri, eve.uri, note["id"], beirut.uri):
            for path in (
                *(_at(what, uri) for what in ("open", "follow", "like", "announce")),
                f"/intent/create?content=x&inReplyTo={quote(uri, safe='')}",
                f"/authorize_interaction?uri={quote(uri, safe='')}",
            ):
                assert (await omar.get(path)).status == 200, path
        await made.settle()
        assert there.asked == []
        assert [await everything(made, host) for host in (AGORA, BEIRUT)] == before


@pytest.mark.parametrize(
    ("uri", "opened"),
    [
        ("", 400),
        ("javascript:alert(1)", 400),
        ("data:text/html,x", 400),
        ("file:///etc/passwd", 400),
        ("https://user:word@agora.test/x", 400),
        ("https://agora.test/" + "a" * 5_000, 400),
        ("https://agora.test/" + "a" * 10_000, 414),
        ("x" * 5_000, 400),
        ("https://agora.test/\u202e", 400),
        ("https://agora.test/a b", 400),
        ("not an address", 400),
        ("@name@", 400),
        ("https://beirut.test/actor/00/inbox", 404),
        ("https://beirut.test/inbox", 404),
        ("https://127.0.0.1/x", 200),
        ("https://10.0.0.1/inbox", 200),
        ("https://[::1]/x", 200),
        ("http://169.254.169.254/latest", 200),
        ("https://nowhere.test/x", 200),
        ("@nobody@nowhere.test", 200),
    ],
)
async def test_an_address_that_is_none_is_refused_in_words(uri: str, opened: int) -> None:
    async with world(BEIRUT) as made:
        beirut = await made.collective(BEIRUT, "beirut")
        omar = await a_member(made, beirut, "Omar")
        before = await everything(made, BEIRUT)
        for what in ("open", "follow", "like", "announce"):
            page = await omar.get(_at(what, uri))
            assert page.status == opened or (opened == 200 and page.status in (200, 400)), page.text
            assert "alert(1)" not in page.text
            if page.status == 414:
                # longer than any address: the door of the server says no before a page is made
                continue
            if page.status == 200:
                page = await omar.send(page.form(f"/intent/{what}"))
                assert page.status == 400, page.text
            assert 'role="alert"' in page.text
            assert not re.search(r">\s*(intent|reading|error|desk|actor)\.[a-z_.]+\s*<", page.text)
        assert await everything(made, BEIRUT) == before


async def test_what_is_asked_has_to_fit_what_it_is_about() -> None:
    async with world(AGORA, BEIRUT) as made:
        agora, beirut, event = await _two(made)
        omar = await a_member(made, beirut, "Omar")
        for what, uri, words in (
            ("follow", event.uri, "Nobody lives at this address"),
            ("like", agora.uri, "belongs to somebody"),
            ("announce", agora.uri, "belongs to somebody"),
        ):
            page = await _press(omar, await omar.get(_at(what, uri)), what)
            assert page.status == 400
            assert words in page.text
        assert (await omar.get(_at("dance", event.uri))).status == 404


async def test_somebody_with_several_collectives_chooses_and_the_roles_hold() -> None:
    async with world(AGORA, BEIRUT) as made:
        agora, beirut, _ = await _two(made)
        saida = await made.collective(BEIRUT, "saida")
        tyre = await made.collective(BEIRUT, "tyre")
        omar = await a_member(made, beirut, "Omar")

        def roles(unit: Unit) -> None:
            person = people.find_signing_in(unit.tx, "Omar")
            assert person is not None
            people.grant(unit, person.id, saida.uri, "editor")
            people.grant(unit, person.id, tyre.uri, "author")

        await made[BEIRUT].change(roles)
        page = await omar.get(_at("follow", agora.uri))
        assert "@tyre@" not in page.text, "an author does not follow in the name of all"
        for name in ("tyre", "nobody", ""):
            assert (await _press(omar, page, "follow", **{"as": name})).status == 400
        page = await _press(omar, page, "follow", **{"as": "saida"})
        assert page.path.startswith("/house/saida/actor?")
        await made.settle()
        assert await made.followers(agora) == [saida.uri]


@pytest.mark.parametrize(
    ("role", "what", "status"),
    [
        ("reader", "follow", 403),
        ("author", "like", 403),
        ("author", "announce", 403),
        ("reader", "create", 403),
        ("editor", "follow", 200),
        ("author", "create", 200),
        ("reader", "open", 200),
    ],
)
async def test_a_role_opens_what_it_allows(role: str, what: str, status: int) -> None:
    async with world(AGORA, BEIRUT) as made:
        agora, beirut, event = await _two(made)
        omar = await a_member(made, beirut, "Omar", role)
        uri = agora.uri if what == "follow" else event.uri
        page = await omar.get(_at(what, uri) + f"&inReplyTo={quote(uri, safe='')}")
        assert page.status == status, page.text
        if role == "reader" and status == 200:
            # whoever only reads sends this server nowhere
            page = await _press(omar, page, what)
            assert page.status == 400
            assert await made.find(BEIRUT, uri) is None


async def test_what_is_private_to_a_neighbour_is_as_good_as_not_there() -> None:
    async with world(BEIRUT) as made:
        beirut = await made.collective(BEIRUT, "beirut")
        saida = await made.collective(BEIRUT, "saida")
        secret = await made.publish(saida, a_note("keep this", visibility=Visibility.DIRECT))
        omar = await a_member(made, beirut, "Omar")
        for what in ("open", "like", "announce"):
            page = await omar.get(_at(what, secret.uri))
            assert page.status == 404
            assert "keep this" not in page.text


async def test_a_text_is_brought_to_the_form_and_nothing_is_said_yet() -> None:
    async with world(BEIRUT) as made:
        beirut = await made.collective(BEIRUT, "beirut")
        omar = await a_member(made, beirut, "Omar")
        words = "خبز وماء <script>" + "ن" * 1_000
        page = await omar.get(f"/intent/create?content={quote(words)}&inReplyTo=")
        fields = dict(page.form("/house/beirut/write").fields)
        assert words in fields.values()
        assert (await omar.get("/intent/create?content=" + "x" * 5_001)).status == 400
        assert (await made.rows(BEIRUT))["publication"] == 0


async def test_a_long_text_of_somebody_who_has_yet_to_sign_in_is_carried_or_left_but_never_breaks() -> (
    None
):
    async with world(BEIRUT) as made:
        beirut = await made.collective(BEIRUT, "beirut")
        for letters, carried in ((300, True), (900, False)):
            omar = await a_member(made, beirut, f"Omar {letters}", is_signed_in=False)
            words = "ن" * letters
            page = await omar.get(f"/intent/create?content={quote(words)}")
            assert page.status == 200, page.text
            form = page.form("/sign-in")
            page = await omar.send(form, name=f"Omar {letters}", password=PASSWORD)
            assert page.status == 200
            assert (words in page.text) is carried


async def test_a_form_of_another_site_does_nothing() -> None:
    async with world(AGORA, BEIRUT) as made:
        agora, beirut, _ = await _two(made)
        omar = await a_member(made, beirut, "Omar")
        fields = [("object", agora.uri), ("as", "beirut")]
        foreign = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}
        assert (await omar.post("/intent/follow", fields, headers=foreign)).status == 403
        assert (await omar.post("/intent/follow", fields)).status == 403, "without the form token"
        await made.settle()
        assert await made.followers(agora) == []


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr"])
async def test_the_pages_speak_every_language(language: str) -> None:
    async with world(AGORA, BEIRUT) as made:
        agora, beirut, event = await _two(made)
        omar = await a_member(made, beirut, language=language)
        for what, uri in (("open", event.uri), ("follow", agora.uri), ("like", event.uri)):
            page = await omar.get(_at(what, uri, on_success=uri, on_cancel=uri))
            assert not re.search(r"intent\.[a-z_.]+\s*<", page.text)
        page = await _press(omar, page, "like")
        assert not re.search(r"intent\.[a-z_.]+\s*<", page.text)
        assert f'href="{event.uri}"' in page.text
