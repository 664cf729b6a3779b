"""How a server is doing, in numbers: after a conversation, over the listener, at the desk, on the screen."""

import asyncio
import json
import os
import pty
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from httpx2 import ASGITransport, AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from fedi.app import assemble
from fedi.cli.main import run
from fedi.config import Config, MetricsConfig, parse_config
from fedi.desk.control import serve_control
from fedi.errors import SetupError, Unavailable
from fedi.i18n.catalog import LANGUAGES
from fedi.metrics import OTHER, Kind
from fedi.observe.families import FAMILIES
from fedi.observe.listener import application
from fedi.observe.now import measure
from fedi.observe.text import MEDIA_TYPE, written
from fedi.opening import CONTROL
from fedi.serving import _say_what_is_unsafe, serve_open_instance
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import AS2, a_note_of, deliver, exchange_alone, say, stranger

HERE = "agora.test"
ROOT = Path(__file__).parents[2]
MARK = "xqz"  # in everything that a stranger makes up


async def text_of(made: World) -> str:
    return written(await measure(made[HERE]))


def numbers_in(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Name → words of the labels → value, as the reader of Prometheus itself understands it."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            words = tuple(word for name, word in sample.labels.items() if name != "le")
            found.setdefault(sample.name, {})[words] = sample.value
    return found


@asynccontextmanager
async def a_conversation() -> AsyncIterator[World]:
    """Between us and strangers who put a mark into whatever they may choose."""
    mars, venus = f"mars-{MARK}.test", f"venus-{MARK}.test"
    async with world(HERE) as made, stranger(made, mars) as there, stranger(made, venus) as away:
        us = await made.collective(HERE, "agora", f"Name {MARK}")
        ali = there.person(f"ali-{MARK}", summary=f"<p>{MARK}</p>")
        bob = away.person(f"bob-{MARK}", key=1)
        away.answer = lambda _post: (503, {"retry-after": MARK})
        for person in (ali, bob):
            assert (
                await deliver(made, HERE, person.key, say(person, "Follow", us.uri))
            ).status == 202
        await made.settle()
        lies = [
            say(ali, f"Invent{MARK}", us.uri),
            say(ali, "Create", a_note_of(ali, MARK), MARK, to=[us.uri]),
            say(ali, "Follow", us.uri, MARK, actor=us.uri),
            say(bob, "Like", f"https://{HERE}/{MARK}", MARK),
            {"id": MARK, "type": [MARK]},
            say(ali, "Announce", f"{ali.uri}/missing-{MARK}", MARK),
        ]
        for lie in lies:
            await deliver(made, HERE, ali.key, lie)
        await made.publish(us, a_note(f"words {MARK}"))
        await made.settle()
        async with AsyncClient(
            transport=ASGITransport(assemble(made[HERE], made.sites[HERE].limits)),
            base_url=f"https://{HERE}",
        ) as browser:
            for path in (f"/{MARK}", f"/actors/{MARK}", f"/?{MARK}"):
                await browser.get(path, headers={"user-agent": MARK, "accept": MARK})
        yield made


async def test_after_a_conversation_the_numbers_hold_nothing_that_anybody_said() -> None:
    async with a_conversation() as made:
        text = await text_of(made)
        for told in (MARK, HERE, "agora", "ali", "https", "127.0.0.1", "@"):
            assert told not in text
        allowed = {each.name: each.labels for each in FAMILIES}
        for family, samples in await measure(made[HERE]):
            for sample in samples:
                for label, word in sample.labels.items():
                    assert label == "le" or word in allowed[family.name][label] | {OTHER}
        assert text.count("\n") < 700


async def test_the_numbers_say_what_happened() -> None:
    async with a_conversation() as made:
        found = numbers_in(await text_of(made))
    answered = found["mujawara_inbox_answers_total"]
    assert answered["202", "kept"] >= 3
    assert answered["403", "activity.actor"] == 1
    assert all(verdict != OTHER for _, verdict in answered)
    acted = found["mujawara_activities_total"]
    assert acted["Follow", "done"] == 2
    delivered = found["mujawara_deliveries_total"]
    assert delivered[("sent",)] >= 2
    assert delivered[("waiting",)] >= 1
    assert found["mujawara_delivery_seconds_count"][()] >= 3
    assert found["mujawara_fetches_total"]["document", "fetched"] >= 2
    assert found["mujawara_hosts_in_trouble"][()] == 1
    assert found["mujawara_queue_waiting"][("deliveries",)] >= 1
    assert found["mujawara_database_run_seconds_count"][("write",)] > 0
    assert found["mujawara_database_up"][()] == 1
    for name in ("database_bytes", "disk_free_bytes", "resident_memory_bytes"):
        assert found[f"mujawara_{name}"][()] > 10_000


async def test_a_queue_tells_how_long_its_oldest_waits_and_how_late_it_is() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))
        made.clock.advance(seconds=90)
        found = numbers_in(await text_of(made))
        for what in ("oldest_seconds", "late_seconds"):
            assert 89 <= found[f"mujawara_queue_{what}"][("inbox",)] <= 91
        await made.settle()
        found = numbers_in(await text_of(made))
        assert found["mujawara_queue_late_seconds"][("inbox",)] == 0
        assert found["mujawara_queue_waiting"][("inbox",)] == 0


async def test_every_family_is_written_as_prometheus_reads_it() -> None:
    async with world(HERE) as made:
        text = await text_of(made)
    families = {each.name: each for each in text_string_to_metric_families(text)}
    for family in FAMILIES:
        name = family.name.removesuffix("_total") if family.kind is Kind.COUNTER else family.name
        assert families[name].type == str(family.kind)
        assert families[name].documentation == family.meaning
    assert len({each.name for each in FAMILIES}) == len(FAMILIES)


async def test_documents_known_at_the_door_are_told_apart_from_those_made_anew() -> None:
    async with world(HERE, "beirut.test") as made:
        us = await made.collective(HERE, "agora")
        for _ in range(3):
            await made["beirut.test"].http.fetch_document(us.uri)
        found = numbers_in(await text_of(made))["mujawara_documents_total"]
    assert (found[("made",)], found[("door",)]) == (1, 2)


async def test_a_document_that_many_ask_for_at_once_is_made_once() -> None:
    async with world(HERE) as made:
        us = await made.collective(HERE, "agora")
        path = us.uri.removeprefix(f"https://{HERE}")
        head = f"GET {path} HTTP/1.1\r\nhost: {HERE}\r\naccept: {AS2}\r\n\r\n"
        heard = await asyncio.gather(
            *(exchange_alone(made, HERE, head.encode(), f"127.0.1.{n}") for n in range(1, 21))
        )
        found = numbers_in(await text_of(made))["mujawara_documents_total"]
    assert {(each.status, each.body) for each in heard} == {(200, heard[0].body)}
    assert found[("made",)] == 1


async def test_while_the_database_does_not_answer_the_rest_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with world(HERE) as made:

        def away(_work: object) -> None:
            raise Unavailable("error.storage")

        with monkeypatch.context() as patched:
            patched.setattr(type(made[HERE].db), "read", lambda _self, work: away(work))
            found = numbers_in(await text_of(made))
    assert found["mujawara_database_up"][()] == 0
    assert "mujawara_queue_waiting" not in found
    assert found["mujawara_disk_free_bytes"][()] > 0


@pytest.mark.parametrize(
    ("host", "path", "method", "status"),
    [
        ("127.0.0.1:9464", "/metrics", "GET", 200),
        ("localhost", "/metrics", "HEAD", 200),
        ("[::1]:9464", "/metrics", "GET", 200),
        ("evil.example", "/metrics", "GET", 421),
        ("127.0.0.1.evil.example:9464", "/metrics", "GET", 421),
        ("localhost", "/", "GET", 404),
        ("localhost", "/metrics", "POST", 405),
    ],
)
async def test_the_listener_tells_numbers_to_this_machine_and_nothing_else(
    host: str, path: str, method: str, status: int
) -> None:
    async with world(HERE) as made:
        asgi = ASGITransport(application(made[HERE], any_name=False))
        async with AsyncClient(transport=asgi, base_url="http://localhost") as reader:
            heard = await reader.request(method, path, headers={"host": host})
    assert heard.status_code == status
    assert heard.headers["cache-control"] == "no-store"
    if status == 200:
        assert heard.headers["content-type"] == MEDIA_TYPE


async def test_it_listens_apart_from_the_door_and_only_when_it_is_wanted(tmp_path: Path) -> None:
    async with world() as made:
        numbers = tmp_path / "numbers.sock"
        instance = await made.start(
            HERE, f'[server]\nbind = "127.0.0.1:0"\n[metrics]\nbind = "unix:{numbers}"'
        )
        stop, ready = asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(
            serve_open_instance(instance, stop=stop, on_ready=lambda _: ready.set())
        )
        await asyncio.wait_for(ready.wait(), 20)
        reader, writer = await asyncio.open_unix_connection(str(numbers))
        writer.write(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        heard = (await reader.read()).decode()
        writer.close()
        stop.set()
        await serving
    assert "mujawara_up_seconds" in heard
    assert not numbers.exists()


async def test_a_server_that_cannot_listen_for_numbers_says_so_and_does_not_start() -> None:
    async with world() as made:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            bind = f"127.0.0.1:{taken.getsockname()[1]}"
            instance = await made.start(HERE, f'[metrics]\nbind = "{bind}"')
            with pytest.raises(SetupError, match=re.escape(bind)):
                await serve_open_instance(
                    instance, stop=asyncio.Event(), on_ready=lambda _: pytest.fail("it started")
                )


@pytest.mark.parametrize(("bind", "is_said"), [("127.0.0.1:9464", False), ("[::1]:1", False), ("unix:/run/x", False),
                                               ("0.0.0.0:9464", True), ("", False)])  # fmt: skip
def test_numbers_that_leave_this_machine_are_named_at_every_start(
    bind: str, is_said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="fedi")
    _say_what_is_unsafe(Config(metrics=MetricsConfig(bind=bind)))
    assert bool(caplog.records) == is_said


@pytest.mark.parametrize("bind", ["9464", "localhost:", "127.0.0.1:99999", "unix:", "here:٣"])
def test_a_wrong_address_for_numbers_is_refused_with_what_to_write(bind: str) -> None:
    with pytest.raises(SetupError, match=r"line 2: bind is .*127\.0\.0\.1:9464"):
        parse_config(f'[metrics]\nbind = "{bind}"', {})


def test_the_alerts_ask_for_numbers_that_are_told() -> None:
    text = (ROOT / "docs" / "deploy" / "alerts.yml").read_text(encoding="utf-8")
    words = {each.name: {w for words in each.labels.values() for w in words} for each in FAMILIES}
    asked = re.findall(r"(mujawara_\w+)(?:\{\w+=\"(\w+)\"\})?", text)
    assert {name for name, _ in asked} <= words.keys()
    assert all(word in words[name] for name, word in asked if word)
    assert len(asked) >= 4


@asynccontextmanager
async def a_served_conversation() -> AsyncIterator[tuple[World, list[str]]]:
    """The same, with a desk that answers commands; and the options that lead there."""
    async with a_conversation() as made:
        stop = asyncio.Event()
        folder = made[HERE].config.data_folder
        desk = asyncio.create_task(serve_control(made[HERE], folder / CONTROL, stop))
        config = made.folder / "config.toml"
        config.write_text(f'[storage]\nfolder = "{folder}"\n')
        while not (folder / CONTROL).exists():
            await asyncio.sleep(0)
        yield made, ["--config", str(config)]
        stop.set()
        await desk


async def test_the_screen_shows_the_server_in_four_languages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with a_served_conversation() as (_, options):
        for language in LANGUAGES:
            assert (
                await asyncio.to_thread(run, ["top", "--once", "--language", language, *options])
                == 0
            )
            shown = capsys.readouterr().out
            assert f"venus-{MARK}.test" in shown
            assert "top." not in shown
            assert "{" not in shown
            assert len(shown.splitlines()) > 25
        assert await asyncio.to_thread(run, ["top", "--json", *options]) == 0
        document = json.loads(capsys.readouterr().out)
    named = {each["name"]: each["value"] for each in document["numbers"]}
    assert named["mujawara_hosts_in_trouble"] == 1
    assert [each["host"] for each in document["troubled"]] == [f"venus-{MARK}.test"]
    assert {each["host"] for each in document["slowest"]} >= {f"mars-{MARK}.test"}


async def test_without_a_server_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    async with world(HERE) as made:
        config = made.folder / "config.toml"
        config.write_text(f'[storage]\nfolder = "{made[HERE].config.data_folder}"\n')
        for more in ([], ["--once"]):
            assert await asyncio.to_thread(run, ["top", "--config", str(config), *more]) == 1
            assert "No server runs" in capsys.readouterr().err
        assert await asyncio.to_thread(run, ["top", "--config", str(config), "--json"]) == 1
        assert json.loads(capsys.readouterr().out)["error"]["key"] == "top.no_server"


@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
async def test_it_is_left_by_interrupting_it_and_leaves_the_terminal_as_it_was(
    terminal: str,
) -> None:
    async with a_served_conversation() as (_, options):
        ours, theirs = pty.openpty()
        environment: Mapping[str, str] = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TERM": terminal,
            "LC_ALL": "C.UTF-8",
        }
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "fedi",
                "top",
                *options,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                env=environment,
            )
        finally:
            os.close(theirs)
        shown = b""
        while b"MB" not in shown:
            shown += await asyncio.to_thread(os.read, ours, 65536)
        process.send_signal(signal.SIGINT)
        while True:
            try:
                more = await asyncio.to_thread(os.read, ours, 65536)
            except OSError:
                break
            if not more:
                break
            shown += more
        os.close(ours)
        assert await process.wait() == 0
    assert b"Traceback" not in shown
    if terminal == "dumb":
        assert b"\x1b" not in shown
    else:
        assert shown.startswith(b"\x1b[?1049h")
        assert shown.rstrip().endswith(b"\x1b[?1049l")
