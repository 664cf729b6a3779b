"""Errors of the desk in the form that travels. Pure."""

from typing import Any

import msgspec

from fedi.desk.order import Unfit
from fedi.errors import FediError, Invalid
from fedi.publications.contract import Problem


class Mistake(msgspec.Struct, frozen=True):
    """One thing to mend."""

    key: str
    values: dict[str, Any] = {}
    field: str = ""


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why not. `problems`: when several things are to be mended."""

    key: str
    status: int
    values: dict[str, Any] = {}
    field: str = ""
    problems: list[Mistake] = []


class Refused(FediError):
    """An error that came through the socket."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.key, **refusal.values)
        self.refusal = refusal


def refusal_of(problem: FediError) -> Refusal:
    """An error in the form that travels."""
    if isinstance(problem, Refused):
        return problem.refusal
    problems = [_mistake(each) for each in problem.problems] if isinstance(problem, Unfit) else []
    return Refusal(
        key=problem.message_key,
        status=problem.status,
        values=_plain(problem.values),
        field=problem.field if isinstance(problem, Invalid) else "",
        problems=problems,
    )


def _mistake(problem: Problem) -> Mistake:
    return Mistake(problem.message_key, _plain(problem.values), problem.field)


def _plain(values: Any) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str | int | float) else str(value)
        for name, value in values.items()
    }
