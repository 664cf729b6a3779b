"""httpsig comes in by one door, quietly, and leaves nothing behind."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_the_door_opens_without_setuptools_and_without_a_warning() -> None:
    code = (
        "import sys\n"
        "class Nobody:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('pkg_resources', 'setuptools'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Nobody())\n"
        "from fedi.signatures.httpsig_door import generate_message\n"
        "print(generate_message(['host'], {'host': 'a.test'}).decode(), 'pkg_resources' in sys.modules)\n"
    )
    assert run(code) == "host: a.test False"


def test_what_stood_in_the_place_of_the_stand_in_is_put_back() -> None:
    code = (
        "import sys\n"
        "sys.modules['pkg_resources'] = 'mine'\n"
        "from fedi.signatures.httpsig_door import HeaderSigner\n"
        "print(sys.modules['pkg_resources'])\n"
    )
    assert run(code) == "mine"


def test_nobody_else_imports_httpsig() -> None:
    importing = re.compile(r"^\s*(?:import|from) (?:httpsig|Crypto)\b", re.MULTILINE)
    folders = ("fedi", "actors", "inbox", "outbox")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    found = [file.name for file in files if importing.search(file.read_text(encoding="utf-8"))]
    assert found == ["httpsig_door.py"]


def test_verifying_requests_does_not_load_json_ld() -> None:
    assert run("import sys, fedi.signatures.request\nprint('pyld' in sys.modules)") == "False"
