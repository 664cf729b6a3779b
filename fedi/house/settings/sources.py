"""`/house/{username}/sources`: calendars, pages and files of others from which events are taken."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from fedi.desk import sources
from fedi.desk.drafts import usual_language
from fedi.desk.intake import DRAFTS_MAX
from fedi.desk.sources import ActorOrder, AddOrder, DecideOrder, Line, WhichOrder
from fedi.errors import FediError, Invalid
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.moderation.lines import moment
from fedi.house.parts import Brings
from fedi.house.rights import Right
from fedi.house.writing.languages import OFFERED
from fedi.house.writing.zones import ZONES
from fedi.publications.contract import Problem
from fedi.sources.model import BYTES_MAX
from fedi.sources.store import WAYS

FIELDS: Final = ("address", "name", "link", "language", "zone", "way")
FIELD_MAX: Final = 2048
_FILE: Final = Brings(1, BYTES_MAX, BYTES_MAX)


@dataclass(frozen=True, slots=True)
class Shown:
    """A source as the page shows it: when it was read and will be read again, and whether no more drafts fit."""

    line: Line
    read: str
    due: str
    is_full: bool


async def show(visit: Visit) -> Response:
    """Every source and how it stands, and the form for one more."""
    return await _page(visit)


async def add(visit: Visit, form: Form) -> Response:
    """An address, or a file."""
    typed = {name: form.get(name)[:FIELD_MAX].replace("\x00", "") for name in FIELDS}
    files = form.files.get("file", ())
    try:
        if not typed["address"].strip() and not files:
            raise Invalid("sources.nothing", field="address")
        order = AddOrder(
            actor=visit.username,
            content=files[0].content if files else b"",
            person=visit.member.person.id,
            **typed,
        )
        await sources.add(visit.instance, order)
    except FediError as problem:
        return await _page(visit, problems_of(problem), typed)
    return go(_path(visit), "source_added")


async def change(visit: Visit, form: Form) -> Response:
    """Read a source now, take nothing more from it, or decide about a draft that it changed."""
    act, person = form.get("act"), visit.member.person.id
    order = WhichOrder(which=form.get("which")[:100], actor=visit.username, person=person)
    try:
        if act == "read":
            await sources.read(visit.instance, order)
            return go(_path(visit), "source_read")
        if act == "remove":
            await sources.remove(visit.instance, order)
            return go(_path(visit), "source_removed")
        if act not in (sources.ADOPT, sources.KEEP):
            raise Invalid("moderation.act_missing", field="act")
        decision = DecideOrder(
            which=order.which,
            actor=visit.username,
            person=person,
            identity=form.get("identity")[:FIELD_MAX],
            what=act,
        )
        await sources.decide(visit.instance, decision)
    except FediError as problem:
        return await _page(visit, problems_of(problem))
    return go(_path(visit), "source_decided")


async def _page(
    visit: Visit, problems: tuple[Problem, ...] = (), typed: dict[str, str] | None = None
) -> Response:
    found = await sources.list_all(visit.instance, ActorOrder(actor=visit.username))
    usual = {
        "way": "draft",
        "zone": visit.instance.config.instance.timezone,
        "language": usual_language(visit.actor, visit.visitor.language),
    }
    chosen = {**dict.fromkeys(FIELDS, ""), **usual, **(typed or {})}
    t = visit.visitor.t
    return page(
        visit,
        "settings/sources.html",
        t("sources.title"),
        status=400 if problems else 200,
        problems=problems,
        section="settings",
        sources=[
            Shown(
                each,
                moment(visit, each.read_at) if each.read_at else "",
                moment(visit, each.due_at) if each.due_at else "",
                each.way == "draft" and each.drafts >= DRAFTS_MAX,
            )
            for each in found.sources
        ],
        typed=chosen,
        ways=[(each, t(f"sources.way.{each}"), t(f"sources.way.{each}.hint")) for each in WAYS],
        languages=_with(OFFERED, chosen["language"]),
        zones=_with(tuple((each, each) for each in ZONES), chosen["zone"]),
        mega=BYTES_MAX // 1024 // 1024,
    )


def _with(offered: tuple[tuple[str, str], ...], value: str) -> tuple[tuple[str, str], ...]:
    """The choices, with the usual one first when it is not among them."""
    return offered if value in dict(offered) else ((value, value), *offered)


def _path(visit: Visit) -> str:
    return f"/house/{visit.username}/sources"


DOORS = (
    Door("/house/{username}/sources", Right.STEWARD, ask=show, tell=add, brings=_FILE),
    Door("/house/{username}/sources/change", Right.STEWARD, tell=change),
)
