"""`/steward/health`: the version, and the doctor's findings when somebody asks for them."""

import asyncio
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from starlette.responses import Response

from fedi.clock import from_ms
from fedi.doctor.finding import Finding, Verdict, worst
from fedi.doctor.nightly import Night, find_night
from fedi.doctor.repairs import CONFIG, SHELL
from fedi.doctor.run import examine
from fedi.errors import TooMany
from fedi.house.forms import Form
from fedi.house.frame import page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.i18n.dates import moment_line
from fedi.web.visitor import Visitor

HEALTH: Final = "/steward/health"
EXAMINATION_S: Final = 90.0
_CODES: Final = ("code", "reason")
_SHARED: Final = {CONFIG: "doctor.repair.config", SHELL: "doctor.repair.shell"}
_busy = asyncio.Lock()


async def show(visit: Visit) -> Response:
    """The version, what was found last night, and the button."""
    return _page(visit, None, is_cut=False, night=await visit.instance.look(find_night))


async def look(visit: Visit, form: Form) -> Response:
    """Examine the instance now, one at a time, from inside or from outside too."""
    if _busy.locked():
        raise TooMany("settings.health.busy", retry_after_s=30)
    found: list[Finding] = []
    is_cut = False
    async with _busy:
        try:
            async with asyncio.timeout(EXAMINATION_S):
                inside_only = not form.has("outside")
                async for finding in examine(visit.instance.config, inside_only=inside_only):
                    found.append(finding)
        except TimeoutError:
            is_cut = True
    return _page(visit, found, is_cut=is_cut)


def sentence_of(visitor: Visitor, finding: Finding) -> str:
    """What was found, in words."""
    return visitor.t(finding.key, **_spoken(visitor, finding.values))


def repair_of(visitor: Visitor, finding: Finding) -> str:
    """How to mend it; empty when there is nothing to mend."""
    t, own = visitor.t, f"{finding.key}_repair"
    if t.has(own):
        return t(own, **_spoken(visitor, finding.values))
    if not finding.lines:
        return ""
    return t(_SHARED.get(finding.lines[0].program, "doctor.repair.proxy"))


def _spoken(visitor: Visitor, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values that are keys themselves, or codes, are said in words."""
    t, said = visitor.t, dict(values)
    for name, value in values.items():
        if isinstance(value, str) and t.has(value):
            said[name] = t(value)
        elif name in _CODES and t.has(f"doctor.code.{value}"):
            said[name] = t(f"doctor.code.{value}")
    return said


def _page(
    visit: Visit, found: list[Finding] | None, *, is_cut: bool, night: Night | None = None
) -> Response:
    visitor = visit.visitor
    shown = found if found is not None else night.findings if night else ()
    try:
        number = version("mujawara")
    except PackageNotFoundError:
        number = "0"
    gravest = worst(found or [])
    return page(
        visit,
        "settings/health.html",
        visitor.t("settings.health.title"),
        section="steward",
        version=number,
        asked=found is not None,
        is_cut=is_cut,
        night=moment_line(
            from_ms(night.at_ms), visitor.zone, visitor.language, digits=visitor.digits
        )
        if night
        else "",
        is_well=gravest in (Verdict.OK, Verdict.SKIPPED),
        findings=[
            (
                each,
                visitor.t(f"doctor.name.{each.check}"),
                sentence_of(visitor, each),
                repair_of(visitor, each),
            )
            for each in shown
        ],
    )


DOORS = (Door(HEALTH, Right.HOUSE, ask=show, tell=look),)
