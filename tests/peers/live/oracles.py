"""Independent judges of HTTP signatures: other people's libraries, each asked in its own process.

A judge signs a request as its own users would, or says whether a signature holds. Judges made of Node
libraries live in the Fedify installation; bovine gets a Python environment of its own.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from tests.harness.npm import INSTALL_TIMEOUT_S, NO_ANSWER, NotInstallable, only_one
from tests.peers.live.fedify_peer import node_of

PYTHON_PEERS = ("bovine==0.5.19", "fediverse-pasture==0.2.25")
# Pins old releases of what others need newer: an environment of its own.
RELAY_PEER = ("activityrelay==0.3.5",)


@dataclass(frozen=True, slots=True)
class Judge:
    """`reads_body`: it compares the digest with the body itself; the others leave that to their user."""

    name: str
    scheme: Literal["cavage", "rfc9421"]
    reads_body: bool


JUDGES = (
    Judge("fedify-cavage", "cavage", reads_body=True),
    Judge("fedify-rfc9421", "rfc9421", reads_body=True),
    Judge("peertube-cavage", "cavage", reads_body=False),
    Judge("activitypub-cavage", "cavage", reads_body=False),
    Judge("messages-rfc9421", "rfc9421", reads_body=False),
    Judge("bovine-cavage", "cavage", reads_body=True),
)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it travels; header names in lower case, body as text."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None


class Oracle:
    """One process that answers for several judges: `with Oracle(command) as oracle`."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=10)

    def sign(self, judge: Judge, request: Request, key_id: str, private_key_pem: str) -> Request:
        """The request with the headers this judge's users would send."""
        answer = self._ask(judge, "sign", request, keyId=key_id, privateKey=private_key_pem)
        if "headers" not in answer:
            raise AssertionError(f"{judge.name} did not sign: {answer['reason']}")
        headers = {**request.headers, **answer["headers"]}
        return Request(request.method, request.url, headers, request.body)

    def verify(
        self, judge: Judge, request: Request, key_id: str, public_key_pem: str
    ) -> tuple[bool, str | None]:
        """Whether the signature holds, and the judge's reason where it gives one."""
        answer = self._ask(judge, "verify", request, keyId=key_id, publicKey=public_key_pem)
        return answer["verified"], answer["reason"]

    def _ask(self, judge: Judge, deed: str, request: Request, **given: Any) -> dict[str, Any]:
        question = {
            "judge": judge.name,
            "deed": deed,
            "method": request.method,
            "url": request.url,
            "headers": dict(request.headers),
            "body": request.body,
            **given,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def open_node_oracle(home: Path) -> Oracle:
    """The judges written in JavaScript; `home` comes from `ensure_installed`."""
    return Oracle([str(node_of(home)), "oracle.mjs"], home)


def open_bovine_oracle(home: Path) -> Oracle:
    """The judge made of bovine; `home` comes from `ensure_python_installed`."""
    return Oracle([str(python_of(home)), str(Path(__file__).with_name("bovine_oracle.py"))], home)


def python_of(home: Path) -> Path:
    """The Python of an environment."""
    return home / "bin" / "python"


def ensure_python_installed(cache_dir: Path, peers: tuple[str, ...] = PYTHON_PEERS) -> Path:
    """An environment below `cache_dir` with peers written in Python, made at first.

    Raises NotInstallable without venv or an answering registry; RuntimeError when the installation fails otherwise.
    Its name follows the pinned versions, so a changed pin is a new installation.
    """
    pins = hashlib.sha256("\0".join(peers).encode()).hexdigest()
    home = cache_dir / f"python-{pins[:12]}"
    cache_dir.mkdir(parents=True, exist_ok=True)
    try:
        with only_one(cache_dir / f"{home.name}.lock"):
            if not (home / ".complete").exists():
                _run([sys.executable, "-m", "venv", "--clear", str(home)])
                _run([str(python_of(home)), "-m", "pip", "install", "--quiet", *peers])
                (home / ".complete").touch()
    except subprocess.TimeoutExpired as problem:
        raise NotInstallable("installing the Python peers took too long") from problem
    except subprocess.CalledProcessError as problem:
        last = problem.stderr.strip().splitlines()[-1:]
        if "pip" in problem.cmd and NO_ANSWER.search(problem.stderr) is None:
            raise RuntimeError(f"pip failed: {last}") from problem
        raise NotInstallable(f"the Python peers cannot be installed: {last}") from problem
    return home


def _run(command: list[str]) -> None:
    subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=True)
