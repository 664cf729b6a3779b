"""The commands for limits, allowed hosts, block lists and named lists, as people and scripts give them."""

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fedi.cli.main import run

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with two collectives, made once."""
    folder = tmp_path_factory.mktemp("prepared")
    place = ["--config", str(folder / "config.toml"), "--data", str(folder / "data")]
    assert run(["init", *place, "--username", "agora", "--name", "Agora"]) == 0
    assert run(["actor", "add", "tablee", *place, "--name", "Tablee"]) == 0
    return folder / "data"


@pytest.fixture
def say(
    prepared: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Say:
    """Gives a command to a copy of the instance; its status and what it said."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "FEDI_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(prepared, tmp_path / "data")
    (tmp_path / "config.toml").write_text("")
    capsys.readouterr()

    def call(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = run(arguments)
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def told(answer: tuple[int, str, str]) -> Any:
    return json.loads(answer[1])


def test_a_list_goes_from_a_file_over_a_decision_into_an_export(say: Say, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "#domain,#severity\nbad.example,suspend\nloud.example,silence\n"
    )
    assert told(say("blocklist", "import", "list.csv", "--json"))["drafts"] == 2
    assert "bad.example" in say("blocklist", "drafts")[1]
    assert say("blocklist", "confirm", "--all", "--source", "list.csv")[0] == 0
    assert say("blocklist", "export")[1].splitlines()[1:] == [
        "bad.example,suspend,false,false,,false",
        "loud.example,silence,false,false,,false",
    ]


def test_a_list_can_come_from_standard_input(say: Say) -> None:
    found = told(say("blocklist", "import", "-", "--json", stdin=b"bad.example\n"))
    assert (found["source"], found["drafts"]) == ("-", 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("blocklist", "import", "missing.csv"),
        ("blocklist", "import", "."),
        ("blocklist", "import", "-"),
        ("blocklist", "import", "ftp://lists.example/x"),
        ("blocklist", "confirm"),
        ("blocklist", "confirm", "--all", "bad.example"),
        ("blocklist", "dismiss", "bad.example"),
        ("blocklist", "unsubscribe", "https://lists.example/x"),
        ("limit", "host", "not a host"),
        ("limit", "host", "com"),
        ("unlimit", "host", "bad.example"),
        ("allow", "remove", "bad.example"),
        ("circle", "show", "nobody", "--as", "agora"),
        ("circle", "add", "friends", "agora", "--as", "agora"),
        ("circle", "remove", "friends", "--as", "agora"),
        ("publish", "note", "--to", "nobody", "--as", "agora"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_refused_in_words(say: Say, arguments: tuple[str, ...]) -> None:
    status, _, err = say(*arguments)
    assert status == 1
    assert err.startswith("Error: ")


def test_limits_and_blocks_are_listed_together(say: Say) -> None:
    say("limit", "host", "loud.example")
    say("block", "host", "bad.example")
    assert say("block", "list")[1].splitlines() == [
        "shut out  host  bad.example",
        "limited   host  loud.example",
    ]


def test_the_list_of_allowed_hosts_says_when_it_is_idle(say: Say) -> None:
    assert "posture" in say("allow", "add", "good.example")[2]
    assert say("allow", "list")[1].splitlines()[0] == "good.example"


def test_a_named_list_is_made_shown_and_published_to(say: Say) -> None:
    assert say("circle", "add", "الثقة", "tablee", "--as", "agora")[0] == 0
    assert "tablee" in say("circle", "show", "الثقة", "--as", "agora")[1]
    note = told(say("publish", "note", "--to", "الثقة", "--as", "agora", "--json", stdin=b"words"))
    assert (note["visibility"], note["deliveries"]) == ("direct", 1)
    assert say("circle", "remove", "الثقة", "--all", "--as", "agora")[0] == 0
    assert told(say("circle", "list", "--as", "agora", "--json"))["circles"] == []


def test_what_goes_to_a_named_list_cannot_be_public(say: Say) -> None:
    say("circle", "add", "friends", "tablee", "--as", "agora")
    given = ("publish", "note", "--to", "friends", "--visibility", "public", "--as", "agora")
    assert say(*given, stdin=b"words")[0] == 1


def test_words_without_a_list_are_public(say: Say) -> None:
    note = told(say("publish", "note", "--as", "agora", "--json", stdin=b"words"))
    assert note["visibility"] == "public"
