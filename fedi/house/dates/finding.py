"""`/house/NAME/dates`: proposing moments for an event; `/dates/ID`: who can when, and deciding; answering those of others.

Names of those who answered are, as those of participants, for those who publish for the collective.
"""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from fedi.desk import dates as desk
from fedi.desk.dates import Moment
from fedi.desk.drafts import usual_language
from fedi.desk.wishes import PlaceWish, Words
from fedi.errors import Conflict, FediError
from fedi.house.deeds import note, which_of
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.addresses import back, load_shown
from fedi.house.rights import Right
from fedi.house.twice import do_once
from fedi.house.writing.languages import OFFERED
from fedi.house.writing.zones import ZONES
from fedi.i18n.dates import moment_line
from fedi.ids import new_token
from fedi.publications.contract import Problem
from fedi.publications.dates.model import SLOTS_MAX

SHOWN_AT_FIRST: Final = 4
# Languages besides the first that the form has room for.
ALSO_SHOWN: Final = 3
_FIELDS: Final = (
    "title", "words", "language", "zone", "until", "place_name", "place_street", "place_city", "online_url", "visibility",
)  # fmt: skip
_PARTS: Final = ("day", "from", "to")


async def begin(visit: Visit) -> Response:
    """The empty form."""
    fields = {
        "zone": visit.instance.config.instance.timezone,
        "language": usual_language(visit.actor, visit.visitor.language),
        "visibility": "public",
    }
    return _form(visit, fields)


async def ask(visit: Visit, form: Form) -> Response:
    """Let the question go out."""
    fields = {name: form.get(name) for name in _FIELDS}
    rows = {
        f"{part}-{number}": form.get(f"{part}-{number}")[:40]
        for number in range(1, SLOTS_MAX + 1)
        for part in _PARTS
    } | _typed_also(form)
    order = desk.AskOrder(
        title=fields["title"],
        words=fields["words"],
        language=fields["language"],
        also=_also(rows),
        moments=tuple(_moment(rows, number) for number in range(1, SLOTS_MAX + 1)),
        zone=fields["zone"],
        until=fields["until"],
        place=PlaceWish(
            name=fields["place_name"] or None,
            street=fields["place_street"] or None,
            city=fields["place_city"] or None,
        ),
        online_url=fields["online_url"],
        visibility=fields["visibility"],
        actor=visit.username,
    )
    asked: list[desk.Asked] = []

    async def go_out() -> None:
        asked.append(await desk.ask(visit.instance, order))

    try:
        await do_once(visit, form.get("once"), go_out)
    except FediError as problem:
        return _form(visit, fields | rows, problems_of(problem))
    if not asked:
        return go(f"/house/{visit.username}/publications", "saved")
    await note(visit, "journal.dates_asked", asked[0].uri)
    return go(f"/house/{visit.username}/dates/{asked[0].uri.rpartition('/')[2]}", "saved")


async def reword(visit: Visit, form: Form) -> Response:
    """Say it in other words, while nobody has answered."""
    fields = {"title": form.get("title"), "words": form.get("words"), **_typed_also(form)}
    order = desk.RewordOrder(
        which=which_of(visit),
        title=fields["title"],
        words=fields["words"],
        also=_also(fields),
        actor=visit.username,
    )
    try:
        done = await desk.reword(visit.instance, order)
    except FediError as problem:
        return await _table(visit, problems_of(problem), fields)
    await note(visit, "journal.edited", done.uri)
    return go(f"/house/{visit.username}/dates/{which_of(visit)}", "saved")


def _typed_also(form: Form) -> dict[str, str]:
    return {
        f"{part}-{number}": form.get(f"{part}-{number}")[: desk.SOURCE_MAX + 1]
        for number in range(1, ALSO_SHOWN + 1)
        for part in ("language", "title", "words")
    }


def _also(fields: Mapping[str, str]) -> tuple[Words, ...]:
    """The words in other languages; empty ones keep their place, so that what is wrong is told beside it."""
    return tuple(
        Words(
            language=fields[f"language-{number}"],
            title=fields[f"title-{number}"],
            source=fields[f"words-{number}"],
        )
        for number in range(1, ALSO_SHOWN + 1)
    )


async def show(visit: Visit) -> Response:
    """Who can when."""
    return await _table(visit)


async def decide(visit: Visit, form: Form) -> Response:
    """Make the event of one of the moments, or close the question."""
    text = form.get("number")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else -1
    order = desk.DecideOrder(which=which_of(visit), number=number, actor=visit.username)
    try:
        made = await desk.decide(visit.instance, order)
    except Conflict:
        # pressed twice
        return go(f"/house/{visit.username}/dates/{which_of(visit)}")
    except FediError as problem:
        return await _table(visit, problems_of(problem))
    if number == 0:
        await note(visit, "journal.dates_closed", made.uri)
        return go(f"/house/{visit.username}/dates/{which_of(visit)}", "saved")
    await note(visit, "journal.dates_found", made.uri)
    return go(f"/house/{visit.username}/publications/{made.uri.rpartition('/')[2]}", "saved")


async def answer(visit: Visit, form: Form) -> Response:
    """Say when the collective can."""
    about = form.get("about")
    said = await visit.instance.look(lambda rx: load_shown(visit, rx, about))
    uri = said.listed.publication.uri
    wishes = tuple(form.get(f"wish-{number}") for number in range(1, SLOTS_MAX + 1))
    while wishes and not wishes[-1]:
        wishes = wishes[:-1]
    order = desk.AnswerOrder(which=uri, wishes=wishes, actor=visit.username)
    done = await desk.answer(visit.instance, order)
    if done.changed:
        await note(visit, "journal.dates_answered", uri)
    return back(visit, form, "attended")


def _moment(rows: dict[str, str], number: int) -> Moment:
    """A day with two hours; an end before the beginning is on the next day's side of midnight, and typed as such."""
    day, begins, ends = (rows[f"{part}-{number}"].strip() for part in _PARTS)
    if not (day or begins or ends):
        return Moment(starts="")
    return Moment(starts=f"{day}T{begins}" if begins else day, ends=f"{day}T{ends}" if ends else "")


def _form(visit: Visit, fields: dict[str, str], problems: tuple[Problem, ...] = ()) -> Response:
    t = visit.visitor.t
    filled = [
        number
        for number in range(1, SLOTS_MAX + 1)
        if any(fields.get(f"{part}-{number}") for part in _PARTS)
    ]
    return page(
        visit,
        "dates/new.html",
        t("dates.new.title"),
        status=400 if problems else 200,
        problems=problems,
        section="write",
        fields=fields,
        slots=range(1, SLOTS_MAX + 1),
        open_slots=max([SHOWN_AT_FIRST, *filled]),
        languages=OFFERED,
        also=range(1, ALSO_SHOWN + 1),
        audiences=[(each, t(f"visibility.{each}")) for each in ("public", "quiet", "followers")],
        zones=ZONES,
        once=new_token(),
    )


async def _table(
    visit: Visit, problems: tuple[Problem, ...] = (), typed: Mapping[str, str] | None = None
) -> Response:
    visitor = visit.visitor
    found = await desk.show(
        visit.instance, desk.WhichOrder(which=which_of(visit), actor=visit.username)
    )
    values: dict[str, Any] = {}
    if found.ends_at is not None:
        values["until"] = moment_line(
            found.ends_at, visitor.zone, visitor.language, digits=visitor.digits
        )
    return page(
        visit,
        "dates/table.html",
        visitor.t("dates.table.title"),
        status=400 if problems else 200,
        problems=problems,
        section="write",
        table=found,
        fields=typed or _as_typed(found),
        languages=OFFERED,
        also=range(1, ALSO_SHOWN + 1),
        id=which_of(visit),
        there=f"/house/{visit.username}/dates/{which_of(visit)}",
        **values,
    )


def _as_typed(found: desk.Table) -> dict[str, str]:
    """The form that says what the question says."""
    fields: dict[str, str] = {}
    for number, each in enumerate(found.words):
        end = f"-{number}" if number else ""
        fields |= {
            f"language{end}": each.language,
            f"title{end}": each.title or "",
            f"words{end}": each.source or "",
        }
    return fields


DOORS: Final = (
    Door("/house/{username}/dates", Right.PUBLISH, ask=begin, tell=ask),
    Door("/house/{username}/dates/{id}", Right.PUBLISH, ask=show, tell=decide),
    Door("/house/{username}/dates/{id}/words", Right.PUBLISH, ask=show, tell=reword),
    Door("/house/{username}/dates-answer", Right.PUBLISH, tell=answer),
)
