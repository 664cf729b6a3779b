"""How every page of the house is put together, and what its answers tell browsers and caches."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import store as actor_store
from fedi.errors import FediError, Invalid
from fedi.house.member import Member, Visit
from fedi.house.rights import Right, allows
from fedi.instance import Instance
from fedi.publications.contract import Problem
from fedi.web.pages.frame import seen_here, show
from fedi.web.site import Head, site_of
from fedi.web.visitor import Visitor

# Scripts improve these pages; what they need is ours alone.
POLICY: Final = (
    "default-src 'none'; img-src 'self' blob:; style-src 'self'; script-src 'self'; connect-src 'self'; font-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# With `no-referrer` browsers would send `Origin: null` with our own forms (Fetch, "serializing a request origin").
HEADERS: Final = {
    "cache-control": "private, no-store",
    "content-security-policy": POLICY,
    "referrer-policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A room in the navigation: its name, its path below that of the collective (or, from `/steward`, of the instance), and
    the right it takes. `is_daily`: whether it stands in the open; the others are in the menu."""

    name: str
    path: str
    right: Right
    is_daily: bool = True


SECTIONS: Final = (
    Section("home", "", Right.READ),
    Section("timeline", "/timeline", Right.READ),
    Section("write", "/write", Right.DRAFT),
    Section("search", "/search", Right.READ),
    Section("neighbours", "/neighbours", Right.READ),
    Section("journal", "/journal", Right.READ, is_daily=False),
    Section("people", "/people", Right.STEWARD, is_daily=False),
    Section("settings", "/settings", Right.STEWARD, is_daily=False),
    Section("steward", "/steward", Right.HOUSE, is_daily=False),
)


def page(
    visit: Visit,
    template: str,
    title: str,
    *,
    status: int = 200,
    problems: tuple[Problem, ...] = (),
    section: str = "",
    **values: Any,
) -> Response:
    """A page of the house. `title` is translated already; `section`: which entry of the navigation is lit.

    Templates have `visit`, `member`, `may`, `here` (the path of the collective) and `problems` besides what all pages have.
    """
    instance = visit.instance
    site = site_of(instance.config, instance.urls, visit.member.collectives[:1])
    head = Head(title=title, canonical=f"{instance.urls.base}/house", is_indexed=False)
    values.setdefault("seen", seen_here(instance))
    values.setdefault("token", visit.member.form_token)
    return show(
        visit.request,
        f"house/{template}",
        visit.visitor,
        site,
        head,
        status=status,
        headers=HEADERS,
        member=visit.member,
        may={right.value: visit.member.may(right) for right in Right},
        here=f"/house/{visit.member.actor.username}" if visit.member.actor else "",
        problems=said(visit.visitor, problems),
        section=section,
        sections=_sections(visit.member),
        told=visit.request.query_params.get("told", "")[:40],
        **values,
    )


def _sections(member: Member) -> list[tuple[Section, str]]:
    """The rooms this person may enter, each with its address: those of the collective of the page, else of their first."""
    current = member.actor or next(iter(member.collectives), None)
    if current is None:
        return []
    role = member.person.roles.get(current.uri, "")
    return [
        (each, each.path if each.right is Right.HOUSE else f"/house/{current.username}{each.path}")
        for each in SECTIONS
        if (member.is_house_steward if each.right is Right.HOUSE else allows(role, each.right))
    ]


async def door_page(
    instance: Instance,
    request: Request,
    visitor: Visitor,
    template: str,
    title: str,
    *,
    token: str,
    status: int = 200,
    problems: tuple[Problem, ...] = (),
    **values: Any,
) -> Response:
    """A page before the door: signing in, an invitation."""
    site = site_of(
        instance.config, instance.urls, await instance.look(actor_store.list_collectives)
    )
    head = Head(title=title, canonical=f"{instance.urls.base}/sign-in", is_indexed=False)
    return show(
        request,
        f"house/{template}",
        visitor,
        site,
        head,
        status=status,
        headers=HEADERS,
        token=token,
        problems=said(visitor, problems),
        **values,
    )


def go(address: str, told: str = "") -> Response:
    """On to another page of ours, after something was done. `told`: the last part of a key `house.told.…` that says what."""
    mark = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{mark}told={told}" if told else address, 303, dict(HEADERS))


def said(visitor: Visitor, problems: tuple[Problem, ...]) -> list[tuple[str, str]]:
    """Problems as the person reads them: the field, and what is wrong with it."""
    return [(each.field, visitor.t(each.message_key, **each.values)) for each in problems]


def problems_of(error: FediError) -> tuple[Problem, ...]:
    """What is wrong, field by field where the error knows."""
    many = getattr(error, "problems", None)
    if many:
        return tuple(many)
    field = error.field if isinstance(error, Invalid) else ""
    return (Problem(field, error.message_key, error.values),)
