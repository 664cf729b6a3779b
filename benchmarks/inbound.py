"""Activities in: `python -m benchmarks.inbound [--quick]`. Signed Create(Note) from a hundred actors on a hundred hosts.

Each actor says one Follow first, so that keys were fetched and actors stored over HTTP. Reports how many activities per
second were answered 202 (on disk by then) and how many per second were completely processed, and the processor time.
"""

import sqlite3
import sys
import time
from typing import Any

from benchmarks import machine
from benchmarks.town import HOSTS, Town, hear, say, town

CONNECTIONS = 64


def measure(count: int) -> dict[str, Any]:
    """One run with `count` activities."""
    with town() as made:
        made.start_remote()
        server = made.start_server()
        _first_contact(made)
        load = machine.load_average()
        sender = made.start_sender("Create", str(count), str(CONNECTIONS), made.actor, "0")
        before = machine.cpu_s(server.pid)
        say(sender)
        sent = hear(sender)
        finished = made.wait_until_nothing_waits("inbox_waiting")
        time.sleep(0.3)
        used = machine.cpu_s(server.pid) - before
        peak = machine.resident_mib(server.pid, "VmHWM")
        half = sent["per_s"] / 2
        sender = made.start_sender(
            "Create", str(count // 4), str(CONNECTIONS), made.actor, str(count), f"{half:.0f}"
        )
        say(sender)
        paced = hear(sender)
        made.wait_until_nothing_waits("inbox_waiting")
        made.stop(server)
        return {
            "accepted_per_s": sent["per_s"],
            "processed_per_s": count / (finished - sent["start"]),
            "cpu_ms_each": used / count * 1000,
            "p50_ms": sent["p50_ms"],
            "p99_ms": sent["p99_ms"],
            "half_load_p99_ms": paced["p99_ms"],
            "statuses": sent["statuses"],
            "peak_mib": peak,
            "outcomes": _outcomes(made),
            "load": load,
        }


def _first_contact(made: Town) -> None:
    sender = made.start_sender("Follow", str(HOSTS), "16", made.actor, "0")
    say(sender)
    answered = hear(sender)
    assert answered["accepted"] == HOSTS, answered
    made.wait_until_nothing_waits("inbox_waiting")
    made.wait_until_nothing_waits("deliveries_waiting")


def _outcomes(made: Town) -> dict[str, int]:
    """How each kind of activity ended, from the database of the stopped server: nothing may be missing."""
    with sqlite3.connect(made.folder / "data" / "fedi.sqlite3") as database:
        rows = database.execute(
            "SELECT type || ' ' || state || ' ' || reason, COUNT(*) FROM inbox_activity GROUP BY 1"
        ).fetchall()
        published = database.execute("SELECT COUNT(*) FROM publication").fetchone()
    return {**dict(rows), "publications": published[0]}


if __name__ == "__main__":
    for key, value in measure(2000 if "--quick" in sys.argv else 10_000).items():
        print(f"{key:16} {value:.2f}" if isinstance(value, float) else f"{key:16} {value}")
