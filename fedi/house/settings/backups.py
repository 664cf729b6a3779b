"""`/steward/backups`: how old the last backup is, where it lies, and making one now.

It is never sent to a browser: whoever takes over one session of a steward would have everything at once. And the key that opens
it is not on this machine, so no page can show it.
"""

import asyncio
from typing import Final

from starlette.responses import Response

from actors import journal
from fedi.backup import record, shelf
from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader
from fedi.doctor.inside import judge_backup, look_at
from fedi.errors import FediError, Invalid
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.house.settings.health import repair_of, sentence_of
from fedi.i18n.dates import moment_line
from fedi.publications.contract import Problem
from fedi.unit import Unit

BACKUPS: Final = "/steward/backups"
SHOWN: Final = 30
_MEGA: Final = 1_000_000


async def show(visit: Visit) -> Response:
    """What is there."""
    return await _page(visit)


async def start(visit: Visit, _form: Form) -> Response:
    """Have one made in the background; refused as long as nobody could open it."""
    instance, person = visit.instance, visit.member.person.id

    def work(unit: Unit) -> None:
        if not record.recipients_of(unit.tx, instance.config):
            raise Invalid("backup.no_key", field="go")
        record.want(unit)
        journal.note(unit, journal.HOUSE, person, "journal.backup_asked")

    try:
        await instance.change(work)
    except FediError as problem:
        return await _page(visit, problems_of(problem))
    return go(BACKUPS, "backup_asked")


async def _page(visit: Visit, problems: tuple[Problem, ...] = ()) -> Response:
    instance, visitor = visit.instance, visit.visitor
    config, now = instance.config, instance.clock.now()

    def look(
        rx: Reader,
    ) -> tuple[tuple[str, ...], int | None, str, bool, record.Failure | None]:
        last = record.find_last(rx)
        return (
            tuple(record.recipients_of(rx, config)),
            to_ms(last[0]) if last else None,
            last[1] if last else "",
            record.is_wanted(rx),
            record.find_failure(rx),
        )

    recipients, at_ms, file, is_wanted, failure = await instance.look(look)
    lost = await asyncio.to_thread(look_at, file, config.backup_folder)
    kept = await asyncio.to_thread(shelf.list_kept, config.backup_folder, instance.urls.base)
    finding = lost or judge_backup(at_ms, now, config.backup.every_hours)

    def moment(ms: int) -> str:
        return moment_line(from_ms(ms), visitor.zone, visitor.language, digits=visitor.digits)

    return page(
        visit,
        "settings/backups.html",
        visitor.t("settings.backups.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        finding=finding,
        sentence=sentence_of(visitor, finding),
        repair=repair_of(visitor, finding),
        last=moment(at_ms) if at_ms is not None else "",
        file=file,
        is_wanted=is_wanted,
        failure=visitor.t(failure.key, **failure.values) if failure else "",
        failed=moment(failure.at_ms) if failure else "",
        recipients=recipients,
        is_by_setting=bool(config.backup.recipients),
        folder=str(config.backup_folder),
        every_hours=config.backup.every_hours,
        keep=config.backup.keep,
        kept=[
            (each, moment(to_ms(each.made_at)), f"{max(each.size_bytes / _MEGA, 0.1):.1f}")
            for each in kept[:SHOWN]
        ],
    )


DOORS = (Door(BACKUPS, Right.HOUSE, ask=show, tell=start),)
