"""The form of what is asked at the desk and of what it answers. Plain values that travel as JSON."""

from collections.abc import Sequence

import msgspec

from fedi.errors import Invalid
from fedi.publications.contract import Problem

Value = str | int


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked. An empty text means: nothing said, take what is usual."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""


class Notice(msgspec.Struct, frozen=True):
    """Something the person should know although it was done: a message key, its values, the part concerned."""

    key: str
    values: dict[str, Value] = {}
    field: str = ""


class Unfit(Invalid):
    """An order with mistakes: all of them, each with its field, so that they can be mended in one go."""

    default_key = "desk.unfit"

    def __init__(self, problems: Sequence[Problem]) -> None:
        assert problems
        super().__init__(detail=", ".join(each.message_key for each in problems))
        self.problems = tuple(problems)


class Done(Result, frozen=True, kw_only=True):
    """It is done. `changed`: whether it was not so before."""

    changed: bool = True
    notices: tuple[Notice, ...] = ()


def choice(value: str, allowed: Sequence[str], field: str) -> str:
    """`value` when it is one of `allowed`. Raises Invalid naming them."""
    if value not in allowed:
        raise Invalid("desk.choice", field=field, value=value[:60], allowed=", ".join(allowed))
    return value
