"""Wrong, missing, oversized, mistyped and misencoded values on the command line: a sentence, a status, nothing changed."""

import io
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from fedi.cli.main import run
from tests.harness.chance import examples

ROOT = Path(__file__).parents[2]
EVENT = ("publish", "event", "--title", "x", "--place-name", "Dar")
WHEN = ("--start", "2027-12-05T18:00")
AID = ("publish", "aid-request", "--title", "x")
NOTE = ("publish", "note")
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
)

Said = tuple[int, str, str]
Fedi = Callable[..., Said]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance made once, copied for each test: keys take a while."""
    folder = tmp_path_factory.mktemp("prepared")
    base = ["--config", str(folder / "config.toml"), "--data", str(folder / "data")]
    assert run(["init", *base, "--username", "agora"]) == 0
    return folder


@pytest.fixture(scope="session")
def bad_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good text, and files that are wrong in many ways."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "good.md").write_text("Words.", encoding="utf-8")
    (folder / "latin1.md").write_bytes("Été".encode("latin-1"))
    (folder / "utf16.md").write_bytes("Words".encode("utf-16"))
    (folder / "nul.md").write_bytes(b"a\x00b")
    (folder / "large.md").write_bytes(b"word " * 2_000_000)
    (folder / "long.md").write_bytes(b"word " * 25_000)
    (folder / "image.svg").write_bytes(SVG)
    (folder / "empty.png").write_bytes(b"")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 40)
    (folder / "large.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 9_000_000)
    (folder / "heavy.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 7_500_000)
    (folder / "folder").mkdir()
    (folder / "not.toml").write_text("[instance\n")
    (folder / "unknown.toml").write_text("[instance]\nnam = 1\n")
    return folder


@pytest.fixture
def fedi(
    prepared: Path,
    bad_files: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Fedi:
    """Runs a command in this process in a folder with an instance and with files of many bad kinds."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "FEDI_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    shutil.copytree(prepared / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    for file in bad_files.iterdir():
        (tmp_path / file.name).symlink_to(file)
    capsys.readouterr()

    def call(*arguments: str, stdin: bytes = b"") -> Said:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = run(arguments)
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def counted(folder: Path) -> dict[str, int]:
    """How many rows each table has."""
    with closing(sqlite3.connect(folder / "data" / "fedi.sqlite3")) as database:
        names = [
            row[0]
            for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            name: database.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in names
        }


def kept(folder: Path) -> list[Path]:
    """Every file of media."""
    return [path for path in (folder / "data" / "media").rglob("*") if path.is_file()]


REFUSED: list[tuple[str, ...]] = [
    # dates
    (*EVENT,),
    (*EVENT, "--start", "2026-02-30"),
    (*EVENT, "--start", "2027-12-05T24:00"),
    (*EVENT, "--start", "yesterday"),
    (*EVENT, "--start", ""),
    (*EVENT, "--start", "9999-12-31T23:59"),
    (*EVENT, "--start", "1" * 10_000),
    (*EVENT, "--start", "2027-03-28T02:30", "--zone", "Europe/Paris"),
    (*EVENT, *WHEN, "--end", "2027-12-05T17:00"),
    (*EVENT, *WHEN, "--end", "2027-12-05T18:00"),
    (*EVENT, *WHEN, "--end", "2027-12-06"),
    (*EVENT, "--start", "2027-12-05", "--end", "2027-12-04"),
    (*EVENT, *WHEN, "--zone", "Mars/Olympus"),
    (*EVENT, *WHEN, "--zone", "../../etc/passwd"),
    (*EVENT, *WHEN, "--zone", "A" * 5000),
    # places, numbers, addresses, choices
    ("publish", "event", "--title", "x", *WHEN),
    (*EVENT, *WHEN, "--lat", "91", "--lon", "0"),
    (*EVENT, *WHEN, "--lat", "north", "--lon", "0"),
    (*EVENT, *WHEN, "--lat", "1"),
    (*EVENT, *WHEN, "--lat", "nan", "--lon", "inf"),
    (*EVENT, *WHEN, "--city", "x" * 1000),
    (*EVENT, *WHEN, "--capacity", "-5"),
    (*EVENT, *WHEN, "--capacity", "9" * 18),
    (*EVENT, *WHEN, "--capacity", "9" * 500),
    (*EVENT, *WHEN, "--join", "maybe"),
    (*EVENT, *WHEN, "--join", "external"),
    (*EVENT, *WHEN, "--join-url", "javascript:alert(1)"),
    (*EVENT, *WHEN, "--online-url", "not an address"),
    (*EVENT, *WHEN, "--status", "perhaps"),
    (*EVENT, *WHEN, "--visibility", "secret"),
    (*EVENT, *WHEN, "--visibility", "direct"),
    ("publish", "event", "--place-name", "Dar", *WHEN),
    ("publish", "event", "--title", "x" * 5000, "--place-name", "Dar", *WHEN),
    (*AID, "--quantity", "many"),
    (*AID, "--quantity", "0"),
    (*AID, "--quantity", "5", "--minimum", "6"),
    (*AID, "--unit", "stone"),
    (*AID, "--what", "happiness"),
    (*AID, "--until", "1999-01-01"),
    # texts
    (*NOTE,),
    (*NOTE, "--text", "missing.md"),
    (*NOTE, "--text", "folder"),
    (*NOTE, "--text", "latin1.md"),
    (*NOTE, "--text", "utf16.md"),
    (*NOTE, "--text", "nul.md"),
    (*NOTE, "--text", "large.md"),
    (*NOTE, "--text", "long.md"),
    (*NOTE, "--text", "good.md/more"),
    (*NOTE, "--text", "x" * 5000),
    (*NOTE, "--text", "/proc/self/mem"),
    (*NOTE, "--text", "good.md", "--lang", "klingon!"),
    (*NOTE, "--text", "good.md", "--lang", "und"),
    (*NOTE, "--text", "en=good.md", "--text", "EN=good.md"),
    ("publish", "statement", "--text", "good.md"),
    ("publish", "statement", "--title", "x"),
    # images
    (*NOTE, "--image", "missing.png"),
    (*NOTE, "--image", "folder"),
    (*NOTE, "--image", "image.svg"),
    (*NOTE, "--image", "good.md"),
    (*NOTE, "--image", "empty.png"),
    (*NOTE, "--image", "broken.png"),
    (*NOTE, "--image", "large.png"),
    (*NOTE, *("--image", "broken.png") * 9),
    (*NOTE, *("--image", "heavy.png") * 3),
    # who and what
    (*NOTE, "--text", "good.md", "--as", "nobody"),
    (*NOTE, "--text", "good.md", "--reply-to", "01abc"),
    (*NOTE, "--text", "good.md", "--reply-to", "http://localhost:8080/note/none"),
    (*NOTE, "--text", "good.md", "--reply-to", "file:///etc/passwd"),
    (*NOTE, "--text", "good.md", "--reply-to", "https://127.0.0.1/secret"),
    ("edit", "unknown", "--title", "x"),
    ("edit", "https://far.example/1", "--title", "x"),
    ("delete", "unknown"),
    ("show", ""),
    ("show", "x" * 100_000),
    ("show", "'; DROP TABLE publication; --"),
    ("like", "unknown"),
    ("boost", "unknown"),
    ("like", "https://169.254.169.254/latest"),
    ("follow", "nobody"),
    ("follow", "@agora@localhost:8080"),
    ("follow", "@@"),
    ("follow", "@a@b@c"),
    ("follow", "@a@" + "b" * 1000),
    ("follow", "https://127.0.0.1/actor"),
    ("follow", "https:///"),
    ("follow", "https://[::1"),
    ("unfollow", "@x@far.example"),
    ("followers", "approve", "@x@far.example"),
    ("followers", "reject", "agora"),
    ("timeline", "--as", "nobody"),
    ("timeline", "--kind", "poem"),
    ("timeline", "--most", "0"),
    ("timeline", "--most", "99999"),
    ("timeline", "--before", "then"),
    ("queue", "show", "unknown"),
    ("queue", "retry", "unknown"),
    ("queue", "drain", "--seconds", "0"),
    ("queue", "drain", "--seconds", "999999"),
    ("actor", "add", "Not A Name"),
    ("actor", "add", "agora"),
    ("actor", "add", "ساحة"),
    ("actor", "add", "x" * 31),
    ("actor", "add", "ok", "--name", "x" * 300),
    ("actor", "add", "ok", "--type", "Person"),
    ("actor", "add", "ok", "--lang", "de"),
    ("actor", "add", "ok", "--summary", "x" * 30_000),
    ("actor", "set", "nobody", "--name", "x"),
    ("actor", "set", "--name", ""),
    ("actor", "set"),
    ("person", "add", ""),
    ("person", "add", "x" * 200),
    ("person", "add", "Laila", "--role", "queen"),
    ("person", "add", "Laila", "--lang", "xx"),
    ("person", "add", "Laila", "--role", "editor", "--as", "nobody"),
    ("person", "role", "Laila", "editor"),
    ("person", "link", "Laila"),
    ("token", "add", "Laila"),
    ("token", "add", "Laila", "--scope", "everything"),
    ("block", "host", ""),
    ("block", "host", "not a host"),
    ("block", "host", "localhost:8080"),
    ("block", "actor", "agora"),
    ("block", "actor", "@x@"),
    ("block", "list", "--as", "nobody"),
    ("unblock", "host", "far.example"),
    ("unblock", "actor", "@x@far.example"),
    # surroundings
    ("timeline", "--config", "missing.toml"),
    ("timeline", "--config", "not.toml"),
    ("timeline", "--config", "unknown.toml"),
    ("timeline", "--config", "folder"),
    ("timeline", "--data", "folder"),
    ("timeline", "--data", "good.md"),
    ("serve", "--bind", "nowhere"),
    ("serve", "--data", "good.md"),
    ("init",),
    ("init", "--base-url", "ftp://agora.example"),
]  # fmt: skip

MISUSED: list[tuple[str, ...]] = [
    (),
    ("fly",),
    ("publish",),
    ("publish", "poem"),
    ("show",),
    ("show", "a", "b"),
    ("follow",),
    ("edit",),
    ("person", "role", "Laila"),
    ("publish", "note", "--colour", "red"),
    ("publish", "note", "--text"),
    ("publish", "note", "--short"),
    ("publish", "event", "--capacity", "many"),
    ("publish", "note", "--title", "a", "--title", "b"),
    ("publish", "note", "--text", "ar=-", "--text", "en=-"),
    ("publish", "note", "--alt", "a picture"),
    ("timeline", "--most", "many"),
    ("timeline", "--language", "klingon"),
    ("queue", "drain", "--seconds", "1.5"),
    ("--nonsense",),
    ("timeline", "\udcff"),
]


@pytest.mark.parametrize("arguments", REFUSED, ids=lambda each: " ".join(each)[:60] or "nothing")
def test_a_wrong_value_is_refused_with_a_sentence_and_changes_nothing(
    fedi: Fedi, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    before = counted(tmp_path), kept(tmp_path)
    status, _, err = fedi(*arguments)
    assert (status, err.startswith("Error: "), "Traceback" in err) == (1, True, False)
    assert "desk." not in err
    assert "went wrong" not in err
    assert (counted(tmp_path), kept(tmp_path)) == before


@pytest.mark.parametrize("arguments", MISUSED, ids=lambda each: ascii(" ".join(each))[:60])
def test_wrong_usage_has_its_own_status_and_changes_nothing(
    fedi: Fedi, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    before = counted(tmp_path)
    status, _, err = fedi(*arguments)
    assert (status, err != "", "Traceback" in err) == (2, True, False)
    assert counted(tmp_path) == before


@pytest.mark.parametrize(
    "arguments",
    [(*EVENT, "--start", "2026-02-30"), ("publish", "note", "--colour", "red"), ("timeline", "--config", "not.toml")],
)  # fmt: skip
def test_a_program_gets_one_json_document_with_the_reason(
    fedi: Fedi, arguments: tuple[str, ...]
) -> None:
    status, out, _ = fedi(*arguments, "--json")
    assert status in (1, 2)
    assert json.loads(out)["error"]["message"]


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe\x00", b"a\x00b", b"\xc3", b"x" * 300_000, b"\xed\xa0\x80"]
)
def test_bytes_on_standard_input_that_are_no_text_are_refused(
    fedi: Fedi, tmp_path: Path, raw: bytes
) -> None:
    before = counted(tmp_path)
    status, _, err = fedi("publish", "note", stdin=raw)
    assert (status, err.startswith("Error: ")) == (1, True)
    assert counted(tmp_path) == before


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr"])
def test_every_refusal_is_said_in_words(fedi: Fedi, language: str) -> None:
    for arguments in (
        (*EVENT, "--start", "2026-02-30", "--zone", "x", "--lat", "1"),
        ("follow", "@@"),
        ("fly",),
    ):
        _, _, err = fedi(*arguments, "--language", language)
        assert "{" not in err
        assert "desk." not in err
        assert "cli." not in err


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["show", "publish", "note", "--json", "--text", "--lang", "--title", "-", "--", "=", "ar=", "timeline"])
        | st.text(st.characters(exclude_characters="\x00"), max_size=12),
        max_size=6,
    )
)  # fmt: skip
def test_no_arguments_at_all_lead_to_a_defect(fedi: Fedi, arguments: list[str]) -> None:
    status, _, err = fedi(*arguments)
    assert status in (0, 1, 2)
    assert "Traceback" not in err
    assert "went wrong" not in err


def test_arguments_that_are_no_utf_8_are_refused_by_the_real_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"fedi", b"show", b"\xff\xfe"],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, b"UTF-8" in done.stderr, b"Traceback" in done.stderr) == (
        2,
        True,
        False,
    )
