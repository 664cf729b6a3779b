"""`/house/NAME/attendance/ID`: who asks, comes, waits; letting in, refusing, closing, writing to all, taking the list along.

Only those who publish for the collective come here: names of participants are for its organisers.
"""

from typing import Any, Final

from starlette.responses import Response

from fedi.desk import attendance as desk
from fedi.desk.wishes import PlaceWish
from fedi.errors import Invalid
from fedi.house.deeds import note, which_of
from fedi.house.forms import Form
from fedi.house.frame import HEADERS, go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.house.twice import do_once
from fedi.i18n.dates import moment_line
from fedi.ids import new_token
from fedi.publications.contract import Problem
from fedi.publications.event.attendance import STATES

SHOWN_MAX: Final = 100
# What the page shows open; the others are one press away.
_GROUPS: Final = ("asked", "coming", "waiting", "maybe")
_PLACE: Final = ("place_name", "place_street", "place_locality")
_SETTINGS: Final = ("form", "online_url", *_PLACE)


async def show(visit: Visit) -> Response:
    """The page."""
    return await _page(visit)


async def decide(visit: Visit, form: Form) -> Response:
    """Let in or refuse: one, those that are ticked, or everybody who asks."""
    does = form.get("does")
    order = desk.DecideOrder(
        which=which_of(visit),
        does="refuse" if does.startswith("refuse") else "approve",
        entries=form.all("entry"),
        everybody=does.endswith("_all"),
        actor=visit.username,
    )
    try:
        if does not in ("approve", "refuse", "approve_all", "refuse_all"):
            raise Invalid("reading.choice", field="does")
        await desk.decide(visit.instance, order)
    except Invalid as problem:
        return await _page(visit, problems_of(problem))
    await note(visit, f"journal.attendance_{order.does}")
    return go(_here(visit), "saved")


async def save(visit: Visit, form: Form) -> Response:
    """How the event takes answers, and what those who come are told."""
    typed = {name: form.get(name) for name in _SETTINGS}
    has_place = any(typed[name].strip() for name in _PLACE)
    order = desk.SetOrder(
        which=which_of(visit),
        actor=visit.username,
        waiting=form.has("waiting"),
        form=typed["form"],
        counts=form.has("counts"),
        again=form.has("again"),
        online_url=typed["online_url"].strip(),
        place=PlaceWish(
            name=typed["place_name"], street=typed["place_street"], city=typed["place_locality"]
        )
        if has_place
        else PlaceWish(),
        no_place=not has_place,
    )
    try:
        await desk.change(visit.instance, order)
    except Invalid as problem:
        return await _page(visit, problems_of(problem), typed)
    await note(visit, "journal.attendance_set")
    return go(_here(visit), "saved")


async def close(visit: Visit, form: Form) -> Response:
    """Nobody new any more, or again."""
    order = desk.SetOrder(
        which=which_of(visit), actor=visit.username, closed=form.get("what") != "open"
    )
    await desk.change(visit.instance, order)
    await note(visit, "journal.attendance_set")
    return go(_here(visit), "saved")


async def write(visit: Visit, form: Form) -> Response:
    """Write to those who are ticked."""
    order = desk.WriteOrder(
        which=which_of(visit),
        words=form.get("words"),
        states=form.all("to") or ("coming",),
        actor=visit.username,
    )
    try:
        await do_once(visit, form.get("once"), lambda: desk.write(visit.instance, order))
    except Invalid as problem:
        return await _page(visit, problems_of(problem), {"words": form.get("words")})
    await note(visit, "journal.attendance_written")
    return go(_here(visit), "attendance_written")


async def take(visit: Visit) -> Response:
    """The list as a file for a program for tables."""
    found = await desk.export(
        visit.instance, desk.ShowOrder(which=which_of(visit), actor=visit.username)
    )
    return Response(
        "\ufeff" + found.csv,
        media_type="text/csv; charset=utf-8",
        headers={
            **HEADERS,
            "content-disposition": 'attachment; filename="attendance.csv"',
            "x-content-type-options": "nosniff",
        },
    )


async def _page(
    visit: Visit, problems: tuple[Problem, ...] = (), typed: dict[str, str] | None = None
) -> Response:
    visitor, t = visit.visitor, visit.visitor.t
    wanted = visit.request.query_params.get("state", "")
    groups: list[dict[str, Any]] = []
    sheet: desk.Sheet | None = None
    for state in (wanted,) if wanted in STATES else _GROUPS:
        order = desk.ShowOrder(
            which=which_of(visit),
            actor=visit.username,
            state=state,
            most=SHOWN_MAX + 1,
            after=visit.request.query_params.get("after", "")[:60],
        )
        sheet = await desk.show(visit.instance, order)
        lines = sheet.lines[:SHOWN_MAX]
        groups.append(
            {
                "state": state,
                "title": t(f"attendance.group.{state}"),
                "people": sheet.people.get(state, 0),
                "lines": [
                    (
                        each,
                        moment_line(
                            each.since, visitor.zone, visitor.language, digits=visitor.digits
                        ),
                    )
                    for each in lines
                ],
                "more": lines[-1].place if len(sheet.lines) > SHOWN_MAX else "",
            }
        )
    assert sheet is not None
    return page(
        visit,
        "attendance/sheet.html",
        t("attendance.sheet.title"),
        status=400 if problems else 200,
        problems=problems,
        section="write",
        sheet=sheet,
        id=sheet.uri.rpartition("/")[2],
        there=_here(visit),
        groups=groups,
        wanted=wanted if wanted in STATES else "",
        others=[
            (state, t(f"attendance.group.{state}"), sheet.people[state])
            for state in STATES
            if state not in _GROUPS and sheet.people.get(state)
        ],
        form_choices=[
            (each, t(f"attendance.form_mode.{each}"), "") for each in ("open", "asked", "off")
        ],
        to_choices=[
            (state, t(f"attendance.group.{state}"), sheet.people.get(state, 0)) for state in _GROUPS
        ],
        place=await _place(visit, sheet),
        typed=typed or {},
        once=new_token(),
    )


async def _place(visit: Visit, sheet: desk.Sheet) -> dict[str, str]:
    place = await visit.instance.look(
        lambda rx: desk.place_for_participants(rx, visit.instance, sheet.uri)
    )
    found = (place.name, place.street, place.locality) if place is not None else ("", "", "")
    return {name: text or "" for name, text in zip(_PLACE, found, strict=True)}


def _here(visit: Visit) -> str:
    return f"/house/{visit.username}/attendance/{which_of(visit)}"


_PATH: Final = "/house/{username}/attendance/{id}"
DOORS: Final = (
    Door(_PATH, Right.PUBLISH, ask=show),
    Door(f"{_PATH}/decide", Right.PUBLISH, tell=decide),
    Door(f"{_PATH}/settings", Right.PUBLISH, tell=save),
    Door(f"{_PATH}/close", Right.PUBLISH, tell=close),
    Door(f"{_PATH}/write", Right.PUBLISH, tell=write),
    Door(f"{_PATH}/attendance.csv", Right.PUBLISH, ask=take),
)
