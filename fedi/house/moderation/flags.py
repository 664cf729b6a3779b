"""`/steward/moderation`: reports of conduct that came from elsewhere, and those we sent."""

from dataclasses import dataclass

from starlette.responses import Response

from actors import store as actor_store
from fedi.canonical import host_of
from fedi.db.engine import Reader
from fedi.desk import house, reports
from fedi.desk.collectives import NoOrder
from fedi.desk.sight import HistoryOrder, history
from fedi.errors import FediError
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.moderation.lines import Told, host_href, moment, said, target_href, told, who_line
from fedi.house.rights import Right
from fedi.house.twice import do_once
from fedi.ids import new_token
from fedi.publications import store
from fedi.publications.contract import Problem
from fedi.web.shown.people import Who

LIST = "/steward/moderation"
SENT = "/steward/moderation/sent"


@dataclass(frozen=True, slots=True)
class Line:
    """A report in the list."""

    href: str
    when: str
    host: str
    words: str
    about: int


async def show(visit: Visit) -> Response:
    """Reports that are open, then those that somebody dealt with."""
    found = await reports.list_open(visit.instance, NoOrder())
    settled = await reports.list_settled(visit.instance, NoOrder())
    return page(
        visit,
        "moderation/flags.html",
        visit.visitor.t("moderation.title"),
        section="steward",
        tab="flags",
        lines=_lines(visit, found),
        settled=_lines(visit, settled),
    )


async def one(visit: Visit) -> Response:
    """One report with everything it is about."""
    return await _one(visit)


async def settle(visit: Visit, form: Form) -> Response:
    """It is dealt with; or it is not, after all."""
    number = visit.request.path_params["id"]
    order = reports.SettleOrder(
        id=number,
        again=form.has("again"),
        why=form.get("why"),
        person=visit.member.person.id,
    )
    try:
        await reports.settle(visit.instance, order)
    except FediError as problem:
        return await _one(visit, problems_of(problem), form.get("why"))
    if order.again:
        return go(f"{LIST}/flags/{number}", "saved")
    return go(LIST, "settled")


async def list_sent(visit: Visit) -> Response:
    """What we reported to others, and the form for one more."""
    return await _sent(visit, Form())


async def send(visit: Visit, form: Form) -> Response:
    """Report somebody to the stewards of their server."""
    about = tuple(line.strip() for line in form.get("about").split("\n") if line.strip())
    order = house.ReportOrder(
        who=form.get("who"),
        words=form.get("words"),
        about=about,
        person=visit.member.person.id,
    )
    try:
        await do_once(visit, form.get("once"), lambda: house.report(visit.instance, order))
    except FediError as problem:
        return await _sent(visit, form, problems_of(problem))
    return go(SENT, "reported")


async def _one(visit: Visit, problems: tuple[Problem, ...] = (), why: str = "") -> Response:
    instance = visit.instance
    number = visit.request.path_params["id"]
    flag, is_open = await reports.show(instance, reports.WhichOrder(id=number))

    def look(rx: Reader) -> tuple[list[Told], list[Who], Who]:
        published = [store.find(rx, uri) for uri in flag.objects]
        known = actor_store.list_by_uri(rx, flag.objects)
        return (
            [told(visit, rx, each) for each in published if each is not None],
            [who_line(visit, rx, uri) for uri in flag.objects if uri in known],
            who_line(visit, rx, flag.by),
        )

    publications, people, by = await instance.look(look)
    log = await history(instance, HistoryOrder(about=flag.id))
    gone = len(flag.objects) - len(publications) - len(people)
    return page(
        visit,
        "moderation/flag.html",
        visit.visitor.t("moderation.flag.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        tab="flags",
        flag=flag,
        is_open=is_open,
        when=moment(visit, flag.received_at),
        by=by,
        by_href=target_href("actor", flag.by),
        host=host_of(flag.by),
        host_href=host_href(flag.by),
        publications=publications,
        people=people,
        gone=gone,
        log=said(visit, log.entries),
        why=why,
    )


async def _sent(visit: Visit, form: Form, problems: tuple[Problem, ...] = ()) -> Response:
    found = await reports.list_sent(visit.instance, NoOrder())

    def look(rx: Reader) -> list[tuple[str, Who, str, str]]:
        return [
            (moment(visit, each.at), who_line(visit, rx, each.target), each.words, each.person)
            for each in found.reports
        ]

    return page(
        visit,
        "moderation/sent.html",
        visit.visitor.t("moderation.sent.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        tab="sent",
        lines=await visit.instance.look(look),
        once=new_token(),
        typed={
            "who": form.get("who", visit.request.query_params.get("who", "")[:512]),
            "words": form.get("words"),
            "about": form.get("about", visit.request.query_params.get("about", "")[:2048]),
        },
    )


def _lines(visit: Visit, found: reports.Flags) -> list[Line]:
    return [
        Line(
            f"{LIST}/flags/{each.id}",
            moment(visit, each.received_at),
            host_of(each.by),
            each.content[:240],
            len(each.objects),
        )
        for each in found.flags
    ]


DOORS = (
    Door(LIST, Right.HOUSE, ask=show),
    Door(f"{LIST}/flags/{{id}}", Right.HOUSE, ask=one, tell=settle),
    Door(SENT, Right.HOUSE, ask=list_sent, tell=send),
)
