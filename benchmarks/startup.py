"""Starting: `python -m benchmarks.startup [--quick]`. From the start of the process to the first WebFinger answer, and
how much memory the server holds when nothing happens.
"""

import http.client
import statistics
import subprocess
import sys
import time
from typing import Any

from benchmarks import machine
from benchmarks.town import OWN_HOST, PATIENCE_S, Town, town

IDLE_S = 4.0


def measure(rounds: int) -> dict[str, Any]:
    """The median of several starts, with files of the program in the machine's memory as after any restart."""
    times, idle, turns = [], [], []
    with town() as made:
        for _ in range(rounds + 1):
            seconds, resident, woken = _start(made)
            times.append(seconds)
            idle.append(resident)
            turns.append(woken)
    return {
        "turns_per_s": statistics.median(turns[1:]),
        "ready_s": statistics.median(times[1:]),
        "idle_mib": statistics.median(idle[1:]),
        "load": machine.load_average(),
    }


def _start(made: Town) -> tuple[float, float, float]:
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "fedi", "serve", "--config", str(made.config_file)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    made.processes.append(process)
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", made.port, timeout=5)
        try:
            connection.request(
                "GET",
                f"/.well-known/webfinger?resource=acct:bench@{OWN_HOST}",
                headers={"Host": OWN_HOST},
            )
            assert connection.getresponse().status == 200
            break
        except ConnectionRefusedError:
            if time.monotonic() > start + PATIENCE_S:
                raise
            time.sleep(0.005)
        finally:
            connection.close()
    ready = time.monotonic() - start
    time.sleep(2)
    resident = machine.resident_mib(process.pid)
    before = machine.turns(process.pid)
    time.sleep(IDLE_S)
    woken = (machine.turns(process.pid) - before) / IDLE_S
    made.stop(process)
    return ready, resident, woken


if __name__ == "__main__":
    for key, value in measure(1 if "--quick" in sys.argv else 5).items():
        print(f"{key:16} {value:.2f}")
