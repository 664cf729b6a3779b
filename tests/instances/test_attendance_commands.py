"""Attendance from the keyboard: one collective gathers, its neighbour on the same instance comes."""

import json
from pathlib import Path
from typing import Any

import pytest

from fedi.cli.main import run


def test_an_event_is_answered_decided_on_and_taken_along_by_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.md").write_text("Come", encoding="utf-8")

    def told(*words: str, status: int = 0) -> Any:
        capsys.readouterr()
        assert run([*words, "--json"]) == status, words
        return json.loads(capsys.readouterr().out)

    assert run(["init", "--base-url", "https://agora.example", "--username", "agora"]) == 0
    assert run(["actor", "add", "banat", "--name", "Banat"]) == 0
    uri = told(
        "publish", "event", "--as", "agora", "--title", "Assembly", "--text", "words.md",
        "--start", "2199-01-05T18:00", "--place-name", "Hall", "--join", "restricted",
    )["uri"]  # fmt: skip
    assert told("attendance", "set", uri, "--counts", "--place", "Cellar")["changed"] is True
    assert told("attendance", "set", uri, "--counts")["changed"] is False
    assert told("attendance", "set", uri, "--form", "never", status=1)["error"]["status"] == 400
    assert told("attend", "answer", uri, "--as", "agora", status=1)["error"]["key"] == "attend.own"
    assert told("attend", "answer", uri, "--as", "banat")["state"] == "asked"
    assert run(["queue", "drain"]) == 0
    [line] = told("attendance", "list", uri)["lines"]
    assert (line["state"], line["handle"]) == ("asked", "@banat@agora.example")
    told("attendance", "approve", uri, "12", status=1)
    assert told("attendance", "approve", uri, "--all")["states"] == {"coming": 1}
    assert run(["queue", "drain"]) == 0
    [going] = told("attend", "list", "--as", "banat")["events"]
    assert (going["title"], going["state"]) == ("Assembly", "accepted")
    assert told("attendance", "write", uri, "Bring chairs")["told"] == 1
    assert "coming,Banat,'@banat@agora.example,1,,join," in told("attendance", "export", uri)["csv"]
    told("attend", "leave", uri, "--as", "banat")
    assert run(["queue", "drain"]) == 0
    assert told("attendance", "list", uri)["people"] == {"cancelled": 1}
