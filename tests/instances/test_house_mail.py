"""A new password by mail: for who proved an address, told to nobody else, through the proxy or not at all."""

import re
import socket

import pytest

from actors import mail, notifications, people
from fedi.config import parse_config
from fedi.errors import SetupError
from fedi.jobs.mail import send_due, wish_digests
from tests.harness.browser import Browser, Page
from tests.harness.members import PASSWORD, a_member
from tests.harness.post import PostOffice, post_office
from tests.harness.world import World, world

ADDRESS = "ana@example.org"
NEW = "quatre lanternes au bord du canal"


async def prove(made: World, office: PostOffice, ana: Browser, address: str = ADDRESS) -> None:
    page = await ana.get("/me/mail")
    page = await ana.send(page.form("/me/mail"), address=address, password=PASSWORD)
    assert page.status == 200
    assert await send_due(made["agora.test"]) == 1
    code = re.search(r"\b(\d{8})\b", office.letters[-1].get_content())
    assert code
    page = await ana.send(page.form("/me/mail/code"), code=code[1])
    assert not any(each.action == "/me/mail/code" for each in page.forms)


async def ask(made: World, address: str) -> Page:
    stranger = Browser(made, "agora.test")
    page = await stranger.get("/sign-in/lost")
    return await stranger.send(page.form("/sign-in/lost"), address=address)


async def test_a_link_by_mail_leads_to_a_new_password() -> None:
    async with (
        post_office() as office,
        world("agora.test", settings=office.settings) as made,
    ):
        agora = await made.collective("agora.test", "agora", "ساحة")
        ana = await a_member(made, agora, "آنا", language="ar")
        await prove(made, office, ana)
        page = await ask(made, "ANA@example.org")
        assert page.status == 200
        assert await send_due(made["agora.test"]) == 1
        letter = office.letters[-1]
        assert letter["To"].lower() == ADDRESS
        assert letter["From"] == "house@agora.test"
        assert letter.get_content_type() == "text/plain"
        assert "آنا" in letter.get_content()
        link = re.search(r"https://agora\.test(/invitation/\S+)", letter.get_content())
        assert link
        other = Browser(made, "agora.test")
        page = await other.get(link[1])
        page = await other.send(page.forms[-1], password=NEW, again=NEW)
        assert page.path == "/house/agora"
        assert (await ana.get("/me")).path.startswith("/sign-in")
        assert (await other.get(link[1])).status == 404


async def test_the_answer_is_the_same_for_an_address_that_nobody_has() -> None:
    async with (
        post_office() as office,
        world("agora.test", settings=office.settings) as made,
    ):
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        await prove(made, office, ana)
        sent = len(office.raw)
        known, unknown = [await ask(made, each) for each in (ADDRESS, "bob@example.org")]
        strip = re.compile(r'(value|content)="[^"]*"')
        assert strip.sub("", known.text) == strip.sub("", unknown.text)
        assert known.status == unknown.status == 200
        assert await send_due(made["agora.test"]) == 2, "both questions waited alike"
        assert len(office.raw) == sent + 1


async def test_an_address_that_was_not_proved_gets_no_link() -> None:
    async with (
        post_office() as office,
        world("agora.test", settings=office.settings) as made,
    ):
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await ana.get("/me/mail")
        page = await ana.send(page.form("/me/mail"), address=ADDRESS)
        for _ in range(5):
            refused = await ana.send(page.form("/me/mail/code"), code="00000000")
            assert refused.status == 400
        refused = await ana.send(page.form("/me/mail/code"), code="00000000")
        assert "Too many" in refused.text or "wait" in refused.text.lower()
        await ask(made, ADDRESS)
        await send_due(made["agora.test"])
        assert [each["Subject"] for each in office.letters] == ["A code for agora.test"]


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.org\r\nBcc: all@example.org",
        "ana@example.org\nBcc: all@example.org",
        "ana@example.org,bob@example.org",
        "Ana <ana@example.org>",
        "ana@[127.0.0.1]",
        "ana@localhost",
        "a" * 250 + "@example.org",
        "ana@exa\x00mple.org",
        "@example.org",
        "ana",
        "",
    ],
)
async def test_what_is_no_plain_address_is_refused_and_nothing_is_written(address: str) -> None:
    async with (
        post_office() as office,
        world("agora.test", settings=office.settings) as made,
    ):
        await made.collective("agora.test", "agora")
        page = await ask(made, address)
        assert page.status == 400
        assert "plain mail address" in page.text
        assert await send_due(made["agora.test"]) == 0
        assert office.raw == []


async def test_a_name_with_line_breaks_adds_no_header() -> None:
    async with (
        post_office() as office,
        world("agora.test", settings=office.settings) as made,
    ):
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora, "Ana\r\nBcc: all@example.org")
        await prove(made, office, ana)
        letter = office.letters[-1]
        assert letter["Bcc"] is None
        assert office.recipients == [f"RCPT TO:<{ADDRESS}>"]
        assert set(office.greetings) == {"agora.test"}, "the name of this machine stays here"
        assert socket.gethostname().encode() not in office.raw[-1]


async def test_a_letter_waits_while_the_mail_server_is_busy_and_is_given_up_when_refused() -> None:
    async with (
        post_office() as office,
        world("agora.test", settings=office.settings) as made,
    ):
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        await prove(made, office, ana)
        sent = len(office.raw)
        office.answer = "451 later"
        await ask(made, ADDRESS)
        for minutes in (1, 5, 15):
            assert await send_due(made["agora.test"]) == 1
            assert await send_due(made["agora.test"]) == 0, "not at once again"
            made.clock.advance(minutes=minutes)
        office.answer = "250 ok"
        assert await send_due(made["agora.test"]) == 1
        assert len(office.raw) == sent + 1
        office.answer = "550 nobody of that name"
        await ask(made, ADDRESS)
        assert await send_due(made["agora.test"]) == 1
        made.clock.advance(days=1)
        assert await send_due(made["agora.test"]) == 0


async def test_with_a_proxy_nothing_leaves_but_through_it() -> None:
    async with post_office() as office:
        with socket.socket() as dead:
            dead.bind(("127.0.0.1", 0))
            port = dead.getsockname()[1]
            settings = f'{office.settings}[network]\nsocks_proxy = "socks5h://127.0.0.1:{port}"\n'
            async with world("agora.test", settings=settings) as made:
                instance = made["agora.test"]
                agora = await made.collective("agora.test", "agora")
                await a_member(made, agora, is_signed_in=False)
                secret = instance.keyring.secret

                def give(unit: object) -> None:
                    ana = people.load(unit.tx, "Ana").id  # type: ignore[attr-defined]
                    mail.set_address(unit, secret, ana, ADDRESS)  # type: ignore[arg-type]
                    mail.confirm(unit, ana)  # type: ignore[arg-type]
                    mail.wish(unit, secret, "lost", ADDRESS)  # type: ignore[arg-type]

                await instance.change(give)
                assert await send_due(instance) == 1
                assert office.greetings == []
                row = await instance.look(lambda rx: rx.one("SELECT count(*) FROM letter"))
                assert row is not None
                assert row[0] == 1, "it waits"


async def test_a_stolen_database_holds_no_address_and_no_link() -> None:
    async with (
        post_office() as office,
        world("agora.test", settings=office.settings) as made,
    ):
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        await prove(made, office, ana)
        await ask(made, ADDRESS)
        rows = await made["agora.test"].look(
            lambda rx: [*rx.all("SELECT * FROM mail_address"), *rx.all("SELECT * FROM letter")]
        )
        held = b"".join(
            bytes(value) if isinstance(value, bytes) else str(value).encode()
            for row in rows
            for value in tuple(row)
        )
        assert len(rows) == 2
        assert b"example" not in held


async def test_without_a_mail_server_nothing_of_it_is_there() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        assert (await ana.get("/sign-in/lost")).status == 404
        assert (await ana.get("/me/mail")).status == 404
        assert "/me/mail" not in (await ana.get("/me")).text
        assert "/sign-in/lost" not in (await Browser(made, "agora.test").get("/sign-in")).text


@pytest.mark.parametrize(
    "settings",
    [
        'host = "mail.example.org"\nsender = ""',
        'host = "mail.example.org"\nsender = "a@b.org\\nBcc: c@d.org"',
        'host = "mail.example.org"\nsender = "a@b.org"\nsecurity = "none"',
        'host = "mail.example.org"\nsender = "a@b.org"\nsecurity = "ssl"',
        'host = "mail.example.org"\nsender = "a@b.org"\nport = 0',
        'host = "mail.example.org"\nsender = "a@b.org"\npassword_file = "/nowhere/at/all"',
    ],
)
def test_settings_that_cannot_work_are_refused_at_the_start(settings: str) -> None:
    with pytest.raises(SetupError):
        parse_config(f"[mail]\n{settings}\n", {})


async def told_by_mail(made: World, days: int = 1) -> None:
    made.clock.advance(days=days, minutes=1)
    await wish_digests(made["agora.test"])
    while await send_due(made["agora.test"]):
        pass


async def test_who_wishes_is_told_that_something_waits_and_not_what() -> None:
    async with (
        post_office() as office,
        world("agora.test", "beirut.test", settings=office.settings) as made,
    ):
        agora = await made.collective("agora.test", "agora", "جماعة سرية")
        beirut = await made.collective("beirut.test", "beirut", "Somebody")
        ana = await a_member(made, agora, "آنا", "reader", "ar")
        await prove(made, office, ana)
        sent = len(office.raw)
        await made.follow(beirut, agora)
        await told_by_mail(made)
        assert len(office.raw) == sent, "nobody asked for it"

        await ana.sign_in("آنا", PASSWORD)
        page = await ana.get("/me/mail")
        page = await ana.send(page.form("/me/mail/digest"), digest="1")
        assert page.status == 200
        await told_by_mail(made)
        assert len(office.raw) == sent + 1
        letter = office.letters[-1]
        assert letter["To"] == ADDRESS
        words = letter.get_content()
        assert "شيء واحد ينتظر" in words
        assert "https://agora.test/house" in words
        for secret in ("جماعة سرية", "Somebody", "beirut"):
            assert secret not in words + letter["Subject"]

        await told_by_mail(made, days=0)
        assert len(office.raw) == sent + 1, "once a day at most"
        notices = await made["agora.test"].look(lambda rx: notifications.list_newest(rx, agora.uri))
        ids = [each.id for each in notices]
        await made["agora.test"].change(lambda unit: notifications.mark_read(unit, agora.uri, ids))
        await told_by_mail(made)
        assert len(office.raw) == sent + 1, "nothing waits any more"


@pytest.mark.parametrize("typed", ["2", "-1", "x", "99999999999999999999"])
async def test_no_other_rhythm_than_those_offered_is_taken(typed: str) -> None:
    async with (
        post_office() as office,
        world("agora.test", settings=office.settings) as made,
    ):
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        await prove(made, office, ana)
        form = (await ana.get("/me/mail")).form("/me/mail/digest")
        assert (await ana.send(form, digest=typed)).status == 400
        assert ("digest", "0") in (await ana.get("/me/mail")).form("/me/mail/digest").fields
