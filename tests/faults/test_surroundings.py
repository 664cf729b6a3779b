"""Where a server finds itself: odd locales and zones, no home, a careless umask, no IPv6, a terminal that closes."""

import json
import os
import signal
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORDS = "اجتماع في الحي: قهوة وخبز"
# What surroundings usually bring and these tests choose.
CHOSEN = ("LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LANG", "LANGUAGE", "TZ", "HOME", "PYTHONUTF8")
# A machine without IPv6: the kernel knows no such family.
WITHOUT_IPV6 = """
import errno, runpy, socket, sys
real = socket.socket.__init__
def init(self, family=-1, *rest, **more):
    if family == socket.AF_INET6:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
    real(self, family, *rest, **more)
socket.socket.__init__ = init
socket.has_ipv6 = False
sys.argv[0] = "fedi"
runpy.run_module("fedi", run_name="__main__")
"""

ODD = {
    "locale C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "a locale that is not there": {"LC_ALL": "xx_YY.UTF-8", "LANG": "xx"},
    "a zone of three quarters of an hour": {"TZ": "Pacific/Chatham"},
    "a zone that is not there": {"TZ": "Mars/Olympus"},
    "no home": {},
    "a home that is not there": {"HOME": "/nowhere/at/all"},
}


def surroundings(odd: Mapping[str, str]) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if name not in CHOSEN}
    return {**plain, "PYTHONPATH": str(ROOT), **odd}


def careless() -> None:
    os.umask(0)


@contextmanager
def served(
    folder: Path, odd: Mapping[str, str], *, program: tuple[str, ...] = ("-m", "fedi")
) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """`fedi serve` in these surroundings, with umask 000, and where it listens."""
    with (folder / "said").open("wb") as said_to:
        process = subprocess.Popen(
            [sys.executable, *program, "serve", "--bind", "127.0.0.1:0", "--json"],
            cwd=folder, env=surroundings(odd), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=said_to, preexec_fn=careless,  # noqa: PLW1509 - one call
        )  # fmt: skip
    try:
        assert process.stdout is not None
        said = b""
        for line in process.stdout:
            said += line
            if line == b"}\n":
                break
        assert said, (folder / "said").read_text()
        yield process, json.loads(said)["listening"]
    finally:
        if process.poll() is None:
            process.terminate()
        assert process.wait(30) is not None
        assert process.stdout is not None
        process.stdout.close()


def asked(address: str, path: str, accept: str = "text/html") -> str:
    request = urllib.request.Request(
        f"http://{address}{path}", headers={"host": "localhost:8080", "accept": accept}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
        text: str = answer.read().decode()
        return text


@pytest.mark.thorough
@pytest.mark.parametrize("name", ODD)
def test_it_starts_writes_and_serves_in_odd_surroundings(tmp_path: Path, name: str) -> None:
    odd = ODD[name]
    with served(tmp_path, odd) as (process, address):
        published = subprocess.run(
            [sys.executable, "-m", "fedi", "publish", "note", "--text", "-", "--json"],
            cwd=tmp_path, env=surroundings(odd), input=WORDS.encode(), capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert published.returncode == 0, published.stderr
        uri = json.loads(published.stdout)["uri"]
        path = uri.removeprefix("http://localhost:8080")
        assert WORDS in asked(address, path)
        assert WORDS in json.loads(asked(address, path, "application/activity+json"))["content"]
        loose = [
            each.name
            for each in (tmp_path / "data", *(tmp_path / "data").rglob("*"))
            if each.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        ]
        assert loose == []
        process.terminate()
        assert process.wait(30) == 0
    assert "Traceback" not in (tmp_path / "said").read_text()


@pytest.mark.thorough
def test_it_serves_on_a_machine_without_ipv6(tmp_path: Path) -> None:
    with served(tmp_path, {}, program=("-c", WITHOUT_IPV6)) as (process, address):
        asked(address, "/about")
        process.terminate()
        assert process.wait(30) == 0


def test_a_closed_terminal_stops_the_server_gently(tmp_path: Path) -> None:
    # whoever runs the tests may have said nohup
    program = ("-c", "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); "
               "os.execv(sys.executable, [sys.executable, '-m', 'fedi', *sys.argv[1:]])")  # fmt: skip
    with served(tmp_path, {}, program=program) as (process, _):
        process.send_signal(signal.SIGHUP)
        assert process.wait(30) == 0


@pytest.mark.thorough
def test_who_said_nohup_is_not_stopped_by_a_closed_terminal(tmp_path: Path) -> None:
    program = ("-c", "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
               "os.execv(sys.executable, [sys.executable, '-m', 'fedi', *sys.argv[1:]])")  # fmt: skip
    with served(tmp_path, {}, program=program) as (process, address):
        process.send_signal(signal.SIGHUP)
        asked(address, "/about")
        process.terminate()
        assert process.wait(30) == 0
