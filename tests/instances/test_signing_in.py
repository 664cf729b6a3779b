"""Coming into the house and leaving it: invitation, name and password, sessions, roles; and what nobody else can do."""

import re

import pytest

from actors import people, sessions
from actors.model import Actor
from fedi.house.porch import SEGMENTS
from fedi.house.routes import DOORS, routes
from fedi.unit import Unit
from tests.harness.browser import Browser
from tests.harness.members import PASSWORD, a_member
from tests.harness.world import World, world

OTHER = "un tambour sous la pluie de novembre"


async def invited(made: World, actor: Actor, name: str = "Ana", role: str = "author") -> str:
    def work(unit: Unit) -> str:
        person = people.add(unit, name)
        people.grant(unit, person.id, actor.uri, role)
        return people.invite(unit, person.id)[0]

    return await made[actor.host].change(work)


async def count_sessions(made: World) -> int:
    row = await made["agora.test"].look(lambda rx: rx.one("SELECT count(*) FROM session"))
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr"])
async def test_an_invitation_leads_into_the_house_once(language: str) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora", "ساحة الجيران")
        token = await invited(made, agora)
        ana = Browser(made, "agora.test", language)
        page = await ana.get(f"/invitation/{token}")
        page = await ana.send(page.forms[-1], password=PASSWORD, again=PASSWORD)
        assert page.status == 200
        assert page.path == "/house/agora"
        assert "ساحة الجيران" in page.text
        assert not re.search(r"[\s>\"]house\.[a-z_]+", page.text), "a text is missing"
        assert (await ana.get(f"/invitation/{token}")).status == 404
        again = Browser(made, "agora.test", language)
        assert (await again.sign_in("ana", PASSWORD)).path == "/house/agora"


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "at least 10"),
        ("password1234", "password1234", "guessed"),
        ("agora.testagora", "agora.testagora", "guessed"),
        (PASSWORD, PASSWORD + " ", "do not match"),
        ("x" * 201, "x" * 201, "at most"),
    ],
)
async def test_a_bad_password_is_refused_and_the_invitation_stays(
    password: str, again: str, said: str
) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        token = await invited(made, agora)
        ana = Browser(made, "agora.test")
        page = await ana.get(f"/invitation/{token}")
        page = await ana.send(page.forms[-1], password=password, again=again)
        assert page.status == 400
        assert said in page.text
        assert await count_sessions(made) == 0
        page = await ana.send(page.forms[-1], password=PASSWORD, again=PASSWORD)
        assert page.path == "/house/agora"


async def test_a_wrong_name_and_a_wrong_password_are_told_the_same() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        await a_member(made, agora, is_signed_in=False)
        said = []
        for name, password in (("Ana", OTHER), ("Nobody", PASSWORD), ("", ""), ("Ana", "")):
            browser = Browser(made, "agora.test")
            page = await browser.sign_in(name, password)
            assert page.status == 403
            said.append(re.sub(r'(value|content|data-options)="[^"]*"', "", page.text))
        assert len(set(said)) == 1
        assert await count_sessions(made) == 0


async def test_who_guesses_has_to_wait_even_with_the_right_word_and_then_may_again() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        await a_member(made, agora, is_signed_in=False)
        ana = Browser(made, "agora.test")
        for _ in range(5):
            assert (await ana.sign_in("ana", OTHER)).status == 403
        page = await ana.sign_in("Ana", PASSWORD)
        assert page.status == 429
        assert int(page.headers["retry-after"]) > 0
        made.clock.advance(minutes=16)
        assert (await ana.sign_in("Ana", PASSWORD)).status == 200


async def test_every_door_of_the_house_is_closed_to_who_is_not_signed_in() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        stranger = Browser(made, "agora.test")
        for door in DOORS:
            path = re.sub(r"\{[^}]*\}", "agora", door.path)
            if door.ask is not None:
                page = await stranger.get(path)
                assert page.path.startswith("/sign-in"), path
            if door.tell is not None:
                page = await stranger.post(path, [("name", "x")])
                assert page.status == 401, path
                assert 'name="kept.name"' in page.text


async def test_a_role_is_held_in_one_collective_and_ends_with_it() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.collective("agora.test", "atelier")
        ana = await a_member(made, agora)
        assert (await ana.get("/house/agora")).status == 200
        foreign, absent = await ana.get("/house/atelier"), await ana.get("/house/nothing")
        assert (foreign.status, absent.status) == (404, 404)
        assert foreign.text.replace("atelier", "nothing") == absent.text

        def revoke(unit: Unit) -> None:
            people.revoke(unit, people.load(unit.tx, "Ana").id, agora.uri)

        await made["agora.test"].change(revoke)
        assert (await ana.get("/house/agora")).status == 404


async def test_who_is_removed_is_out_at_once() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)

        def remove(unit: Unit) -> None:
            people.remove(unit, people.load(unit.tx, "Ana").id)

        await made["agora.test"].change(remove)
        assert (await ana.get("/me")).path.startswith("/sign-in")
        assert (await ana.sign_in("Ana", PASSWORD)).status == 403


async def test_a_session_ends_unused_after_hours_and_used_after_days() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        for _ in range(13 * 2):
            made.clock.advance(hours=11)
            assert (await ana.get("/me")).path == "/me"
        made.clock.advance(hours=13)
        assert (await ana.get("/me")).path.startswith("/sign-in")
        await ana.sign_in("Ana", PASSWORD)
        for _ in range(31):
            made.clock.advance(hours=11)
            page = await ana.get("/me")
        assert page.path.startswith("/sign-in")


async def test_signing_in_gives_a_new_secret_and_ends_the_one_before() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        before = ana.cookies["__Host-session"]
        mallory = Browser(made, "agora.test")
        mallory.cookies = {"__Host-session": "planted", "__Host-entry": "planted"}
        page = await mallory.get("/sign-in")
        await mallory.send(page.form("/sign-in"), name="Ana", password=PASSWORD)
        assert mallory.cookies["__Host-session"] not in ("planted", before)
        ana.cookies.pop("__Host-session")
        planted = Browser(made, "agora.test")
        planted.cookies = {"__Host-session": "planted"}
        assert (await planted.get("/me")).path.startswith("/sign-in")


async def test_signing_out_ends_the_session_on_the_server() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        stolen = dict(ana.cookies)
        page = await ana.send((await ana.get("/me")).form("/sign-out"))
        assert page.path == "/"
        ana.cookies = stolen
        assert (await ana.get("/me")).path.startswith("/sign-in")


async def test_a_new_password_ends_every_other_session_and_is_the_only_one() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        phone = Browser(made, "agora.test")
        await phone.sign_in("Ana", PASSWORD)
        form = (await ana.get("/me")).form("/me/password")
        page = await ana.send(form, old=OTHER, password=OTHER, again=OTHER)
        assert page.status == 400
        assert (await phone.get("/me")).path == "/me"
        page = await ana.send(form, old=PASSWORD, password=OTHER, again=OTHER)
        assert page.path.startswith("/me")
        assert (await phone.get("/me")).path.startswith("/sign-in")
        assert (await phone.sign_in("Ana", PASSWORD)).status == 403
        assert (await phone.sign_in("Ana", OTHER)).status == 200


async def test_sessions_are_listed_named_and_ended_but_only_ones_own() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        bilal = await a_member(made, agora, "Bilal", "reader")
        phone = Browser(made, "agora.test")
        await phone.sign_in("Ana", PASSWORD)
        page = await ana.get("/me")
        await ana.send(page.form("/me/sessions", "label"), label="هاتف المطبخ")
        assert "هاتف المطبخ" in (await phone.get("/me")).text
        other = (await ana.get("/me")).form("/me/sessions", "which")
        number = dict(other.fields)["which"]
        refused = await bilal.send(
            (await bilal.get("/me")).form("/me/sessions"), which=number, label=""
        )
        assert refused.status == 404
        assert (await phone.get("/me")).path == "/me"
        await ana.send(other)
        assert (await phone.get("/me")).path.startswith("/sign-in")
        assert (await ana.get("/me")).path == "/me"


async def test_what_was_typed_outlives_the_session() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        form = (await ana.get("/me")).form("/me")
        made.clock.advance(hours=13)
        page = await ana.send(form, name="آنا «الجارة»\nسطر")
        assert page.status == 401
        page = await ana.send(page.form("/sign-in"), name="Ana", password=PASSWORD)
        kept = dict(page.form("/me").fields)
        assert kept["name"] == "آنا «الجارة»\nسطر"
        page = await ana.send(page.form("/me"))
        assert page.status == 200
        assert "آنا «الجارة»" in page.text


FORGED = [
    {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.test"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FORGED)
async def test_a_form_from_elsewhere_changes_nothing_even_with_the_right_word(
    headers: dict[str, str],
) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        form = (await ana.get("/me")).form("/me")
        fields = [pair for pair in form.fields if pair[0] != "name"] + [("name", "Mallory")]
        # the harness says where a form came from; here it is the forger's browser that says it
        sent = {"Origin": "https://agora.test", "Sec-Fetch-Site": "same-origin", **headers}
        page = await ana.post("/me", fields, headers=sent)
        assert page.status == 403
        assert "Mallory" not in (await ana.get("/me")).text


async def test_a_form_without_its_word_is_shown_again_and_not_obeyed() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        for word in ("", "0" * 64, "ي"):
            page = await ana.post("/me", [("name", "Mallory"), ("form_token", word)])
            assert page.status == 403
            assert 'value="Mallory"' in page.text
        assert "Mallory" not in (await ana.get("/me")).text


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "evil"]
)
async def test_signing_in_never_leads_to_another_site(target: str) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        await a_member(made, agora, is_signed_in=False)
        ana = Browser(made, "agora.test")
        page = await ana.get("/sign-in")
        page = await ana.send(page.form("/sign-in"), name="Ana", password=PASSWORD, next=target)
        assert page.path == "/house/agora"


async def test_pages_of_the_house_are_kept_by_nobody_and_framed_by_nobody() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        for path in ("/me", "/house/agora", "/sign-in"):
            page = await ana.get(path)
            assert "no-store" in page.headers["cache-control"]
            policy = page.headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert page.headers["referrer-policy"] == "same-origin"


async def test_a_stolen_database_signs_nobody_in() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        secret = ana.cookies["__Host-session"]
        rows = await made["agora.test"].look(lambda rx: rx.all("SELECT * FROM session"))
        kept = await made["agora.test"].look(lambda rx: rx.all("SELECT hash FROM password"))
        assert secret not in str(rows)
        assert sessions.hash_of(secret) in str(rows)
        assert PASSWORD not in str(kept)
        assert str(kept[0][0]).startswith("$argon2id$")
        thief = Browser(made, "agora.test")
        thief.cookies = {"__Host-session": sessions.hash_of(secret)}
        assert (await thief.get("/me")).path.startswith("/sign-in")


async def test_the_house_speaks_the_language_of_the_person_whatever_the_browser_says() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        salma = await a_member(made, agora, "سلمى", "reader", "ar")
        salma.language = "fr"
        page = await salma.get("/house/agora")
        assert 'lang="ar" dir="rtl"' in page.text
        borrowed = Browser(made, "agora.test", "fr")
        assert 'lang="fr" dir="ltr"' in (await borrowed.get("/sign-in")).text


async def test_every_room_is_reached_through_the_porch() -> None:
    async with world("agora.test") as made:
        first = {room.path.split("/", 2)[1] for room in routes(made["agora.test"])}
        assert first == SEGMENTS, "fedi/house/porch.py names the first segments of the house"
