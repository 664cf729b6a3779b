"""The agenda of a collective in the calendar of a member's phone: `/calendar/{token}.ics`, an address that is a secret.

Calendars hold what everybody may read, and nothing else (S75): the address tells whom the collective follows, not what was said
to it alone. It is made and ended on the agenda's page, is told once, and ends with the member's place.
"""

from starlette.requests import Request
from starlette.responses import Response

from actors import people
from actors import store as actor_store
from actors.model import Actor
from fedi.db.engine import Reader
from fedi.errors import Invalid, NotFound
from fedi.house import forms
from fedi.house.frame import go
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.agenda import show_with
from fedi.house.rights import Right, allows
from fedi.instance import Instance
from fedi.publications.event.gone import Gone
from fedi.text.direction import clean_line
from fedi.unit import Unit
from fedi.views.agenda import look_house_agenda
from fedi.views.calendar import list_withdrawn
from fedi.views.listed import Listed
from fedi.vocab.audience import Visibility
from fedi.web.asked import Asked, parse_asked
from fedi.web.pages.agenda import EVENTS_MAX, LATELY, LATELY_MAX
from fedi.web.pages.feeds import answer_calendar

TOKEN_MAX = 64
_HEADERS = {"cache-control": "private, no-cache", "x-robots-tag": "noindex, nofollow"}

_Found = tuple[Actor, Asked, list[Listed], list[Gone]]


async def calendar(instance: Instance, request: Request) -> Response:
    """What is coming and what was lately, for the program that has the address."""
    token = str(request.path_params["token"])
    asked = parse_asked(request.query_params)
    now, zone = instance.clock.now(), instance.config.instance.timezone

    def look(rx: Reader) -> _Found:
        key = people.find_calendar(rx, token) if len(token) <= TOKEN_MAX else None
        actor = None if key is None else actor_store.find(rx, key.actor_uri)
        if key is None or actor is None or not allows(key.role, Right.READ):
            raise NotFound(detail="calendar")
        asked.refuse()
        full = asked.found(rx, instance.urls.host)
        full.refuse()
        wanted = full.wanted(now, zone)
        found = list(look_house_agenda(rx, actor, wanted, most=EVENTS_MAX).items)
        gone: list[Gone] = []
        if not full.past and full.since is None:
            lately = full.lately(now, zone, LATELY)
            found[:0] = reversed(look_house_agenda(rx, actor, lately, most=LATELY_MAX).items)
            gone = list_withdrawn(rx, now, wanted, reader_uri=actor.uri)
        public = [each for each in found if each.publication.visibility is Visibility.PUBLIC]
        return actor, full, public, gone

    actor, full, listed, gone = await instance.look(look)
    title = " – ".join((clean_line(actor.title, 100), *full.named()))
    answered = await answer_calendar(instance, request, listed, title, name="agenda.ics", gone=gone)
    answered.headers.update(_HEADERS)
    return answered


async def keep(visit: Visit, form: forms.Form) -> Response:
    """Make a new address, which ends the one before, or end it."""
    what, person = form.get("what"), visit.member.person
    if what == "end":

        def end(unit: Unit) -> None:
            people.end_calendar(unit, person.id, visit.actor.uri)

        await visit.instance.change(end)
        return go(f"/house/{visit.username}/agenda", "ended")
    if what != "make":
        raise Invalid("reading.choice", field="what")
    token = await visit.instance.change(
        lambda unit: people.renew_calendar(unit, person.id, visit.actor.uri)
    )
    return await show_with(visit, f"{visit.instance.urls.base}/calendar/{token}.ics")


DOORS = (Door("/house/{username}/agenda/calendar", Right.READ, tell=keep),)
