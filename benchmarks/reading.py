"""Documents out: `python -m benchmarks.reading [--quick]`. What a post that spreads causes: the same few addresses, again
and again. Uses `wrk` (Debian: `apt-get install wrk`).
"""

import re
import shutil
import subprocess
import sys
from typing import Any

from benchmarks import machine
from benchmarks.town import BASE, OWN_HOST, Town, town

AS2 = "application/activity+json"
CONNECTIONS = 64


def measure(seconds: int) -> dict[str, Any]:
    """One run over every address."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing; on Debian: apt-get install wrk")
    with town() as made:
        made.start_remote()
        server = made.start_server()
        found = {
            name: _ask(made, server.pid, path, accept, seconds)
            for name, path, accept in _addresses(made)
        }
        made.stop(server)
    return found


def _addresses(made: Town) -> list[tuple[str, str, str]]:
    return [
        ("actor", made.actor.removeprefix(BASE), AS2),
        ("object", made.publication.removeprefix(BASE), AS2),
        ("webfinger", f"/.well-known/webfinger?resource=acct:bench@{OWN_HOST}", "*/*"),
        ("nodeinfo", "/nodeinfo/2.1", "*/*"),
        ("outbox page", made.actor.removeprefix(BASE) + "/outbox/page", AS2),
        ("page of it", made.publication.removeprefix(BASE), "text/html"),
        ("home page", "/", "text/html"),
    ]


def _ask(made: Town, pid: int, path: str, accept: str, seconds: int) -> dict[str, float]:
    load = machine.load_average()
    before = machine.cpu_s(pid)
    said = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-H", f"Host: {OWN_HOST}",
         "-H", f"Accept: {accept}", made.address + path],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    used = machine.cpu_s(pid) - before
    count = int(_first(r"(\d+) requests in", said)[1])
    if "Non-2xx" in said or count == 0:
        raise RuntimeError(said)
    p99 = _first(r"99%\s+([\d.]+)(us|ms|s)", said)
    unit = {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]]
    return {
        "per_s": float(_first(r"Requests/sec:\s+([\d.]+)", said)[1]),
        "p99_ms": float(p99[1]) * unit,
        "cpu_us_each": used / count * 1_000_000,
        "load": load,
    }


def _first(pattern: str, text: str) -> re.Match[str]:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(text)
    return found


if __name__ == "__main__":
    for name, row in measure(2 if "--quick" in sys.argv else 8).items():
        print(f"{name:12}", "  ".join(f"{key} {value:.2f}" for key, value in row.items()))
