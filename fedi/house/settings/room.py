"""`/steward/room`: how much room everything takes, and letting go of what is not needed."""

import asyncio
from pathlib import Path
from shutil import disk_usage
from typing import Final

from starlette.responses import Response

from actors import journal
from fedi.desk import media, purge
from fedi.desk.collectives import NoOrder
from fedi.desk.media import PruneOrder
from fedi.desk.purge import PurgeOrder
from fedi.errors import Invalid
from fedi.house.forms import Form
from fedi.house.frame import go, page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.unit import Unit

ROOM: Final = "/steward/room"
_MEGA: Final = 1_000_000


async def show(visit: Visit) -> Response:
    """The numbers."""
    used = await media.usage(visit.instance, NoOrder())
    folder = visit.instance.config.data_folder
    database = await visit.instance.db.weigh()
    left = await asyncio.to_thread(_free, folder)
    return page(
        visit,
        "settings/room.html",
        visit.visitor.t("settings.room.title"),
        section="steward",
        used=used,
        sizes={
            "database": _mega(database),
            "own": _mega(used.own_bytes),
            "remote": _mega(used.remote_bytes),
            "remote_max": _mega(used.remote_bytes_max),
            "left": _mega(left),
        },
        weights=None,
    )


async def decide(visit: Visit, form: Form) -> Response:
    """Delete copies of pictures, or what is kept longer than the settings say."""
    act = form.get("act")
    if act == "weigh":
        return await _weigh(visit)
    if act == "prune":
        await media.prune(visit.instance, PruneOrder(everything=True))
    elif act == "purge":
        await purge.purge(visit.instance, PurgeOrder(apply=True))
    else:
        raise Invalid("moderation.act_missing", field="act")

    def note(unit: Unit) -> None:
        journal.note(unit, journal.HOUSE, visit.member.person.id, f"journal.room_{act}")

    await visit.instance.change(note)
    return go(ROOM, "pruned")


async def _weigh(visit: Visit) -> Response:
    found = await purge.purge(visit.instance, PurgeOrder())
    return page(
        visit,
        "settings/weights.html",
        visit.visitor.t("settings.room.purge"),
        section="steward",
        weights=[(each, _mega(each.size_bytes)) for each in found.lines if each.rows],
        files=found.files,
    )


def _free(folder: Path) -> int:
    return disk_usage(folder).free


def _mega(size_bytes: int) -> str:
    return f"{size_bytes / _MEGA:.1f}"


DOORS = (Door(ROOM, Right.HOUSE, ask=show, tell=decide),)
