"""What no page of the house sends: other addresses to go back to, bodies of every wrong kind, a way around the second factor."""

import json
import re
from typing import cast

import pytest
from starlette.routing import Match

from fedi.house.porch import Porch
from fedi.house.routes import DOORS
from fedi.instance import Instance
from tests.harness.browser import Browser
from tests.harness.members import PASSWORD, a_member
from tests.harness.world import a_note, world
from tests.hostile.stranger import changed
from tests.hostile.test_house_bypass import give_factor, raw
from tests.hostile.test_house_doors import a_draft, filled, form_for, id_of, state, token_of

HERE = "agora.test"
AWAY = [
    "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "https:evil.test", "https://evil.test", "https:/evil.test",
    "/%09/evil.test", "/\t/evil.test", "/\n/evil.test", "/house/..//evil.test", "/house/agora/..//evil.test",
    "/house/agora//evil.test", "/%2f%2fevil.test", "/%5cevil.test", "//evil%E3%80%82test", "/house/agora\r\nSet-Cookie: a=b",
    "/house/agora?x=\r\nX-Evil: 1", "@evil.test", ".evil.test", "http://agora.test@evil.test", "/\u2028/evil.test",
    "javascript:alert(1)", "data:text/html,x", "/house/agora/%2e%2e//evil.test", "\x00/evil.test", " //evil.test",
]  # fmt: skip


def leads_away(location: str) -> bool:
    """Whether a browser that is on a page of ours would leave, or go where it must not."""
    # what the standard for addresses strips or reads as a slash
    read = re.sub(r"[\t\n\r]", "", location.strip("".join(map(chr, range(33))))).replace("\\", "/")
    return not read.startswith("/") or read.startswith("//")


async def test_no_address_to_go_back_to_leads_away() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        said = await made.publish(agora, a_note("Here"))
        token = await token_of(ana)
        for target in AWAY:
            fields = [
                ("form_token", token),
                ("about", said.uri),
                ("what", "save"),
                ("back", target),
            ]
            # the browser of the tests refuses to be led to another host
            page = await ana.post("/house/agora/keep", fields)
            assert page.path.startswith("/house/agora"), (target, page.path)
            assert "x-evil" not in page.headers
            newcomer = Browser(made, HERE)
            page = await newcomer.get("/sign-in")
            page = await newcomer.send(
                page.form("/sign-in"), name="Ana", password=PASSWORD, next=target
            )
            assert not leads_away(page.path), (target, page.path)
            assert "a" not in newcomer.cookies


def bodies(token: str) -> list[tuple[str, bytes]]:
    """What was sent as a form, of every kind that is none."""
    form, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
    proof = f"form_token={token}&".encode()
    part = (
        b'--x\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n'
        + token.encode()
        + b"\r\n"
    )
    names = [
        b"name",
        b"who",
        b"about",
        b"which",
        b"text.en",
        b"words",
        b"kind",
        b"act",
        b"what",
        b"code",
        b"address",
        b"label",
    ]
    as_files = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="'
        + name
        + b'"; filename="a.png"\r\n\r\n\x89PNG\r\n'
        for name in names
    )
    as_texts = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\nno file\r\n'
        for name in (b"upload", b"file", b"avatar", b"header")
    )
    return [
        (form, b""), (form, proof), (form, proof + b"a&" * 500), (form, proof + b"name=" + b"x" * 1_200_000),
        (form, proof + b"&".join(name + b"=%00%E2%80%AE%ED%A0%80%FF" for name in names)),
        (form, proof + b"&".join(name + b"=" + "\u202eevil\u0000".encode() * 3000 for name in names)),
        (parts, part + as_files + b"--x--\r\n"), (parts, part + as_texts + b"--x--\r\n"), (parts, part), (parts, b"\r\n"),
        ("multipart/form-data", part), ("multipart/form-data; boundary=", part), ("text/plain", proof), ("", proof),
        ("application/json", json.dumps({"form_token": token}).encode()), ("multipart/form-data; boundary=" + "y" * 300, part),
        ("multipart/form-data; boundary=x; charset=hex", part + b"--x--\r\n"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "step", [pytest.param(5, id="in turn"), pytest.param(1, id="all", marks=pytest.mark.thorough)]
)
async def test_nothing_that_is_sent_breaks_a_door(step: int) -> None:
    """`step`: every door gets each body, or each fifth, beginning with the next."""
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        await a_member(made, agora, "Bob", "author", is_signed_in=False)
        said = await made.publish(agora, a_note("Said"))
        person, draft = await id_of(made, "Bob"), await a_draft(ana, "agora", "Planned")
        for turn, door in enumerate(each for each in DOORS if each.tell is not None):
            which = draft if "/draft/" in door.path else said.uri.rpartition("/")[2]
            path = filled(door.path, "agora", which, person)
            for kind, body in bodies(await token_of(ana))[turn % step :: step]:
                status, text = await raw(made, ana, path, kind, body)
                assert status < 500 or (status == 502), (path, kind, body[:80], status)
                if status >= 400:
                    assert "<html" in text, (path, kind)
            if door.path.startswith("/me"):
                # the session was ended, or the name is another one
                ana = await a_member(made, agora, f"Ana of {door.path}")


async def test_where_a_second_factor_is_a_duty_no_other_door_opens_before() -> None:
    async with world(HERE, settings='[people]\nsecond_factor = "publishers"\n') as made:
        agora = await made.collective(HERE, "agora")
        await a_member(made, agora, is_signed_in=False)
        said = await made.publish(agora, a_note("Said"))
        ana = Browser(made, HERE)
        assert (await ana.sign_in("Ana", PASSWORD)).path == "/me/factor"
        token = dict((await ana.get("/me/factor")).form("/me/factor").fields)["form_token"]
        person, which = await id_of(made, "Ana"), said.uri.rpartition("/")[2]
        before = await state(made)
        for door in DOORS:
            if door.path.startswith("/me/factor"):
                continue
            path = filled(door.path, "agora", which, person)
            if door.ask is not None:
                assert (await ana.get(path)).path == "/me/factor", path
            if door.tell is not None:
                page = await ana.post(path, form_for(token, said.uri))
                assert page.status == 403, path
        assert changed(before, await state(made)) == {}


async def test_a_password_without_the_second_factor_opens_no_door() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        await a_member(made, agora, is_signed_in=False)
        await give_factor(made, "Ana")
        said = await made.publish(agora, a_note("Said"))
        half = Browser(made, HERE)
        page = await half.sign_in("Ana", PASSWORD)
        token = dict(page.form("/sign-in/code").fields)["form_token"]
        person, which = await id_of(made, "Ana"), said.uri.rpartition("/")[2]
        before = await state(made)
        for door in DOORS:
            path = filled(door.path, "agora", which, person)
            if door.ask is not None:
                assert (await half.get(path)).path.startswith("/sign-in"), path
            if door.tell is not None:
                assert (await half.post(path, form_for(token, said.uri))).status == 401, path
        assert changed(before, await state(made)) == {}


def test_a_path_that_is_none_is_no_address_of_the_house() -> None:
    porch = Porch(cast(Instance, None))
    for path, expected in (
        ("*", Match.NONE),
        ("", Match.NONE),
        ("/", Match.NONE),
        ("/me", Match.FULL),
    ):
        assert porch.matches({"type": "http", "path": path})[0] is expected
