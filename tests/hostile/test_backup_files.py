"""Files that claim to be backups: cut off, changed, closed for somebody else, put together by an enemy. None leaves a trace."""

import asyncio
import io
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from fedi.backup import envelope
from fedi.backup.archive import ABOUT, CONFIG, Entry, Pulled, pack, unpack
from fedi.backup.checking import check
from fedi.backup.restoring import Order, restore
from fedi.db.migrate import list_migrations
from fedi.errors import FediError
from fedi.opening import DATABASE
from tests.harness.backups import IDENTITY, RECIPIENT, back_up, restored
from tests.harness.world import World, a_note, world

HERE = "agora.test"


@dataclass(frozen=True, slots=True)
class Taken:
    """A good backup, its parts, and the world it came from."""

    made: World
    file: Path
    parts: dict[str, bytes]

    def write(self, parts: dict[str, bytes], name: str = "forged") -> Path:
        """Whoever has the public key can close an envelope: a forged backup of these parts."""
        entries = [
            Entry(name, len(data), lambda data=data: io.BytesIO(data))  # type: ignore[misc]
            for name, data in parts.items()
        ]
        file = self.made.folder / name
        with file.open("wb") as out:
            envelope.seal(Pulled(pack(entries)), out, [RECIPIENT])
        return file

    async def refused(self, file: Path, key: str, identity: str = IDENTITY) -> None:
        """Neither proving nor restoring takes it, and nothing of it stays anywhere."""
        before = everything(self.made.folder)
        with pytest.raises(FediError) as told:
            await asyncio.to_thread(check, file, [identity], self.made.folder, lambda _n: None)
        assert told.value.message_key == key
        assert everything(self.made.folder) == before
        with pytest.raises(FediError) as told:
            await restored(self.made, file, HERE, identities=[identity])
        assert told.value.message_key == key
        assert everything(self.made.folder) == before


def everything(folder: Path) -> dict[str, int]:
    running = folder / HERE
    return {
        str(each): each.stat().st_size for each in folder.rglob("*") if running not in each.parents
    }


@asynccontextmanager
async def taken() -> AsyncIterator[Taken]:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        await made.publish(agora, a_note("words"))
        file = (await back_up(made, HERE)).file
        with file.open("rb") as opened, envelope.opened(opened, [IDENTITY]) as inside:
            parts = {member.name: member.whole() for member in unpack(inside)}
        yield Taken(made, file, parts)


async def test_cut_off_and_changed_files_are_refused() -> None:
    async with taken() as good:
        whole = good.file.read_bytes()
        bad = good.made.folder / "bad"
        for size in (0, 5, 50, 300, len(whole) // 2, len(whole) - 1):
            bad.write_bytes(whole[:size])
            await good.refused(bad, "backup.damaged")
        for place in (0, 100, 400, len(whole) // 2, len(whole) - 1):
            changed = bytearray(whole)
            changed[place] ^= 1
            bad.write_bytes(bytes(changed))
            with pytest.raises(FediError):
                await restored(good.made, bad, HERE)
        bad.write_bytes(whole + b"x")
        await good.refused(bad, "backup.damaged")
        assert not (good.made.folder / "elsewhere").exists()


async def test_another_key_opens_nothing() -> None:
    async with taken() as good:
        await good.refused(good.file, "backup.wrong_key", envelope.new_identity()[0])
        with pytest.raises(FediError) as told:
            await restored(good.made, good.file, HERE, identities=())
        assert told.value.message_key == "backup.needs_identity"


async def test_parts_that_do_not_belong_together_are_refused() -> None:
    async with taken() as good:
        about = msgspec.json.decode(good.parts[ABOUT])

        def with_about(**changed: object) -> dict[str, bytes]:
            return good.parts | {ABOUT: msgspec.json.encode({**about, **changed})}

        later = len(list_migrations()) + 1
        far = int(good.made.clock.now().timestamp() * 1000) + 10**9
        stray = {f"media/{'a' * 26}.png": b"nobody's"}
        without_secret = {k: v for k, v in good.parts.items() if k != "secret"}
        without_database = {k: v for k, v in good.parts.items() if k != DATABASE}
        turned = dict(reversed(good.parts.items()))
        for parts, key in (
            (with_about(schema=later), "backup.newer"),
            (with_about(publications=2), "backup.damaged"),
            (good.parts | {"secret": b"z" * 32}, "backup.damaged"),
            (good.parts | {"secret": b"z"}, "backup.damaged"),
            (good.parts | {DATABASE: good.parts[DATABASE][:8192]}, "backup.damaged"),
            (good.parts | {DATABASE: b"no database at all" * 100}, "backup.damaged"),
            (good.parts | stray, "backup.damaged"),
            (without_secret, "backup.damaged"),
            (without_database, "backup.damaged"),
            (turned, "backup.damaged"),
            ({ABOUT: good.parts[ABOUT]}, "backup.damaged"),
        ):
            await good.refused(good.write(parts), key)
        with pytest.raises(FediError) as told:
            await restored(good.made, good.write(with_about(made_at_ms=far)), HERE)
        assert told.value.message_key == "backup.from_the_future"


async def test_a_database_from_a_newer_program_is_refused_whatever_the_backup_says() -> None:
    async with taken() as good:
        file = good.made.folder / "newer.sqlite3"
        file.write_bytes(good.parts[DATABASE])
        with closing(sqlite3.connect(file)) as database:
            database.execute("UPDATE schema_version SET version = version + 1000 WHERE version = 1")
            database.commit()
        parts = good.parts | {DATABASE: file.read_bytes()}
        await good.refused(good.write(parts), "backup.damaged")


async def test_settings_of_a_backup_do_not_choose_another_name_or_break_the_reader() -> None:
    async with taken() as good:
        for text in (b"\xff\xfe", b"[instance]\nname =", b"[outbox]\nx = 1"):
            first = {ABOUT: good.parts[ABOUT], CONFIG: text}
            file = good.write(first | {k: v for k, v in good.parts.items() if k != ABOUT})
            with pytest.raises(FediError):
                await restored(good.made, file, HERE)
            assert not (good.made.folder / "elsewhere").exists()
            assert not (good.made.folder / "elsewhere.toml").exists()
        order = Order(
            good.file,
            [IDENTITY],
            good.made.folder / "x.toml",
            {
                "FEDI_STORAGE_FOLDER": str(good.made.folder / "x"),
                "FEDI_INSTANCE_BASE_URL": "https://other.test",
            },
        )
        with pytest.raises(FediError) as told:
            await asyncio.to_thread(restore, order, good.made.clock)
        assert told.value.message_key == "backup.other_base"


@pytest.mark.parametrize("name", ["letter.txt", DATABASE, "secret", "media"])
async def test_a_folder_that_holds_something_is_left_alone(name: str) -> None:
    async with taken() as good:
        folder = good.made.folder / "elsewhere"
        folder.mkdir()
        (folder / name).write_text("mine")
        with pytest.raises(FediError) as told:
            await restored(good.made, good.file, HERE)
        assert told.value.message_key == "backup.not_empty"
        assert [each.read_text() for each in folder.iterdir()] == ["mine"]


@pytest.mark.embedded
async def test_an_empty_folder_of_a_new_disk_will_do() -> None:
    async with taken() as good:
        folder = good.made.folder / "elsewhere"
        (folder / "lost+found").mkdir(parents=True)
        await restored(good.made, good.file, HERE)
        assert (folder / DATABASE).is_file()


async def test_the_folder_of_a_running_server_is_left_alone() -> None:
    async with taken() as good:
        with pytest.raises(FediError) as told:
            await restored(good.made, good.file, HERE, name=HERE)
        assert told.value.message_key == "backup.not_empty"
        agora = await good.made.collective(HERE, "second")
        await good.made.publish(agora, a_note("still here"))
