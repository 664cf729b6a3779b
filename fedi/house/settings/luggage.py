"""`/house/{username}/export` and `/house/{username}/import`: taking everything along, and bringing follows and blocks from elsewhere."""

from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response, StreamingResponse

from actors import journal
from fedi import chores
from fedi.clock import iso
from fedi.db.engine import Reader
from fedi.desk import bringing, taking
from fedi.desk.bringing import ActorOrder, Brought, ReadOrder, StartOrder
from fedi.errors import FediError, Invalid
from fedi.house.forms import Form
from fedi.house.frame import HEADERS, go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.parts import Brings
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.unit import Unit

KINDS: Final = ("follows", "blocks", "hosts")
NAMED: Final = 30
_FILE: Final = Brings(1, bringing.FILE_BYTES_MAX, bringing.FILE_BYTES_MAX)


async def show_export(visit: Visit) -> Response:
    """What is in it, and the button."""
    return page(
        visit,
        "settings/export.html",
        visit.visitor.t("settings.export.title"),
        section="settings",
    )


async def export(visit: Visit, _form: Form) -> Response:
    """The archive, made while it is sent."""
    actor = visit.actor

    def note(unit: Unit) -> None:
        journal.note(unit, actor.uri, visit.member.person.id, "journal.exported", actor.username)

    await visit.instance.change(note)
    pieces: AsyncIterator[bytes] = taking.archive_of(
        visit.instance, actor, with_hosts=visit.member.is_house_steward
    )
    name = f"{actor.username}-{iso(visit.instance.clock.now())[:10]}.zip"
    return StreamingResponse(
        pieces,
        media_type="application/zip",
        headers={**HEADERS, "content-disposition": f'attachment; filename="{name}"'},
    )


async def show_import(visit: Visit) -> Response:
    """The form, and what is under way."""
    return await _import(visit)


async def read(visit: Visit, form: Form) -> Response:
    """What a file holds, before anything is done."""
    files = form.files.get("file", ())
    try:
        if not files:
            raise Invalid("bringing.no_file", field="file")
        order = ReadOrder(content=files[0].content, name=files[0].name, kind=form.get("kind"))
        found = await bringing.read(visit.instance, order)
    except FediError as problem:
        return await _import(visit, problems_of(problem), kind=form.get("kind"))
    return page(
        visit,
        "settings/brought.html",
        visit.visitor.t("settings.import.look"),
        section="settings",
        found=[(kind, _of(found, kind)) for kind in KINDS if _of(found, kind)],
        unreadable=found.unreadable,
        named=NAMED,
        most=bringing.AT_ONCE_MAX,
        may_hosts=visit.member.is_house_steward,
    )


async def start(visit: Visit, form: Form) -> Response:
    """Do what was looked at and ticked; or stop what is under way."""
    if form.has("stop"):
        await bringing.stop(visit.instance, ActorOrder(actor=visit.username))
        return go(f"/house/{visit.username}/import", "stopped")
    listed = {
        kind: tuple(form.get(f"list_{kind}").split()) if form.has(f"do_{kind}") else ()
        for kind in KINDS
    }
    order = StartOrder(
        actor=visit.username,
        follows=listed["follows"],
        blocks=listed["blocks"],
        hosts=listed["hosts"],
        with_hosts=visit.member.is_house_steward,
    )
    try:
        if not any(listed.values()):
            raise Invalid("bringing.nothing", field="file")
        await bringing.start(visit.instance, order)
    except FediError as problem:
        return await _import(visit, problems_of(problem))

    def note(unit: Unit) -> None:
        actor = visit.actor
        journal.note(unit, actor.uri, visit.member.person.id, "journal.imported", actor.username)

    await visit.instance.change(note)
    return go(f"/house/{visit.username}/import", "brought")


def _of(found: Brought, kind: str) -> list[str]:
    return {"follows": found.follows, "blocks": found.blocks, "hosts": found.hosts}[kind]


async def _import(visit: Visit, problems: tuple[Problem, ...] = (), *, kind: str = "") -> Response:
    def look(rx: Reader) -> int:
        uri = visit.actor.uri
        return sum(chores.count_for(rx, each, uri) for each in (chores.FOLLOW, chores.BLOCK))

    return page(
        visit,
        "settings/import.html",
        visit.visitor.t("settings.import.title"),
        status=400 if problems else 200,
        problems=problems,
        section="settings",
        waiting=await visit.instance.look(look),
        kind=kind,
    )


DOORS = (
    Door("/house/{username}/export", Right.STEWARD, ask=show_export, tell=export),
    Door("/house/{username}/import", Right.STEWARD, ask=show_import, tell=read, brings=_FILE),
    Door("/house/{username}/import/start", Right.STEWARD, tell=start),
)
