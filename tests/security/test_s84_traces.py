"""S46, S82, S84, S85, S119, S128: what is kept of people and secrets, where it is written, and for how long."""

import asyncio
import logging
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fedi.config import Config, NetworkConfig, load_config
from fedi.errors import SetupError
from fedi.jobs.retention import forget
from fedi.logs import set_up_logs
from fedi.metrics import OTHER
from fedi.opening import open_instance
from fedi.secret import SECRET
from fedi.serving import _say_what_is_unsafe
from fedi.vocab.audience import Visibility
from inbox.contract import Incoming, Outcome
from inbox.handlers import BY_ACTIVITY
from inbox.verdicts import ANSWERED
from tests.harness.world import a_note, world
from tests.hostile.stranger import AS2, a_note_of, deliver, say, send_raw, stranger
from tests.security.asking import PAGE, ask

HERE = "agora.test"
ROOT = Path(__file__).parents[2]
MARK = "Geheimwort1871"
VISITOR = {
    "user_agent": "SpyBrowser-1871",
    "x_forwarded_for": "203.0.113.77",
    "referer": "https://referrer-1871.test/",
    "cookie": "language=ar; cookie1871=1",
}
TRACES = [b"127.0.0.1", b"203.0.113.77", b"SpyBrowser-1871", b"referrer-1871", b"cookie1871"]


@pytest.mark.embedded
async def test_nothing_of_a_visitor_is_kept_anywhere() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        note = await made.publish(us, a_note("words"))
        for address in (
            f"https://{HERE}/",
            f"https://{HERE}/@agora",
            note.uri,
            f"https://{HERE}/no",
        ):
            for accept in (PAGE, AS2):
                await ask(made, address, accept, None, **VISITOR)
        await send_raw(
            made, HERE, "/language",
            [("host", HERE), ("content-type", "application/x-www-form-urlencoded"), ("user-agent", "SpyBrowser-1871")],
            b"language=ar&next=/",
        )  # fmt: skip
        ali = mars.person("ali")
        assert (await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))).status == 202
        await made.settle()
        files = [file for file in made.sites[HERE].folder.rglob("*") if file.is_file()]
        kept = await asyncio.to_thread(lambda: {file.name: file.read_bytes() for file in files})
        assert any(b"mars.test/ali" in content for content in kept.values())
        found = [
            (name, each) for name, content in kept.items() for each in TRACES if each in content
        ]
        assert found == []


@pytest.mark.parametrize("form", ["text", "json"])
async def test_the_log_of_a_conversation_holds_no_words_no_keys_and_no_addresses(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root, level = logging.getLogger(), logging.getLogger("fedi").level
    handlers, root_level = root.handlers[:], root.level
    set_up_logs("debug", form)
    try:
        async with world(HERE) as made, stranger(made, "mars.test") as mars:
            us = await made.collective(HERE, "agora")
            ali = mars.person("ali")
            await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))
            note = a_note_of(ali, 1, f"<p>{MARK}</p>", to=[us.uri], cc=[])
            await deliver(made, HERE, ali.key, say(ali, "Create", note, to=[us.uri], cc=[]))
            await made.settle()
            await made.publish(us, a_note(MARK, visibility=Visibility.FOLLOWERS))
            mars.answer = lambda _post: (500, {})
            await made.settle()
            for path in (f"/nowhere?{MARK}=1", f"/tag/{MARK}", "/media/x", f"/@{MARK}"):
                await ask(made, f"https://{HERE}{path}", PAGE, None, **VISITOR)
            await deliver(made, HERE, mars.person("eve", 1).key, say(ali, "Like", us.uri, MARK))
            for spoiled in (b"--x\xff", b"--x\r\n\0: y\r\n", b"--y\r\n"):
                lines = [("host", HERE), ("content-type", "multipart/form-data; boundary=x")]
                await send_raw(made, HERE, "/sign-in", lines, spoiled)
            logging.getLogger("fedi.app").warning("the log works")
    finally:
        root.handlers[:] = handlers
        root.setLevel(root_level)
        logging.getLogger("fedi").setLevel(level)
    said = capsys.readouterr().err
    assert "the log works" in said
    secrets = [
        MARK,
        "BEGIN",
        "keyId",
        "Signature",
        "sha-256=",
        "SpyBrowser",
        "203.0.113.77",
        "127.0.0.1",
        "multipart",
    ]
    assert [each for each in secrets if each.lower() in said.lower()] == []


async def test_what_came_is_forgotten_after_a_week_but_not_that_it_came() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        activity = say(ali, "Follow", us.uri)
        await deliver(made, HERE, ali.key, activity)
        await made.settle()

        async def bodies() -> list[tuple[object, ...]]:
            rows = await made[HERE].look(
                lambda rx: rx.all("SELECT uri, body IS NULL FROM inbox_activity")
            )
            return [tuple(row) for row in rows]

        made.clock.advance(days=6)
        await forget(made[HERE])
        assert await bodies() == [(activity["id"], 0)]
        made.clock.advance(days=2)
        await forget(made[HERE])
        assert await bodies() == [(activity["id"], 1)]


async def test_an_activity_that_breaks_us_is_set_aside_and_the_next_one_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(_unit: object, _incoming: Incoming) -> Outcome:
        raise ZeroDivisionError

    monkeypatch.setitem(BY_ACTIVITY, "Like", replace(BY_ACTIVITY["Like"], apply=breaks))
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        like = say(ali, "Like", us.uri)
        assert (await deliver(made, HERE, ali.key, like)).status == 202
        assert (await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))).status == 202
        for _ in range(4):
            await made.settle()
            made.clock.advance(hours=12)
        rows = await made[HERE].look(
            lambda rx: rx.all("SELECT type, state, attempts FROM inbox_activity ORDER BY id")
        )
        assert [tuple(row) for row in rows] == [("Like", "quarantined", 3), ("Follow", "done", 1)]


def test_whatever_the_umask_files_are_for_their_owner_only(tmp_path: Path) -> None:
    def careless() -> None:
        os.umask(0)

    done = subprocess.run(
        [sys.executable, "-m", "fedi", "init", "--data", str(tmp_path / "data"), "--config", str(tmp_path / "config.toml")],
        cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=careless,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    files = [tmp_path / "data", *(tmp_path / "data").rglob("*")]
    assert len(files) > 2
    loose = [f.name for f in files if f.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    assert loose == []


@pytest.mark.embedded
async def test_private_keys_are_on_disk_only_sealed() -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        files = [file for file in made.sites[HERE].folder.rglob("*") if file.is_file()]
        kept = await asyncio.to_thread(lambda: [file.read_bytes() for file in files])
        assert any(b"BEGIN PUBLIC KEY" in content for content in kept)
        assert not any(b"PRIVATE KEY" in content for content in kept)
        secret = (made.sites[HERE].folder / SECRET).read_bytes()
        assert sum(secret in content for content in kept) == 1


async def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / SECRET).write_bytes(b"x" * 32)
    (tmp_path / SECRET).chmod(0o644)
    config = load_config(None, {"FEDI_STORAGE_FOLDER": str(tmp_path)})
    with pytest.raises(SetupError, match="chmod 600"):
        async with open_instance(config):
            pass


async def test_what_is_known_of_a_host_is_forgotten_when_it_was_silent_for_a_month() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))
        await made.settle()

        async def hosts() -> list[str]:
            rows = await made[HERE].look(
                lambda rx: rx.all("SELECT host FROM host WHERE host <> ?", HERE)
            )
            return [row[0] for row in rows]

        made.clock.advance(days=29)
        await forget(made[HERE])
        assert await hosts() == ["mars.test"]
        made.clock.advance(days=2)
        await forget(made[HERE])
        assert await hosts() == []
        await made.publish(us, a_note("words"))
        await made.settle()
        assert mars.posts[-1].document["type"] == "Create"


async def test_every_refusal_at_the_door_is_counted_with_its_reason() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        for number in range(3):
            activity = say(ali, "Follow", us.uri, number, actor=us.uri)
            assert (await deliver(made, HERE, ali.key, activity)).body == b""
        counted = made[HERE].metrics.samples(ANSWERED)
        refused = [each for each in counted if each.labels["status"].startswith("4")]
        assert sum(each.value for each in refused) == 3
        assert all(each.labels["verdict"] != OTHER for each in refused)


def test_an_unsafe_setting_is_named_at_every_start(caplog: pytest.LogCaptureFixture) -> None:
    network = NetworkConfig(unsafe_allow_http=True, allowed_networks=("127.0.0.0/8",))
    caplog.set_level("WARNING", logger="fedi")
    for _ in range(2):
        caplog.clear()
        _say_what_is_unsafe(Config(network=network))
        said = [(record.levelname, str(vars(record))) for record in caplog.records]
        assert [level for level, _ in said] == ["WARNING", "WARNING"]
        assert "unsafe_allow_http" in said[0][1]
        assert "127.0.0.0/8" in said[1][1]


def test_the_example_unchanged_opens_nothing(caplog: pytest.LogCaptureFixture) -> None:
    config = load_config(ROOT / "config.example.toml", {})
    _say_what_is_unsafe(config)
    assert caplog.records == []
    assert config.network.allowed_networks == ()
    assert config.server.trusted_proxies == ()
