"""The form of a draft: shown, saved, and shown again as it was typed when something is wrong."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from fedi.desk import writing
from fedi.desk.drafts import usual_language
from fedi.desk.order import Unfit
from fedi.desk.wishes import Picture
from fedi.desk.writing import Slip
from fedi.errors import FediError, Invalid
from fedi.house.forms import Form, Upload
from fedi.house.frame import HEADERS, go, page, problems_of
from fedi.house.member import Visit
from fedi.house.writing.look import publish
from fedi.house.writing.sheet import Sheet, hand_of, load, path_of, show_sheet
from fedi.house.writing.slips import after_button, written_in
from fedi.i18n.dates import time_line
from fedi.ids import new_token
from fedi.publications import drafts
from fedi.publications.drafts import Draft, Typed, Written
from fedi.publications.kinds import KIND_NAMES
from fedi.vocab.audience import Visibility

KINDS: Final = ("event", "statement", "note", "aid_request", "aid_offer")

# Of a text that somebody brings along in the address.
TEXT_MAX: Final = 5_000


async def choose(visit: Visit) -> Response:
    """`/house/NAME/write`: which kind; with a kind or something to answer, straight the empty form."""
    query = visit.request.query_params
    reply_to = query.get("reply_to", "")[:2000]
    kind = "note" if reply_to else query.get("kind", "")
    if kind not in KINDS:
        return page(
            visit,
            "writing/choose.html",
            visit.visitor.t("writing.choose.title"),
            section="write",
            kinds=KINDS,
        )
    instance = visit.instance
    # a collective that named no language of its own writes as its members read
    language = usual_language(visit.actor, visit.visitor.language)
    fields = {"zone": instance.config.instance.timezone} if kind == "event" else {}
    if kind.startswith("aid_"):
        # from the page of an event: what is needed for it
        fields |= {name: query[name][:2000] for name in ("for_event", "what") if query.get(name)}
    if reply_to:
        parent = await instance.look(
            lambda rx: writing.load_answered(rx, instance, visit.actor, reply_to)
        )
        fields["reply_to"] = parent.uri
        fields["visibility"] = str(
            Visibility.QUIET if parent.visibility.is_public else parent.visibility
        )
        if parent.language != "und":
            language = parent.language
    # brought along from another server; kept only when the form is sent
    source = query.get("text", "")[:TEXT_MAX] if kind == "note" else ""
    written = Written(texts=(Typed(language, source=source),), fields=fields)
    return await show_sheet(visit, Sheet(kind, written, once=new_token()))


async def begin(visit: Visit, form: Form) -> Response:
    """The first save of a form."""
    kind = form.get("kind")
    if kind not in KIND_NAMES:
        raise Invalid("writing.kind", field="kind")
    instance, actor = visit.instance, visit.actor
    once = form.get("once")[:100]
    draft = await instance.look(lambda rx: drafts.find_once(rx, actor.uri, once))
    if draft is not None and draft.state == drafts.DONE:
        return _finished(visit, draft)
    return await _take(visit, form, kind, draft)


async def show(visit: Visit) -> Response:
    """`/house/NAME/draft/ID`."""
    draft = await load(visit)
    if draft.state == drafts.DONE:
        return _finished(visit, draft)
    if draft.state == drafts.DUE:
        return go(path_of(visit, draft) + "/look")
    return await show_sheet(visit, Sheet(draft.kind, draft.written, draft, draft.version))


async def save(visit: Visit, form: Form) -> Response:
    """Whatever button was pressed: what was typed is kept first."""
    draft = await load(visit)
    if draft.state == drafts.DONE:
        return _finished(visit, draft)
    return await _take(visit, form, draft.kind, draft)


async def discard(visit: Visit, _form: Form) -> Response:
    """Throw the draft away."""
    await writing.discard(visit.instance, visit.actor, visit.request.path_params["id"])
    return go(f"/house/{visit.username}/publications", "discarded")


async def _take(visit: Visit, form: Form, kind: str, draft: Draft | None) -> Response:
    act = form.get("act") or "save"
    before = draft.written if draft is not None else Written()
    typed = written_in(form, kind, before)
    version, once = form.number("version") or 0, form.get("once")[:100]
    sheet = Sheet(kind, typed, draft, version, once)
    slip = Slip(kind, after_button(typed, act, form), draft.id if draft else "", version, once)
    saved = draft
    try:
        saved = await writing.save(visit.instance, visit.actor, hand_of(visit), slip)
        uploads = form.files.get("upload", ())
        if uploads:
            # the words are safe before a picture is looked at
            sheet = Sheet(kind, saved.written, saved, saved.version)
            saved = await _add_pictures(visit, saved, uploads)
    except FediError as problem:
        return await _not_saved(visit, sheet, problem)
    if _wants_json(visit):
        return _json(_told(visit, saved), 200)
    return await _go_on(visit, act, saved)


async def _not_saved(visit: Visit, sheet: Sheet, problem: FediError) -> Response:
    """The form as it was typed, with what is wrong; with what stands there now, when somebody else was faster."""
    is_overtaken = isinstance(problem, drafts.Overtaken)
    if _wants_json(visit):
        return _json({"state": "overtaken" if is_overtaken else "refused"}, problem.status)
    found = problems_of(problem)
    if isinstance(problem, drafts.Overtaken):
        now = replace(sheet, draft=problem.current, version=problem.current.version)
        return await show_sheet(visit, now, found, problem.status, other=problem.current)
    if isinstance(problem, Unfit):
        found = tuple(replace(each, field="upload") for each in found)
    return await show_sheet(visit, sheet, found, problem.status)


async def _add_pictures(visit: Visit, draft: Draft, uploads: Sequence[Upload]) -> Draft:
    pictures = [Picture(content=each.content, name=each.name[:100]) for each in uploads]
    slip = Slip(draft.kind, draft.written, draft.id, draft.version)
    return await writing.save(visit.instance, visit.actor, hand_of(visit), slip, pictures)


async def _go_on(visit: Visit, act: str, draft: Draft) -> Response:
    path = path_of(visit, draft)
    if act == "look":
        return go(f"{path}/look")
    if act == "publish":
        return await publish(visit, draft, draft.version)
    verb = act.partition(".")[0]
    if verb == "add" and draft.written.texts:
        return go(f"{path}#in-{draft.written.texts[-1].language}")
    if verb in ("first", "remove") or act == "upload":
        return go(f"{path}#pictures")
    return go(path, "draft")


def _finished(visit: Visit, draft: Draft) -> Response:
    """It went out already: on to what came of it."""
    which = (draft.published_uri or "").rpartition("/")[2]
    if _wants_json(visit):
        return _json({"state": "done"}, 409)
    return go(f"/house/{visit.username}/publications/{which}", "published")


def _told(visit: Visit, draft: Draft) -> dict[str, Any]:
    visitor = visit.visitor
    at = time_line(draft.changed_at, visitor.zone, visitor.language, digits=visitor.digits)
    return {
        "state": "saved",
        "path": path_of(visit, draft),
        "version": draft.version,
        "said": visitor.t("writing.saved_at", time=at),
    }


def _wants_json(visit: Visit) -> bool:
    return visit.request.headers.get("accept", "").startswith("application/json")


def _json(content: dict[str, Any], status: int) -> Response:
    return JSONResponse(content, status, headers=dict(HEADERS))
