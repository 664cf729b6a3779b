"""Whoever is inside and wants more: lower roles and stewards of a neighbouring collective at every door of the house.

The doors are those of the table, so a new one is tried without being named here.
"""

import re
from typing import Any

import pytest

from actors import people
from fedi.house.rights import RIGHTS, Right
from fedi.house.routes import DOORS
from fedi.ids import new_public_id
from fedi.vocab.audience import Visibility
from tests.harness.browser import Browser, Page
from tests.harness.members import a_member
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import changed, everything

HERE = "agora.test"
# What changes by being somebody who looks: when a session was seen; and what is fetched in the background.
UNSEEN = ("session", "chore")
PRIVATE = (Visibility.LOCAL, Visibility.DIRECT, Visibility.FOLLOWERS)


async def token_of(who: Browser) -> str:
    """The word of this person's forms."""
    form = (await who.get("/me")).form("/me")
    return dict(form.fields)["form_token"]


async def state(made: World) -> dict[str, set[tuple[Any, ...]]]:
    """Everything but what changes by looking."""
    return {k: v for k, v in (await everything(made, HERE)).items() if k not in UNSEEN}


def filled(path: str, username: str, which: str, person: int) -> str:
    """The address of a door."""
    path = path.replace("{username}", username).replace("{person}", str(person))
    return re.sub(r"\{[^}]*\}", which, path)


def form_for(token: str, about: str) -> list[tuple[str, str]]:
    """A form that would do something at every door that took it."""
    values = {
        "form_token": token, "about": about, "which": about, "who": about, "what": "like", "act": "publish", "sure": "yes",
        "consent": "two", "role": "steward", "name": "Mallory", "version": "1", "kind": "note", "text.en": "Taken",
        "languages": "en", "once": "x" * 24, "words": "Taken", "report_words": "Taken", "circle": "Taken", "why": "Taken",
        "host": "mars.test", "target": "mars.test", "url": "https://mars.test/list.csv", "username": "taken",
        "confirmation": "@agora@agora.test", "whose": "-server", "list_follows": "@eve@mars.test", "do_follows": "yes",
        "text": "Taken", "q": "@eve@mars.test", "address": "https://mars.test/inbox", "language": "en",
    }  # fmt: skip
    return list(values.items())


def lacks(role: str, right: Right) -> bool:
    """Whether a role of one collective does not open a door."""
    return right is not Right.SELF and right not in RIGHTS[role]


@pytest.mark.parametrize("role", ["reader", "author", "editor", "steward"])
async def test_every_door_above_a_role_is_shut_and_changes_nothing(role: str) -> None:
    """A steward is one of the second collective: what concerns the whole instance is above that."""
    async with world(HERE) as made:
        await made.collective(HERE, "first")
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora, "Ana")
        draft = await a_draft(ana, "agora", "Planned")
        said = await made.publish(agora, a_note("Said"))
        low = await a_member(made, agora, "Low", role)
        token, person = await token_of(low), await id_of(made, "Ana")
        before = await state(made)
        tried = 0
        for door in DOORS:
            if not lacks(role, door.right):
                continue
            which = draft if "/draft/" in door.path else said.uri.rpartition("/")[2]
            path = filled(door.path, "agora", which, person)
            if door.ask is not None:
                page = await low.get(path)
                assert page.status in (403, 404), (path, page.status)
                assert "Planned" not in page.text
            if door.tell is not None:
                page = await low.post(path, form_for(token, said.uri))
                assert page.status in (403, 404), (path, page.status)
            tried += 1
        assert tried
        assert changed(before, await state(made)) == {}


async def test_a_member_of_a_neighbouring_collective_finds_no_door_there() -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "first")
        bakery, atelier = [await made.collective(HERE, name) for name in ("bakery", "atelier")]
        ana, eve = await a_member(made, bakery, "Ana"), await a_member(made, atelier, "Eve")
        draft = await a_draft(ana, "bakery", "Planned")
        said = await made.publish(bakery, a_note("Said"))
        token, person = await token_of(eve), await id_of(made, "Ana")
        before = await state(made)
        for door in DOORS:
            if "{username}" not in door.path:
                continue
            which = draft if "/draft/" in door.path else said.uri.rpartition("/")[2]
            answers = []
            for username in ("bakery", "nowhere"):
                path = filled(door.path, username, which, person)
                if door.ask is not None:
                    answers.append(await eve.get(path))
                if door.tell is not None:
                    answers.append(await eve.post(path, form_for(token, said.uri)))
            half = len(answers) // 2
            assert {each.status for each in answers} == {404}, door.path
            for theirs, nobodys in zip(answers[:half], answers[half:], strict=True):
                assert told(theirs, "bakery") == told(nobodys, "nowhere"), door.path
        assert changed(before, await state(made)) == {}


async def test_reading_changes_nothing_at_any_door() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora, "Ana")
        draft, person = await a_draft(ana, "agora", "Planned"), await id_of(made, "Ana")
        said = await made.publish(agora, a_note("Said"))
        before = await state(made)
        for door in DOORS:
            if door.ask is None:
                continue
            which = draft if "/draft/" in door.path else said.uri.rpartition("/")[2]
            path = filled(door.path, "agora", which, person)
            for query in ("", f"?about={said.uri}&who={agora.uri}&which={said.uri}&q=%40agora&act=publish&what=like&sure=yes&part=1"):  # fmt: skip
                page = await ana.get(path + query)
                assert page.status in (200, 400, 404), (path, page.status)
                assert "no-store" in page.headers["cache-control"], path
                assert "frame-ancestors 'none'" in page.headers["content-security-policy"], path
                assert page.headers["x-content-type-options"] == "nosniff", path
        assert changed(before, await state(made)) == {}


def told(page: Page, *ids: str) -> tuple[int, str]:
    """What an answer says, but for what was asked and the words that are new with every page."""
    text = re.sub(r'name="(form_token|once)" value="[^"]*"', "", page.text)
    for each in ids:
        text = text.replace(each, "ID")
    return page.status, text


FOREIGN_GETS = [
    "/house/atelier/publications/{id}", "/house/atelier/deliveries/{id}", "/house/atelier/thread?about={id}",
    "/house/atelier/thread?about={uri}", "/house/atelier/write?reply_to={id}", "/house/atelier/write?reply_to={uri}",
    "/house/atelier/search?q={uri}",
]  # fmt: skip
FOREIGN_POSTS = [
    ("/house/atelier/publications/{id}/change", {"once": "y" * 24}),
    ("/house/atelier/publications/{id}/pin", {"act": "pin"}),
    ("/house/atelier/publications/{id}/pin", {"act": "unpin"}),
    ("/house/atelier/publications/{id}/delete", {"sure": "yes"}),
    ("/house/atelier/publications/{id}/retry", {}),
    ("/house/atelier/deliveries/{id}", {}),
    ("/house/atelier/profile/pins", {"which": "{id}", "act": "pin"}),
    ("/house/atelier/profile/pins", {"which": "{uri}", "act": "first"}),
    ("/house/atelier/profile/pins", {"which": "{uri}", "act": "unpin"}),
    *(("/house/atelier/react", {"about": "{uri}", "what": what}) for what in ("like", "unlike", "boost", "unboost")),
    ("/house/atelier/keep", {"about": "{uri}", "what": "save"}),
    ("/house/atelier/keep", {"about": "{id}", "what": "unsave"}),
    ("/house/atelier/report", {"about": "{uri}", "report_words": "Bad"}),
    ("/house/atelier/answer", {"about": "{uri}", "what": "answer", "words": "I know"}),
    ("/house/atelier/answer", {"about": "{uri}", "what": "comment", "words": "I know"}),
    ("/house/atelier/search/elsewhere", {"q": "{uri}"}),
    ("/house/atelier/held", {"about": "{uri}", "what": "show"}),
]  # fmt: skip


@pytest.mark.parametrize("visibility", PRIVATE)
@pytest.mark.parametrize("is_withdrawn", [False, True])
async def test_words_of_a_neighbour_are_as_good_as_missing(
    visibility: Visibility, is_withdrawn: bool
) -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "first")
        agora, atelier = [await made.collective(HERE, name) for name in ("agora", "atelier")]
        eve = await a_member(made, atelier, "Eve")
        said = await made.publish(agora, a_note("Said to few", visibility=visibility))
        if is_withdrawn:
            await made.delete(agora, said)
        token = await token_of(eve)
        which = said.uri.rpartition("/")[2]
        absent = new_public_id(made.clock.now())
        pairs = [(which, said.uri), (absent, said.uri.replace(which, absent))]
        before = await state(made)
        for address in FOREIGN_GETS:
            foreign, missing = [
                await eve.get(address.format(id=short, uri=uri)) for short, uri in pairs
            ]
            assert told(foreign, which) == told(missing, absent), address
            assert "Said to few" not in foreign.text
        for address, fields in FOREIGN_POSTS:
            answers = []
            for short, uri in pairs:
                sent = {k: v.format(id=short, uri=uri) for k, v in fields.items()}
                path = address.format(id=short)
                answers.append(await eve.post(path, [("form_token", token), *sent.items()]))
            assert answers[0].status >= 400, address
            assert told(answers[0], which) == told(answers[1], absent), (address, fields)
        assert changed(before, await state(made)) == {}


async def a_draft(who: Browser, username: str, text: str) -> str:
    """The id of a new draft."""
    page = await who.get(f"/house/{username}/write?kind=note")
    [form] = [each for each in page.forms if "kind" in dict(each.fields)]
    page = await who.send(form, **{"text.en": text, "act": "save"})
    assert "/draft/" in page.path, page.text
    return page.path.partition("?")[0].rpartition("/")[2]


async def id_of(made: World, name: str) -> int:
    return await made[HERE].look(lambda rx: people.load(rx, name).id)
