"""Programs from the npm registry: installed once for each set of pinned versions, outside the source tree."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache"
DEFINITIONS = ("package.json", "package-lock.json", ".npmrc")
INSTALL_TIMEOUT_S = 240
# What npm and pip say of a registry that does not answer. Anything else is a fault of ours, and no reason to skip.
NO_ANSWER = re.compile(
    r"ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|SOCKET_TIMEOUT|code E5[0-9][0-9]"
    r"|connection broken by|HTTP error 5[0-9][0-9]"
)


class NotInstallable(Exception):
    """What a test needs cannot be installed here; the text says why. Tests that need it skip."""


def ensure_installed(sources: Path, name: str, cache: Path) -> Path:
    """Install what `sources` defines below `cache` unless it is there, and return its folder.

    The folder's name follows the pinned versions, so a changed pin is a new installation.
    Raises NotInstallable when npm is missing or the registry does not answer; RuntimeError when the installation fails
    otherwise.
    """
    npm = shutil.which("npm")
    pins = hashlib.sha256(b"\0".join((sources / each).read_bytes() for each in DEFINITIONS))
    home = cache / f"{name}-{pins.hexdigest()[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    with only_one(home / ".lock"):
        if not (home / ".complete").exists():
            if npm is None:
                raise NotInstallable("npm is not installed")
            _install(npm, sources, home)
            (home / ".complete").touch()
        for source in sources.glob("*.mjs"):
            _copy(source, home / source.name)
    return home


def _install(npm: str, sources: Path, home: Path) -> None:
    for name in DEFINITIONS:
        _copy(sources / name, home / name)
    try:
        done = subprocess.run(
            [npm, "ci", "--loglevel=error", "--fetch-retries=1", "--fetch-timeout=30000"],
            cwd=home,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as problem:
        raise NotInstallable(f"npm did not finish within {INSTALL_TIMEOUT_S} s") from problem
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if "error" in line]
        why = f"npm failed: {' / '.join(said[:3])[:300]}"
        if NO_ANSWER.search(done.stderr) is None:
            raise RuntimeError(why)
        raise NotInstallable(why)


def _copy(source: Path, target: Path) -> None:
    wanted = source.read_bytes()
    if target.exists() and target.read_bytes() == wanted:
        return
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    fresh.write_bytes(wanted)
    fresh.replace(target)


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Nobody else on this machine holds the same file meanwhile."""
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
