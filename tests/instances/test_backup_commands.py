"""`fedi backup` and `fedi restore` as people and timers use them."""

import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fedi.backup import envelope
from fedi.cli.main import run
from fedi.i18n.catalog import LANGUAGES

pytestmark = pytest.mark.embedded

Said = tuple[int, str, str]
Call = Callable[..., Said]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance made once, copied for each test: keys take a while."""
    folder = tmp_path_factory.mktemp("made")
    assert run(["init", "--config", str(folder / "config.toml"), "--data", str(folder / "data"),
                "--username", "agora", "--base-url", "https://agora.example"]) == 0  # fmt: skip
    return folder


@pytest.fixture
def fedi(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Call:
    """Runs a command in this process, in a folder with a copy of the instance."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "FEDI_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made / "data", tmp_path / "data")
    (tmp_path / "config.toml").write_text('[instance]\nbase_url = "https://agora.example"\n')
    capsys.readouterr()

    def call(*arguments: str, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        status = run(arguments)
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def test_from_the_first_backup_to_another_machine(fedi: Call, tmp_path: Path) -> None:
    status, out, err = fedi("backup", "--new-key")
    assert (status, "AGE-SECRET-KEY-1" in out, "same disk" in err) == (0, True, True)
    (identity,) = envelope.read_identities(out)
    (file,) = (tmp_path / "backups").iterdir()
    # the key is nowhere but on the screen
    kept = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert all(identity.encode() not in each.read_bytes() for each in kept)
    status, out, _ = fedi("backup", "list")
    assert (status, str(file) in out) == (0, True)
    status, out, _ = fedi("backup", "--check", str(file), "--identity", "-", stdin=identity)
    assert (status, "can be restored" in out) == (0, True)
    # the second one needs no key to be made
    other = tmp_path / "stick"
    status, out, _ = fedi("backup", str(other))
    assert (status, "AGE-SECRET-KEY" in out) == (0, False)
    (second,) = other.iterdir()
    (tmp_path / "key.txt").write_text(f"# created: today\n{identity}\n")
    away = tmp_path / "away"
    away.mkdir()
    os.chdir(away)
    status, out, _ = fedi("restore", str(second), "--identity", "../key.txt", "--json")
    assert status == 0
    assert json.loads(out)["wrote_config"] is True
    assert (away / "config.toml").read_text() == '[instance]\nbase_url = "https://agora.example"\n'
    status, out, _ = fedi("actor", "list", "--json")
    assert "https://agora.example/" in out
    status, out, _ = fedi("restore", str(second), "--identity", "../key.txt")
    assert status == 1


def test_a_key_is_never_printed_where_nobody_asked_for_it(fedi: Call, tmp_path: Path) -> None:
    """A timer's output goes into a log or a mail."""
    status, out, err = fedi("backup")
    assert (status, "AGE-SECRET" in out + err) == (1, False)
    assert "--new-key" in err
    assert not (tmp_path / "backups").exists()


def test_plaintext_needs_its_flag_and_warns(fedi: Call, tmp_path: Path) -> None:
    status, _, err = fedi("backup", "--plaintext")
    assert (status, "not encrypted" in err) == (0, True)
    (file,) = (tmp_path / "backups").iterdir()
    assert file.name.endswith(".tar.gz")
    assert fedi("backup", "--check", str(file))[0] == 0
    assert "not encrypted" in fedi("backup", "list")[1]
    file.write_bytes(file.read_bytes()[:-9])
    assert fedi("backup", "--check", str(file))[0] == 1


def test_keys_of_the_settings_come_first(fedi: Call, tmp_path: Path) -> None:
    identity, recipient = envelope.new_identity()
    with (tmp_path / "config.toml").open("a") as config:
        config.write(f'[backup]\nrecipients = ["{recipient}"]\nkeep = 1\n')
    assert fedi("backup", "--new-key")[0] == 1
    status, out, _ = fedi("backup", "--json")
    document = json.loads(out)
    assert (status, document["identity"], document["encrypted"]) == (0, "", True)
    check = fedi("backup", "--check", document["file"], "--identity", "-", stdin=identity)
    assert check[0] == 0


@pytest.mark.parametrize(
    "recipient", ["age1abc", "ssh-ed25519 AAAA", "age1" + "q" * 57 + "1", "", "AGE-SECRET-KEY-1" + "Q" * 58]
)  # fmt: skip
def test_a_wrong_key_in_the_settings_is_named_by_its_line_and_not_repeated(
    fedi: Call, tmp_path: Path, recipient: str
) -> None:
    with (tmp_path / "config.toml").open("a") as config:
        config.write(f'[backup]\nrecipients = ["{recipient}"]\n')
    status, out, err = fedi("backup", "list")
    assert (status, "line 4" in err) == (1, True)
    assert not recipient or recipient not in out + err


def test_a_key_with_a_wrong_letter_is_told_from_no_key(fedi: Call, tmp_path: Path) -> None:
    out = fedi("backup", "--new-key")[1]
    (identity,) = envelope.read_identities(out)
    (file,) = (tmp_path / "backups").iterdir()
    wrong = identity[:-1] + ("Q" if identity[-1] != "Q" else "P")
    said = [
        fedi("restore", str(file), "--identity", "-", "--json", stdin=text)[1]
        for text in (wrong, "hello", "")
    ]
    found = [json.loads(each)["error"]["key"] for each in said]
    assert found == ["backup.bad_identity", "backup.no_identity", "backup.no_identity"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_are_said_in_every_language(fedi: Call, language: str, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("not a backup")
    for words in (
        ("backup",),
        ("backup", "--check", "letter"),
        ("backup", "--check", "nothing"),
        ("restore", "letter"),
        ("restore", "nothing", "--identity", "nothing"),
    ):
        status, _, err = fedi(*words, "--language", language)
        assert status == 1
        assert err.strip()
        assert "backup." not in err
