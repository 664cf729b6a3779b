"""Activities out: `python -m benchmarks.fanout [--quick]`. One collective with a thousand followers, each with an inbox of
its own, on a hundred hosts, over TLS. Reports deliveries per second as the receivers saw them and the processor time.
"""

import signal
import sys
import time
from typing import Any

from benchmarks import machine
from benchmarks.town import PATIENCE_S, town

FOLLOWERS = 1000


def measure(publications: int) -> dict[str, Any]:
    """One run: a first publication that opens connections, then `publications` at once."""
    with town(followers=FOLLOWERS) as made:
        made.start_remote()
        server = made.start_server()
        first = _publish_and_wait(made, server, 1)
        load = machine.load_average()
        rest = _publish_and_wait(made, server, publications)
        peak = machine.resident_mib(server.pid, "VmHWM")
        made.stop(server)
    return {
        "cold_per_s": first["per_s"],
        "cold_cpu_ms_each": first["cpu_ms_each"],
        "deliveries_per_s": rest["per_s"],
        "cpu_ms_each": rest["cpu_ms_each"],
        "publish_ms": rest["publish_ms"],
        "connections_per_host": max(first["connections_per_host"], rest["connections_per_host"]),
        "connections": first["connections"],
        "unsigned": rest["unsigned"],
        "peak_mib": peak,
        "load": load,
    }


def _publish_and_wait(made: Any, server: Any, publications: int) -> dict[str, float]:
    made.arrived(forget=True)
    expected = publications * FOLLOWERS
    before, start = machine.cpu_s(server.pid), time.monotonic()
    took = []
    for _ in range(publications):
        server.send_signal(signal.SIGUSR1)
        took.append(float(server.stdout.readline()))
    while (arrived := made.arrived())["posts"] < expected:
        if time.monotonic() > start + PATIENCE_S:
            raise TimeoutError(arrived)
        time.sleep(0.02)
    made.wait_until_nothing_waits("deliveries_waiting")
    time.sleep(0.3)
    arrived = made.arrived()
    assert arrived["posts"] == expected, arrived
    used = machine.cpu_s(server.pid) - before
    return {
        **arrived,
        "per_s": expected / (arrived["last"] - start),
        "cpu_ms_each": used / expected * 1000,
        "publish_ms": max(took) * 1000,
    }


if __name__ == "__main__":
    for key, value in measure(2 if "--quick" in sys.argv else 10).items():
        print(f"{key:16} {value:.2f}" if isinstance(value, float) else f"{key:16} {value}")
