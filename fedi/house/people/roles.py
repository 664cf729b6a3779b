"""The roles as a choice, each with a sentence that says what it means."""

from actors import people
from fedi.web.visitor import Visitor

_ASCENDING = tuple(reversed(people.ROLES))


def choices_of_role(visitor: Visitor) -> list[tuple[str, str, str]]:
    """Key, name and meaning of every role, the one with the least first."""
    t = visitor.t
    return [(each, t(f"role.{each}"), t(f"people.role.{each}")) for each in _ASCENDING]
