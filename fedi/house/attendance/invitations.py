"""`/house/NAME/invitations`: events of others to which the collective is invited; coming, not coming, passing it on."""

from typing import Final

from starlette.responses import Response

from actors import journal
from fedi.desk import inviting
from fedi.desk.inviting import ANSWERS
from fedi.house.forms import Form
from fedi.house.frame import page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.addresses import back, must, page_of_actor, thread_of
from fedi.house.rights import Right
from fedi.i18n.dates import moment_line


async def show(visit: Visit) -> Response:
    """The page, the next event first; what was refused stands below."""
    visitor = visit.visitor
    found = await inviting.list_received(
        visit.instance, inviting.ReceivedOrder(actor=visit.username)
    )
    rows = [
        (
            each,
            thread_of(visit.username, each.uri),
            page_of_actor(visit.username, each.by_uri),
            moment_line(each.starts_at, visitor.zone, visitor.language, digits=visitor.digits),
        )
        for each in found.invitations
    ]
    return page(
        visit,
        "attendance/invitations.html",
        visitor.t("invite.list.title"),
        section="timeline",
        open=[each for each in rows if each[0].state == "open"],
        answered=[each for each in rows if each[0].state != "open"],
        here_href=_here(visit),
    )


async def answer(visit: Visit, form: Form) -> Response:
    """Come, perhaps, or not; a second time changes nothing."""
    wish = must(form.get("answer"), ANSWERS, "answer")
    uri = form.get("about")
    order = inviting.AnswerOrder(
        which=uri, answer=wish, actor=visit.username, message=form.get("message")
    )
    done = await inviting.answer(visit.instance, order)
    if done.changed:
        what = "journal.invite_refused" if wish == "not_coming" else "journal.attended"
        person_id = visit.member.person.id
        await visit.instance.change(
            lambda unit: journal.note(unit, visit.actor.uri, person_id, what, uri)
        )
    return back(visit, form, "attended")


def _here(visit: Visit) -> str:
    return f"/house/{visit.username}/invitations"


DOORS: Final = (
    Door("/house/{username}/invitations", Right.READ, ask=show),
    Door("/house/{username}/invitations/answer", Right.PUBLISH, tell=answer),
)
