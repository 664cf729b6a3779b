"""What lies on the table while somebody writes: the form of a draft, as it stands, with what is wrong beside its fields."""

from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.responses import Response

from actors import circles, people
from actors.rules import rule_of
from fedi.db.engine import Reader
from fedi.desk import writing
from fedi.desk.details import JOINS, STATUSES
from fedi.desk.repeats import REPEATS, TIMES_MAX
from fedi.desk.writing import Hand
from fedi.desk.written import FIELDS, LIST
from fedi.errors import FediError
from fedi.house import focal
from fedi.house.frame import page
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.house.writing import differences
from fedi.house.writing.languages import OFFERED, name_of
from fedi.house.writing.zones import ZONES
from fedi.i18n.dates import time_line
from fedi.publications import drafts
from fedi.publications.aid.model import CATEGORIES, UNITS
from fedi.publications.contract import Problem
from fedi.publications.drafts import Draft, Typed, Written
from fedi.publications.event import recurrence
from fedi.publications.event.gathering import FORM_MODES
from fedi.publications.event.particulars import LINES, WHEELCHAIR
from fedi.publications.place import PRECISIONS
from fedi.text.direction import language_direction
from fedi.text.excerpt import excerpt

# What the desk calls a part, and the field of the form it is about.
_FIELDS: Final = {
    "starts_at": "starts_day",
    "ends_at": "ends_day",
    "timezone": "zone",
    "external_url": "join_url",
    "join_mode": "join",
    "place": "place_name",
    "locality": "place_locality",
    "alt": "upload",
    "pictures": "upload",
    "answers_locality": "answers_place_locality",
}
_ANSWERS: Final = tuple(name for name in FIELDS["event"] if name.startswith("answers_"))


@dataclass(frozen=True, slots=True)
class Sheet:
    """What lies on the table: the draft if there is one, what is in the fields, the version they began from."""

    kind: str
    written: Written
    draft: Draft | None = None
    version: int = 0
    once: str = ""


async def load(visit: Visit) -> Draft:
    """The draft of the address. Raises NotFound."""
    which, actor = visit.request.path_params["id"], visit.actor
    return await visit.instance.look(lambda rx: drafts.load(rx, actor.uri, which))


def hand_of(visit: Visit) -> Hand:
    """Who is writing."""
    return Hand(visit.member.person.id, visit.member.may(Right.PUBLISH))


async def show_sheet(
    visit: Visit,
    sheet: Sheet,
    problems: tuple[Problem, ...] = (),
    status: int = 200,
    *,
    other: Draft | None = None,
) -> Response:
    """The form as it stands. `other`: what somebody else saved meanwhile."""
    visitor, actor = visit.visitor, visit.actor
    t = visitor.t
    draft, written = sheet.draft, sheet.written

    def look(rx: Reader) -> dict[str, Any]:
        answered = written.get("reply_to")
        changed = people.find_by_id(rx, draft.changed_by) if draft else None
        return {
            "event_title": _event_title(rx, visit, written.get("for_event")),
            "lists": [(each.name, each.name) for each in circles.list_of(rx, actor.uri)],
            "answered": _answered(rx, visit, answered) if answered else None,
            "changed_by": changed.name if changed else "",
            "two_people": rule_of(rx, actor.uri).two_people,
            "repeats_on": draft is not None
            and draft.changes_uri is not None
            and recurrence.find_of(rx, draft.changes_uri) is not None,
        }

    found = await visit.instance.look(look)
    language = written.texts[0].language if written.texts else ""
    problems = tuple(placed(each, language) for each in problems)
    title = (
        t("writing.change.title") if draft and draft.changes_uri else t(f"writing.new.{sheet.kind}")
    )
    present = {each.language for each in written.texts}
    return page(
        visit,
        "writing/composer.html",
        title,
        status=status,
        problems=problems,
        section="write",
        kind=sheet.kind,
        draft=draft,
        version=sheet.version,
        once=sheet.once,
        action=path_of(visit, draft) if draft else f"/house/{visit.username}/write",
        fields=dict(written.fields),
        texts=[_shown(each) for each in written.texts],
        others=[(tag, name) for tag, name in OFFERED if tag not in present],
        aside=[name_of(each.language) for each in written.aside],
        files=[_file(visit, each) for each in written.files],
        focal_points=focal.POINTS,
        audiences=[
            (each, t(f"visibility.{each}"), t(f"visibility.{each}.hint"))
            for each in ("public", "quiet", "followers", "direct", "local")
        ],
        list_choice=LIST,
        joins=[(each, t(f"writing.join.{each}")) for each in JOINS],
        wheelchairs=[
            ("", t("event.unsaid")),
            *((each, t(f"event.wheelchair.{each}")) for each in WHEELCHAIR.values()),
        ],
        answers_fields=_ANSWERS,
        asked_fields=("spoken", "wheelchair", *LINES),
        answers_forms=[
            ("", t("writing.answers_form.usual")),
            *((each, t(f"attendance.form_mode.{each}")) for each in FORM_MODES),
        ],
        statuses=[(each, t(f"event.status.{each}")) for each in STATUSES],
        precisions=[
            (each, t(f"writing.precision.{each}"), t(f"writing.precision.{each}.hint"))
            for each in PRECISIONS
        ],
        repeats=[
            ("", t("writing.repeat.none")),
            *((each, t(f"writing.repeat.{each}")) for each in REPEATS),
        ],
        times_max=TIMES_MAX,
        whats=[
            ("", t("writing.choose_one")),
            *((each, t(f"aid.what.{each}")) for each in CATEGORIES),
        ],
        units=[(each, t(f"writing.unit.{each}")) for each in UNITS],
        zones=ZONES,
        saved_at=time_line(draft.changed_at, visitor.zone, visitor.language, digits=visitor.digits)
        if draft
        else "",
        changes=await differences.between(other.written, written) if other else (),
        facts=[
            (t(key), was, now)
            for key, was, now in differences.facts_between(other.written, written)
        ]
        if other
        else [],
        is_overtaken=other is not None,
        failure=t(draft.failure[0], **draft.failure[1]) if draft and draft.failure else "",
        **found,
    )


def _event_title(rx: Reader, visit: Visit, which: str) -> str:
    """What the event is called for which something is asked; empty where this collective may not read it."""
    if not which:
        return ""
    try:
        event = writing.load_answered(rx, visit.instance, visit.actor, which)
    except FediError:
        return ""
    return event.original.name or event.uri


def _answered(rx: Reader, visit: Visit, uri: str) -> dict[str, str] | None:
    try:
        parent = writing.load_answered(rx, visit.instance, visit.actor, uri)
    except FediError:
        return None
    words = parent.original
    return {
        "href": parent.url or parent.uri,
        "title": words.name or excerpt(words.content, 140),
        "lang": parent.language,
    }


def placed(problem: Problem, language: str) -> Problem:
    """The problem beside the field of the form it is about."""
    name = _FIELDS.get(problem.field, problem.field)
    if name in ("name", "content", "abstract", "title", "language"):
        part = {"name": "title", "content": "text", "language": "title"}.get(name, name)
        name = f"{part}.{language}"
    return replace(problem, field=name)


def _shown(text: Typed) -> dict[str, Any]:
    return {
        "tag": text.language,
        "name": name_of(text.language),
        "dir": language_direction(text.language),
        "text": text,
    }


def _file(visit: Visit, file: Any) -> dict[str, Any]:
    stem, _, _ = file.key.rpartition(".")
    del visit
    focal = f"{file.focal[0]:g},{file.focal[1]:g}" if file.focal else "0,0"
    return {"key": file.key, "src": f"/media/{stem}-small.webp", "alt": file.alt, "focal": focal}


def path_of(visit: Visit, draft: Draft) -> str:
    return f"/house/{visit.username}/draft/{draft.id}"
