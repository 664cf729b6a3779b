"""What a server loads when it starts, and what only afterwards."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LATER = (
    "Crypto",
    "argon2",
    "fedi.desk.table",
    "fedi.http.pool",
    "http_message_signatures",
    "httpsig",
    "icalendar",
    "jinja2",
    "markdown_it",
    "segno",
    "zxcvbn",
)
SOON = ("fedi.http.pool", "http_message_signatures", "httpsig", "jinja2", "fedi.house.routes")


def loaded_by(code: str) -> set[str]:
    """The names of everything that a new interpreter has imported after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def at_start() -> set[str]:
    return loaded_by("import fedi.cli.main, fedi.cli.start")


@pytest.fixture(scope="module")
def warmed() -> set[str]:
    return loaded_by(
        "from threading import Event\n"
        "import fedi.warming\n"
        "fedi.warming.PAUSE_S = 0.0\n"
        "fedi.warming.start_warming(Event()).join()"
    )


@pytest.mark.parametrize("name", LATER)
def test_the_start_does_not_wait_for(name: str, at_start: set[str]) -> None:
    assert name not in at_start


@pytest.mark.parametrize("name", SOON)
def test_warming_loads(name: str, warmed: set[str]) -> None:
    assert name in warmed


def test_who_leaves_early_has_loaded_nothing() -> None:
    names = loaded_by(
        "from threading import Event\n"
        "import fedi.warming\n"
        "leave = Event()\n"
        "leave.set()\n"
        "fedi.warming.start_warming(leave).join()"
    )
    assert names.isdisjoint(SOON)
