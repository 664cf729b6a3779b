"""`/house/NAME/draft/ID/look`: what it will look like, here and elsewhere, and letting it go out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from actors import people
from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.desk import speaker, writing
from fedi.desk.moments import parse_typed
from fedi.desk.publishing import Preview
from fedi.errors import FediError, Forbidden, Invalid
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.house.writing.elsewhere import post_of, row_of
from fedi.house.writing.languages import name_of
from fedi.house.writing.sheet import Sheet, hand_of, load, placed, show_sheet
from fedi.i18n.dates import moment_line, zone_of
from fedi.i18n.negotiate import choose_text
from fedi.publications import drafts
from fedi.publications.contract import Problem
from fedi.publications.drafts import Draft
from fedi.views.conversation import Conversation
from fedi.views.listed import Listed
from fedi.web.pages.frame import seen_here
from fedi.web.shown.article import article_of
from fedi.web.shown.people import who_of

MENTIONS_MAX = 20


async def show(visit: Visit) -> Response:
    """The page; with `part` only what stands beside the form."""
    draft = await load(visit)
    if draft.state == drafts.DONE:
        return go(_after(visit, draft.published_uri or ""), "published")
    if visit.request.query_params.get("part"):
        return await _page(visit, draft, template="writing/part.html")
    return await _page(visit, draft)


async def tell(visit: Visit, form: Form) -> Response:
    """Publish it, let it go out later, ask for it, send it back, find who is named."""
    draft = await load(visit)
    if draft.state == drafts.DONE:
        return go(_after(visit, draft.published_uri or ""), "published")
    act, version = form.get("act"), form.number("version") or 0
    if act == "publish":
        return await publish(visit, draft, version, from_look=True)
    try:
        return await _do(visit, draft, act, version, form)
    except drafts.Overtaken as overtaken:
        return await _page(visit, overtaken.current, problems_of(overtaken), 409)
    except FediError as problem:
        typed = {name: form.get(name) for name in ("at_day", "at_hour", "note")}
        return await _page(visit, draft, problems_of(problem), problem.status, typed=typed)


async def publish(visit: Visit, draft: Draft, version: int, *, from_look: bool = False) -> Response:
    """Let it go out; what must be mended is shown beside its field. What repeats is looked at first."""
    if (
        not from_look
        and (draft.written.get("repeat") or draft.written.get("rule"))
        and not draft.changes_uri
    ):
        return go(f"/house/{visit.username}/draft/{draft.id}/look")
    hand = hand_of(visit)
    try:
        uri, published = await writing.publish(visit.instance, visit.actor, hand, draft.id, version)
    except drafts.Overtaken as overtaken:
        return await _page(visit, overtaken.current, problems_of(overtaken), 409)
    except FediError as problem:
        found = problems_of(problem)
        if from_look or isinstance(problem, Forbidden):
            return await _page(visit, draft, found, problem.status)
        sheet = Sheet(draft.kind, draft.written, draft, draft.version)
        return await show_sheet(visit, sheet, found, problem.status)
    told = "published" if published is None or not published.others else "published_all"
    return go(_after(visit, uri), "changed" if draft.changes_uri else told)


async def _do(visit: Visit, draft: Draft, act: str, version: int, form: Form) -> Response:
    instance, actor, hand = visit.instance, visit.actor, hand_of(visit)
    here = f"/house/{visit.username}/draft/{draft.id}/look"
    if act == "ask":
        await writing.ask(instance, actor, hand, draft.id, version)
        return go(here, "asked")
    if act == "back":
        await writing.send_back(instance, actor, hand, draft.id, form.get("note"))
        return go(f"/house/{visit.username}/draft/{draft.id}", "back")
    if act == "schedule":
        zone = instance.config.instance.timezone
        typed = f"{form.get('at_day').strip()}T{form.get('at_hour').strip()}"
        at = parse_typed(typed[:40], zone_of(zone), "at_day").at
        await writing.schedule(instance, actor, hand, draft.id, version, at)
        return go(here, "scheduled")
    if act == "find":
        await _find(visit, draft)
        return go(f"{here}#named")
    raise Invalid("house.form", detail="act")


async def _find(visit: Visit, draft: Draft) -> None:
    """Ask their servers who is named and not known here yet."""
    found = await writing.preview(visit.instance, visit.actor, draft.kind, draft.written)
    unknown = [handle for handle, actor in found.mentioned.items() if actor is None]
    for handle in unknown[:MENTIONS_MAX]:
        try:
            await speaker.find_or_fetch(visit.instance, handle)
        except FediError:
            continue


async def _page(
    visit: Visit,
    draft: Draft,
    problems: tuple[Problem, ...] = (),
    status: int = 200,
    *,
    template: str = "writing/look.html",
    typed: dict[str, str] | None = None,
) -> Response:
    instance, visitor, actor = visit.instance, visit.visitor, visit.actor
    t, person = visitor.t, visit.member.person

    def look(rx: Reader) -> dict[str, Any]:
        changed = people.find_by_id(rx, draft.changed_by)
        return {
            "needs_another": writing.needs_another(rx, draft, person.id),
            "changed_by": changed.name if changed else "",
        }

    found = await instance.look(look)
    preview = await writing.preview(instance, actor, draft.kind, draft.written)
    parent = None
    if preview.parent is not None:
        answered = preview.parent
        author = await instance.look(lambda rx: actor_store.find(rx, answered.author))
        parent = Listed(answered, author, 0, 1, instance.urls.is_ours(answered.uri))
    listed = Listed(preview.publication, preview.author, 0, 1, True)
    asked = visitor.text_language or preview.publication.language
    reader = replace(visitor, text_language=asked)
    seen = seen_here(instance)
    article = article_of(Conversation(listed, parent, ()), reader, seen)
    here = f"/house/{visit.username}/draft/{draft.id}/look"
    article = replace(
        article,
        languages=tuple(
            replace(each, href=f"{here}?text={each.tag}") for each in article.languages
        ),
    )
    language, text = choose_text(preview.publication.texts, asked)
    zone = instance.config.instance.timezone

    def moment(at: Any) -> str:
        return moment_line(at, zone, visitor.language, digits=visitor.digits)

    original = preview.publication.language
    return page(
        visit,
        template,
        t("writing.look.title"),
        status=status,
        problems=tuple(problems),
        section="write",
        draft=draft,
        article=article,
        post=post_of(preview.publication, language, text),
        row=row_of(preview.publication, language, text),
        author=who_of(preview.author, preview.author.uri, instance.urls, seen),
        missing=_missing(visit, preview, original),
        is_dateless=any(each.field == "starts_at" for each in preview.problems),
        notices=[t(each.key, **each.values) for each in preview.notices],
        named=[
            (handle, who_of(known, known.uri, instance.urls, seen) if known else None)
            for handle, known in preview.mentioned.items()
        ],
        audience=_audience(visit, draft),
        times=[moment(each) for each in preview.starts] if len(preview.starts) > 1 else [],
        due=moment(draft.due_at) if draft.due_at else "",
        typed=typed or {"at_day": "", "at_hour": "", "note": ""},
        spread=instance.config.instance.spread // timedelta(minutes=1),
        zone=zone,
        language_name=name_of(language),
        failure=t(draft.failure[0], **draft.failure[1]) if draft.failure else "",
        may_publish=visit.member.may(Right.PUBLISH),
        **found,
    )


def _missing(visit: Visit, preview: Preview, language: str) -> list[tuple[str, str]]:
    """What must still be mended, each with the field of the form it is about."""
    placed_ = [placed(each, language) for each in preview.problems]
    return [(each.field, visit.visitor.t(each.message_key, **each.values)) for each in placed_]


def _audience(visit: Visit, draft: Draft) -> tuple[str, str]:
    """Who will read it, in one honest sentence."""
    t, chosen = visit.visitor.t, draft.written.get("visibility") or "public"
    if chosen == "list":
        name = draft.written.get("circle")
        return t("writing.audience.list_named", name=name), t("writing.audience.list.hint")
    if not t.has(f"visibility.{chosen}"):
        return chosen, ""
    return t(f"visibility.{chosen}"), t(f"visibility.{chosen}.hint")


def _after(visit: Visit, uri: str) -> str:
    return f"/house/{visit.username}/publications/{uri.rpartition('/')[2]}"
