"""One publication for a crowd (R16): `python -m benchmarks.crowd [--quick]`. Ten thousand followers on two thousand hosts, over
TLS; five hundred of the hosts take connections and say nothing, a hundred answer after three seconds.

Reports when the first and the last letter to a living host arrived, what memory that took, and how long pages took meanwhile.
"""

import http.client
import signal
import socket
import sys
import threading
import time
from typing import Any

from benchmarks import machine
from benchmarks.town import OWN_HOST, PATIENCE_S, Town, town

FOLLOWERS_PER_HOST = 5
DEAD = 0.25
SLOW = 0.05
WARM_S = 5.0


def measure(hosts: int) -> dict[str, Any]:
    """Two publications to followers on so many hosts; a quarter of them dead, a twentieth slow. The first meets all of them; by
    the second it is known who is in trouble.
    """
    living = hosts - int(hosts * DEAD)
    slow = int(hosts * SLOW)
    with (
        socket.create_server(("127.0.0.1", 0), backlog=4096) as silent,
        town(followers=hosts * FOLLOWERS_PER_HOST, hosts=hosts) as made,
    ):
        made.start_remote(str(slow), str(living))
        server = made.start_server(str(silent.getsockname()[1]), str(living))
        # what it loads when it has nothing to do is not the crowd's
        time.sleep(WARM_S)
        first = _publish(made, server, living - slow, slow)
        second = _publish(made, server, living - slow, slow)
        made.stop(server)
    return {
        **{f"first: {name}": value for name, value in first.items()},
        **{f"second: {name}": value for name, value in second.items()},
        "load": machine.load_average(),
    }


def _publish(made: Town, server: Any, quick: int, slow: int) -> dict[str, float]:
    made.arrived(forget=True)
    resident, before = machine.resident_mib(server.pid), machine.cpu_s(server.pid)
    pages = _Pages(made)
    start = time.monotonic()
    server.send_signal(signal.SIGUSR1)
    published = float(server.stdout.readline())
    pages.start()
    arrived = _wait(made, start, "posts", quick * FOLLOWERS_PER_HOST)
    used = machine.cpu_s(server.pid) - before
    _wait(made, start, "late", slow * FOLLOWERS_PER_HOST)
    slow_s = time.monotonic() - start
    times = pages.stop()
    peak = machine.resident_mib(server.pid, "VmHWM")
    return {
        "publish_ms": published * 1000,
        "first_s": arrived["first"] - start,
        "last_s": arrived["last"] - start,
        "slow_s": slow_s,
        "cpu_ms_each": used / arrived["posts"] * 1000,
        "connections": arrived["connections"],
        "page_p95_ms": times[int(len(times) * 0.95)] * 1000,
        "more_mib": peak - resident,
        "peak_mib": peak,
    }


def _wait(made: Town, start: float, what: str, expected: int) -> dict[str, float]:
    while (arrived := made.arrived())[what] < expected:
        if time.monotonic() > start + PATIENCE_S:
            raise TimeoutError(arrived)
        time.sleep(0.05)
    return arrived


class _Pages(threading.Thread):
    """Somebody who reads the first page again and again meanwhile."""

    def __init__(self, made: Town) -> None:
        super().__init__(daemon=True)
        self._port = made.port
        self._times: list[float] = []
        self._end = threading.Event()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        while not self._end.wait(0.05):
            begun = time.perf_counter()
            connection.request("GET", "/", headers={"Host": OWN_HOST, "Accept": "text/html"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            self._times.append(time.perf_counter() - begun)
        connection.close()

    def stop(self) -> list[float]:
        """The times of all pages, the shortest first."""
        self._end.set()
        self.join(30)
        return sorted(self._times)


if __name__ == "__main__":
    for key, value in measure(200 if "--quick" in sys.argv else 2000).items():
        print(f"{key:22} {value:.2f}")
