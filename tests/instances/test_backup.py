"""The restore drill: a backup under load, a dead machine, another one that takes its place, and nothing said twice."""

import asyncio
import sqlite3
import threading
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from actors import keys, people
from actors.model import Actor
from fedi import settings
from fedi.backup import making, record, shelf
from fedi.db.engine import Reader
from fedi.errors import Conflict, FediError, SetupError, Unavailable
from fedi.jobs.absence import note_running
from fedi.jobs.backups import back_up as job
from fedi.media.store import MediaFile, insert
from fedi.opening import DATABASE, RESTORING
from fedi.publications import drafts
from fedi.unit import Unit
from tests.harness.backups import IDENTITY, RECIPIENT, back_up, restored, start_again
from tests.harness.members import a_member
from tests.harness.world import World, a_note, world

HERE, THERE = "agora.test", "bond.test"


async def neighbours(made: World) -> tuple[Actor, Actor]:
    """Two collectives on two instances that follow each other."""
    agora = await made.collective(HERE, "agora")
    bond = await made.collective(THERE, "bond")
    await made.follow(bond, agora)
    await made.follow(agora, bond)
    return agora, bond


async def rows(made: World, host: str, sql: str) -> list[tuple[Any, ...]]:
    def look(rx: Reader) -> list[tuple[Any, ...]]:
        return list(rx.all(sql))

    return await made[host].look(look)


def words(titles: list[str]) -> list[str]:
    return [each.removeprefix("<p>").removesuffix("</p>") for each in titles]


async def test_the_drill() -> None:
    async with world(HERE, THERE) as made:
        agora, bond = await neighbours(made)
        await made.publish(agora, a_note("before"))
        await made.publish(bond, a_note("from there"))
        await made.settle()
        await made.publish(agora, a_note("waits"))
        keys_before = await rows(made, HERE, "SELECT uri, public_text FROM actor_key ORDER BY uri")
        stop, said = threading.Event(), 0

        async def load() -> None:
            nonlocal said
            while not stop.is_set() or said < 5:
                said += 1
                await made.publish(agora, a_note(f"meanwhile {said}"))
                await made.publish(bond, a_note(f"from there {said}"))
                await made.settle()

        loading = asyncio.create_task(load())
        file = (await back_up(made, HERE)).file
        stop.set()
        await loading
        await made.settle()
        heard = words(await made.titles(THERE))
        assert len(set(heard)) == len(heard) == said + 2

        await start_again(made, HERE, await restored(made, file, HERE))
        assert (
            await rows(made, HERE, "SELECT uri, public_text FROM actor_key ORDER BY uri")
            == keys_before
        )
        assert await made.followers(agora) == [bond.uri]
        ours = await rows(made, HERE, "SELECT texts FROM publication WHERE is_local")
        assert all(any(word in row[0] for row in ours) for word in ("before", "waits"))
        assert "from there" in words(await made.titles(HERE))
        # what the old machine had sent by then is known there by its ids
        await made.settle()
        assert words(await made.titles(THERE)) == heard
        await made.publish(agora, a_note("after"))
        await made.publish(bond, a_note("welcome back"))
        await made.settle()
        assert words(await made.titles(THERE)) == [*heard, "after"]
        # their connection to the dead machine broke: they try again after a minute
        made.clock.advance(minutes=2)
        await made.settle()
        assert "welcome back" in words(await made.titles(HERE))


async def test_what_others_said_after_the_backup_is_read_again() -> None:
    async with world(HERE, THERE) as made:
        _agora, bond = await neighbours(made)
        await note_running(made[HERE])
        file = (await back_up(made, HERE)).file
        await made.publish(bond, a_note("told to the old machine"))
        await made.settle()
        assert words(await made.titles(HERE)) == ["told to the old machine"]
        await start_again(made, HERE, await restored(made, file, HERE))
        assert await made.titles(HERE) == []
        await note_running(made[HERE])
        await made.settle()
        assert words(await made.titles(HERE)) == ["told to the old machine"]


async def test_from_an_old_backup_nothing_is_said_again_unless_asked_but_taking_back_is() -> None:
    async with world(HERE, THERE) as made:
        agora, _bond = await neighbours(made)
        old = await made.publish(agora, a_note("to be withdrawn"))
        await made.settle()
        # both wait when the backup is made
        await made.publish(agora, a_note("withdrawn since"))
        await made.delete(agora, old)
        file = (await back_up(made, HERE)).file
        made.clock.advance(days=3)
        stands = await restored(made, file, HERE)
        assert stands.ended.put_aside == 1
        await start_again(made, HERE, stands)
        await made.settle()
        assert words(await made.titles(THERE)) == []
        ledger = await rows(
            made, HERE, "SELECT a.type, d.state, d.last_reason FROM delivery d "
            "JOIN outbox_activity a ON a.id = d.activity_id WHERE a.type IN ('Create', 'Delete') ORDER BY d.id"
        )  # fmt: skip
        assert ("Create", "given_up", "restored") in ledger
        assert ("Delete", "sent", "http_202") in ledger
        asked = await restored(made, file, HERE, name="third", resend=True)
        assert asked.ended.put_aside == 0
        await start_again(made, HERE, asked)
        await made.settle()
        assert words(await made.titles(THERE)) == ["withdrawn since"]


@pytest.mark.parametrize(("before", "after"), [("sqlite", "postgres"), ("postgres", "sqlite")])
async def test_a_backup_restores_on_the_other_engine(before: str, after: str) -> None:
    async with world() as made:
        await made.start(HERE, engine=before)
        await made.start(THERE, engine="sqlite")
        agora, bond = await neighbours(made)
        await made.publish(agora, a_note("before"))
        await made.settle()
        file = (await back_up(made, HERE)).file
        stands = await restored(made, file, HERE, engine=after)
        await start_again(made, HERE, stands)
        assert made[HERE].db.dialect == after
        await made.publish(agora, a_note("after"))
        await made.publish(bond, a_note("from there"))
        await made.settle()
        assert words(await made.titles(THERE)) == ["before", "after"]
        assert words(await made.titles(HERE)) == ["from there"]
        assert (stands.config.data_folder / DATABASE).exists() == (after == "sqlite")
        assert making.COPY not in {each.name for each in made.sites[HERE].folder.iterdir()}


async def test_who_was_signed_in_or_invited_is_not_any_more() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        assert (await ana.get("/house/agora")).path == "/house/agora"

        def invite(unit: Unit) -> str:
            person = people.load(unit.tx, "Ana")
            people.add_token(unit, person.id, "phone", [people.SCOPES[0]])
            return people.invite(unit, person.id)[0]

        token = await made[HERE].change(invite)
        file = (await back_up(made, HERE)).file
        stands = await restored(made, file, HERE)
        assert (stands.ended.sessions, stands.ended.secrets) == (1, 2)
        await start_again(made, HERE, stands)
        assert (await ana.get("/house/agora")).path.startswith("/sign-in")
        with pytest.raises(FediError):
            await made[HERE].change(lambda unit: people.use_invitation(unit, token))


async def test_a_draft_whose_moment_has_passed_is_not_published_a_second_time() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")

        def write(unit: Unit) -> None:
            person = people.add(unit, "Ana", "en")
            for hours in (1, 100):
                draft = drafts.add(
                    unit, agora.uri, person.id, f"once{hours}", "note", drafts.Written()
                )
                drafts.schedule(unit, draft, unit.now + timedelta(hours=hours), person.id)

        await made[HERE].change(write)
        file = (await back_up(made, HERE)).file
        made.clock.advance(hours=2)
        stands = await restored(made, file, HERE)
        assert stands.ended.drafts == 1
        await start_again(made, HERE, stands)
        found = await rows(made, HERE, "SELECT state, failure FROM draft ORDER BY once")
        assert found == [("open", '["backup.draft_restored",{}]'), ("due", "")]


async def test_pictures_come_along_and_those_from_elsewhere_do_not() -> None:
    key, gone, stray = f"{'a' * 26}.png", f"{'b' * 26}.png", f"{'c' * 26}.png"
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        here = made[HERE]

        def note(unit: Unit) -> None:
            for each in (key, gone):
                insert(unit, MediaFile(each, None, agora.uri, "image/png", 3, 1, 1, None, None))

        await here.change(note)
        for each in (key, stray):
            here.media.put(each, b"png" * 100_000, "image/png")
        backup = await back_up(made, HERE)
        assert (backup.about.media, backup.about.missing) == (1, 1)
        await start_again(made, HERE, await restored(made, backup.file, HERE))
        with made[HERE].media.open(key) as file:
            assert file.read() == b"png" * 100_000
        assert [each.key for each in made[HERE].media.iterate()] == [key]


@pytest.mark.embedded
async def test_who_writes_meanwhile_is_not_held_up_and_the_copy_is_of_one_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        copied, go_on = threading.Event(), threading.Event()
        real = making.copy_moment

        def stopping(file: Path, target: Path) -> None:
            real(file, target)
            copied.set()
            assert go_on.wait(30)

        monkeypatch.setattr(making, "copy_moment", stopping)
        task = asyncio.create_task(back_up(made, HERE))
        assert await asyncio.to_thread(copied.wait, 30)
        await made.publish(agora, a_note("later"))
        with pytest.raises(Conflict):
            await back_up(made, HERE)
        go_on.set()
        backup = await task
        assert backup.about.publications == 0
        left = {each.name for each in made.sites[HERE].folder.iterdir()}
        assert making.COPY not in left


async def test_a_backup_that_nobody_waits_for_any_more_ends_and_leaves_nothing() -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        data, folder = made.sites[HERE].folder, made.folder / "backups"
        wish = making.Wish(
            data,
            folder,
            f"https://{HERE}",
            (RECIPIENT,),
            None,
            made.clock.now(),
            made[HERE].config.database,
        )
        begun, go_on = threading.Event(), threading.Event()

        def wait(_done: int, _of: int) -> None:
            begun.set()
            assert go_on.wait(30)

        task = asyncio.create_task(making.make_aside(wish, wait))
        assert await asyncio.to_thread(begun.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        while any(folder.iterdir()):
            await asyncio.sleep(0.01)
        # the thread lets go of its lock a moment later
        while True:
            with suppress(Conflict):
                await back_up(made, HERE)
                break
            await asyncio.sleep(0.01)
        assert making.COPY not in {each.name for each in data.iterdir()}


@pytest.mark.parametrize("free_mib", [0, 49])
async def test_too_little_room_is_said_before_anything_is_written(free_mib: int) -> None:
    async with world(HERE) as made:
        data, folder = made.sites[HERE].folder, made.folder / "backups"
        wish = making.Wish(
            data,
            folder,
            f"https://{HERE}",
            (RECIPIENT,),
            None,
            made.clock.now(),
            made[HERE].config.database,
        )
        with pytest.raises(Unavailable) as refused:
            making.make(wish, room=lambda _folder: free_mib * 1024 * 1024)
        assert refused.value.message_key == "backup.too_little_room"
        assert refused.value.values["need"] > 50
        assert list(folder.iterdir()) == []


@pytest.mark.embedded
async def test_a_damaged_database_makes_no_backup() -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        data = made.folder / "damaged"
        data.mkdir()
        (data / "secret").write_bytes(bytes(32))
        with closing(sqlite3.connect(made.sites[HERE].folder / DATABASE)) as source:
            source.execute("VACUUM INTO ?", (str(data / DATABASE),))
        with (data / DATABASE).open("r+b") as file:
            for page in range(3, 40):
                file.seek(page * 4096)
                file.write(b"\x00" * 4096)
        wish = making.Wish(
            data, made.folder / "b", f"https://{HERE}", (RECIPIENT,), None, made.clock.now()
        )
        with pytest.raises(SetupError):
            making.make(wish)
        assert list((made.folder / "b").iterdir()) == []
        assert making.COPY not in {each.name for each in data.iterdir()}


async def test_backups_are_for_this_user_only_and_hold_no_word_in_clear() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        await made.publish(agora, a_note("a very particular word"))
        file = (await back_up(made, HERE)).file
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
        sealed = file.read_bytes()
        assert sealed.startswith(b"age-encryption.org/v1\n")
        for secret in (b"particular", b"SQLite format", b"agora.test", IDENTITY.encode()):
            assert secret not in sealed


SCHEDULED = (
    f'[backup]\nevery_hours = 24\nkeep = 2\nfolder = "{{folder}}"\nrecipients = ["{RECIPIENT}"]'
)


async def test_the_server_makes_them_by_itself_and_keeps_the_newest(tmp_path: Path) -> None:
    async with world() as made:
        here = await made.start(HERE, SCHEDULED.format(folder=tmp_path))
        (tmp_path / "letter.txt").write_text("mine")
        other = tmp_path / "mujawara-other.test-20200101T000000Z.tar.gz.age"
        other.write_text("of another instance")
        assert await job(here) == 1
        assert await job(here) == 0
        for _ in range(3):
            made.clock.advance(hours=24)
            assert await job(here) == 1
        kept = shelf.list_kept(tmp_path, f"https://{HERE}")
        assert [made.clock.now() - each.made_at < timedelta(hours=n) for n, each in ((1, kept[0]), (25, kept[1]))] == [True, True]  # fmt: skip
        assert len(kept) == 2
        assert other.exists()
        assert (tmp_path / "letter.txt").exists()
        last = await here.look(record.find_last)
        assert last is not None
        assert last[1] == str(kept[0].file)


async def test_without_a_key_the_server_makes_none(tmp_path: Path) -> None:
    async with world() as made:
        here = await made.start(HERE, f'[backup]\nevery_hours = 1\nfolder = "{tmp_path}"')
        assert await job(here) == 0
        assert list(tmp_path.iterdir()) == []
        await here.change(lambda unit: record.keep_recipient(unit, RECIPIENT))
        assert await job(here) == 1


@pytest.mark.embedded
async def test_no_server_starts_in_a_folder_where_restoring_did_not_finish() -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        file = (await back_up(made, HERE)).file
        stands = await restored(made, file, HERE)
        (stands.config.data_folder / RESTORING).touch()
        with pytest.raises(SetupError) as refused:
            await start_again(made, HERE, stands)
        assert refused.value.message_key == "backup.unfinished"
        # the same command again begins anew
        stands = await restored(made, file, HERE)
        await start_again(made, HERE, stands)
        assert await made[HERE].look(lambda rx: settings.find(rx, "restored_at")) is not None
        assert await made[HERE].look(
            lambda rx: keys.find_current(rx, made[HERE].urls.server_actor(), keys.RSA)
        )
