"""What a check comes to: a verdict, a sentence and its values, lines to write somewhere. Plain values that travel as JSON."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

Value = str | int


class Verdict(StrEnum):
    """`fault`: people or servers notice. `warning`: not yet. `skipped`: could not be looked at."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    SKIPPED = "skipped"


class Lines(msgspec.Struct, frozen=True):
    """Lines to write for one program: nginx, caddy, config (ours), shell."""

    program: str
    text: tuple[str, ...]


class Finding(msgspec.Struct, frozen=True):
    """`check`: stable name of what was looked at. `key`: the sentence; its repair, if any, is `key` + `_repair`."""

    check: str
    verdict: Verdict
    key: str
    values: dict[str, Value] = {}
    lines: tuple[Lines, ...] = ()


_EXIT: Final = {Verdict.OK: 0, Verdict.SKIPPED: 0, Verdict.WARNING: 1, Verdict.FAULT: 2}


def well(check: str, outcome: str = "ok", **values: Value) -> Finding:
    """It is as it should be."""
    return Finding(check, Verdict.OK, f"doctor.{check}.{outcome}", values)


def warning(check: str, outcome: str, *lines: Lines, **values: Value) -> Finding:
    """It works, but not for long or not for everybody."""
    return Finding(check, Verdict.WARNING, f"doctor.{check}.{outcome}", values, lines)


def fault(check: str, outcome: str, *lines: Lines, **values: Value) -> Finding:
    """It does not work."""
    return Finding(check, Verdict.FAULT, f"doctor.{check}.{outcome}", values, lines)


def skipped(check: str, reason: str, **values: Value) -> Finding:
    """It could not be looked at: `reason` is the last part of a `doctor.skipped.` message."""
    return Finding(check, Verdict.SKIPPED, f"doctor.skipped.{reason}", values)


def worst(findings: Iterable[Finding]) -> Verdict:
    """The gravest verdict; `ok` when there is none."""
    return max(
        (each.verdict for each in findings), key=lambda each: _EXIT[each], default=Verdict.OK
    )


def exit_code(findings: Iterable[Finding]) -> int:
    """0: well. 1: something to be warned of. 2: something is broken."""
    return _EXIT[worst(findings)]
