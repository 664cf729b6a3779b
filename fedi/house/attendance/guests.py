"""`/house/NAME/attendance/ID/guests`: who is invited to an event, how it stands, inviting more; and asking who wrote about it.

Like the list of participants it is for those alone who publish for the collective.
"""

from typing import Final

from starlette.responses import Response

from fedi.desk import inviting
from fedi.errors import Conflict, Invalid
from fedi.house.deeds import note, which_of
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.addresses import load_shown, thread_of
from fedi.house.rights import Right
from fedi.house.twice import do_once
from fedi.i18n.dates import moment_line
from fedi.ids import new_token
from fedi.publications.contract import Problem

NAMED_MAX: Final = 5_000
# In which order the guests stand on the page.
_ORDER: Final = (
    "coming", "waiting", "asked", "maybe", "open", "refused", "not_coming", "cancelled"
)  # fmt: skip


async def show(visit: Visit) -> Response:
    """The page."""
    return await _page(visit)


async def send(visit: Visit, form: Form) -> Response:
    """Invite those who are named, each in a line. Who could not be invited stays in the form, with the reason."""
    named, words = form.get("who"), form.get("words")
    typed = {"who": named, "words": words}
    order = inviting.InviteOrder(
        which=which_of(visit),
        who=tuple(named[:NAMED_MAX].replace(",", "\n").split()),
        words=words,
        actor=visit.username,
    )
    sent: list[inviting.Sent] = []

    async def invite() -> None:
        sent.append(await inviting.invite(visit.instance, order))

    try:
        await do_once(visit, form.get("once"), invite)
    except Invalid as problem:
        return await _page(visit, problems_of(problem), typed)
    entries = sent[0].entries if sent else []
    if any(not each.problem for each in entries):
        await note(visit, "journal.invited")
    failed = [each for each in entries if each.problem]
    if failed:
        t = visit.visitor.t
        said = tuple(
            Problem(
                "who",
                "invite.failed",
                {"who": each.who, "why": t(each.problem, **dict(each.values))},
            )
            for each in failed
        )
        return await _page(visit, said, {**typed, "who": "\n".join(each.who for each in failed)})
    return go(_here(visit), "invited")


async def withdraw(visit: Visit, form: Form) -> Response:
    """Somebody is invited no more."""
    order = inviting.WithdrawOrder(which=which_of(visit), who=form.get("who"), actor=visit.username)
    await inviting.withdraw(visit.instance, order)
    await note(visit, "journal.uninvited")
    return go(_here(visit), "saved")


async def ask(visit: Visit, form: Form) -> Response:
    """Ask whoever wrote about an event of ours whether they come, by a poll for them alone."""
    about = form.get("about")
    said = await visit.instance.look(lambda rx: load_shown(visit, rx, about))
    uri = said.listed.publication.uri
    try:
        await inviting.ask(visit.instance, inviting.AskOrder(which=uri, actor=visit.username))
    except Conflict:
        # pressed twice
        return go(thread_of(visit.username, uri), "asked_coming")
    await note(visit, "journal.asked_coming", uri)
    return go(thread_of(visit.username, uri), "asked_coming")


async def _page(
    visit: Visit, problems: tuple[Problem, ...] = (), typed: dict[str, str] | None = None
) -> Response:
    visitor = visit.visitor
    found = await inviting.list_guests(
        visit.instance, inviting.GuestsOrder(which=which_of(visit), actor=visit.username)
    )
    guests = sorted(found.guests, key=lambda each: (_ORDER.index(each.state), each.handle))
    return page(
        visit,
        "attendance/guests.html",
        visitor.t("invite.guests.title"),
        status=400 if problems else 200,
        problems=problems,
        section="write",
        event_title=found.title,
        sheet_href=f"/house/{visit.username}/attendance/{which_of(visit)}",
        there=_here(visit),
        guests=[
            (
                each,
                moment_line(each.since, visitor.zone, visitor.language, digits=visitor.digits),
            )
            for each in guests
        ],
        typed=typed or {},
        once=new_token(),
    )


def _here(visit: Visit) -> str:
    return f"/house/{visit.username}/attendance/{which_of(visit)}/guests"


_PATH: Final = "/house/{username}/attendance/{id}/guests"
DOORS: Final = (
    Door(_PATH, Right.PUBLISH, ask=show, tell=send),
    Door(f"{_PATH}/withdraw", Right.PUBLISH, tell=withdraw),
    Door("/house/{username}/ask-coming", Right.PUBLISH, tell=ask),
)
