"""Orders that a person gives for a reason: the reason and who gave it, kept with what was decided."""

from fedi.desk.order import Order
from fedi.errors import Invalid
from fedi.moderation import decisions
from fedi.moderation.decisions import WHY_MAX, Kind
from fedi.unit import Unit


class ByOrder(Order, frozen=True, kw_only=True):
    """`why`: the reason, for the other stewards; `person`: who gives the order, by number, 0 for the command line."""

    why: str = ""
    person: int = 0


def check_why(order: ByOrder) -> None:
    """Raises Invalid for a reason that cannot be kept."""
    if "\x00" in order.why:
        raise Invalid("desk.not_text", field="why")
    if len(order.why) > WHY_MAX:
        raise Invalid("desk.line_too_long", field="why", limit=WHY_MAX)


def decided(
    unit: Unit,
    order: ByOrder,
    kind: Kind,
    target: str,
    done: str,
    *,
    actor_uri: str = decisions.INSTANCE,
) -> None:
    """Remember it with the reason of the order."""
    decisions.note(
        unit,
        kind,
        target,
        done,
        why=order.why,
        person_id=order.person,
        actor_uri=actor_uri,
    )
