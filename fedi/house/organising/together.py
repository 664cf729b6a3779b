"""`/house/NAME/organisers/ID`: who organises an event of ours with us. `/house/NAME/organising`: what others ask us."""

from typing import Final

from starlette.responses import Response

from fedi.db.engine import Reader
from fedi.desk import organising as desk
from fedi.desk import touring
from fedi.errors import FediError, Invalid
from fedi.house.deeds import note, which_of
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.addresses import page_of_actor, thread_of
from fedi.house.rights import Right
from fedi.publications import store
from fedi.publications.contract import Problem
from fedi.publications.summaries import event_summary


async def show(visit: Visit) -> Response:
    """Who was asked, and what came of it."""
    return await _page(visit)


async def tell(visit: Visit, form: Form) -> Response:
    """Ask somebody, or take it back."""
    does, who = form.get("does"), form.get("who")[:512].strip()
    order = desk.InviteOrder(which=which_of(visit), who=who, actor=visit.username)
    try:
        if does == "ask":
            if not who:
                raise Invalid("organise.nobody", field="who")
            await desk.invite(visit.instance, order)
        elif does == "withdraw":
            await desk.withdraw(visit.instance, order)
        else:
            raise Invalid("house.form", detail="does")
    except FediError as problem:
        return await _page(visit, problems_of(problem), who)
    done = "journal.organise_asked" if does == "ask" else "journal.organise_withdrawn"
    await note(visit, done, visit.instance.urls.publication("event", which_of(visit)))
    return go(_here(visit), "organise_asked" if does == "ask" else "saved")


async def show_shared(visit: Visit) -> Response:
    """What others ask us, and what we organise with them."""
    found = await desk.list_shared(visit.instance, desk.ListOrder(actor=visit.username))
    asked = await touring.list_questions(
        visit.instance, touring.WhichOrder(which="", actor=visit.username)
    )
    visitor = visit.visitor

    def look(rx: Reader) -> dict[str, str]:
        events = [store.find(rx, each.event) for each in found.events]
        return {
            each.uri: event_summary(each.event, visitor.language, digits=visitor.digits)
            for each in events
            if each is not None
        }

    whens = await visit.instance.look(look)
    return page(
        visit,
        "organising/shared.html",
        visit.visitor.t("organise.shared.title"),
        section="write",
        questions=[
            (each, thread_of(visit.username, each.tour), thread_of(visit.username, each.stop))
            for each in asked.questions
        ],
        groups=[
            (
                state,
                [
                    (each, thread_of(visit.username, each.event), whens.get(each.event, ""))
                    for each in found.events
                    if each.state == state
                ],
            )
            for state in ("asked", "accepted")
        ],
    )


async def answer(visit: Visit, form: Form) -> Response:
    """Yes or no."""
    does, event = form.get("does"), form.get("event")[:2048]
    if does not in ("accept", "refuse"):
        raise Invalid("reading.choice", field="does")
    order = desk.AnswerOrder(which=event, agrees=does == "accept", actor=visit.username)
    await desk.answer(visit.instance, order)
    agreed = does == "accept"
    await note(visit, "journal.organise_agreed" if agreed else "journal.organise_declined", event)
    return go(f"/house/{visit.username}/organising", "organise_agreed" if agreed else "saved")


async def _page(visit: Visit, problems: tuple[Problem, ...] = (), who: str = "") -> Response:
    order = desk.EventOrder(which=which_of(visit), actor=visit.username)
    found = await desk.show(visit.instance, order)
    return page(
        visit,
        "organising/together.html",
        visit.visitor.t("organise.title"),
        status=400 if problems else 200,
        problems=tuple(Problem("who", each.message_key, each.values) for each in problems),
        section="write",
        found=found,
        id=which_of(visit),
        there=_here(visit),
        who=who,
        organisers=[(each, page_of_actor(visit.username, each.uri)) for each in found.organisers],
    )


def _here(visit: Visit) -> str:
    return f"/house/{visit.username}/organisers/{which_of(visit)}"


DOORS: Final = (
    Door("/house/{username}/organisers/{id}", Right.PUBLISH, ask=show, tell=tell),
    Door("/house/{username}/organising", Right.PUBLISH, ask=show_shared, tell=answer),
)
