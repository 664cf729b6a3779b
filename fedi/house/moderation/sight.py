"""`/steward/moderation/publication` and `…/hidden`: a publication of others taken out of sight here, and put back."""

from urllib.parse import quote

from starlette.responses import Response

from fedi.db.engine import Reader
from fedi.desk import lookup, sight
from fedi.desk.collectives import NoOrder
from fedi.desk.sight import HideOrder, HistoryOrder
from fedi.errors import FediError, NotFound
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.moderation.lines import Told, moment, said, target_href, told
from fedi.house.rights import Right
from fedi.publications import store
from fedi.publications.contract import Problem
from fedi.publications.model import Publication
from fedi.publications.visibility import may_read_here

HIDDEN = "/steward/moderation/hidden"
PUBLICATION = "/steward/moderation/publication"
WHICH_MAX = 2048


async def show_hidden(visit: Visit) -> Response:
    """What is out of sight, and a way to any publication by its address."""
    return await _hidden(visit, "")


async def find(visit: Visit, form: Form) -> Response:
    """On to the page of a publication."""
    which = form.get("which").strip()[:WHICH_MAX]
    try:
        found = await visit.instance.look(lambda rx: _load(visit, rx, which))
    except FediError as problem:
        wrong = tuple(Problem("which", p.message_key, p.values) for p in problems_of(problem))
        return await _hidden(visit, which, wrong)
    return go(f"{PUBLICATION}?which={quote(found.uri, safe='')}")


async def show(visit: Visit) -> Response:
    """A publication, for judging."""
    return await _one(visit, visit.request.query_params.get("which", "")[:WHICH_MAX])


async def decide(visit: Visit, form: Form) -> Response:
    """Out of sight, or back."""
    which = form.get("which")[:WHICH_MAX]
    order = HideOrder(which=which, why=form.get("why"), person=visit.member.person.id)
    try:
        await visit.instance.look(lambda rx: _load(visit, rx, which))
        if form.get("act") == "unhide":
            await sight.show_again(visit.instance, order)
        else:
            await sight.hide(visit.instance, order)
    except FediError as problem:
        return await _one(visit, which, problems_of(problem), form.get("why"))
    return go(f"{PUBLICATION}?which={quote(which, safe='')}", "decided")


def _load(visit: Visit, rx: Reader, which: str) -> Publication:
    """A publication to judge. Raises NotFound, also for what was said to others than this steward's collectives: looking after
    an instance opens nobody's letters, unless somebody asked for a decision about them."""
    found = lookup.load(rx, visit.instance.urls, which)
    is_open = (
        found.visibility.is_public
        or store.is_held(rx, found.uri)
        or any(may_read_here(rx, each, found) for each in visit.member.collectives)
    )
    if not is_open:
        raise NotFound("error.publication_not_found", detail="not for this steward")
    return found


async def _hidden(visit: Visit, typed: str, problems: tuple[Problem, ...] = ()) -> Response:
    found = await sight.list_hidden(visit.instance, NoOrder())
    return page(
        visit,
        "moderation/hidden.html",
        visit.visitor.t("moderation.hidden.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        tab="hidden",
        lines=[
            (each, moment(visit, each.at), target_href("publication", each.uri))
            for each in found.entries
        ],
        typed=typed,
    )


async def _one(
    visit: Visit, which: str, problems: tuple[Problem, ...] = (), why: str = ""
) -> Response:
    instance = visit.instance

    def look(rx: Reader) -> Told:
        return told(visit, rx, _load(visit, rx, which))

    found = await instance.look(look)
    log = await sight.history(instance, HistoryOrder(about=found.uri))
    return page(
        visit,
        "moderation/publication.html",
        visit.visitor.t("moderation.publication.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        tab="hidden",
        each=found,
        log=said(visit, log.entries),
        why=why,
    )


DOORS = (
    Door(HIDDEN, Right.HOUSE, ask=show_hidden, tell=find),
    Door(PUBLICATION, Right.HOUSE, ask=show, tell=decide),
)
