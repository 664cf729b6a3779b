#!/usr/bin/env python3
"""Starts a server, or the tests, from a fresh copy of this folder; needs Python 3.11 or later and nothing else.

    python3 run.py              prepare what is missing, then start the server on this machine
    python3 run.py ARGUMENTS    the same, then `fedi ARGUMENTS` (try --help)
    python3 run.py test         the same with everything the tests need, then run them (further words go to pytest)
    python3 run.py setup        only prepare what running needs; `setup --tests` also what working on the code needs

What is installed comes from requirements.lock, checked by its hashes, and lives in .venv beside this file.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections import deque
from importlib.util import find_spec
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUN_LOCK = "requirements.lock"
TEST_LOCK = "requirements-test.lock"
DEBIAN_PACKAGES = ROOT / "tests" / "debian-packages.txt"
OLDEST = (3, 11)
WORKERS_MAX = 6
# Settings of pip that would lead it out of our own environment.
MISLEADING = (
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_REQUIRE_HASHES",
    "PYTHONHOME",
    "PYTHONPATH",
)
NETWORK_SIGNS = ("NewConnectionError", "ConnectTimeout", "Read timed out", "Temporary failure", "Network is unreachable",
                 "No matching distribution", "ProxyError", "ConnectionResetError", "ReadTimeout")  # fmt: skip


def main(words: list[str]) -> NoReturn:
    """Prepare what is missing, then become the program that was asked for."""
    use_python_new_enough()
    if os.name == "nt":
        give_up("This server needs Linux, macOS or a BSD. On Windows, start it inside WSL.")
    wants_tests = words[:1] == ["test"] or words[:2] == ["setup", "--tests"]
    prepare(TEST_LOCK if wants_tests else RUN_LOCK)
    environment = {**os.environ, "PYTHONUTF8": "1"}
    if words[:1] == ["setup"]:
        raise SystemExit(0)
    if words[:1] == ["test"]:
        install_debian_packages()
        os.chdir(ROOT)
        # Every process of the tests reads the same modules; none should compile them anew.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = str(ROOT / ".cache" / "bytecode")
        become(
            [str(PYTHON), "-m", "pytest", *at_once(words[1:]), *(words[1:] or ["-q"])], environment
        )
    # Whoever starts from another folder still means the configuration and the data of this one.
    environment.setdefault("FEDI_CONFIG", str(ROOT / "config.toml"))
    environment["FEDI_CALLED_AS"] = f"python3 {shlex.quote(os.path.relpath(ROOT / 'run.py'))}"
    become([str(PYTHON), str(VENV / "bin" / "fedi"), *(words or ["serve"])], environment)


def at_once(words: list[str]) -> list[str]:
    """How the whole suite is spread over processes; nothing when some tests are named, which is quicker in one.

    Two processes for each processor: a third of the time goes by with waiting for browsers and for other servers. `-n 0`
    among the words wins.
    """
    if any((ROOT / word.partition("::")[0]).exists() for word in words if not word.startswith("-")):
        return []
    processors = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return ["-n", str(min(2 * processors, WORKERS_MAX)), "--dist", "loadscope"]


def become(command: list[str], environment: dict[str, str]) -> NoReturn:
    """Replace this process, so that signals and the exit code are the program's own."""
    sys.stdout.flush()
    os.execve(command[0], command, environment)  # noqa: S606 - a fixed program, no shell


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def give_up(text: str) -> NoReturn:
    say(text)
    raise SystemExit(1)


def use_python_new_enough() -> None:
    """Go on with a newer Python of this machine when the one that was called is too old."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(15, 10, -1):
        newer = shutil.which("python3.%d" % minor)  # noqa: UP031 - read by any Python 3
        if newer and subprocess.call([newer, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            become([newer, str(Path(__file__).resolve()), *sys.argv[1:]], dict(os.environ))
    give_up(
        "Python 3.11 or later is needed; this is %d.%d.\n"  # noqa: UP031
        "Debian 12, Ubuntu 24.04, Fedora 37 and everything newer bring it." % sys.version_info[:2]
    )


def prepare(lock: str) -> None:
    """Make .venv what `lock` and pyproject.toml say. Does nothing, quickly, when it already is."""
    if is_fresh("packages", lock) and is_fresh("project", "pyproject.toml"):
        return
    with only_one_at_a_time():
        started = time.monotonic()
        try:
            if not is_usable():
                make_environment()
            if not is_fresh("packages", lock):
                install_packages(lock)
            if not is_fresh("project", "pyproject.toml"):
                install_project()
        except PermissionError as problem:
            give_up(
                f"{problem.filename} cannot be written by this account; run this as the owner of {ROOT}."
            )
        say(f"Ready after {time.monotonic() - started:.0f} seconds.")


def only_one_at_a_time() -> IO[bytes]:
    """Hold this folder against a second start while the environment is being made; released on close."""
    import fcntl  # noqa: PLC0415 - only where main() goes on: not on Windows

    handle = Path(__file__).resolve().open("rb")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another start is preparing the environment; waiting for it …")
        fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def is_fresh(part: str, file: str) -> bool:
    """Whether `part` of the environment was last installed from `file` as it is now, here, with this Python."""
    wanted = key_of(file)
    found = read(stamp_of(part)).split()
    return wanted in found and PYTHON.exists()


def key_of(file: str) -> str:
    """Changes when the file, the place of this folder or the Python below the environment changes."""
    place = f"{ROOT}\n{PYTHON.resolve()}\n".encode("utf-8", "surrogateescape")
    return hashlib.sha256(place + (ROOT / file).read_bytes()).hexdigest()


def stamp_of(part: str) -> Path:
    return VENV / f".installed-{part}"


def read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def stamp(part: str, *files: str) -> None:
    stamp_of(part).write_text("\n".join(key_of(file) for file in files) + "\n", encoding="ascii")


def is_usable() -> bool:
    """Whether .venv has a Python and a pip that still work: both are lost when the system changes its Python."""
    if not PYTHON.exists():
        return False
    question = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return (
        subprocess.run(
            [str(PYTHON), "-I", "-c", question], stderr=subprocess.DEVNULL, check=False
        ).returncode
        == 0
    )


def make_environment() -> None:
    say("Making the environment in .venv …")
    if find_spec("ensurepip") is None or find_spec("venv") is None:
        give_up(
            "This Python cannot make environments: its venv module is missing.\n"
            "On Debian and Ubuntu: apt install python3-venv   (then start again)"
        )
    made = subprocess.run(
        [sys.executable, "-I", "-m", "venv", "--clear", str(VENV)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip
    if made.returncode:
        give_up(
            f"{made.stdout.strip()}\n\nThe environment could not be made. "
            "On Debian and Ubuntu: apt install python3-venv   (then start again)"
        )


def install_packages(lock: str) -> None:
    """Exactly what the lock lists. The lock of the tests holds everything of the other."""
    total = sum(1 for line in read(ROOT / lock).splitlines() if line[:1].isalnum())
    say(f"Installing {total} packages from {lock}, once; about half a minute …")
    pip(["--require-hashes", "-r", str(ROOT / lock)], total)
    stamp("packages", *((RUN_LOCK, TEST_LOCK) if lock == TEST_LOCK else (RUN_LOCK,)))


def install_project() -> None:
    pip(["--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    stamp("project", "pyproject.toml")


def pip(words: list[str], total: int = 0) -> None:
    """`pip install`, with a count instead of its many lines; its last lines when it fails."""
    command = [
        str(PYTHON),
        "-I",
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "off",
    ]
    environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    environment["PIP_ROOT_USER_ACTION"] = "ignore"
    last: deque[str] = deque(maxlen=25)
    with subprocess.Popen(
        [*command, *words], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace", cwd=ROOT,
    ) as running:  # fmt: skip
        done = 0
        for line in running.stdout or ():
            last.append(line.rstrip())
            if total and line.startswith(("Collecting ", "Requirement already satisfied")):
                done += 1
                show_progress(min(done, total), total)
    if total and sys.stderr.isatty():
        say("")
    if running.returncode:
        explain(list(last))


def show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r  {done} of {total}", end="", file=sys.stderr, flush=True)


def explain(lines: list[str]) -> NoReturn:
    """Say why pip failed, as far as its words allow."""
    text = "\n".join(lines)
    say("\n" + text + "\n")
    if "HASHES" in text or "hash" in text.lower():
        give_up(
            "A package is not the one that the lock names. Nothing of it was installed; do not go on with it."
        )
    if any(sign in text for sign in NETWORK_SIGNS):
        give_up(
            "The packages could not be fetched. Is this machine online? Start again when it is; what is there stays."
        )
    give_up("Installing failed; the reason stands above. Start again to try once more.")


def install_debian_packages() -> None:
    """What the tests use and Python cannot bring: installed when we may, named when we may not."""
    missing = [package for package, command in debian_packages() if not has(package, command)]
    if not missing:
        return
    names = " ".join(missing)
    if not shutil.which("apt-get") or os.geteuid() != 0:
        say(
            f"Some tests will be skipped: they need {names}.\nOn Debian, as root: apt-get install {names}"
        )
        return
    say(f"Installing {names} for the tests …")
    apt_get("update")
    for package in missing:
        said = apt_get("install", "-y", "--no-install-recommends", package)
        if said:
            say(
                f"{said}\n{package} could not be installed; the tests that need it will be skipped."
            )


def apt_get(*words: str) -> str:
    """Empty when it went well, else the last of what it said."""
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", *words]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        result = subprocess.run(
            command, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", check=False, timeout=900,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "apt-get took longer than a quarter of an hour."
    return result.stdout[-1500:].strip() or "apt-get failed." if result.returncode else ""


def debian_packages() -> list[tuple[str, str]]:
    """(package, the command that stands for it or ""), one per line of the list."""
    lines = DEBIAN_PACKAGES.read_text(encoding="utf-8").splitlines()
    rows = [line.split("#")[0].split() for line in lines]
    return [(row[0], row[1] if len(row) > 1 else "") for row in rows if row]


def has(package: str, command: str) -> bool:
    """Whether the command is there, from wherever, or the package's list of files is."""
    return (
        bool(command and shutil.which(command))
        or Path(f"/var/lib/dpkg/info/{package}.list").exists()
    )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit(130) from None
