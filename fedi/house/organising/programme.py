"""`/house/NAME/programme/ID`: the sessions of an event, written one by one; they go out together when somebody lets them."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from fedi.desk import programme as desk
from fedi.desk.order import Unfit
from fedi.errors import FediError, Invalid
from fedi.house.deeds import note, which_of
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.parts import Brings
from fedi.house.rights import Right
from fedi.house.writing.languages import name_of
from fedi.i18n.dates import day_line, time_line, zone_of
from fedi.publications.contract import Problem
from fedi.text.direction import language_direction

_FIELDS: Final = ("day", "begins", "ends", "room", "who", "spoken")


async def show(visit: Visit) -> Response:
    """The sessions, and the form of one: a new one, or the one that the address names."""
    return await _page(visit)


async def tell(visit: Visit, form: Form) -> Response:
    """Write a session down, leave one out, let all of it go out, or throw away what did not."""
    does, which = form.get("does"), desk.WhichOrder(which=which_of(visit), actor=visit.username)
    instance = visit.instance
    try:
        if does == "publish":
            await desk.publish(instance, which)
            await note(visit, "journal.programme_out")
        elif does == "discard":
            await desk.discard(instance, which)
        elif does == "remove":
            await desk.remove(instance, _removal(visit, form))
        elif does == "rooms":
            await desk.order_rooms(instance, _rooms(visit, form))
            await note(visit, "journal.programme_out")
        elif does == "save":
            await desk.put(instance, _session(visit, form))
        else:
            raise Invalid("house.form", detail="does")
    except FediError as problem:
        return await _page(visit, problems_of(problem), form)
    return go(_here(visit), "programme_out" if does == "publish" else "saved")


async def take(visit: Visit, form: Form) -> Response:
    """Write a programme down from a file. Nobody else reads it before it is looked at and published."""
    files = form.files.get("file", ())
    try:
        if not files:
            raise Invalid("bringing.no_file", field="file")
        order = desk.TableOrder(
            which=which_of(visit),
            actor=visit.username,
            table=desk.table_of(files[0].content),
            seen=form.number("seen") or 0,
        )
        await desk.lay(visit.instance, order)
    except Unfit as refusal:
        return await _page(visit, lines=_lines(visit, refusal))
    except FediError as problem:
        return await _page(visit, problems_of(problem))
    return go(_here(visit), "programme_read")


def _lines(visit: Visit, refusal: Unfit) -> list[str]:
    """What is wrong in a file, line by line."""
    t = visit.visitor.t
    return [
        t(
            "programme.table_line",
            line=line,
            column=column,
            problem=t(each.message_key, **each.values),
        )
        for each in refusal.problems
        for line, _, column in [each.field.removeprefix("#").partition(" ")]
    ]


def _session(visit: Visit, form: Form) -> desk.Session:
    tags = form.all("languages")[:8]
    typed = {name: form.get(name)[:2_000] for name in _FIELDS}
    return desk.Session(
        which=which_of(visit),
        actor=visit.username,
        names={tag: form.get(f"name.{tag}")[:2_000] for tag in tags},
        texts={tag: form.get(f"text.{tag}")[:10_000] for tag in tags},
        is_off=form.get("is_off") == "yes",
        key=form.get("key")[:40],
        seen=form.number("seen") or 0,
        **typed,
    )


def _rooms(visit: Visit, form: Form) -> desk.RoomsOrder:
    lines = form.get("rooms")[:40_000].split("\n")
    return desk.RoomsOrder(which=which_of(visit), actor=visit.username, rooms=tuple(lines))


def _removal(visit: Visit, form: Form) -> desk.RemoveOrder:
    return desk.RemoveOrder(
        which=which_of(visit),
        actor=visit.username,
        key=form.get("key")[:40],
        seen=form.number("seen") or 0,
    )


async def _page(
    visit: Visit,
    problems: tuple[Problem, ...] = (),
    form: Form | None = None,
    lines: Sequence[str] = (),
) -> Response:
    visitor = visit.visitor
    found = await desk.show(
        visit.instance, desk.WhichOrder(which=which_of(visit), actor=visit.username)
    )
    zone = zone_of(found.zone)
    wanted = form.get("key") if form else visit.request.query_params.get("session", "")[:40]
    chosen = next((each for each in found.lines if each.key == wanted), None)

    def day(line: desk.Line) -> str:
        return line.starts_at.astimezone(zone).date().isoformat()

    def hour(moment: Any) -> str:
        return time_line(moment, found.zone, visitor.language, digits=visitor.digits)

    days: dict[str, list[Any]] = {}
    for each in found.lines:
        times = hour(each.starts_at) + (f"–{hour(each.ends_at)}" if each.ends_at else "")
        days.setdefault(day(each), []).append((each, times, _name_in(each, visitor.language)))
    return page(
        visit,
        "programme/programme.html",
        visitor.t("programme.title"),
        status=400 if problems or lines else 200,
        problems=problems,
        section="write",
        found=found,
        id=which_of(visit),
        there=_here(visit),
        days=[
            (day_line(some[0][0].starts_at.astimezone(zone).date(), visitor.language, digits=visitor.digits), some)
            for some in days.values()
        ],
        rooms=found.rooms,
        typed_rooms=form.get("rooms") if form and form.has("rooms") else "\n".join(found.rooms),
        languages=[(tag, name_of(tag), language_direction(tag)) for tag in found.languages],
        chosen=chosen,
        lines=lines,
        heads=", ".join(
            (*desk.COLUMNS, *(f"title.{tag}" for tag in found.languages), *(f"text.{tag}" for tag in found.languages))
        ),
        typed=_typed(form, found.languages) if form else _as_typed(chosen, found, zone),
    )  # fmt: skip


def _name_in(line: desk.Line, language: str) -> tuple[str, str]:
    tag = language if language in line.names else next(iter(line.names))
    return line.names[tag], tag


def _typed(form: Form, languages: list[str]) -> dict[str, str]:
    names = (
        *_FIELDS,
        "is_off",
        *(f"{kind}.{tag}" for tag in languages for kind in ("name", "text")),
    )
    return {name: form.get(name)[:2_000] for name in names}


def _as_typed(chosen: desk.Line | None, found: desk.Programme, zone: Any) -> dict[str, str]:
    """The form that says what the session is; a new one begins on the day of the last one."""
    if chosen is None:
        last = max((each.starts_at for each in found.lines), default=None)
        return {"day": last.astimezone(zone).date().isoformat()} if last else {}
    begins = chosen.starts_at.astimezone(zone)
    ends = chosen.ends_at.astimezone(zone).strftime("%H:%M") if chosen.ends_at else ""
    return {
        "day": begins.date().isoformat(),
        "begins": begins.strftime("%H:%M"),
        "ends": ends,
        "room": chosen.room,
        "who": chosen.who,
        "spoken": chosen.spoken,
        "is_off": "yes" if chosen.status == "cancelled" else "",
        **{f"name.{tag}": text for tag, text in chosen.names.items()},
        **{f"text.{tag}": text for tag, text in chosen.texts.items()},
    }


def _here(visit: Visit) -> str:
    return f"/house/{visit.username}/programme/{which_of(visit)}"


_FILE: Final = Brings(1, desk.TABLE_BYTES_MAX, desk.TABLE_BYTES_MAX)
DOORS: Final = (
    Door("/house/{username}/programme/{id}", Right.PUBLISH, ask=show, tell=tell),
    Door(
        "/house/{username}/programme/{id}/table", Right.PUBLISH, ask=show, tell=take, brings=_FILE
    ),
)
