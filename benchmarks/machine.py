"""What the operating system says of a process and of the machine. Linux only, like the figures."""

import os
import platform
import sqlite3
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used so far, all its threads, its own and the system's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mib(pid: int, what: str = "VmRSS") -> float:
    """Memory that a process holds now; with `VmHWM`, the most it ever held."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(what)


def turns(pid: int) -> int:
    """How often any thread of a process went to sleep by itself so far, and so had been woken."""
    total = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                total += int(line.split()[1])
    return total


def load_average() -> float:
    """How many processes wanted a processor during the last minute."""
    return os.getloadavg()[0]


def describe() -> str:
    """One line about this machine."""
    system = "unknown system"
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("PRETTY_NAME="):
            system = line.partition("=")[2].strip('"')
    return (
        f"{os.cpu_count()} cores, {system}, CPython {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}"
    )
