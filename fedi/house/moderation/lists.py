"""`/steward/moderation/lists`: block lists of others as proposals that a person decides about; ours to give away."""

from typing import Final

from starlette.responses import Response

from fedi.desk import blocklists
from fedi.desk.blocklists import AddressOrder, DecideOrder, ImportOrder, SourceOrder
from fedi.desk.collectives import NoOrder
from fedi.desk.order import Notice
from fedi.errors import FediError, Invalid, TooLarge
from fedi.house.forms import Form
from fedi.house.frame import HEADERS, go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.moderation.lines import moment, target_href
from fedi.house.parts import Brings
from fedi.house.rights import Right
from fedi.moderation.listed_hosts import BYTES_MAX
from fedi.publications.contract import Problem

LISTS: Final = "/steward/moderation/lists"
SHOWN: Final = 200
_LIST: Final = Brings(1, BYTES_MAX, BYTES_MAX)


async def show(visit: Visit) -> Response:
    """Proposals, and the lists they come from."""
    return await _page(visit)


async def decide(visit: Visit, form: Form) -> Response:
    """Do what some proposals, or all of a list, propose; or put them away."""
    whole = form.get("whole")
    order = DecideOrder(
        hosts=() if whole else form.all("host"),
        source=form.get("source") if whole else visit.request.query_params.get("source", ""),
        everything=bool(whole),
        ends_follows=form.has("ends_follows"),
        person=visit.member.person.id,
    )
    act = whole or form.get("act")
    try:
        if act not in ("confirm", "dismiss"):
            raise Invalid("moderation.act_missing", field="act")
        if not whole and not order.hosts:
            raise Invalid("moderation.held.choose", field="host")
        doing = blocklists.confirm if act == "confirm" else blocklists.dismiss
        done = await doing(visit.instance, order)
    except FediError as problem:
        return await _page(visit, problems_of(problem))
    if done.left:
        return await _page(visit, notices=done.notices)
    return go(LISTS, "decided")


async def bring(visit: Visit, form: Form) -> Response:
    """A list: a file, or an address that is fetched every day."""
    address = form.get("url").strip()
    files = form.files.get("file", ())
    try:
        if address:
            await blocklists.subscribe(visit.instance, AddressOrder(url=address))
        elif files:
            if len(files[0].content) > BYTES_MAX:
                raise TooLarge("house.form_large", detail="list")
            order = ImportOrder(content=files[0].content, source=files[0].name or "list")
            await blocklists.import_list(visit.instance, order)
        else:
            raise Invalid("moderation.lists.nothing", field="url")
    except FediError as problem:
        return await _page(visit, problems_of(problem), url=address)
    return go(LISTS, "listed")


async def leave(visit: Visit, form: Form) -> Response:
    """Fetch a list no more."""
    await blocklists.unsubscribe(visit.instance, AddressOrder(url=form.get("url")))
    return go(LISTS, "saved")


async def export(visit: Visit) -> Response:
    """What is shut out or limited here, as a file."""
    found = await blocklists.export(visit.instance, NoOrder())
    return Response(
        found.csv,
        media_type="text/csv; charset=utf-8",
        headers={**HEADERS, "content-disposition": 'attachment; filename="blocks.csv"'},
    )


async def _page(
    visit: Visit,
    problems: tuple[Problem, ...] = (),
    *,
    url: str = "",
    notices: tuple[Notice, ...] = (),
) -> Response:
    source = visit.request.query_params.get("source", "")[:2048]
    found = await blocklists.list_drafts(visit.instance, SourceOrder(source=source))
    sources = await blocklists.list_sources(visit.instance, NoOrder())
    t = visit.visitor.t
    return page(
        visit,
        "moderation/lists.html",
        t("moderation.lists.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        tab="lists",
        drafts=[(each, target_href("host", each.host)) for each in found.drafts[:SHOWN]],
        total=found.total,
        drafted=sorted({each.source for each in found.drafts}),
        sources=[
            (each, moment(visit, each.fetched_at) if each.fetched_at else "")
            for each in sources.sources
        ],
        source=source,
        url=url,
        notices=[t(each.key, **each.values) for each in notices],
    )


DOORS = (
    Door(LISTS, Right.HOUSE, ask=show, tell=decide),
    Door(f"{LISTS}/bring", Right.HOUSE, tell=bring, brings=_LIST),
    Door(f"{LISTS}/leave", Right.HOUSE, tell=leave),
    Door(f"{LISTS}/export", Right.HOUSE, ask=export),
)
