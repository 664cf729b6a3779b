"""What members did, for the journal of their collective; and which publication a page of theirs is about."""

from actors import journal
from fedi.house.member import Visit


def which_of(visit: Visit) -> str:
    """The short id in the address."""
    return str(visit.request.path_params["id"])


async def note(visit: Visit, what: str, about: str = "") -> None:
    """Write down that this person did `what` (a key of the journal). `about`: the address; the event of the page by default."""
    uri = about or visit.instance.urls.publication("event", which_of(visit))
    person_id = visit.member.person.id
    await visit.instance.change(
        lambda unit: journal.note(unit, visit.actor.uri, person_id, what, uri)
    )
