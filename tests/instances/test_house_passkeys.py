"""Passkeys: made, used after the password and instead of it, removed; and what hostile answers, devices and people cannot do."""

import asyncio
import html
import json
import re
from typing import Any

import pytest

from actors import factors, members, passkeys, people
from actors.authenticators import Place, place_of
from fedi.db.engine import Reader
from fedi.onion import name_of
from fedi.unit import Unit
from tests.harness.authenticator import PRESENT, Device, Lie, bytes_of, text_of
from tests.harness.browser import Browser, Page
from tests.harness.members import PASSWORD, a_member
from tests.harness.world import World, world
from tests.instances.test_house_factor import PAPER, code_of, secret_in, set_up

OURS = "https://agora.test"
ADD, ALONE, SECOND = "/me/factor/passkeys", "/sign-in/passkey", "/sign-in/code/passkey"
OPTIONS = re.compile(r'data-options="([^"]+)"')
MUST = '[people]\nsecond_factor = "publishers"\n'


def options_in(page: Page) -> dict[str, Any]:
    found = OPTIONS.search(page.text)
    assert found, page.text
    options: dict[str, Any] = json.loads(html.unescape(found[1]))
    return options


async def add(browser: Browser, device: Device, label: str = "Blue phone", **typed: str) -> Page:
    page = await browser.get(ADD)
    said = device.make(options_in(page))
    return await browser.send(page.form(ADD), label=label, passkey=said, **typed)


async def come_in(browser: Browser, page: Page, said: str, to: str = ALONE) -> Page:
    """Press the button of a page that asks for a passkey; `said` is what the device answers."""
    form = page.form("/sign-in" if to == ALONE else "/sign-in/code")
    fields = [pair for pair in form.fields if pair[0] not in ("passkey", "code", "password")]
    return await browser.post(to, [*fields, ("passkey", said)])


async def sign_in_with(made: World, device: Device, lie: Lie | None = None) -> Page:
    browser = Browser(made, "agora.test")
    page = await browser.get("/sign-in")
    return await come_in(browser, page, device.use(options_in(page), lie or Lie()))


async def kept(made: World, name: str) -> list[passkeys.Passkey]:
    def look(rx: Reader) -> list[passkeys.Passkey]:
        return list(passkeys.list_of(rx, people.load(rx, name).id))

    return await made["agora.test"].look(look)


async def journal_of(made: World) -> list[str]:
    rows = await made["agora.test"].look(lambda rx: rx.all("SELECT done, about FROM journal"))
    return [" ".join(row).strip() for row in rows]


async def test_with_a_passkey_alone_somebody_is_in_and_goes_where_they_were_going() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        device = Device(OURS)
        page = await add(ana, device)
        assert len(PAPER.findall(page.text)) == 10, "with the first factor come codes on paper"
        assert (await ana.get("/me")).path == "/me"
        other = Browser(made, "agora.test")
        page = await other.get("/sign-in?next=/me")
        before = dict(other.cookies)
        page = await come_in(other, page, device.use(options_in(page)))
        assert page.path == "/me"
        assert other.cookies.keys() == {"__Host-session"}
        assert not set(other.cookies.values()) & set(before.values())
        (found,) = await kept(made, "Ana")
        assert (found.label, found.sign_count) == ("Blue phone", 1)
        assert "journal.passkey_added Blue phone" in await journal_of(made)


async def test_adding_one_ends_every_other_session_and_the_word_of_this_one() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        other = Browser(made, "agora.test")
        await other.sign_in("Ana", PASSWORD)
        before = ana.cookies["__Host-session"]
        await add(ana, Device(OURS))
        assert (await other.get("/me")).path.startswith("/sign-in")
        assert ana.cookies["__Host-session"] != before
        page = await add(ana, Device(OURS), "Key ring")
        assert page.path == "/me/factor?told=passkey_added", "further ones bring no new codes"
        assert "<bdi>Key ring</bdi>" in page.text


async def test_with_a_passkey_the_password_alone_opens_nothing() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        device = Device(OURS)
        codes = PAPER.findall((await add(ana, device)).text)
        other = Browser(made, "agora.test")
        page = await other.sign_in("Ana", PASSWORD)
        assert (await other.get("/me")).path.startswith("/sign-in?")
        half = other.cookies["__Host-session"]
        page = await come_in(other, page, device.use(options_in(page)), SECOND)
        assert page.path == "/house/agora"
        assert other.cookies["__Host-session"] != half
        # without a script, or without the device: a code on paper
        page = await (late := Browser(made, "agora.test")).sign_in("Ana", PASSWORD)
        page = await late.send(page.form("/sign-in/code"), code="000000")
        assert page.status == 403
        page = await late.send(page.form("/sign-in/code"), code=codes[0])
        assert page.path == "/house/agora"


async def test_it_stands_beside_a_program_for_codes_and_either_can_go() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        secret, _ = await set_up(made, ana)
        device = Device(OURS)
        await add(ana, device)
        other = Browser(made, "agora.test")
        page = await other.sign_in("Ana", PASSWORD)
        page = await other.send(page.form("/sign-in/code"), code=code_of(made, secret))
        assert page.path == "/house/agora"
        form = (await ana.get("/me/factor")).form("/me/factor/codes")
        page = await ana.post("/me/factor/remove", form.fields)
        assert page.path == "/me/factor?told=program_removed"
        page = await Browser(made, "agora.test").sign_in("Ana", PASSWORD)
        assert "data-options" in page.text
        (found,) = await kept(made, "Ana")
        page = await ana.get(f"{ADD}/{found.id}")
        page = await ana.send(page.form(f"{ADD}/{found.id}/remove"))
        assert page.path == "/me/factor?told=factor_removed"
        assert (await Browser(made, "agora.test").sign_in("Ana", PASSWORD)).path == "/house/agora"
        row = await made["agora.test"].look(lambda rx: rx.one("SELECT count(*) FROM recovery_code"))
        assert row is not None
        assert row[0] == 0, "codes on paper stand in for a factor, not for themselves"


async def test_who_has_a_passkey_can_set_up_a_program_for_codes_too() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        device = Device(OURS)
        before = PAPER.findall((await add(ana, device)).text)
        made.clock.advance(minutes=11)
        page = await ana.get("/me/factor")
        ids = re.findall(r' id="([^"]+)"', page.text)
        assert len(ids) == len(set(ids))
        secret = secret_in(page)
        form = page.form("/me/factor")
        assert (await ana.send(form, code=code_of(made, secret))).status == 400
        page = await ana.send(form, code=code_of(made, secret), password=PASSWORD)
        assert not set(PAPER.findall(page.text)) & set(before)
        made.clock.advance(minutes=2)
        other = Browser(made, "agora.test")
        page = await other.sign_in("Ana", PASSWORD)
        page = await other.send(page.form("/sign-in/code"), code=code_of(made, secret))
        assert page.path == "/house/agora"
        assert (await sign_in_with(made, device)).path == "/house/agora"


async def test_an_answer_counts_once_even_at_the_same_moment() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        # a device that does not count, so that nothing but the question tells a second time from the first
        device = Device(OURS, counts=False)
        await add(ana, device)
        browser = Browser(made, "agora.test")
        page = await browser.get("/sign-in")
        said, cookies = device.use(options_in(page)), dict(browser.cookies)

        async def again() -> Page:
            thief = Browser(made, "agora.test")
            thief.cookies = dict(cookies)
            return await come_in(thief, page, said)

        pages = await asyncio.gather(again(), again())
        assert sorted(each.status for each in pages) == [200, 403]
        late = await again()
        assert late.status == 403
        assert (await sign_in_with(made, device)).path == "/house/agora"


async def test_an_answer_counts_in_the_browser_that_was_asked_and_for_what_was_asked() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        device = Device(OURS)
        await add(ana, device)
        asked = await Browser(made, "agora.test").get("/sign-in")
        other = Browser(made, "agora.test")
        page = await other.get("/sign-in")
        fields = dict(page.form("/sign-in").fields)
        foreign = dict(asked.form("/sign-in").fields)["question"]
        said = device.use({**options_in(page), "challenge": foreign})
        sent = [*{**fields, "question": foreign, "passkey": said}.items()]
        assert (await other.post(ALONE, sent)).status == 403
        # the question of the second step, answered as if it were that of the first
        page = await other.sign_in("Ana", PASSWORD)
        question = dict(page.form("/sign-in/code").fields)["question"]
        said = device.use(options_in(page))
        fresh = dict((await other.get("/sign-in")).form("/sign-in").fields)
        sent = [*{**fresh, "question": question, "passkey": said}.items()]
        assert (await other.post(ALONE, sent)).status == 403
        assert (await other.get("/me")).path.startswith("/sign-in")


async def test_a_question_is_answered_within_five_minutes() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        device = Device(OURS)
        page = await ana.get(ADD)
        made.clock.advance(minutes=5)
        answer = await ana.send(page.form(ADD), label="Late", passkey=device.make(options_in(page)))
        assert answer.status == 400
        assert 'value="Late"' in answer.text
        await add(ana, device)
        browser = Browser(made, "agora.test")
        page = await browser.get("/sign-in")
        made.clock.advance(minutes=4, seconds=59)
        assert (await come_in(browser, page, device.use(options_in(page)))).path == "/house/agora"
        page = await (late := Browser(made, "agora.test")).get("/sign-in")
        made.clock.advance(minutes=5)
        page = await come_in(late, page, device.use(options_in(page)))
        assert page.status == 403
        assert "open for too long" in page.text
        page = await come_in(late, page, device.use(options_in(page)))
        assert page.path == "/house/agora", "the same page, asked anew"


LIES = {
    "a page of somebody else": Lie(origin="https://agora.test.evil.example"),
    "our name without TLS": Lie(origin="http://agora.test"),
    "another port": Lie(origin="https://agora.test:8443"),
    "a name below ours": Lie(origin="https://www.agora.test"),
    "signed for another name": Lie(rp_id="evil.example"),
    "signed for the name above": Lie(rp_id="test"),
    "nobody was verified": Lie(flags=PRESENT),
    "nobody was there": Lie(flags=0x04),
    "another question": Lie(challenge=text_of(bytes(64))),
    "another act": Lie(kind="payment.get"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_a_lying_answer_opens_nothing_and_makes_no_passkey(lie: Lie) -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        page = await ana.get(ADD)
        said = Device(OURS).make(options_in(page), lie)
        answer = await ana.send(page.form(ADD), label="Lie", passkey=said)
        assert answer.status == 400
        assert await kept(made, "Ana") == []
        device = Device(OURS)
        await add(ana, device)
        assert (await sign_in_with(made, device, lie)).status == 403
        browser = Browser(made, "agora.test")
        page = await browser.sign_in("Ana", PASSWORD)
        page = await come_in(browser, page, device.use(options_in(page), lie), SECOND)
        assert page.status == 403
        assert (await browser.get("/me")).path.startswith("/sign-in")


async def test_whatever_is_wrong_with_a_passkey_the_same_is_said() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        bob = await a_member(made, agora, "Bob", "editor")
        hers, his = Device(OURS), Device(OURS)
        await add(ana, hers)
        await add(bob, his)
        (her_key,) = hers.keys
        said: dict[str, tuple[int, str]] = {}

        async def told(name: str, device: Device, lie: Lie) -> None:
            page = await sign_in_with(made, device, lie)
            (problems,) = re.findall(r'class="problems".*?</div>', page.text, re.DOTALL)
            said[name] = (page.status, problems)
            made.clock.advance(minutes=16)

        await told("unknown", his, Lie(key_id=b"k" * 32))
        await told("signed by another key", his, Lie(key_id=her_key.id, handle=her_key.handle))
        await told("of one, for another", his, Lie(handle=her_key.handle))
        await told("for nobody", his, Lie(handle=b""))
        (found,) = await kept(made, "Bob")
        await bob.post(
            f"{ADD}/{found.id}/remove",
            [*(await bob.get(f"{ADD}/{found.id}")).forms[-1].fields, ("password", PASSWORD)],
        )
        assert await kept(made, "Bob") == []
        await told("removed", his, Lie())
        await add(bob, his, password=PASSWORD)

        def remove(unit: Unit) -> None:
            members.remove(unit, people.load(unit.tx, "Bob"), members.MACHINE)

        await made["agora.test"].change(remove)
        await told("of somebody removed", his, Lie())
        assert len(set(said.values())) == 1, said
        assert next(iter(said.values()))[0] == 403


async def test_after_the_password_only_a_passkey_of_the_same_person_counts() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        bob = await a_member(made, agora, "Bob", "editor")
        hers, his = Device(OURS), Device(OURS)
        await add(ana, hers)
        await add(bob, his)
        browser = Browser(made, "agora.test")
        page = await browser.sign_in("Ana", PASSWORD)
        page = await come_in(browser, page, his.use(options_in(page)), SECOND)
        assert page.status == 403
        assert (await browser.get("/me")).path.startswith("/sign-in")
        page = await come_in(browser, page, hers.use(options_in(page)), SECOND)
        assert page.path == "/house/agora"


@pytest.mark.parametrize("counts", [True, False])
async def test_a_copied_device_is_noticed_where_devices_count(counts: bool) -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        device = Device(OURS, counts)
        await add(ana, device)
        await sign_in_with(made, device)
        copied = device.copy()
        assert (await sign_in_with(made, device)).path == "/house/agora"
        page = await sign_in_with(made, copied)
        assert page.status == (403 if counts else 200)
        noted = [each for each in await journal_of(made) if "copied" in each]
        assert noted == (["journal.passkey_copied Blue phone"] if counts else [])
        if counts:
            for each in device.keys:
                each.count = None
            assert (await sign_in_with(made, device)).status == 403, (
                "to count no more is going back"
            )


async def test_who_has_no_key_cannot_fill_the_journal_with_lies_about_a_counter() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        device = Device(OURS)
        await add(ana, device)
        await sign_in_with(made, device)
        forger = Device(OURS, counts=False)
        forger.make(options_in(await ana.get(ADD)))
        lie = Lie(key_id=device.keys[0].id)
        assert (await sign_in_with(made, forger, lie)).status == 403
        assert not any("copied" in each for each in await journal_of(made))


async def test_a_passkey_of_somebody_else_can_be_neither_seen_nor_named_nor_removed() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        bob = await a_member(made, agora, "Bob", "steward")
        await add(ana, Device(OURS))
        (found,) = await kept(made, "Ana")
        token = (await bob.get("/me")).form("/me").fields[0]
        for its in (found.id, found.id + 1, "9" * 19, "x", "%C2%B2"):
            path = f"{ADD}/{its}"
            answers = [
                await bob.get(path),
                await bob.post(path, [token, ("label", "Mine")]),
                await bob.post(f"{path}/remove", [token]),
            ]
            assert [each.status for each in answers] == [404] * 3, path
            assert "Blue phone" not in "".join(each.text for each in answers)
        assert await kept(made, "Ana") == [found]
        assert (await bob.get("/me")).path == "/me", "a vain try ends no session"


async def test_nobody_has_more_than_fifty() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        device = Device(OURS)
        for number in range(50):
            await add(ana, device, f"Number {number}", password=PASSWORD)
        page = await ana.get(ADD)
        known = {each["id"] for each in options_in(page)["excludeCredentials"]}
        assert known == {text_of(each.id) for each in device.keys}
        page = await add(ana, device, "One more", password=PASSWORD)
        assert page.status == 400
        assert len(await kept(made, "Ana")) == 50
        assert (await sign_in_with(made, Device(OURS, keys=device.keys[:1]))).path == "/house/agora"


async def test_a_key_that_is_known_is_not_added_twice_nor_for_somebody_else() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        bob = await a_member(made, agora, "Bob", "editor")
        device = Device(OURS)
        await add(ana, device)
        her_id = device.keys[0].id
        for browser in (ana, bob):
            page = await browser.get(ADD)
            said = Device(OURS).make(options_in(page), Lie(key_id=her_id))
            answer = await browser.send(page.form(ADD), label="Same", passkey=said)
            assert answer.status == 400
        assert await kept(made, "Bob") == []
        assert (await sign_in_with(made, device)).path == "/house/agora"


async def test_a_session_left_open_adds_and_removes_none_without_the_password() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        await add(ana, Device(OURS))
        made.clock.advance(minutes=11)
        (found,) = await kept(made, "Ana")
        for typed in ({}, {"password": "something else"}):
            assert (await add(ana, Device(OURS), "Thief", **typed)).status == 400
            page = await ana.get(f"{ADD}/{found.id}")
            page = await ana.send(page.form(f"{ADD}/{found.id}/remove"), **typed)
            assert page.status == 400
        assert await kept(made, "Ana") == [found]
        assert (await add(ana, Device(OURS), "Mine", password=PASSWORD)).status == 200
        page = await ana.get(f"{ADD}/{found.id}")
        await ana.send(page.form(f"{ADD}/{found.id}"), label="  Old   phone ")
        assert [each.label for each in await kept(made, "Ana")] == ["Old phone", "Mine"]
        assert (await ana.send(page.form(f"{ADD}/{found.id}"), label=" ")).status == 400


async def test_who_guesses_after_the_password_has_to_wait() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        device = Device(OURS)
        await add(ana, device)
        browser = Browser(made, "agora.test")
        page = await browser.sign_in("Ana", PASSWORD)
        for _ in range(5):
            page = await come_in(browser, page, "{}", SECOND)
            assert page.status == 403
        page = await come_in(browser, page, device.use(options_in(page)), SECOND)
        assert page.status == 429
        assert int(page.headers["retry-after"]) > 0


async def test_where_a_factor_is_asked_of_publishers_a_passkey_is_one() -> None:
    async with world("agora.test", settings=MUST) as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora, is_signed_in=False)
        assert (await ana.sign_in("Ana", PASSWORD)).path == "/me/factor"
        assert (await ana.get("/house/agora")).path == "/me/factor"
        device = Device(OURS)
        await add(ana, device)
        assert (await ana.get("/house/agora")).path == "/house/agora"
        (found,) = await kept(made, "Ana")
        page = await ana.get(f"{ADD}/{found.id}")
        await ana.send(page.form(f"{ADD}/{found.id}/remove"))
        assert (await ana.get("/house/agora")).path == "/me/factor"


async def test_a_steward_removes_lost_passkeys_with_the_factor_and_the_person_is_told() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        bob = await a_member(made, agora, "Bob", "editor")
        device = Device(OURS)
        await add(bob, device)
        his = await made["agora.test"].look(lambda rx: people.load(rx, "Bob").id)
        base = f"/house/agora/people/{his}"
        page = await ana.get(base)
        await ana.send(page.form(f"{base}/factor"))
        assert await kept(made, "Bob") == []
        assert not await made["agora.test"].look(lambda rx: factors.has(rx, his))
        assert (await bob.get("/me")).path.startswith("/sign-in")
        assert (await sign_in_with(made, device)).status == 403
        page = await bob.sign_in("Bob", PASSWORD)
        assert page.path == "/me/factor"
        assert "a steward removed" in page.text
        await add(bob, Device(OURS))
        assert "a steward removed" not in (await bob.get("/me/factor")).text


HOSTILE = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "empty": "{}",
    "a deep list": "[" * 9000,
    "a long number": '{"id":' + "9" * 9000 + "}",
    "strange parts": json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": 7}),
    "half a character": '{"id":"\\ud800","rawId":"\\ud800","type":"public-key","response":{}}',
    "too large": json.dumps({"id": "A" * 30_000}),
}


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_words_are_refused_like_any_wrong_answer(said: str) -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        page = await ana.get(ADD)
        assert (await ana.send(page.form(ADD), label="Bad", passkey=said)).status == 400
        browser = Browser(made, "agora.test")
        page = await browser.get("/sign-in")
        assert (await come_in(browser, page, said)).status == 403
        for question in ("", "A", "ü", "A" * 86):
            sent = {**dict(page.form("/sign-in").fields), "question": question, "passkey": said}
            assert (await browser.post(ALONE, [*sent.items()])).status == 403


async def test_what_a_maker_says_of_a_device_is_not_listened_to() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        for fmt in ("tpm", "android-key", "apple", "fido-u2f", "packed"):
            page = await ana.get(ADD)
            said = Device(OURS).make(options_in(page), Lie(fmt=fmt))
            answer = await ana.send(page.form(ADD), label="Made", passkey=said)
            assert answer.status == 400, fmt
        options = options_in(page)
        assert options["attestation"] == "none"
        assert options["authenticatorSelection"]["userVerification"] == "required"
        assert options["authenticatorSelection"]["residentKey"] == "required"
        assert b"Ana" not in bytes_of(options["user"]["id"])


async def test_a_form_from_elsewhere_uses_no_passkey() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        device = Device(OURS)
        await add(ana, device)
        browser = Browser(made, "agora.test")
        page = await browser.get("/sign-in")
        sent = {**dict(page.form("/sign-in").fields), "passkey": device.use(options_in(page))}
        answer = await browser.post(
            ALONE, [*sent.items()], headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status == 403
        answer = await browser.post(ALONE, [*{**sent, "form_token": "x"}.items()])
        assert answer.status == 403
        assert (await browser.get("/me")).path.startswith("/sign-in")


async def test_without_a_script_nothing_of_it_can_be_pressed() -> None:
    async with world("agora.test") as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        await add(ana, Device(OURS))
        waiting = await Browser(made, "agora.test").sign_in("Ana", PASSWORD)
        pages = [await Browser(made, "agora.test").get("/sign-in"), await ana.get(ADD), waiting]
        for page in pages:
            assert re.search(r"hidden data-passkey-part>.*?data-passkey=", page.text, re.DOTALL)
            assert "script-src 'self';" in page.headers["content-security-policy"]
        assert re.search(r"hidden data-passkey-part><a ", (await ana.get("/me/factor")).text)


async def test_under_the_onion_name_there_are_none_and_it_says_why() -> None:
    onion = name_of(bytes(range(32)))
    settings = f'[instance]\nonion_name = "{onion}"\n'
    async with world("agora.test", settings=settings) as made:
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        device = Device(OURS)
        await add(ana, device)
        ana.cookies["session"] = ana.cookies["__Host-session"]
        page = await ana.get("/me/factor", Host=onion)
        assert "belong to the address agora.test" in page.text
        assert f'href="{ADD}"' not in page.text
        assert "data-passkey=" not in (await ana.get(ADD, Host=onion)).text
        browser = Browser(made, "agora.test")
        page = await browser.get("/sign-in")
        sent = {**dict(page.form("/sign-in").fields), "passkey": device.use(options_in(page))}
        browser.cookies["entry"] = browser.cookies["__Host-entry"]
        assert "data-passkey=" not in (await browser.get("/sign-in", Host=onion)).text
        headers = {"Host": onion, "Origin": f"http://{onion}"}
        answer = await browser.post(ALONE, [*sent.items()], headers=headers)
        assert answer.status == 403
        assert "belong to the address agora.test" in answer.text
        # with the password a code on paper is left
        answer = await browser.get("/sign-in", Host=onion)
        fields = [*answer.form("/sign-in").fields, ("name", "Ana"), ("password", PASSWORD)]
        answer = await browser.post("/sign-in", fields, headers=headers)
        assert "belong to the address agora.test" in answer.text
        assert "A code on paper" in answer.text


@pytest.mark.parametrize(
    ("base", "place"),
    [
        ("https://agora.test", Place("agora.test", "https://agora.test")),
        ("https://agora.test:8443", Place("agora.test", "https://agora.test:8443")),
        ("http://localhost:8080", Place("localhost", "http://localhost:8080")),
        ("http://agora.test", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::7]:8443", None),
        (f"http://{'a' * 56}.onion", None),
    ],
)
def test_they_belong_to_the_name_without_the_port_where_browsers_have_them(
    base: str, place: Place | None
) -> None:
    assert place_of(base) == place
