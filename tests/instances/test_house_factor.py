"""The second factor: set up, asked for, lost; and what somebody who has only the password cannot do."""

import asyncio
import base64
import re

import pytest

from actors import factors, onetime, people
from fedi.config import parse_config
from fedi.house.factor.duty import Duty, duty_of
from fedi.unit import Unit
from tests.harness.browser import Browser, Page
from tests.harness.members import PASSWORD, a_member
from tests.harness.world import World, world

LETTERS = re.compile(r'class="letters"><code dir="ltr">([A-Z2-7 ]+)</code>')
PAPER = re.compile(r"<li><code>([0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4})</code></li>")


def secret_in(page: Page) -> bytes:
    found = LETTERS.search(page.text)
    assert found, page.text
    return base64.b32decode(found[1].replace(" ", ""))


def code_of(made: World, secret: bytes) -> str:
    return onetime.code_at(secret, onetime.step_of(made.clock.now()))


async def set_up(made: World, browser: Browser) -> tuple[bytes, list[str]]:
    """The shared secret and the codes on paper."""
    page = await browser.get("/me/factor")
    secret = secret_in(page)
    page = await browser.send(page.form("/me/factor"), code=code_of(made, secret))
    codes = PAPER.findall(page.text)
    assert len(codes) == 10, page.text
    made.clock.advance(minutes=2)
    return secret, codes


async def test_with_a_second_factor_the_password_alone_opens_nothing() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        other = Browser(made, "agora.test")
        await other.sign_in("Ana", PASSWORD)
        secret, _ = await set_up(made, ana)
        assert (await other.get("/me")).path.startswith("/sign-in"), "other sessions end"
        assert (await ana.get("/me")).path == "/me"
        page = await other.sign_in("Ana", PASSWORD)
        assert page.status == 200
        for path in ("/me", "/house/agora", "/me/factor"):
            assert (await other.get(path)).path.startswith("/sign-in?"), path
        half = other.cookies["__Host-session"]
        page = await other.send(page.form("/sign-in/code"), code=code_of(made, secret))
        assert page.path == "/house/agora"
        assert other.cookies["__Host-session"] != half
        stolen = Browser(made, "agora.test")
        stolen.cookies = {"__Host-session": half}
        assert (await stolen.get("/me")).path.startswith("/sign-in")


async def test_nothing_is_switched_on_before_a_code_was_right() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await ana.get("/me/factor")
        secret = secret_in(page)
        wrong = str((int(code_of(made, secret)) + 1) % 10**6).zfill(6)
        for typed in ("", wrong, "٠" * 7):
            answer = await ana.send(page.form("/me/factor"), code=typed)
            assert answer.status == 400
            assert secret_in(answer) == secret, "the picture that was taken still counts"
        foreign = await ana.send(page.form("/me/factor"), code="000000", sealed="AAAA")
        assert foreign.status == 400
        bob = await a_member(made, agora, "Bob", "editor")
        sealed = dict(page.form("/me/factor").fields)["sealed"]
        theirs = (await bob.get("/me/factor")).form("/me/factor")
        answer = await bob.send(theirs, sealed=sealed, code=code_of(made, secret))
        assert answer.status == 400
        row = await made["agora.test"].look(lambda rx: rx.one("SELECT count(*) FROM factor"))
        assert row is not None
        assert row[0] == 0


async def test_a_code_counts_once_even_at_the_same_moment() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        secret, codes = await set_up(made, ana)

        async def twice(typed: str) -> list[int]:
            browsers = [Browser(made, "agora.test") for _ in range(2)]
            forms = [
                (await each.sign_in("Ana", PASSWORD)).form("/sign-in/code") for each in browsers
            ]
            pages = await asyncio.gather(
                *(each.send(form, code=typed) for each, form in zip(browsers, forms, strict=True))
            )
            return sorted(each.status for each in pages)

        code = code_of(made, secret)
        assert await twice(code) == [200, 403]
        late = Browser(made, "agora.test")
        page = await late.sign_in("Ana", PASSWORD)
        page = await late.send(page.form("/sign-in/code"), code=code)
        assert page.status == 403, "nor a moment later"
        assert await twice(codes[0].upper()) == [200, 403]
        page = await (Browser(made, "agora.test")).sign_in("Ana", PASSWORD)
        left = await made["agora.test"].look(lambda rx: factors.find(rx, people.load(rx, "Ana").id))
        assert left is not None
        assert left.codes_left == 9


async def test_who_guesses_codes_has_to_wait_also_with_a_right_one() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        secret, _ = await set_up(made, ana)
        mallory = Browser(made, "agora.test")
        page = await mallory.sign_in("Ana", PASSWORD)
        wrong = str((int(code_of(made, secret)) + 7) % 10**6).zfill(6)
        for _ in range(5):
            page = await mallory.send(page.form("/sign-in/code"), code=wrong)
            assert page.status == 403
        again = Browser(made, "agora.test")
        page = await again.sign_in("Ana", PASSWORD)
        page = await again.send(page.form("/sign-in/code"), code=code_of(made, secret))
        assert page.status == 429
        assert int(page.headers["retry-after"]) > 0
        made.clock.advance(minutes=16)
        page = await again.sign_in("Ana", PASSWORD)
        page = await again.send(page.form("/sign-in/code"), code=code_of(made, secret))
        assert page.path == "/house/agora"


async def test_a_link_for_a_new_password_does_not_go_around_the_second_factor() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        secret, _ = await set_up(made, ana)

        def invite(unit: Unit) -> str:
            return people.invite(unit, people.load(unit.tx, "Ana").id)[0]

        token = await made["agora.test"].change(invite)
        other = Browser(made, "agora.test")
        page = await other.get(f"/invitation/{token}")
        new = "quatre lanternes au bord du canal"
        page = await other.send(page.forms[-1], password=new, again=new)
        assert (await other.get("/me")).path.startswith("/sign-in")
        page = await other.send(page.form("/sign-in/code"), code=code_of(made, secret))
        assert page.path == "/house/agora"


async def test_what_was_on_its_way_goes_through_both_steps() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        secret, _ = await set_up(made, ana)
        form = (await ana.get("/me")).form("/me")
        made.clock.advance(days=3)
        page = await ana.send(form, name="Ana María")
        assert page.status == 401
        page = await ana.send(page.form("/sign-in"), name="Ana", password=PASSWORD)
        page = await ana.send(page.form("/sign-in/code"), code="000 000 1")
        made.clock.advance(minutes=11)
        page = await ana.send(page.form("/sign-in/code"), code=code_of(made, secret))
        assert page.status == 403, "the ten minutes are over"
        page = await ana.send(page.form("/sign-in"), name="Ana", password=PASSWORD)
        page = await ana.send(page.form("/sign-in/code"), code=code_of(made, secret))
        page = await ana.send(page.form("/me"))
        assert page.path.startswith("/me")
        assert 'value="Ana María"' in page.text


async def test_a_session_left_open_cannot_change_how_somebody_gets_in() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        made.clock.advance(minutes=11)
        page = await ana.get("/me/factor")
        secret = secret_in(page)
        form = page.form("/me/factor")
        page = await ana.send(form, code=code_of(made, secret), password="something else")
        assert page.status == 400
        page = await ana.send(form, code=code_of(made, secret), password=PASSWORD)
        assert PAPER.search(page.text)
        made.clock.advance(minutes=11)
        form = (await ana.get("/me/factor")).form("/me/factor/codes")
        for path in ("/me/factor/codes", "/me/factor/remove"):
            page = await ana.post(path, [*form.fields, ("password", "something else")])
            assert page.status == 400, path
        page = await ana.send(form, password=PASSWORD)
        assert len(PAPER.findall(page.text)) == 10
        page = await ana.post(
            "/me/factor/remove", (await ana.get("/me/factor")).form("/me/factor/codes").fields
        )
        assert "alone lets you in" in page.text
        assert (await Browser(made, "agora.test").sign_in("Ana", PASSWORD)).path == "/house/agora"


async def test_a_steward_removes_a_lost_factor_and_the_person_is_told() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        bob = await a_member(made, agora, "Bob", "editor")
        await set_up(made, bob)
        await set_up(made, ana)
        his = await made["agora.test"].look(lambda rx: people.load(rx, "Bob").id)
        mine = await made["agora.test"].look(lambda rx: people.load(rx, "Ana").id)
        base = "/house/agora/people"
        assert (await ana.get(base)).text.count("without a second factor") == 0
        page = await ana.get(f"{base}/{his}")
        await ana.send(page.form(f"{base}/{his}/factor"))
        assert (await bob.get("/me")).path.startswith("/sign-in")
        assert (await ana.get(base)).text.count("without a second factor") == 1
        page = await bob.sign_in("Bob", PASSWORD)
        assert page.path == "/me/factor"
        assert "a steward removed" in page.text
        await bob.send(page.form("/me/factor/told"))
        assert (await Browser(made, "agora.test").sign_in("Bob", PASSWORD)).path == "/house/agora"
        token = (await ana.get("/me")).forms[0].fields[0]
        assert (await ana.post(f"{base}/{mine}/factor", [token])).status == 403
        assert (await bob.post(f"{base}/{mine}/factor", [token])).status == 403
        text = (await ana.get("/house/agora/journal")).text
        assert "removed the second factor of <bdi>Bob</bdi>" in text


@pytest.mark.parametrize("role", ["steward", "editor"])
async def test_where_a_factor_is_asked_of_publishers_nothing_else_opens_before(role: str) -> None:
    async with world("agora.test", settings='[people]\nsecond_factor = "publishers"\n') as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora, role=role, is_signed_in=False)
        page = await ana.sign_in("Ana", PASSWORD)
        assert page.path == "/me/factor"
        for path in ("/me", "/house/agora", "/house/agora/journal"):
            assert (await ana.get(path)).path == "/me/factor", path
        token = page.form("/me/factor").fields[0]
        page = await ana.post("/me", [token, ("name", "Other"), ("language", "en")])
        assert page.status == 403
        assert 'value="Other"' in page.text, "what was typed stays"
        assert 'href="/me/factor"' in page.text
        await set_up(made, ana)
        assert (await ana.get("/house/agora")).path == "/house/agora"
        cleo = await a_member(made, agora, "Cleo", "author", is_signed_in=False)
        assert (await cleo.sign_in("Cleo", PASSWORD)).path == "/house/agora"


@pytest.mark.parametrize(
    ("setting", "posture", "roles", "duty"),
    [
        ("", "open", ["steward"], Duty.ASKED),
        ("", "open", ["editor"], Duty.NONE),
        ("", "guarded", ["editor"], Duty.MUST),
        ("", "closed", ["reader", "steward"], Duty.MUST),
        ("", "closed", ["author"], Duty.NONE),
        ("publishers", "open", ["editor"], Duty.MUST),
        ("publishers", "open", ["reader", "author"], Duty.NONE),
        ("stewards", "closed", ["editor"], Duty.NONE),
        ("stewards", "open", ["author", "steward"], Duty.MUST),
        ("nobody", "closed", ["steward"], Duty.NONE),
        ("publishers", "open", [], Duty.NONE),
    ],
)
def test_the_setting_and_the_posture_say_who_must(
    setting: str, posture: str, roles: list[str], duty: Duty
) -> None:
    config = parse_config(
        f'[instance]\nposture = "{posture}"\n[people]\nsecond_factor = "{setting}"\n', {}
    )
    assert duty_of(config, roles) is duty


async def test_a_stolen_database_holds_neither_the_secret_nor_the_codes() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        secret, codes = await set_up(made, ana)
        rows = await made["agora.test"].look(
            lambda rx: [*rx.all("SELECT * FROM factor"), *rx.all("SELECT * FROM recovery_code")]
        )
        held = b"".join(
            bytes(value) if isinstance(value, bytes | bytearray) else str(value).encode()
            for row in rows
            for value in tuple(row)
        )
        assert len(rows) == 11
        assert secret not in held
        assert not any(code.replace("-", "").encode() in held for code in codes)
