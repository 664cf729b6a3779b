"""`/house/{username}/profile`: what a collective says of itself, its pictures, and what it pinned."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from actors.model import Actor, ActorImage
from fedi.config import LANGUAGES
from fedi.db.engine import Reader
from fedi.desk import collectives, house, writing
from fedi.desk.collectives import FIELDS_MAX, SetOrder
from fedi.desk.relations import ReactionOrder
from fedi.errors import FediError, UnsupportedMediaType
from fedi.house import focal
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.parts import Brings
from fedi.house.rights import Right
from fedi.media.intake import UPLOAD_BYTES_MAX
from fedi.publications import featured, store
from fedi.publications.contract import Problem
from fedi.text.html import text_of
from fedi.web.pages.frame import seen_here
from fedi.web.shown.people import path_here
from fedi.web.shown.words import Words, chosen_text, title_of

IMAGES: Final = ("avatar", "header")
_PICTURES: Final = Brings(len(IMAGES), UPLOAD_BYTES_MAX, len(IMAGES) * UPLOAD_BYTES_MAX)


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of the profile as the form shows it; `src` is empty when there is none."""

    name: str
    src: str
    alt: str
    removes: bool = False
    focal: str = ""


async def show(visit: Visit) -> Response:
    """The form, filled with what is so now."""
    return await _page(visit, Form(), ())


async def save(visit: Visit, form: Form) -> Response:
    """Change it and tell the followers. A form that changes nothing tells nobody."""
    try:
        await collectives.change(visit.instance, _order(visit, form))
    except FediError as problem:
        if problem.message_key != "desk.nothing_to_change":
            return await _page(visit, form, problems_of(problem))
    return go(f"/house/{visit.username}/profile", "saved")


async def pin(visit: Visit, form: Form) -> Response:
    """Pin, put first, take off."""
    order = ReactionOrder(which=form.get("which"), actor=visit.username)
    doing = {"pin": house.pin, "first": house.pin_first, "unpin": house.unpin}.get(form.get("act"))
    try:
        await visit.instance.look(
            lambda rx: writing.load_own(rx, visit.instance, visit.actor, order.which)
        )
        await (doing or house.pin)(visit.instance, order)
    except FediError as problem:
        wrong = tuple(Problem("which", p.message_key, p.values) for p in problems_of(problem))
        return await _page(visit, Form(), wrong, which=form.get("which"))
    return go(f"/house/{visit.username}/profile", "saved")


def _order(visit: Visit, form: Form) -> SetOrder:
    """Only what is different from what is so now."""
    actor = visit.actor

    def text(name: str, before: str) -> str | None:
        return form.get(name) if form.get(name) != before else None

    def box(name: str, before: bool) -> bool | None:
        return form.has(name) if form.has(name) != before else None

    def image(name: str) -> bytes | None:
        chosen = form.files.get(name, ())
        if chosen:
            if not chosen[-1].content:
                # nothing would mean: without a picture from now on
                raise UnsupportedMediaType("media.not_an_image", field=name)
            return chosen[-1].content
        return b"" if form.has(f"{name}_remove") else None

    typed = _typed_fields(form)
    return SetOrder(
        actor=visit.username,
        name=text("name", actor.name),
        summary=text("summary", actor.summary_source or text_of(actor.summary)),
        language=text("language", actor.language or ""),
        approves_followers=box("approves_followers", actor.approves_followers),
        discoverable=box("discoverable", actor.discoverable),
        indexable=box("indexable", actor.indexable),
        avatar=image("avatar"),
        header=image("header"),
        avatar_alt=_alt(form, "avatar", actor.icon),
        header_alt=_alt(form, "header", actor.image),
        avatar_focal=focal.focal_of(form.get("avatar_focal")),
        header_focal=focal.focal_of(form.get("header_focal")),
        fields=typed if [pair for pair in typed if any(pair)] != _fields_of(actor) else None,
        person=visit.member.person.id,
    )


def _alt(form: Form, name: str, before: ActorImage | None) -> str | None:
    said = form.get(f"{name}_alt")
    if form.files.get(name):
        return said
    return said if before is not None and said != (before.alt or "") else None


def _typed_fields(form: Form) -> tuple[tuple[str, str], ...]:
    return tuple(
        (form.get(f"field_name_{number}").strip(), form.get(f"field_value_{number}").strip())
        for number in range(1, FIELDS_MAX + 1)
    )


def _fields_of(actor: Actor) -> list[tuple[str, str]]:
    return [(each.name, text_of(each.value)) for each in actor.fields]


async def _page(
    visit: Visit, form: Form, problems: tuple[Problem, ...], *, which: str = ""
) -> Response:
    instance, actor = visit.instance, visit.actor

    def look(rx: Reader) -> list[tuple[str, Words, str]]:
        found = [store.find(rx, uri) for uri in featured.list_uris(rx, actor.uri)]
        return [
            (
                each.uri,
                title_of(chosen_text(each, visit.visitor)),
                path_here(each.uri, instance.urls),
            )
            for each in found
            if each is not None
        ]

    filled = [*_fields_of(actor), *[("", "")] * FIELDS_MAX][:FIELDS_MAX]
    is_again = form.has("name") or bool(form.texts)
    seen = seen_here(instance)
    images = [
        Image(
            name,
            (seen(before.url) or "") if before else "",
            form.get(f"{name}_alt") if is_again else (before.alt or "" if before else ""),
            form.has(f"{name}_remove"),
            form.get(f"{name}_focal"),
        )
        for name, before in zip(IMAGES, (actor.icon, actor.image), strict=True)
    ]
    summary = actor.summary_source or text_of(actor.summary)
    return page(
        visit,
        "settings/profile.html",
        visit.visitor.t("profile.title"),
        status=400 if problems else 200,
        problems=problems,
        section="settings",
        languages=LANGUAGES,
        images=images,
        focal_points=[
            (point, visit.visitor.t(f"writing.focal.{number}"))
            for number, point in enumerate(focal.POINTS)
        ],
        pinned=await instance.look(look),
        fields=_typed_fields(form) if is_again else filled,
        which=which,
        lost_files=is_again and bool(form.files),
        typed={
            "name": form.get("name") if is_again else actor.name,
            "summary": form.get("summary") if is_again else summary,
            "language": form.get("language") if is_again else actor.language or "",
            "approves_followers": form.has("approves_followers")
            if is_again
            else actor.approves_followers,
            "discoverable": form.has("discoverable") if is_again else actor.discoverable,
            "indexable": form.has("indexable") if is_again else actor.indexable,
        },
    )


DOORS = (
    Door("/house/{username}/profile", Right.STEWARD, ask=show, tell=save, brings=_PICTURES),
    Door("/house/{username}/profile/pins", Right.STEWARD, tell=pin),
)
