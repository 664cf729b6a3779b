"""An instance whose pictures are in an object store: it goes on as before, says so when the store is away, loses nothing."""

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from fedi.app import assemble
from fedi.backup.archive import Damaged
from fedi.cli.main import run
from fedi.config import Config, parse_config
from fedi.desk.publishing import delete, publish
from fedi.desk.wishes import DeleteOrder, Picture, PublishOrder, Words
from fedi.doctor.finding import Verdict
from fedi.doctor.run import examine
from fedi.errors import SetupError, Unavailable
from fedi.instance import Instance
from fedi.jobs import leftovers, retention
from fedi.media.bucket import MARK
from fedi.media.places import MEDIA, open_bucket, open_folder
from fedi.media.storage import MediaStorage
from fedi.media.transfer import carry
from fedi.opening import open_instance
from tests.harness import objects
from tests.harness.backups import back_up, restored, start_again
from tests.harness.gallery import a_picture
from tests.harness.objects import Place
from tests.harness.world import World, a_note, world

HERE = "agora.test"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    # who has been away is asked again at once
    monkeypatch.setattr("fedi.media.bucket.AWAY_S", 0.0)
    with objects.place(tmp_path) as made:
        yield made


@asynccontextmanager
async def a_house(settings: str) -> AsyncIterator[tuple[World, httpx2.AsyncClient]]:
    """An instance with a collective, and somebody who looks at it."""
    async with world(HERE, settings=settings) as made:
        await made.collective(HERE, "agora")
        transport = httpx2.ASGITransport(assemble(made[HERE], made.sites[HERE].limits))
        async with httpx2.AsyncClient(transport=transport, base_url=f"https://{HERE}") as client:
            yield made, client


async def with_picture(here: Instance) -> tuple[str, str]:
    """The id of a note, and the path of its picture."""
    picture = Picture(content=a_picture(), alt="a picture")
    written = await publish(here, PublishOrder(kind="note", pictures=(picture,)))
    keys = await here.look(lambda rx: rx.all("SELECT media_key FROM media ORDER BY id DESC"))
    return written.uri, f"/media/{keys[0][0]}"


def read(storage: MediaStorage, key: str) -> bytes:
    with storage.open(key) as file:
        return file.read()


def kept(here: Instance) -> set[str]:
    return {each.key for each in here.media.iterate()}


async def test_a_picture_is_taken_in_shown_by_us_and_deleted(place: Place) -> None:
    async with a_house(place.settings()) as (made, client):
        here = made[HERE]
        uri, path = await with_picture(here)
        shown = await client.get(path)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert shown.headers["content-security-policy"] == "sandbox; default-src 'none'"
        again = await client.get(path, headers={"if-none-match": shown.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert not (here.config.data_folder / MEDIA).exists()
        assert len(kept(here)) == 2
        await delete(here, DeleteOrder(which=uri))
        await retention.forget(here)
        made.clock.advance(days=400)
        await retention.forget(here)
        assert kept(here) == set()
        gone = await client.get(path, headers={"if-none-match": shown.headers["etag"]})
        assert gone.status_code == 404


@pytest.mark.parametrize("hangs", [False, True])
async def test_while_the_store_is_away_uploads_fail_as_a_whole_and_all_else_goes_on(
    place: Place, hangs: bool
) -> None:
    async with a_house(place.settings(timeout_s=1.0)) as (made, client):
        here = made[HERE]
        _, path = await with_picture(here)
        before, keys = await made.rows(HERE), kept(here)
        place.door.shut(hangs=hangs)
        waiting = [asyncio.create_task(client.get(path)) for _ in range(12)]
        written = await publish(
            here, PublishOrder(kind="note", words=(Words(source="Without a picture"),))
        )
        assert written.uri
        answers = await asyncio.gather(*waiting)
        assert {each.status_code for each in answers} == {503}
        assert all(int(each.headers["retry-after"]) > 0 for each in answers)
        with pytest.raises(Unavailable) as caught:
            await with_picture(here)
        assert caught.value.message_key == "media.store_away"
        place.door.open()
        after = await made.rows(HERE)
        assert (after["media"], after["publication"]) == (
            before["media"],
            before["publication"] + 1,
        )
        assert kept(here) == keys
        assert (await client.get(path)).status_code == 200


async def test_who_did_not_answer_a_moment_ago_is_not_waited_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedi.media.bucket.AWAY_S", 3600.0)
    async with a_house(place.settings()) as (made, client):
        _, path = await with_picture(made[HERE])
        place.door.shut()
        assert (await client.get(path)).status_code == 503
        place.door.open()
        passed = place.door.passed
        refused = await client.get(path)
        assert (refused.status_code, place.door.passed) == (503, passed)


async def test_what_nobody_refers_to_is_found_and_removed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_house(place.settings()) as (made, _client):
        here = made[HERE]
        await with_picture(here)
        named = kept(here)
        here.media.put(f"{'s' * 26}.jpg", b"stray", "image/jpeg")
        assert await leftovers.find(here) == []
        # as if all of them had been there for long: the clock is the store's own
        monkeypatch.setattr(leftovers, "DAY_S", -1)
        assert await leftovers.remove(here) == 1
        assert kept(here) == named


async def refusal_of(config: Config) -> SetupError:
    with pytest.raises(SetupError) as caught:
        async with open_instance(config):
            pass
    return caught.value


def settings_of(folder: Path, bucket: str, base: str = f"https://{HERE}") -> Config:
    return parse_config(
        f'[instance]\nbase_url = "{base}"\n[storage]\nfolder = "{folder}"\n{bucket}', {}
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": "nobodys"}, "NoSuchBucket"),
        ({"key_id": "NOBODY"}, "InvalidAccessKeyId"),
        ({"endpoint": "http://127.0.0.1:9"}, "no answer"),
    ],
)
async def test_a_bucket_that_cannot_be_used_is_said_at_the_start(
    place: Place, tmp_path: Path, wrong: dict[str, object], why: str
) -> None:
    refused = await refusal_of(settings_of(tmp_path / "data", place.settings(**wrong)))
    assert (refused.message_key, refused.values["why"]) == ("media.store_unusable", why)


async def test_two_instances_never_tidy_away_each_others_pictures(
    place: Place, tmp_path: Path
) -> None:
    async with open_instance(settings_of(tmp_path / "one", place.settings())):
        pass
    other = settings_of(tmp_path / "two", place.settings(), "https://beirut.test")
    refused = await refusal_of(other)
    assert (refused.message_key, refused.values["owner"]) == (
        "media.store_taken",
        f"https://{HERE}",
    )
    beside = place.settings(prefix=f"{place.prefix}/beirut")
    async with open_instance(settings_of(tmp_path / "two", beside, "https://beirut.test")):
        pass


async def test_without_the_library_what_is_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    key.write_text("secret")
    bucket = f'[bucket]\nname = "pictures"\nkey_id = "a"\nkey_file = "{key}"\n'
    monkeypatch.setitem(sys.modules, "fedi.media.bucket", None)
    refused = await refusal_of(settings_of(tmp_path / "data", bucket))
    assert refused.message_key == "media.store_library"


def test_nobody_loads_the_library_who_has_no_bucket(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "import fedi.cli.main, fedi.serving, fedi.app\n"
        "from fedi.config import parse_config\n"
        "from fedi.opening import open_instance\n"
        "async def main():\n"
        "    config = parse_config(f'[storage]\\nfolder = \"{sys.argv[1]}\"', {})\n"
        "    async with open_instance(config):\n"
        "        print(sorted(each for each in sys.modules if 'obstore' in each or each == 'fedi.media.bucket'))\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "data")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]"


async def test_a_backup_holds_what_is_in_the_bucket_and_goes_to_a_folder(place: Place) -> None:
    async with a_house(place.settings()) as (made, _client):
        here = made[HERE]
        await with_picture(here)
        there = {key: read(here.media, key) for key in kept(here)}
        backup = await back_up(made, HERE)
        assert (backup.about.media, backup.about.missing) == (2, 0)
        await start_again(made, HERE, await restored(made, backup.file, HERE))
        folder = open_folder(made[HERE].config, MEDIA)
        assert {each.key: read(folder, each.key) for each in folder.iterate()} == there


async def test_a_backup_of_a_folder_is_restored_into_a_bucket_or_not_at_all(place: Place) -> None:
    async with a_house("") as (made, _client):
        here = made[HERE]
        await with_picture(here)
        keys = kept(here)
        backup = await back_up(made, HERE)
        spoilt = made.folder / "spoilt.age"
        whole = backup.file.read_bytes()
        spoilt.write_bytes(whole[:-40])
        (made.folder / "elsewhere.toml").write_text(place.settings())
        config = settings_of(made.folder / "elsewhere", place.settings())
        with pytest.raises(Damaged):
            await restored(made, spoilt, HERE)
        bucket = open_bucket(config, MEDIA)
        assert list(bucket.iterate()) == []
        await start_again(made, HERE, await restored(made, backup.file, HERE))
        assert {each.key for each in bucket.iterate()} == keys == kept(made[HERE])
        assert not (made[HERE].config.data_folder / MEDIA).exists()


async def test_a_backup_while_the_store_is_away_is_refused_and_leaves_nothing(
    place: Place,
) -> None:
    async with a_house(place.settings()) as (made, _client):
        await with_picture(made[HERE])
        place.door.shut()
        with pytest.raises(Unavailable):
            await back_up(made, HERE)
        assert list((made.folder / "backups").iterdir()) == []


def test_pictures_are_carried_there_and_back_and_what_has_arrived_is_not_sent_again(
    place: Place, tmp_path: Path
) -> None:
    config = settings_of(tmp_path / "data", place.settings())
    folder, bucket = open_folder(config, MEDIA), open_bucket(config, MEDIA)
    pictures = {f"{number:026}.jpg": bytes([number]) * (1000 + number) for number in range(20)}
    for key, data in pictures.items():
        folder.put(key, data, "image/jpeg")
    half = f"{3:026}.jpg"
    # one arrived in an attempt that was cut off, one arrived as something else
    bucket.put(f"{2:026}.jpg", pictures[f"{2:026}.jpg"], "image/jpeg")
    bucket.put(half, b"\0" * len(pictures[half]), "image/jpeg")
    told: list[tuple[int, int]] = []
    first = carry(folder, bucket, to_bucket=True, progress=lambda *each: told.append(each))
    total = sum(map(len, pictures.values()))
    assert (first.copied, first.already, first.size_bytes) == (19, 1, total)
    assert (len(told), told[-1]) == (20, (total, total))
    assert carry(folder, bucket, to_bucket=True).copied == 0
    for key in pictures:
        folder.delete(key)
    assert carry(folder, bucket, to_bucket=False).copied == 20
    assert {key: read(folder, key) for key in pictures} == pictures
    assert carry(folder, bucket, to_bucket=False).copied == 0


class Commands:
    """`fedi` on an instance in a folder, in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self._capsys = folder / "config.toml", capsys
        start = ["init", "--config", str(self.file), "--data", str(folder / "data")]
        assert run([*start, "--username", "agora", "--name", "Agora", "--timezone", "UTC"]) == 0
        self.capsys_cleared()

    def capsys_cleared(self) -> str:
        return self._capsys.readouterr().out

    def __call__(self, *words: str) -> tuple[int, str, str]:
        status = run(["--config", str(self.file), *words])
        said = self._capsys.readouterr()
        return status, said.out, said.err


def test_the_command_carries_and_removes_only_when_nobody_runs(
    place: Place,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Words")))
    fedi = Commands(tmp_path, capsys)
    (tmp_path / "a.jpg").write_bytes(a_picture())
    told = ("--text", "-", "--image", "a.jpg", "--alt", "a picture")
    status, said, wrong = fedi("publish", "note", *told, "--json")
    assert status == 0, said + wrong
    status, said, wrong = fedi("media", "move", "--to", "bucket")
    assert (status != 0, "[bucket]" in wrong) == (True, True)
    fedi.file.write_text(fedi.file.read_text() + "\n" + place.settings())
    status, said, _ = fedi("media", "move", "--to", "bucket", "--remove", "--json")
    found = json.loads(said)
    assert (status, found["copied"], found["removed"], found["is_whole"]) == (0, 2, 2, True)
    assert fedi("media", "move", "--to", "attic")[0] != 0
    found = json.loads(fedi("doctor", "--inside", "--json")[1])
    assert "doctor.pictures.bucket" in json.dumps(found)
    found = json.loads(fedi("media", "move", "--to", "folder", "--json")[1])
    assert (found["copied"], found["already"], found["removed"]) == (2, 0, 0)


@pytest.mark.embedded
async def test_while_a_server_runs_pictures_are_carried_ahead_and_nothing_is_removed(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_house(place.settings()) as (made, _client):
        here = made[HERE]
        await with_picture(here)
        file = made.folder / "config.toml"
        data = here.config.data_folder
        file.write_text(
            f'[instance]\nbase_url = "https://{HERE}"\n[storage]\nfolder = "{data}"\n'
            + place.settings()
        )
        move = ["--config", str(file), "media", "move", "--to", "folder", "--json"]
        assert await asyncio.to_thread(run, move) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["copied"], found["is_whole"]) == (2, False)
        assert await asyncio.to_thread(run, [*move, "--remove"]) != 0
        assert len(kept(here)) == 2


async def verdict_of(made: World) -> tuple[str, Verdict]:
    """What the doctor finds about pictures, as a command beside the running server."""
    config = made[HERE].config
    async for each in examine(config, made.outside(HERE, config), inside_only=True):
        if each.check == "pictures":
            return each.key, each.verdict
    raise AssertionError("pictures were not looked at")


async def test_the_doctor_says_what_is_wrong_with_the_bucket_and_what_is_missing(
    place: Place,
) -> None:
    async with a_house(place.settings()) as (made, _client):
        here = made[HERE]

        await with_picture(here)
        assert await verdict_of(made) == ("doctor.pictures.bucket", Verdict.OK)
        here.media.delete(next(iter(kept(here))))
        assert await verdict_of(made) == ("doctor.pictures.missing", Verdict.WARNING)
        place.key_file.chmod(0o644)
        assert await verdict_of(made) == ("doctor.pictures.open_key", Verdict.FAULT)
        place.door.shut()
        assert await verdict_of(made) == ("doctor.pictures.unusable", Verdict.FAULT)


async def test_pictures_that_are_missing_in_the_folder_are_counted() -> None:
    async with a_house("") as (made, _client):
        here = made[HERE]
        await with_picture(here)
        assert await verdict_of(made) == ("doctor.pictures.ok", Verdict.OK)
        for key in kept(here):
            here.media.delete(key)
        assert await verdict_of(made) == ("doctor.pictures.missing", Verdict.WARNING)


def test_the_mark_is_no_picture(place: Place, tmp_path: Path) -> None:
    config = settings_of(tmp_path / "data", place.settings(prefix=place.prefix))
    bucket = open_bucket(config, MEDIA)
    assert (
        bucket.claim("https://one.test") == bucket.claim("https://two.test") == "https://one.test"
    )
    assert (MARK, list(bucket.iterate())) == ("mujawara", [])


async def test_federation_does_not_need_the_store(place: Place) -> None:
    async with world(HERE, settings=place.settings()) as made:
        await made.start("beirut.test")
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, agora)
        place.door.shut()
        await made.publish(agora, a_note("still here"))
        await made.settle()
        assert await made.titles("beirut.test") == ["<p>still here</p>"]


async def test_a_copy_that_was_restored_to_try_it_deletes_no_picture(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that goes on has pictures since, of which the copy knows nothing; and both find them in one bucket."""
    async with a_house(place.settings()) as (made, _client):
        await with_picture(made[HERE])
        backup = await back_up(made, HERE)
        made[HERE].media.put(f"{'s' * 26}.jpg", b"of today", "image/jpeg")
        before = kept(made[HERE])
        assert await verdict_of(made) == ("doctor.pictures.bucket", Verdict.OK)
        (made.folder / "elsewhere.toml").write_text(place.settings())
        await start_again(made, HERE, await restored(made, backup.file, HERE))
        copy = made[HERE]
        # as if all of them had been there for long: the clock is the store's own
        monkeypatch.setattr(leftovers, "DAY_S", -1)
        assert await leftovers.remove(copy) == 0
        for key in before:
            assert copy.media.delete(key)
        assert kept(copy) == before
        assert await verdict_of(made) == ("doctor.pictures.copy", Verdict.WARNING)
