"""How long the database takes, for both engines: numbers for whoever looks after the machine, a line for each slow statement.

The line holds the text of the statement, which is ours, its time and its rows. Values never come here.
"""

import logging
import re
import time
from typing import Final

from fedi.metrics import Family, Kind, Metrics

log = logging.getLogger("fedi.db")

READ: Final = "read"
WRITE: Final = "write"
COMMIT: Final = "commit"
WAITED: Final = Family(
    "mujawara_database_wait_seconds",
    Kind.HISTOGRAM,
    "How long a unit of work waited for a connection.",
    work=(READ, WRITE),
)
RAN: Final = Family(
    "mujawara_database_run_seconds",
    Kind.HISTOGRAM,
    "How long a unit of work took; for a commit, until it was on disk.",
    work=(READ, WRITE, COMMIT),
)
SLOW: Final = Family(
    "mujawara_database_slow_statements_total",
    Kind.COUNTER,
    "Statements that took longer than slow_statement_ms.",
)
_TEXT_MAX: Final = 1000
_SPACES: Final = re.compile(r"\s+")
_MARKS: Final = re.compile(r"\?(?:, \?)+")
# What is written out inside a statement, should there be any: it might once be more than a word of ours.
_WRITTEN: Final = re.compile(r"'(?:[^']|'')*'")

now_s = time.perf_counter


class Watch:
    """What an engine tells of its work; safe for its threads. `slow_s` 0: no statement is slow."""

    __slots__ = ("_metrics", "_slow_s")

    def __init__(self, metrics: Metrics | None = None, slow_s: float = 0.0) -> None:
        self._metrics = metrics or Metrics()
        self._slow_s = slow_s

    def unit(self, work: str, asked_s: float, began_s: float) -> None:
        """A unit of work has ended that was asked for and begun at these moments of `now_s`."""
        self._metrics.note(WAITED, began_s - asked_s, work)
        self._metrics.note(RAN, now_s() - began_s, work)

    def committed(self, began_s: float) -> None:
        """What was done since the last time is on disk."""
        self._metrics.note(RAN, now_s() - began_s, COMMIT)
        self.statement("COMMIT", began_s, 0)

    def statement(self, sql: str, began_s: float, rows: int) -> None:
        """A statement has ended; `rows`: how many it gave or changed."""
        took_s = now_s() - began_s
        if self._slow_s and took_s >= self._slow_s:
            self._metrics.count(SLOW)
            facts = {"ms": round(took_s * 1000), "rows": max(0, rows), "sql": without_values(sql)}
            log.warning("slow statement", extra=facts)


def without_values(sql: str) -> str:
    """The text on one line, a list of many marks as one, and nothing that stands between quotes. Pure."""
    text = _WRITTEN.sub("'…'", _SPACES.sub(" ", sql.strip()))
    return _MARKS.sub("?, …", text)[:_TEXT_MAX]
