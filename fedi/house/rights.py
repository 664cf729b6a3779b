"""What a role allows. Pure."""

from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """What a door asks of who comes through it. Each but the first and the last is asked for one collective."""

    # to be signed in, whoever it is
    SELF = "self"
    READ = "read"
    DRAFT = "draft"
    # publish, answer, follow, thank: whatever others will see
    PUBLISH = "publish"
    # settings, people and moderation of a collective
    STEWARD = "steward"
    # what concerns every collective of this instance: a steward of the one it began with
    HOUSE = "house"


_READER: Final = frozenset({Right.READ})
_AUTHOR: Final = _READER | {Right.DRAFT}
_EDITOR: Final = _AUTHOR | {Right.PUBLISH}
RIGHTS: Final = {
    "reader": _READER,
    "author": _AUTHOR,
    "editor": _EDITOR,
    "steward": _EDITOR | {Right.STEWARD},
}


def allows(role: str, right: Right) -> bool:
    """Whether this role includes that right. A role nobody knows allows nothing."""
    return right is Right.SELF or right in RIGHTS.get(role, frozenset())
