"""The page of backups: what it tells, what it starts, and what it never gives away."""

from html import unescape
from pathlib import Path

from fedi.backup import record, shelf
from fedi.backup.checking import check
from fedi.backup.making import COPY
from fedi.i18n.catalog import translator
from fedi.jobs.backups import back_up
from tests.harness.backups import IDENTITY, RECIPIENT
from tests.harness.browser import Browser
from tests.harness.members import a_member
from tests.harness.world import World, world

HERE, PAGE = "agora.test", "/steward/backups"


async def a_steward(made: World, folder: Path, more: str = "") -> Browser:
    await made.start(HERE, f'[backup]\nfolder = "{folder}"\n{more}')
    agora = await made.collective(HERE, "agora")
    return await a_member(made, agora)


async def test_a_steward_has_one_made_and_sees_where_it_lies(tmp_path: Path) -> None:
    async with world() as made:
        ana = await a_steward(made, tmp_path, f'recipients = ["{RECIPIENT}"]')
        page = await ana.get(PAGE)
        assert translator("en")("doctor.backup.none") in unescape(page.text)
        page = await ana.send(page.form(PAGE))
        assert "A backup is being made" in page.text
        # pressed twice is asked once
        assert all(each.action != PAGE for each in page.forms)
        assert await back_up(made[HERE]) == 1
        assert await back_up(made[HERE]) == 0
        [kept] = shelf.list_kept(tmp_path, f"https://{HERE}")
        check(kept.file, [IDENTITY], tmp_path, lambda _n: None)
        page = await ana.get(PAGE)
        assert kept.file.name in page.text
        assert RECIPIENT in page.text
        assert "read back from the disk" in page.text
        assert "AGE-SECRET-KEY" not in page.text
        assert "cannot be downloaded" in page.text


async def test_without_a_key_nothing_can_be_started_and_the_page_says_how_to_make_one(
    tmp_path: Path,
) -> None:
    async with world() as made:
        ana = await a_steward(made, tmp_path)
        page = await ana.get(PAGE)
        assert "fedi backup --new-key" in page.text
        assert all(each.action != PAGE for each in page.forms)
        token = dict((await ana.get("/me")).form("/me").fields)["form_token"]
        page = await ana.post(PAGE, [("form_token", token)])
        assert page.status in (400, 404)
        assert await back_up(made[HERE]) == 0
        assert list(tmp_path.iterdir()) == []


async def test_what_failed_is_told_until_one_succeeds_and_is_not_tried_all_the_time(
    tmp_path: Path,
) -> None:
    async with world() as made:
        folder = tmp_path / "there"
        folder.write_text("a file in the way")
        ana = await a_steward(made, folder, f'every_hours = 1\nrecipients = ["{RECIPIENT}"]')
        here = made[HERE]
        assert await back_up(here) == 0
        failure = await here.look(record.find_failure)
        assert failure is not None
        assert await back_up(here) == 0
        assert await here.look(record.find_failure) == failure
        assert "cannot be written" in (await ana.get(PAGE)).text
        folder.unlink()
        # who asks need not wait
        page = await ana.get(PAGE)
        await ana.send(page.form(PAGE))
        assert await back_up(here) == 1
        assert await here.look(record.find_failure) is None
        assert "cannot be written" not in (await ana.get(PAGE)).text


async def test_the_one_just_made_is_never_let_go_whatever_the_clock_says(tmp_path: Path) -> None:
    async with world() as made:
        ana = await a_steward(
            made, tmp_path, f'every_hours = 24\nkeep = 1\nrecipients = ["{RECIPIENT}"]'
        )
        del ana
        ahead = tmp_path / "mujawara-agora.test-20990101T000000Z.tar.gz.age"
        ahead.write_bytes(b"made while the clock was ahead")
        assert await back_up(made[HERE]) == 1
        assert len(shelf.list_kept(tmp_path, f"https://{HERE}")) == 2


async def test_nothing_old_is_let_go_when_the_new_one_could_not_be_written(tmp_path: Path) -> None:
    async with world() as made:
        await a_steward(made, tmp_path, f'every_hours = 1\nkeep = 1\nrecipients = ["{RECIPIENT}"]')
        assert await back_up(made[HERE]) == 1
        [old] = shelf.list_kept(tmp_path, f"https://{HERE}")
        made.clock.advance(hours=2)
        # where the copy of the database would rest
        blocked = made.sites[HERE].folder / COPY
        blocked.mkdir()
        assert await back_up(made[HERE]) == 0
        blocked.rmdir()
        assert shelf.list_kept(tmp_path, f"https://{HERE}") == [old]
