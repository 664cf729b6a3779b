"""The people of a collective: who is in it, what they may do, and what nobody can do to it or to them."""

import asyncio
import re
from functools import partial

import pytest

from actors import journal, people
from actors.model import Actor
from actors.rules import rule_of
from fedi.house.people import doors as room
from fedi.house.rights import Right
from fedi.unit import Unit
from tests.harness.browser import Browser, Page
from tests.harness.members import PASSWORD, a_member
from tests.harness.world import World, world

LINK = re.compile(r'value="https://agora\.test(/invitation/[^"]+)"')


async def id_of(made: World, name: str) -> int:
    return (await made["agora.test"].look(lambda rx: people.load(rx, name))).id


async def role_of(made: World, actor: Actor, name: str) -> str | None:
    person = await made["agora.test"].look(lambda rx: people.load(rx, name))
    return person.roles.get(actor.uri)


def link_in(page: Page) -> str:
    found = LINK.search(page.text)
    assert found, page.text
    return found[1]


async def test_somebody_is_added_comes_in_by_the_link_and_is_seen_in_the_journal() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await ana.get("/house/agora/people/new")
        form = page.form("/house/agora/people/new")
        page = await ana.send(form, name="سلمى", role="editor", language="ar")
        assert page.status == 200
        link = link_in(page)
        again = await ana.send(form, name="سلمى", role="editor", language="ar")
        assert again.status == 400
        assert "taken" in again.text
        salma = Browser(made, "agora.test", "ar")
        page = await salma.send(
            (await salma.get(link)).forms[-1], password=PASSWORD, again=PASSWORD
        )
        assert page.path == "/house/agora"
        assert (await salma.get("/house/agora/people")).status == 403
        page = await salma.get("/house/agora/journal")
        assert page.status == 200
        assert "أضاف" in page.text
        assert (await salma.get("/steward/journal")).status == 404
        page = await ana.get("/steward/journal")
        assert page.status == 200
        assert "joined" in page.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": ""}, "Write a name"),
        ({"name": "\x00"}, "f-name"),
        ({"name": "x" * 101}, "f-name"),
        ({"name": "Ana"}, "taken"),
        ({"name": "Nour", "role": "owner"}, "no such role"),
        ({"name": "Nour", "role": ""}, "no such role"),
        ({"name": "Nour", "language": "xx"}, "languages offered"),
    ],
)
async def test_what_cannot_be_added_is_said_beside_its_field_and_adds_nobody(
    typed: dict[str, str], said: str
) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        form = (await ana.get("/house/agora/people/new")).form("/house/agora/people/new")
        page = await ana.send(form, **typed)
        assert page.status == 400
        assert said in page.text
        everybody = await made["agora.test"].look(people.list_all)
        assert [each.name for each in everybody] == ["Ana"]


@pytest.mark.parametrize("role", ["editor", "author", "reader"])
async def test_no_door_of_stewards_opens_to_a_lesser_role(role: str) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        await a_member(made, agora, "Ana", is_signed_in=False)
        bob = await a_member(made, agora, "Bob", role)
        ana_id = await id_of(made, "Ana")
        token = (await bob.get("/me")).forms[0].fields[0]
        for door in room.DOORS:
            if door.right is Right.READ:
                continue
            path = door.path.replace("{username}", "agora").replace("{person}", str(ana_id))
            if door.ask is not None:
                assert (await bob.get(path)).status in (403, 404), path
            if door.tell is not None:
                fields = [token, ("role", "reader"), ("sure", "yes"), ("consent", "two")]
                assert (await bob.post(path, fields)).status in (403, 404), path
        assert await role_of(made, agora, "Ana") == "steward"
        assert not (await made["agora.test"].look(lambda rx: rule_of(rx, agora.uri))).two_people


async def test_another_role_signs_out_and_the_last_steward_stays_one() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        bob = await a_member(made, agora, "Bob", "editor")
        mine, his = [f"/house/agora/people/{await id_of(made, name)}" for name in ("Ana", "Bob")]
        page = await ana.send((await ana.get(mine)).form(f"{mine}/role"), role="editor")
        assert page.status == 400
        assert "only steward" in page.text
        page = await ana.send((await ana.get(mine)).form(f"{mine}/remove"), sure="yes")
        assert "only steward" in page.text
        page = await ana.send((await ana.get(his)).form(f"{his}/role"), role="steward")
        assert page.path.startswith("/house/agora/people")
        assert (await bob.get("/house/agora")).path.startswith("/sign-in")
        page = await ana.send((await ana.get(mine)).form(f"{mine}/role"), role="author")
        assert page.path.startswith("/house/agora")
        assert page.status == 200
        assert (await ana.get("/house/agora/people")).status == 403


async def test_two_stewards_who_remove_each_other_at_once_leave_one() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora, "Ana")
        bob = await a_member(made, agora, "Bob")
        mine, his = [f"/house/agora/people/{await id_of(made, name)}" for name in ("Ana", "Bob")]
        one = (await ana.get(his)).form(f"{his}/remove")
        other = (await bob.get(mine)).form(f"{mine}/remove")
        await asyncio.gather(ana.send(one, sure="yes"), bob.send(other, sure="yes"))
        left = await made["agora.test"].look(people.list_all)
        assert len(left) == 1
        assert left[0].roles == {agora.uri: "steward"}


async def test_who_is_removed_is_out_everywhere_and_the_name_is_free_again() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        bob = await a_member(made, agora, "Bob", "editor")
        his = f"/house/agora/people/{await id_of(made, 'Bob')}"
        unsure = await ana.send((await ana.get(his)).form(f"{his}/remove"))
        assert unsure.status == 400
        assert (await bob.get("/house/agora")).status == 200
        page = await ana.send((await ana.get(his)).form(f"{his}/remove"), sure="yes")
        assert "signed out everywhere" in page.text
        assert (await bob.get("/house/agora")).path.startswith("/sign-in")
        assert (await bob.sign_in("Bob", PASSWORD)).status == 403
        assert (await ana.get(his)).status == 404
        page = await ana.send((await ana.get("/house/agora/people/new")).forms[-1], name="Bob")
        link_in(page)
        assert (await ana.get("/house/agora/journal")).text.count("removed <bdi>Bob</bdi>") == 1


async def test_a_new_link_is_how_a_lost_password_is_mended_and_the_old_link_ends() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        bob = await a_member(made, agora, "Bob", "reader")
        his = f"/house/agora/people/{await id_of(made, 'Bob')}"
        form = (await ana.get(his)).form(f"{his}/link")
        first, second = link_in(await ana.send(form)), link_in(await ana.send(form))
        assert (await bob.get("/house/agora")).status == 200
        again = Browser(made, "agora.test")
        assert (await again.get(first)).status == 404
        new = "quatre lanternes au bord du canal"
        page = await again.send((await again.get(second)).forms[-1], password=new, again=new)
        assert page.path == "/house/agora"
        assert (await bob.get("/house/agora")).path.startswith("/sign-in")


async def test_one_link_used_twice_at_the_same_moment_lets_one_in() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await ana.send((await ana.get("/house/agora/people/new")).forms[-1], name="Bob")
        link = link_in(page)
        one, other = Browser(made, "agora.test"), Browser(made, "agora.test")
        forms = [(await each.get(link)).forms[-1] for each in (one, other)]
        pages = await asyncio.gather(
            one.send(forms[0], password=PASSWORD, again=PASSWORD),
            other.send(forms[1], password=PASSWORD, again=PASSWORD),
        )
        assert sorted(each.status for each in pages) == [200, 404]


async def test_a_steward_of_one_collective_reaches_nobody_of_another() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        await a_member(made, agora, "Ana", is_signed_in=False)
        mallory = await a_member(made, atelier, "Mallory")
        ana_id = await id_of(made, "Ana")
        token = (await mallory.get("/me")).forms[0].fields[0]
        fields = [token, ("role", "reader"), ("sure", "yes"), ("who", str(ana_id))]
        base = "/house/atelier/people"
        there, nowhere = [await mallory.get(f"{base}/{each}") for each in (ana_id, 12345)]
        assert there.status == nowhere.status == 404
        assert there.text.replace(str(ana_id), "12345") == nowhere.text
        for path in ("role", "link", "remove"):
            assert (await mallory.post(f"{base}/{ana_id}/{path}", fields)).status == 404
        assert (await mallory.post(f"{base}/known", fields)).status == 404
        for odd in ("0", "-1", "9" * 30, "%D9%A3", "%00", "new%2f"):
            assert (await mallory.get(f"{base}/{odd}")).status == 404, odd
        assert await role_of(made, agora, "Ana") == "steward"


async def test_a_link_for_a_steward_of_the_house_is_not_made_by_a_steward_of_less() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        await a_member(made, agora, "Ana", is_signed_in=False)
        ana_id = await id_of(made, "Ana")
        await made["agora.test"].change(
            lambda unit: people.grant(unit, ana_id, atelier.uri, "reader")
        )
        mallory = await a_member(made, atelier, "Mallory")
        token = (await mallory.get("/me")).forms[0].fields[0]
        page = await mallory.post(f"/house/atelier/people/{ana_id}/link", [token])
        assert page.status == 403
        assert "/invitation/" not in page.text
        row = await made["agora.test"].look(lambda rx: rx.one("SELECT count(*) FROM invitation"))
        assert row is not None
        assert row[0] == 0


async def test_two_people_are_asked_for_once_a_steward_decides_so() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        other = await made.collective("agora.test", "atelier")
        ana = await a_member(made, agora)
        form = (await ana.get("/house/agora/people")).form("/house/agora/people/consent")
        assert ("consent", "one") in form.fields
        page = await ana.send(form, consent="two")
        assert "Nobody could agree" in page.text
        instance = made["agora.test"]
        assert (await instance.look(lambda rx: rule_of(rx, agora.uri))).two_people
        assert not (await instance.look(lambda rx: rule_of(rx, other.uri))).two_people
        await ana.send(form, consent="one")
        assert not (await instance.look(lambda rx: rule_of(rx, agora.uri))).two_people
        text = (await ana.get("/house/agora/journal")).text
        assert text.count("decided that") == 2


async def test_the_journal_goes_back_page_by_page_and_shows_nothing_too_old() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        ana_id = await id_of(made, "Ana")

        def note(unit: Unit, number: int) -> None:
            journal.note(unit, agora.uri, ana_id, "journal.two_people", f"<b>{number}</b>")

        for number in range(45):
            made.clock.advance(minutes=1)
            await made["agora.test"].change(partial(note, number=number))
        seen: list[str] = []
        path = "/house/agora/journal"
        while path:
            page = await ana.get(path)
            assert "<b>" not in page.text
            seen += re.findall(r"&lt;b&gt;(\d+)&lt;", page.text)
            more = re.search(r'href="(/house/agora/journal\?after=[^"]+)"', page.text)
            path = more[1] if more else ""
        assert seen == [str(number) for number in reversed(range(45))]
        made.clock.advance(days=181)
        await ana.sign_in("Ana", PASSWORD)
        page = await ana.get("/house/agora/journal")
        assert "&lt;b&gt;" not in page.text


async def test_somebody_of_one_collective_gets_a_role_in_another_from_a_steward_of_the_house() -> (
    None
):
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        ana = await a_member(made, agora)
        ana_id = await id_of(made, "Ana")
        await made["agora.test"].change(
            lambda unit: people.grant(unit, ana_id, atelier.uri, "steward")
        )
        bob = await a_member(made, agora, "Bob", "reader")
        page = await ana.get("/house/atelier/people/new")
        await ana.send(page.form("/house/atelier/people/known"), role="editor")
        assert await role_of(made, atelier, "Bob") == "editor"
        assert await role_of(made, agora, "Bob") == "reader"
        await bob.sign_in("Bob", PASSWORD)
        assert (await bob.get("/house/atelier")).status == 200
