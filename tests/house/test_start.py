"""The two commands of the first page, and the run that decides about a change."""

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.source import ROOT

RUN = ROOT / "run.py"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """run.py as a module, believing that it lies in an empty folder with a finished environment."""
    spec = importlib.util.spec_from_file_location("run", RUN)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return placed(module, monkeypatch, tmp_path)


def placed(module: ModuleType, monkeypatch: pytest.MonkeyPatch, folder: Path) -> ModuleType:
    monkeypatch.setattr(module, "ROOT", folder)
    monkeypatch.setattr(module, "VENV", folder / ".venv")
    monkeypatch.setattr(module, "PYTHON", folder / ".venv" / "bin" / "python")
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (folder / "requirements.lock").write_text("one==1 \\\n    --hash=sha256:00\n", encoding="utf-8")
    return module


def test_it_needs_nothing_but_python() -> None:
    tree = ast.parse(RUN.read_text(encoding="utf-8"))
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_an_old_python_can_read_far_enough_to_say_that_it_is_too_old() -> None:
    ast.parse(RUN.read_text(encoding="utf-8"), feature_version=(3, 7))


def test_what_is_installed_is_not_installed_again(run: ModuleType) -> None:
    assert not run.is_fresh("packages", "requirements.lock")
    run.stamp("packages", "requirements.lock")
    assert run.is_fresh("packages", "requirements.lock")


def test_a_changed_lock_is_installed(run: ModuleType) -> None:
    run.stamp("packages", "requirements.lock")
    (run.ROOT / "requirements.lock").write_text("one==2\n", encoding="utf-8")
    assert not run.is_fresh("packages", "requirements.lock")


def test_another_python_below_the_environment_means_installing_again(run: ModuleType) -> None:
    run.stamp("packages", "requirements.lock")
    run.PYTHON.unlink()
    run.PYTHON.symlink_to("/usr/bin/env")
    assert not run.is_fresh("packages", "requirements.lock")


def test_a_folder_that_was_moved_is_prepared_again(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run.stamp("packages", "requirements.lock")
    moved = tmp_path.rename(tmp_path.with_name("elsewhere"))
    for name, place in (
        ("ROOT", moved),
        ("VENV", moved / ".venv"),
        ("PYTHON", moved / ".venv/bin/python"),
    ):
        monkeypatch.setattr(run, name, place)
    assert run.stamp_of("packages").exists()
    assert not run.is_fresh("packages", "requirements.lock")


def test_a_damaged_stamp_only_means_installing_again(run: ModuleType) -> None:
    run.stamp_of("packages").write_bytes(b"\xff\x00\x80")
    assert not run.is_fresh("packages", "requirements.lock")


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "do not go on",
        ),
        ("ERROR: No matching distribution found for one==1", "online"),
        ("connection broken by NewConnectionError('Failed to establish')", "online"),
        ("error: command gcc failed", "the reason stands above"),
    ],
)
def test_a_failed_installation_says_what_to_do(
    run: ModuleType, capsys: pytest.CaptureFixture[str], line: str, advice: str
) -> None:
    with pytest.raises(SystemExit) as left:
        run.explain([line])
    assert left.value.code == 1
    assert advice in capsys.readouterr().err


def test_the_list_of_debian_packages_can_be_read(run: ModuleType) -> None:
    found = dict(run.debian_packages())
    assert found["chromium"] == "chromium"
    assert found["fonts-noto-core"] == ""


@pytest.fixture
def apt(run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A pretended apt-get that writes down what it was asked for; one package of the list is missing."""
    record = tmp_path / "asked"
    command = tmp_path / "bin" / "apt-get"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\necho "$@" >> "{record}"\n', encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:/usr/bin:/bin")
    wanted = tmp_path / "packages.txt"
    wanted.write_text("no-such-package\nshell sh  # there\n", encoding="utf-8")
    monkeypatch.setattr(run, "DEBIAN_PACKAGES", wanted)
    return record


def test_missing_debian_packages_are_installed_by_root(
    run: ModuleType, apt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.os, "geteuid", lambda: 0)
    run.install_debian_packages()
    asked = apt.read_text(encoding="utf-8").splitlines()
    assert asked[0].endswith("update")
    assert [line.split()[-1] for line in asked[1:]] == ["no-such-package"]


def test_missing_debian_packages_are_named_to_others(
    run: ModuleType, apt: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run.os, "geteuid", lambda: 1000)
    run.install_debian_packages()
    assert not apt.exists()
    assert "apt-get install no-such-package" in capsys.readouterr().err


WELL = ("5 passed in 0.1s", 0)


def a_checkout(folder: Path, *, stages: list[tuple[str, int]], lint_ends: int = 0) -> Path:
    """A folder with the real .ci, and tools that only pretend: what each stage says and how it ends."""
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    bin_folder = folder / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    for tool in ("ruff", "mypy", "lint-imports"):
        code = lint_ends if tool == "ruff" else 0
        (bin_folder / tool).write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
        (bin_folder / tool).chmod(0o755)
    (folder / "run.py").write_text(
        "import sys\n"
        "assert sys.stdin.read() == ''\n"
        "if sys.argv[1] == 'test':\n"
        "    stage = 1 if '--thorough' in sys.argv else 2 if '--engine' in sys.argv else 0\n"
        "    with open('asked', 'a') as asked: print(*sys.argv[1:], file=asked)\n"
        f"    said, code = {stages!r}[stage]\n"
        "    print(said)\n"
        "    sys.exit(code)\n",
        encoding="utf-8",
    )
    return folder / ".ci" / "run"


def decide(script: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["bash", str(script), *words],
        input="y\n", capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "said", "code", "ends"),
    [
        (0, "5 passed in 0.1s", 0, 0),
        (2, "5 passed, 2 skipped in 0.1s", 0, 0),
        (0, "1 failed, 4 passed in 0.1s", 1, 1),
        (1, "1 failed, 4 passed in 0.1s", 1, 1),
        (2, "1 failed, 4 passed in 0.1s", 1, 1),
        (0, "5 skipped in 0.1s", 0, 5),
        (1, "5 skipped in 0.1s", 0, 5),
        (2, "5 skipped in 0.1s", 0, 5),
        (0, "no tests ran in 0.1s", 5, 5),
        (0, "", 0, 5),
    ],
)
def test_the_deciding_run_ends_well_only_when_every_stage_did_and_after_the_first_that_did_not(
    tmp_path: Path, stage: int, said: str, code: int, ends: int
) -> None:
    stages = [WELL, WELL, WELL]
    stages[stage] = (said, code)
    result = decide(a_checkout(tmp_path, stages=stages))
    last = said if ends else stages[-1][0]
    assert (result.returncode, result.stdout.splitlines()[-1]) == (ends, last)
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert len(asked) == (stage + 1 if ends else 3)
    assert result.stdout.count("== stage ") == len(asked)


def test_the_deciding_run_does_the_default_tests_whatever_the_style_and_goes_no_further(
    tmp_path: Path,
) -> None:
    result = decide(a_checkout(tmp_path, stages=[WELL, WELL, WELL], lint_ends=1))
    assert (result.returncode, result.stdout.splitlines()[-1]) == (1, WELL[0])
    assert "Failed before the tests: lint form" in result.stdout
    assert len((tmp_path / "asked").read_text(encoding="utf-8").splitlines()) == 1


def test_words_given_to_the_deciding_run_reach_its_first_stage(tmp_path: Path) -> None:
    assert (
        decide(a_checkout(tmp_path, stages=[WELL, WELL, WELL]), "--durations", "3").returncode == 0
    )
    first, thorough, engine = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert first.endswith(" --durations 3")
    assert "-m thorough or hypothesis --thorough" in thorough
    assert "--engine postgres" in engine
    assert "durations" not in thorough + engine


def test_the_stages_of_the_deciding_run_end_within_85_minutes() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    limits = [int(found) for found in re.findall(r"^stage '[^']+' (\d+) ", text, re.MULTILINE)]
    assert len(limits) == 3
    assert sum(limits) <= 85 * 60


@pytest.mark.parametrize(
    ("words", "is_spread"),
    [([], True), (["-q", "-p", "no:cacheprovider"], True), (["-q", "tests/house"], False),
     (["tests/house/test_start.py::test_it", "-x"], False)],
)  # fmt: skip
def test_the_whole_suite_is_spread_and_named_tests_are_not(
    run: ModuleType, words: list[str], is_spread: bool
) -> None:
    (run.ROOT / "tests" / "house").mkdir(parents=True)
    (run.ROOT / "tests" / "house" / "test_start.py").touch()
    spread = run.at_once(words)
    assert bool(spread) == is_spread
    assert not spread or spread[:1] == ["-n"]
    assert not spread or 2 <= int(spread[1]) <= run.WORKERS_MAX
