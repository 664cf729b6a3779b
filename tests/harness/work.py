"""How much work something is, counted in calls: the same on every machine, however busy. Speed itself is for benchmarks/."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


class TooMuchWork(AssertionError):
    """More calls than were allowed."""


def calls_of(work: Callable[[], object], most: int = 10**9) -> int:
    """How many functions, ours or built in, were called for it. Raises TooMuchWork as soon as there were more than `most`."""
    made = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal made
        if event in ("call", "c_call"):
            made += 1
            if made > most:
                sys.setprofile(before)
                raise TooMuchWork(f"more than {most} calls")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return made
