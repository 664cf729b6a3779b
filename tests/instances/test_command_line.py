"""The command line as people and scripts use it: from an empty folder to a statement others can read."""

import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from PIL import Image

from fedi.cli.main import make, run
from fedi.cli.speech import choose_language, speak_in
from fedi.i18n.catalog import LANGUAGES, messages_of

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Fedi = Callable[..., Answer]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance made once, copied for each test: keys take a while."""
    folder = tmp_path_factory.mktemp("prepared")
    assert run(["init", "--config", str(folder / "config.toml"), "--data", str(folder / "data"),
                "--username", "agora", "--name", "Agora", "--timezone", "Africa/Tunis"]) == 0  # fmt: skip
    return folder


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "FEDI_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def fedi(
    prepared: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Fedi:
    """Runs a command in this process, on a copy of the prepared instance."""
    shutil.copytree(prepared / "data", tmp_path / "data")
    (tmp_path / "config.toml").write_text('[instance]\ntimezone = "Africa/Tunis"\n')
    capsys.readouterr()

    def call(*arguments: str, stdin: str | bytes = "") -> Answer:
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        status = run(arguments)
        said = capsys.readouterr()
        return Answer(status, said.out, said.err)

    return call


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`fedi serve` in a folder where nothing was before."""
    process = served(tmp_path)
    yield process
    if process.poll() is None:
        process.terminate()
    process.communicate(timeout=20)


def served(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "fedi", "serve", "--bind", "127.0.0.1:0", "--json", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            break
    process.listening = json.loads("".join(lines))  # type: ignore[attr-defined]
    return process


def words_of(document: Any) -> dict[str, str]:
    return {each["language"]: each["title"] for each in document["words"]}


def test_from_an_empty_folder_to_a_statement_without_a_question(
    tmp_path: Path, server: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.md").write_text("We **speak**.", encoding="utf-8")
    made = server.listening["made"]  # type: ignore[attr-defined]
    assert made["handle"] == "@collective@localhost:8080"
    assert "/welcome/" in server.listening["welcome"]  # type: ignore[attr-defined]
    assert run(["publish", "statement", "--title", "Here", "--text", "text.md", "--json"]) == 0
    uri = json.loads(capsys.readouterr().out)["uri"]
    address = server.listening["listening"]  # type: ignore[attr-defined]
    asked = urllib.request.Request(
        uri.replace("localhost:8080", address),
        headers={"host": "localhost:8080", "accept": "application/activity+json"},
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert "<strong>speak</strong>" in json.load(answer)["content"]


def test_a_running_server_and_no_server_give_the_same_answers(tmp_path: Path, fedi: Fedi) -> None:
    fedi("publish", "statement", "--title", "Here", "--json", stdin="Words.")
    alone = fedi("timeline", "--json")
    process = served(tmp_path)
    try:
        asked = fedi("timeline", "--json")
        refused = fedi("publish", "event", "--start", "2026-02-30", "--json")
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert asked.document == alone.document
    assert fedi("publish", "event", "--start", "2026-02-30", "--json").document == refused.document


def test_a_second_server_in_the_same_folder_is_refused(
    server: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert server.poll() is None
    assert run(["serve", "--bind", "127.0.0.1:0"]) == 1
    assert "busy" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server_gently(
    server: subprocess.Popen[str], number: signal.Signals
) -> None:
    server.send_signal(number)
    _, err = server.communicate(timeout=20)
    assert (server.returncode, "Traceback" in err) == (0, False)


def test_a_second_signal_ends_it_at_once_and_loses_nothing(
    server: subprocess.Popen[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.md").write_text("Words.")
    assert run(["publish", "statement", "--title", "Here", "--text", "text.md", "--json"]) == 0
    uri = json.loads(capsys.readouterr().out)["uri"]
    # both have come when it goes on
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
        server.send_signal(number)
    _, err = server.communicate(timeout=20)
    assert (server.returncode, "Traceback" in err) == (1, False)
    assert json.loads(_shown(capsys, uri))["uri"] == uri


def _shown(capsys: pytest.CaptureFixture[str], uri: str) -> str:
    capsys.readouterr()
    assert run(["show", uri, "--json"]) == 0
    return capsys.readouterr().out


def test_the_first_start_says_where_it_is_and_what_to_type_next(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "fedi", "serve", "--bind", "127.0.0.1:0"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if "queue status" in line:
            break
    process.terminate()
    _, err = process.communicate(timeout=20)
    assert "http://localhost:8080" in "".join(said)
    assert "fedi publish statement" in "".join(said)
    assert "cannot be changed later" in err


def test_init_writes_only_what_was_chosen(tmp_path: Path) -> None:
    assert run(["init", "--base-url", "https://agora.example", "--username", "agora"]) == 0
    assert (tmp_path / "config.toml").read_text() == (
        '[instance]\nbase_url = "https://agora.example"\n'
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--username", "Not a name"],
        ["--username", "inbox"],
        ["--base-url", "agora.example"],
        ["--base-url", "https://agora.example/path"],
        ["--timezone", "Mars/Olympus"],
        ["--posture", "ajar"],
        ["--bind", "everywhere"],
        ["--name", "x" * 300],
        ["--config", "no/such/folder/config.toml"],
    ],
)
def test_init_with_a_wrong_value_leaves_no_settings_behind(
    tmp_path: Path, arguments: list[str]
) -> None:
    assert run(["init", *arguments]) == 1
    assert not (tmp_path / "config.toml").exists()


def test_init_does_not_touch_an_instance_that_is_there(fedi: Fedi, tmp_path: Path) -> None:
    before = (tmp_path / "config.toml").read_bytes()
    assert fedi("init", "--base-url", "https://other.example").status == 1
    assert fedi("init").status == 1
    assert (tmp_path / "config.toml").read_bytes() == before


def test_an_event_in_two_languages_with_an_image(fedi: Fedi, tmp_path: Path) -> None:
    Image.new("RGB", (80, 60), "teal").save(tmp_path / "poster.png")
    (tmp_path / "ar.md").write_text("تعالوا **جميعًا**.", encoding="utf-8")
    (tmp_path / "fr.md").write_text("Venez.", encoding="utf-8")
    published = fedi(
        "publish", "event", "--title", "ar=جمعية", "--text", "ar=ar.md",
        "--title", "fr=Assemblée", "--text", "fr=fr.md",
        "--start", "2027-12-05T18:00", "--end", "2027-12-05T21:00",
        "--place-name", "Dar", "--city", "Tunis", "--lat", "36.8", "--lon", "10.18",
        "--image", "poster.png", "--alt", "A poster", "--capacity", "80", "--json",
    )  # fmt: skip
    assert published.err == ""
    shown = fedi("show", published.document["uri"], "--json").document
    assert words_of(shown) == {"ar": "جمعية", "fr": "Assemblée"}
    assert shown["starts_at"] == "2027-12-05T17:00:00Z"
    assert shown["files"][0]["alt"] == "A poster"


def test_an_aid_request_says_what_is_needed(fedi: Fedi) -> None:
    published = fedi(
        "publish", "aid-request", "--title", "Blankets", "--what", "clothing", "--quantity", "40",
        "--until", "2027-12-15", "--city", "Tunis", "--json",
    )  # fmt: skip
    shown = fedi("show", published.document["id"])
    assert "Needed: clothes and blankets – 40" in shown.out


def test_an_offer_a_short_statement_and_a_note_are_listed(fedi: Fedi) -> None:
    fedi("publish", "aid-offer", "--title", "A room", "--what", "space", stdin="Big.")
    fedi("publish", "statement", "--short", "--title", "Short", stdin="Words.")
    fedi("publish", "note", stdin="Hello")
    kinds = [each["kind"] for each in fedi("timeline", "--json").document["entries"]]
    assert kinds == ["note", "statement", "aid_offer"]


def test_a_text_comes_from_standard_input_and_bears_a_byte_order_mark(fedi: Fedi) -> None:
    published = fedi("publish", "note", "--json", stdin=b"\xef\xbb\xbfHello")
    shown = fedi("show", published.document["id"], "--json").document
    assert shown["words"][0]["source"] == "Hello"


def test_an_event_is_moved_translated_and_withdrawn(fedi: Fedi) -> None:
    uri = fedi(
        "publish", "event", "--title", "Assembly", "--start", "2027-12-05T18:00",
        "--place-name", "Dar", "--json",
    ).document["uri"]  # fmt: skip
    assert fedi("edit", uri, "--title", "fr=Assemblée", "--start", "2027-12-06T19:00").status == 0
    shown = fedi("show", uri, "--json").document
    assert (words_of(shown), shown["starts_at"]) == (
        {"en": "Assembly", "fr": "Assemblée"}, "2027-12-06T18:00:00Z",
    )  # fmt: skip
    assert fedi("delete", uri).status == 0
    assert fedi("show", uri, "--json").document["error"]["key"] == "error.gone"


def test_a_reply_hangs_under_what_it_answers(fedi: Fedi) -> None:
    parent = fedi("publish", "note", "--json", stdin="One").document["uri"]
    fedi("publish", "note", "--reply-to", parent, stdin="Two")
    assert [each["title"] for each in fedi("show", parent, "--json").document["replies"]] == ["Two"]


def test_a_name_that_cannot_be_found_stays_text_and_the_author_is_told(fedi: Fedi) -> None:
    published = fedi("publish", "note", "--json", stdin="With @nobody@localhost:8080 too")
    assert [each["key"] for each in published.document["notices"]] == ["desk.mention_unknown"]
    assert "@nobody@localhost:8080" in published.err


def test_two_collectives_follow_and_hear_each_other(fedi: Fedi) -> None:
    fedi("actor", "add", "wharf", "--name", "Wharf")
    fedi("follow", "@agora@localhost:8080", "--as", "wharf", "--deliver")
    uri = fedi("publish", "note", "--as", "agora", "--json", stdin="Hello").document["uri"]
    entries = fedi("timeline", "--as", "wharf", "--json").document["entries"]
    assert [each["uri"] for each in entries] == [uri]
    assert fedi("like", uri, "--as", "wharf").status == 0
    assert fedi("boost", uri, "--as", "wharf").status == 0
    assert fedi("unfollow", "agora", "--as", "wharf", "--deliver").status == 0
    assert fedi("followers", "list", "--as", "agora", "--json").document["total"] == 0


def test_followers_are_approved_by_hand_where_that_is_wanted(fedi: Fedi) -> None:
    fedi("actor", "add", "wharf")
    fedi("actor", "set", "agora", "--approve-followers", "--deliver")
    fedi("actor", "set", "agora", "--approve-followers")
    fedi("follow", "agora", "--as", "wharf", "--deliver")
    waiting = fedi("followers", "list", "--waiting", "--as", "agora", "--json").document["people"]
    assert [each["handle"] for each in waiting] == ["@wharf@localhost:8080"]
    assert fedi("followers", "approve", "@wharf@localhost:8080", "--as", "agora").status == 0
    assert fedi("followers", "list", "--as", "agora", "--json").document["total"] == 1
    assert fedi("followers", "reject", "wharf", "--as", "agora").status == 0
    assert fedi("followers", "list", "--as", "agora", "--json").document["total"] == 0


def test_what_waits_for_the_server_is_said_and_can_be_sent(fedi: Fedi) -> None:
    fedi("actor", "add", "wharf")
    asked = fedi("follow", "agora", "--as", "wharf")
    assert "1 delivery waits" in asked.err
    assert fedi("queue", "status", "--json").document["deliveries"] == {"waiting": 1}
    assert fedi("queue", "drain", "--json").document["waiting"] == 0
    assert fedi("queue", "status", "--json").document["deliveries"] == {"sent": 2}


def test_the_ledger_of_a_publication_names_every_host(fedi: Fedi) -> None:
    fedi("actor", "add", "wharf")
    fedi("follow", "agora", "--as", "wharf", "--deliver")
    uri = fedi("publish", "note", "--as", "agora", "--json", stdin="Hello").document["uri"]
    ledger = fedi("queue", "show", uri, "--json").document["deliveries"]
    assert [(each["type"], each["host"], each["state"]) for each in ledger] == [
        ("Create", "localhost:8080", "waiting")
    ]
    assert fedi("queue", "retry", uri, "--json").document["hosts"] == 1


def test_people_get_roles_links_and_tokens(fedi: Fedi) -> None:
    assert fedi("person", "add", "Laila", "--role", "editor").status == 0
    assert fedi("person", "role", "Laila", "steward").status == 0
    assert fedi("person", "list", "--json").document["people"][0]["roles"] == {"agora": "steward"}
    assert fedi("person", "role", "Laila", "none").status == 0
    link = fedi("person", "link", "Laila", "--json").document
    assert link["url"].endswith(link["token"])
    token = fedi("token", "add", "Laila", "--scope", "read", "--scope", "write", "--json").document
    assert token["scopes"] == ["read", "write"]


def test_people_leave_and_lose_their_telephone(fedi: Fedi) -> None:
    assert fedi("person", "add", "Laila", "--role", "editor").status == 0
    assert "had no second factor" in fedi("person", "forget-factor", "Laila").out
    two = fedi("person", "consent", "two", "--json").document
    assert two == {"actor": "agora", "two_people": True}
    assert fedi("person", "consent", "three").status == 2
    assert fedi("person", "remove", "Laila").status == 0
    assert fedi("person", "remove", "Laila").status == 1
    assert fedi("person", "list", "--json").document["people"] == []
    assert fedi("person", "add", "Laila").status == 0, "the name is free again"


def test_the_first_address_is_told_again_until_it_is_used(
    fedi: Fedi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = fedi("welcome", "--json").document["url"]
    assert first.startswith("http://localhost:8080/welcome/")
    assert fedi("welcome", "--json").document["url"] == first
    folder = tmp_path / "another"
    folder.mkdir()
    assert run(["init", "--config", str(folder / "c.toml"), "--data", str(folder / "data")]) == 0
    assert "/welcome/" in capsys.readouterr().out


def test_hosts_are_shut_out_and_let_in_again(fedi: Fedi) -> None:
    assert fedi("block", "host", "https://Bad.Example/page").status == 0
    listed = fedi("block", "list", "--json").document["blocks"]
    assert listed == [{"target": "bad.example", "kind": "host", "severity": "block"}]
    assert fedi("unblock", "host", "bad.example").status == 0
    assert fedi("unblock", "host", "bad.example").status == 1


def test_nobody_on_a_host_that_is_shut_out_is_asked(fedi: Fedi) -> None:
    fedi("block", "host", "bad.example")
    refused = fedi("follow", "@x@bad.example", "--json")
    assert refused.document["error"]["key"] == "error.host_blocked"


def test_flags_are_listed(fedi: Fedi, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "fedi.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO flag (id, activity_uri, actor_uri, content, objects, state, received_at) "
            "VALUES (1, 'https://far.example/1', 'https://far.example/a', 'Spam', '[]', 'open', 0)"
        )
    assert [each["content"] for each in fedi("flags", "--json").document["flags"]] == ["Spam"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_help_text_exists_in_every_language(language: str) -> None:
    speak_in(language)
    known = messages_of(language)
    missing = [key for key in help_keys() if key not in known]
    assert missing == []


def help_keys() -> Iterator[str]:
    def walk(command: click.Command, context: click.Context) -> Iterator[str]:
        yield str(command.help)
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.name != "version":
                yield str(parameter.help)
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from walk(found, context)

    root = make()
    yield from walk(root, click.Context(root))


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["--language", "ar", "show"], {}, "ar"),
        (["show", "--language=fr"], {"LANG": "es_ES.UTF-8"}, "fr"),
        ([], {"LANG": "es_ES.UTF-8"}, "es"),
        ([], {"LC_ALL": "ar_TN.UTF-8", "LANG": "fr_FR"}, "ar"),
        ([], {"LC_ALL": "C"}, "en"),
        ([], {"LANG": "de_DE"}, "en"),
        (["--", "--language", "ar"], {}, "en"),
    ],
)
def test_the_language_is_what_was_asked_for_else_that_of_the_surroundings(
    arguments: list[str], environment: dict[str, str], expected: str
) -> None:
    assert choose_language(arguments, environment) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_said_in_the_language_asked_for(fedi: Fedi, language: str) -> None:
    refused = fedi("publish", "event", "--language", language)
    assert str(messages_of(language)["desk.starts_missing"]) in refused.err


def test_the_help_of_every_command_can_be_read(fedi: Fedi) -> None:
    root = make()
    context = click.Context(root)
    for name in root.list_commands(context):
        helped = fedi(name, "--help")
        assert (helped.status, "cli." in helped.out) == (0, False), name


def test_the_version_is_told(fedi: Fedi) -> None:
    assert fedi("--version").out.startswith("mujawara ")


def test_a_reader_who_has_enough_ends_the_command_quietly(fedi: Fedi, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "fedi", "publish", "event", "--help"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as stream:
        said = stream.read()
    process.wait(timeout=20)
    assert said == b""


def test_no_two_options_of_a_command_share_a_name() -> None:
    def walk(command: click.Command, context: click.Context) -> Iterator[tuple[str | None, str]]:
        names = [str(parameter.name) for parameter in command.params]
        yield from ((command.name, name) for name in set(names) if names.count(name) > 1)
        if isinstance(command, click.Group):
            for each in command.list_commands(context):
                found = command.get_command(context, each)
                assert found is not None
                yield from walk(found, context)

    root = make()
    assert list(walk(root, click.Context(root))) == []


def test_every_command_is_in_the_documentation() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")

    def walk(command: click.Command, context: click.Context, path: str) -> Iterator[str]:
        if not isinstance(command, click.Group):
            yield path
            return
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            assert found is not None
            yield from walk(found, context, f"{path} {each}")

    root = make()
    missing = [path for path in walk(root, click.Context(root), "fedi") if f"`{path}" not in text]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_kept_too_long_is_shown_and_goes_only_when_that_is_meant(
    fedi: Fedi, language: str
) -> None:
    shown = fedi("purge", "--language", language)
    assert shown.status == 0
    words = messages_of(language)
    for rule in fedi("purge", "--json").document["lines"]:
        assert str(words[f"purge.rule.{rule['rule']}"]) in shown.out
        assert (rule["rows"], rule["size_bytes"]) == (0, 0)
    assert str(words["purge.nothing"]) in shown.out
    applied = fedi("purge", "--yes", "--json")
    assert (applied.status, applied.document["applied"]) == (0, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_other_servers_cost_is_said_in_every_language(fedi: Fedi, language: str) -> None:
    said = fedi("hosts", "--language", language)
    assert said.status == 0
    assert str(messages_of(language)["hosts.none"]) in said.out
    assert fedi("hosts", "--json").document == {"hosts": [], "known": 0}
    assert fedi("hosts", "--most", "many").status == 2
    assert fedi("hosts", "--most", "0").status == 1


def test_a_relay_is_added_listed_and_left(fedi: Fedi) -> None:
    assert fedi("relay", "list", "--json").document == {"relays": []}
    added = fedi("relay", "add", "https://relay.example/inbox", "--json").document
    assert (added["style"], added["state"]) == ("mastodon", "asked")
    assert "https://relay.example/inbox" in fedi("relay", "list").out
    assert fedi("deliveries", "show").out.startswith("Follow  relay.example")
    assert fedi("relay", "remove", "https://relay.example/inbox").status == 0
    [left] = fedi("relay", "list", "--json").document["relays"]
    assert left["state"] == "left"
    assert fedi("relay", "news", "--json").document == {"entries": []}
    refused = fedi("relay", "remove", "https://nowhere.example/inbox", "--json")
    assert (refused.status, refused.document["error"]["key"]) == (1, "relay.unknown")
