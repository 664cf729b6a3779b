"""`/house/NAME/tour/ID`: the stops of a tour of ours, or of which tours an event of ours is a stop."""

from typing import Final

from starlette.responses import Response

from fedi.desk import touring as desk
from fedi.errors import FediError, Invalid
from fedi.house.deeds import note, which_of
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.addresses import thread_of
from fedi.house.rights import Right
from fedi.i18n.dates import moment_line
from fedi.publications.contract import Problem

_ADDRESS_MAX: Final = 2_048


async def show(visit: Visit) -> Response:
    """The page."""
    return await _page(visit)


async def tell(visit: Visit, form: Form) -> Response:
    """Name a stop, in the place of another one if need be; leave one out; ask to be one; end that."""
    does, which = form.get("does"), which_of(visit)
    stop, tour = form.get("stop")[:_ADDRESS_MAX], form.get("tour")[:_ADDRESS_MAX]
    instance, actor = visit.instance, visit.username
    try:
        if does == "add":
            instead = form.get("instead")[:_ADDRESS_MAX]
            order = desk.StopOrder(which=which, stop=stop, instead=instead, actor=actor)
            await desk.add(instance, order)
        elif does == "remove":
            await desk.remove(instance, desk.StopOrder(which=which, stop=stop, actor=actor))
        elif does == "ask":
            await desk.ask(instance, desk.AskOrder(which=which, tour=tour, actor=actor))
        elif does == "leave":
            own = instance.urls.publication("event", which)
            answer = desk.AnswerOrder(tour=tour, stop=own, agrees=False, actor=actor)
            await desk.answer(instance, answer)
        else:
            raise Invalid("house.form", detail="does")
    except FediError as problem:
        typed = {"stop": stop, "tour": tour} if does in ("add", "ask") else {}
        return await _page(visit, problems_of(problem), typed)
    await note(visit, "journal.tour_changed", instance.urls.publication("event", which))
    return go(_here(visit), "saved")


async def answer(visit: Visit, form: Form) -> Response:
    """Yes or no to a question about a tour."""
    does = form.get("does")
    if does not in ("accept", "refuse"):
        raise Invalid("reading.choice", field="does")
    order = desk.AnswerOrder(
        tour=form.get("tour")[:_ADDRESS_MAX],
        stop=form.get("stop")[:_ADDRESS_MAX],
        agrees=does == "accept",
        actor=visit.username,
    )
    await desk.answer(visit.instance, order)
    await note(visit, "journal.tour_changed", order.tour)
    return go(f"/house/{visit.username}/organising", "saved")


async def _page(
    visit: Visit, problems: tuple[Problem, ...] = (), typed: dict[str, str] | None = None
) -> Response:
    visitor = visit.visitor
    found = await desk.show(
        visit.instance, desk.WhichOrder(which=which_of(visit), actor=visit.username)
    )
    zone = visit.instance.config.instance.timezone
    return page(
        visit,
        "programme/tour.html",
        visitor.t("tour.stops" if found.is_tour else "tour.of.title"),
        status=400 if problems else 200,
        problems=tuple(
            Problem("stop" if found.is_tour else "tour", each.message_key, each.values)
            for each in problems
        ),
        section="write",
        found=found,
        id=which_of(visit),
        there=_here(visit),
        typed=typed or {},
        stops=[
            (each, moment_line(each.starts_at, zone, visitor.language, digits=visitor.digits))
            for each in found.stops
        ],
        tours=[
            (uri, title, state, thread_of(visit.username, uri)) for uri, title, state in found.tours
        ],
    )


def _here(visit: Visit) -> str:
    return f"/house/{visit.username}/tour/{which_of(visit)}"


DOORS: Final = (
    Door("/house/{username}/tour/{id}", Right.PUBLISH, ask=show, tell=tell),
    Door("/house/{username}/touring", Right.PUBLISH, tell=answer),
)
