"""Everything a collective takes along, opened by another program's reader; and what it brings to a second instance."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from actors import blocks, follows, keys
from actors.documents import parse_actor
from fedi import chores
from fedi.desk import tags, taking
from fedi.desk.bringing import ReadOrder, StartOrder, read, start
from fedi.desk.taking import WriteOrder, cell, write_file
from fedi.errors import Conflict, FediError, Invalid, TooLarge
from fedi.moderation import blocklists
from fedi.publications import store
from fedi.publications.activitystreams import parse_publication
from fedi.text.html import sanitise
from fedi.vocab.audience import Visibility
from tests.harness.gallery import a_picture
from tests.harness.members import a_member
from tests.harness.world import World, a_note, a_statement, an_event, world

IMPORT = "/house/agora/import"


def zipped(**files: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return written.getvalue()


async def write(made: World, name: str = "all.zip", actor: str = "") -> Path:
    path = made.folder / name
    await write_file(made["agora.test"], WriteOrder(path=str(path), actor=actor))
    return path


async def test_an_archive_holds_everything_and_its_documents_are_read_again() -> None:
    async with world("agora.test", "far.test") as made:
        agora = await made.collective("agora.test", "agora", "ساحة", language="ar")
        far = await made.collective("far.test", "far")
        await made.follow(far, agora)
        await made.follow(agora, far)
        for draft in (
            an_event("جمعية"),
            a_statement("بيان", "كلام **كثير**", "ar"),
            a_note("for followers", visibility=Visibility.FOLLOWERS),
        ):
            await made.publish(agora, draft)
            made.clock.advance(minutes=1)
        ana = await a_member(made, agora)
        form = (await ana.get("/house/agora/profile")).form("/house/agora/profile", "summary")
        await ana.send(form, files={"avatar": ("me.png", a_picture())}, avatar_alt="tree")
        here = made["agora.test"]
        await tags.follow(here, tags.FollowOrder(name="مجاورة"))
        path = await write(made)
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            names = set(archive.namelist())
            actor_document = json.loads(archive.read("actor.json"))
            outbox = json.loads(archive.read("outbox.json"))
            followers = json.loads(archive.read("followers.json"))
            following = list(
                csv.reader(archive.read("following_accounts.csv").decode().splitlines())
            )
            readme = archive.read("README.txt").decode()
            assert archive.read("followed_tags.csv").decode().split() == ["مجاورة"]
            whole = b"".join(archive.read(name) for name in names)
        parsed, _ = parse_actor(actor_document, now=made.clock.now())
        assert (parsed.uri, parsed.name) == (agora.uri, "ساحة")
        known = await here.look(lambda rx: store.list_by_author(rx, agora.uri, (0, 0), 10))
        again = [
            parse_publication(
                each["object"],
                now=made.clock.now() + timedelta(days=1),
                followers_uri=agora.followers,
            )
            for each in outbox["orderedItems"]
        ]
        assert [each.uri for each in again] == [each.uri for _, each in known]
        for found, (_, stored) in zip(again, known, strict=True):
            assert found.visibility == stored.visibility
            assert found.details == stored.details
            assert found.original.content == sanitise(stored.original.content)
        assert outbox["totalItems"] == 3
        assert followers["orderedItems"] == [far.uri]
        assert following[0] == [
            "Account address",
            "Show boosts",
            "Notify on new posts",
            "Languages",
        ]
        assert following[1] == ["far@far.test", "true", "false", ""]
        assert any(name.startswith("media_attachments/files/") for name in names)
        assert "no keys" in readme
        assert "لا مفاتيح" in readme
        assert here.keyring.secret not in whole
        assert b"PRIVATE KEY" not in whole
        assert b"argon2" not in whole
        sealed = await here.look(
            lambda rx: [
                row[0]
                for row in rx.all(
                    "SELECT private_sealed FROM actor_key WHERE private_sealed IS NOT NULL"
                )
            ]
        )
        assert sealed
        assert not any(each in whole for each in sealed)
        assert await here.look(lambda rx: keys.list_keys(rx, agora.uri))


async def test_an_archive_is_made_in_portions_and_never_over_another_file() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        for number in range(taking.PORTION * 2 + 5):
            await made.publish(agora, a_note(f"note {number} " + "word " * 300))
        here = made["agora.test"]
        sizes = [len(piece) async for piece in taking.archive_of(here, agora, with_hosts=True)]
        assert max(sizes) < sum(sizes)
        path = await write(made)
        with zipfile.ZipFile(path) as archive:
            assert len(json.loads(archive.read("outbox.json"))["orderedItems"]) == len(range(205))
        assert path.stat().st_mode & 0o077 == 0
        with pytest.raises(Conflict):
            await write(made)
        with pytest.raises(Invalid):
            await write_file(here, WriteOrder(path="relative.zip"))


async def test_the_hosts_the_instance_shuts_out_leave_with_its_stewards_only() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        here = made["agora.test"]
        await here.change(lambda unit: blocks.add(unit, "", "bad.example", blocks.HOST))
        pieces = [piece async for piece in taking.archive_of(here, atelier, with_hosts=False)]
        assert b"bad.example" not in b"".join(pieces)
        with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
            assert "blocked_domains.csv" not in archive.namelist()


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@x", "\tx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text).startswith("'")


async def test_what_was_taken_along_is_brought_to_a_second_instance() -> None:
    async with world("agora.test", "new.test", "far.test") as made:
        agora = await made.collective("agora.test", "agora")
        new = await made.collective("new.test", "agora")
        far = await made.collective("far.test", "far")
        foe = await made.collective("far.test", "foe")
        await made.follow(agora, far)
        ours = await a_member(made, agora)
        form = (await ours.get("/house/agora/blocks")).form("/house/agora/blocks")
        await ours.send(form, who=foe.handle, act="block")
        here, there = made["agora.test"], made["new.test"]
        await here.change(lambda unit: blocks.add(unit, "", "bad.example", blocks.HOST))
        archive = (await write(made)).read_bytes()
        ana = await a_member(made, new)
        page = await ana.get(IMPORT)
        page = await ana.send(page.form(IMPORT), files={"file": ("all.zip", archive)})
        for words in ("@far@far.test", "@foe@far.test", "bad.example"):
            assert words in page.text
        # looking does nothing
        assert await there.look(lambda rx: chores.count_for(rx, chores.FOLLOW, new.uri)) == 0
        page = await ana.send(page.form(f"{IMPORT}/start"))
        assert "2 accounts are still to be asked" in page.text
        made.clock.advance(minutes=1)
        await made.settle()
        assert set(await made.followers(far)) == {agora.uri, new.uri}
        assert await there.look(lambda rx: blocks.is_blocked_by(rx, new.uri, foe.uri))
        drafts = await there.look(blocklists.list_open)
        assert [each.host for each in drafts] == ["bad.example"]
        assert not await there.look(lambda rx: blocks.is_host_blocked(rx, "bad.example"))
        # bringing it again goes on where it was: there is nothing left to do
        order = StartOrder(follows=("far@far.test",), blocks=("foe@far.test",))
        again = await start(there, order)
        assert (again.follows, again.blocks, again.left) == (0, 0, 0)


async def test_a_steward_of_a_second_collective_brings_no_hosts() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        ana = await a_member(made, atelier)
        path = "/house/atelier/import"
        form = (await ana.get(path)).form(path)
        page = await ana.send(form, files={"file": ("blocked_domains.csv", b"bad.example\n")})
        assert "concerns every collective" in page.text
        fields = [
            *page.form("/sign-out").fields,
            ("list_hosts", "bad.example"),
            ("do_hosts", "yes"),
        ]
        await ana.post(f"{path}/start", fields)
        assert await made["agora.test"].look(blocklists.list_open) == []


async def test_what_is_under_way_can_be_stopped_and_is_bounded() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        here = made["agora.test"]
        many = tuple(f"someone{number}@far.example" for number in range(2100))
        begun = await start(here, StartOrder(follows=many))
        assert (begun.follows, begun.left) == (2000, 100)
        ana = await a_member(made, agora)
        page = await ana.get(IMPORT)
        await ana.send(page.form(f"{IMPORT}/start"), stop="yes")
        assert await here.look(lambda rx: chores.count_for(rx, chores.FOLLOW, agora.uri)) == 0
        assert not await here.look(lambda rx: follows.follows_somebody(rx, agora.uri))


def a_bomb() -> bytes:
    return zipped(following_accounts__csv=b"a@b.example\n" * 1_000_000)


def an_escape() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("../../following_accounts.csv", b"a@b.example\n")
    return written.getvalue()


def a_drive() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("C:\\x\\following_accounts.csv", b"a@b.example\n")
    return written.getvalue()


HOSTILE: dict[str, tuple[Callable[[], bytes], str, type[FediError]]] = {
    "bomb": (a_bomb, "bringing.list_large", TooLarge),
    "escape": (an_escape, "bringing.outside", Invalid),
    "drive": (a_drive, "bringing.outside", Invalid),
    "half": (lambda: a_bomb()[:5000], "bringing.damaged", Invalid),
    "magic only": (lambda: b"PK\x03\x04" + b"\0" * 100, "bringing.damaged", Invalid),
    "without lists": (lambda: zipped(outbox__json=b"{}"), "bringing.no_lists", Invalid),
    "not text": (lambda: zipped(following__csv=b"\xff\xfe\x00"), "bringing.not_text", Invalid),
    "null": (lambda: zipped(following__csv=b"a\x00b"), "bringing.not_text", Invalid),
    "not csv": (lambda: zipped(following__csv=b'"open'), "bringing.not_csv", Invalid),
    "no kind": (lambda: b"a@b.example\n", "bringing.which", Invalid),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_file_is_refused_with_a_reason_and_changes_nothing(name: str) -> None:
    make, key, kind = HOSTILE[name]
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        content = make()
        with pytest.raises(kind) as refusal:
            await read(made["agora.test"], ReadOrder(content=content, name="x.bin"))
        assert refusal.value.message_key == key
        ana = await a_member(made, agora)
        before = await made.rows("agora.test")
        page = await ana.send(
            (await ana.get(IMPORT)).form(IMPORT), files={"file": ("x.zip", content)}
        )
        assert page.status == 400
        assert 'role="alert"' in page.text
        assert await made.rows("agora.test") == before


async def test_rows_that_make_no_sense_are_counted_and_left_out() -> None:
    async with world("agora.test") as made:
        content = (
            b"Account address,Show boosts\n@good@far.example,true\n'=cmd|x@far.example,true\nnonsense\n"
            b"<script>@x y,1\n,\ngood@far.example,true\n"
        )
        order = ReadOrder(content=content, name="following_accounts.csv")
        found = await read(made["agora.test"], order)
        assert found.follows == ["@good@far.example", "@=cmd|x@far.example"]
        assert found.unreadable == 2
