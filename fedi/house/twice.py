"""What a form does twice when it is pressed twice is done once."""

from collections.abc import Awaitable, Callable

from actors import once
from fedi.house.member import Visit


async def do_once(visit: Visit, word: str, do: Callable[[], Awaitable[object]]) -> bool:
    """Do it unless this very form, known by its word, came before; whether it was done now. What fails may be tried again."""
    instance, person_id = visit.instance, visit.member.person.id
    if not await instance.change(lambda unit: once.take(unit, person_id, word)):
        return False
    try:
        await do()
    except BaseException:
        await instance.change(lambda unit: once.give_back(unit, person_id, word))
        raise
    return True
