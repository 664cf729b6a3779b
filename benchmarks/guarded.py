"""Documents out in the guarded posture: `python -m benchmarks.guarded [--quick]`. Every request is signed, and every signature is
verified; a hundred actors on a hundred hosts, whose keys are known by then.
"""

import sys
from typing import Any

from benchmarks import machine
from benchmarks.town import HOSTS, hear, say, town

CONNECTIONS = 32


def measure(count: int) -> dict[str, Any]:
    """One run with `count` signed requests for one publication."""
    with town(posture="guarded") as made:
        made.start_remote()
        server = made.start_server()
        first = made.start_sender("Fetch", str(HOSTS), "8", made.publication, "0")
        say(first)
        met = hear(first)
        sender = made.start_sender("Fetch", str(count), str(CONNECTIONS), made.publication, "0")
        load, before = machine.load_average(), machine.cpu_s(server.pid)
        say(sender)
        said = hear(sender)
        used = machine.cpu_s(server.pid) - before
        made.stop(server)
    statuses: Any = [met["statuses"], said["statuses"]]
    if any(each.keys() != {"200"} for each in statuses):
        raise RuntimeError((met, said))
    return {
        "per_s": said["per_s"],
        "cpu_us_each": used / count * 1_000_000,
        "p99_ms": said["p99_ms"],
        "load": load,
    }


if __name__ == "__main__":
    for key, value in measure(4_000 if "--quick" in sys.argv else 20_000).items():
        print(f"{key:16} {value:.2f}")
