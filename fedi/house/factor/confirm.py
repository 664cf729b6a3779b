"""Whoever changes how somebody gets in has just signed in, or writes the password once more: a session left open is not enough."""

from datetime import timedelta
from typing import Final

from actors import passwords
from fedi.errors import Invalid
from fedi.house.forms import Form
from fedi.house.member import Visit

FRESH: Final = timedelta(minutes=10)


def is_fresh(visit: Visit) -> bool:
    """Whether this person signed in just now."""
    return visit.instance.clock.now() < visit.member.session.created_at + FRESH


async def check(visit: Visit, form: Form) -> None:
    """Raises Invalid for a wrong password, TooMany after too many of them."""
    if is_fresh(visit):
        return
    instance, person = visit.instance, visit.member.person
    known_as = f"me {person.id}"
    instance.entrances.begin_known(known_as, instance.clock.monotonic())
    kept = await instance.look(lambda rx: passwords.find(rx, person.id))
    if not await passwords.is_right(kept, form.get("password")):
        raise Invalid("password.old_wrong", field="password")
    instance.entrances.forgive_known(known_as)
