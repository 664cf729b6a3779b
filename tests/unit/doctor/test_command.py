"""`fedi doctor` and `fedi inspect` as people and scripts use them."""

import json
import socket
from pathlib import Path

import pytest

from fedi.cli.doctor import as_document, end_of, words_of
from fedi.cli.inspect import lines_of
from fedi.cli.main import run
from fedi.cli.speech import speak_in
from fedi.doctor import repairs
from fedi.doctor.finding import Finding, Verdict, fault, skipped, warning, well
from fedi.doctor.inspected import Inspected, Known
from fedi.i18n.catalog import LANGUAGES


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A configuration whose public address nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file = tmp_path / "config.toml"
    file.write_text(f'[instance]\nbase_url = "http://localhost:{port}"\n', encoding="utf-8")
    return file


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finding_is_told_with_its_repair_and_its_lines(language: str) -> None:
    speak_in(language)
    told = list(words_of(fault("host", "altered", *repairs.HOST, host="agora.test", seen="fedi")))
    speak_in("en")
    assert "agora.test" in told[0]
    assert len(told[1].strip()) > 20
    assert any("proxy_set_header Host $http_host;" in line for line in told)


def test_a_finding_that_is_well_takes_one_line() -> None:
    assert len(list(words_of(well("database")))) == 1


def test_a_reason_that_is_a_message_is_said_in_words() -> None:
    values: dict[str, str | int] = {"type": "Note", "reason": "publication.author"}
    told = list(words_of(Finding("kind", Verdict.FAULT, "inspect.kind.refused", values)))
    assert "publication.author" not in told[0]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([well("disk")], "All is well."),
        ([skipped("names", "onion")], "All is well."),
        ([warning("disk", "low"), warning("backup", "none")], "(2)"),
        ([warning("disk", "low"), fault("disk", "full")], "(1)"),
    ],
)
def test_the_last_line_sums_up(found: list[Finding], words: str) -> None:
    assert words in list(end_of(found))[-1]


def test_what_could_not_be_tried_takes_one_line() -> None:
    told = list(end_of([skipped("host", "unreached"), skipped("inbox", "unreached")]))
    assert sum("does not answer" in line for line in told) == 1
    assert "Host header" in told[0]


def test_a_program_gets_key_and_words() -> None:
    told = as_document(fault("body", "cut", *repairs.BODY, kb=900))
    assert (told["key"], told["verdict"]) == ("doctor.body.cut", Verdict.FAULT)
    assert told["lines"]["nginx"] == ["client_max_body_size 10m;"]
    assert "900" in told["text"]


def test_the_command_says_what_is_broken_by_its_status(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--config", str(settings), "--language", "fr"]) == 2
    assert "adresse publique" in capsys.readouterr().out


def test_the_inside_alone_is_not_broken(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--inside", "--json", "--config", str(settings)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert "reach" not in {each["check"] for each in told["findings"]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_seen_of_others_is_told(language: str) -> None:
    speak_in(language)
    told = list(lines_of(Inspected(address="@a@b.test", known=Known("b.test", failures=2))))
    speak_in("en")
    assert sum("b.test" in line for line in told) == 3
    assert not any("inspect." in line for line in told)
