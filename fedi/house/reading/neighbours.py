"""`/house/{username}/neighbours` and `…/actor`: whom the collective follows, who follows it, its lists, and one of them."""

from typing import Final, cast
from urllib.parse import urlencode

from starlette.responses import Response

from actors import circles as actor_circles
from actors import journal
from actors.circles import Circle
from actors.model import Actor
from actors.store import list_by_uri
from fedi.db.engine import Reader
from fedi.desk import blocking, circles, relations
from fedi.desk.speaker import find_or_fetch
from fedi.errors import FediError, Invalid, NotFound
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.addresses import back, load_somebody, must, page_of_actor
from fedi.house.reading.spoken import spoken_of, who_in_house
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.unit import Unit
from fedi.views.acquaintance import (
    Kind,
    Relation,
    Standing,
    list_relations,
    list_said_by,
    look_standing,
)
from fedi.views.listed import Listed
from fedi.views.paging import Page
from fedi.web.pages.frame import seen_here
from fedi.web.sanitised import Sanitised
from fedi.web.shown.people import web_link

LISTS: Final = ("following", "followers", "requests")
_FIELDS_MAX: Final = 10


async def show(visit: Visit) -> Response:
    """The lists and the form to follow somebody."""
    return await _people(visit)


async def follow(visit: Visit, form: Form) -> Response:
    """Ask to follow somebody by handle or address; their page then says how it stands."""
    who = form.get("who").strip()
    try:
        done = await relations.follow(
            visit.instance, relations.RelationOrder(who=who, actor=visit.username)
        )
    except FediError as problem:
        return await _people(visit, who=who, problems=_at(problems_of(problem), "who"))
    await visit.instance.change(lambda unit: _note(unit, visit, "journal.followed", done.uri))
    told = "follow_accepted" if done.state == "accepted" else "follow_asked"
    return go(page_of_actor(visit.username, done.uri), told)


async def unfollow(visit: Visit, form: Form) -> Response:
    """Stop following; twice is once."""
    order = relations.RelationOrder(who=form.get("who"), actor=visit.username)
    try:
        await relations.unfollow(visit.instance, order)
    except NotFound as problem:
        if problem.message_key != "follow.none":
            raise
    else:
        who = form.get("who")
        await visit.instance.change(lambda unit: _note(unit, visit, "journal.unfollowed", who))
    return back(visit, form, "unfollowed")


async def look_up(visit: Visit, form: Form) -> Response:
    """Go to the page of somebody, asking their server if they are not known here."""
    who = form.get("who").strip()
    try:
        found = await find_or_fetch(visit.instance, who)
    except FediError as problem:
        return await _people(visit, who=who, problems=_at(problems_of(problem), "who"))
    return go(page_of_actor(visit.username, found.uri))


async def show_actor(visit: Visit) -> Response:
    """Somebody: who they are, how we stand to them, what they said lately."""
    who = visit.request.query_params.get("who", "")

    def look(rx: Reader) -> tuple[Actor, Standing, Page[Listed]]:
        actor = load_somebody(visit, rx, who)
        standing = look_standing(rx, visit.actor, actor)
        return actor, standing, list_said_by(rx, visit.actor, actor.uri, visit.visitor.after)

    try:
        actor, standing, said = await visit.instance.look(look)
    except (NotFound, Invalid) as problem:
        return await _people(
            visit, who=who[:200], problems=_at(problems_of(problem), "who"), status=problem.status
        )
    seen = seen_here(visit.instance)
    here = page_of_actor(visit.username, actor.uri)
    return page(
        visit,
        "reading/actor.html",
        actor.title,
        section="neighbours",
        actor=actor,
        who=who_in_house(visit, actor, actor.uri, seen),
        is_us=actor.uri == visit.actor.uri,
        summary=Sanitised(actor.summary),
        fields=[(each.name, Sanitised(each.value)) for each in actor.fields[:_FIELDS_MAX]],
        outside_href=f"/@{actor.username}"
        if actor.is_local
        else web_link(actor.url) or web_link(actor.uri) or "",
        standing=standing,
        entries=[spoken_of(visit, each) for each in said.items],
        next_href=f"{here}&after={said.next}" if said.next else "",
        first_href=here,
        is_later=visit.visitor.after is not None,
        here_href=here,
        names_authors=True,
    )


async def shut(visit: Visit, form: Form) -> Response:
    """Shut somebody out of this collective's life, or let them in again."""
    what = must(form.get("what"), ("block", "unblock"), "what")
    order = blocking.ActorOrder(who=form.get("who"), actor=visit.username)
    do = blocking.block_actor if what == "block" else blocking.unblock_actor
    await _decide(visit, form, do(visit.instance, order), f"journal.{what}ed_actor")
    return back(visit, form, what)


async def limit(visit: Visit, form: Form) -> Response:
    """Have somebody heard only by those who follow them, on the whole instance, or no longer."""
    what = must(form.get("what"), ("limit", "unlimit"), "what")
    order = blocking.ActorOrder(who=form.get("who"))
    do = blocking.limit_actor if what == "limit" else blocking.unlimit_actor
    await _decide(visit, form, do(visit.instance, order), f"journal.{what}ed_actor")
    return back(visit, form, what)


async def change_circle(visit: Visit, form: Form) -> Response:
    """Put somebody on a list, which is made if need be; take them off; or do away with a list."""
    what = must(form.get("what"), ("add", "remove", "drop"), "what")
    name, who = form.get("circle"), form.get("who").strip()
    try:
        if what == "add":
            order = circles.MembersOrder(name=name, who=(who,) if who else (), actor=visit.username)
            if not who:
                raise Invalid("circle.whom", field="circle_who")
            await circles.add(visit.instance, order)
        elif what == "remove":
            await circles.remove(
                visit.instance, circles.MembersOrder(name=name, who=(who,), actor=visit.username)
            )
        else:
            await circles.remove(
                visit.instance,
                circles.MembersOrder(name=name, everything=True, actor=visit.username),
            )
    except (Invalid, NotFound) as problem:
        return await _people(visit, circle=name, problems=_at(problems_of(problem), "circle"))
    await visit.instance.change(lambda unit: _note(unit, visit, "journal.circle_changed", name))
    return back(visit, form, "saved")


async def _decide(visit: Visit, form: Form, doing: object, key: str) -> None:
    try:
        await doing  # type: ignore[misc]
    except NotFound as problem:
        # it was so already
        if problem.message_key not in ("desk.not_blocked", "policy.not_limited"):
            raise
        return
    who = form.get("who")
    await visit.instance.change(lambda unit: _note(unit, visit, key, who))


async def _people(
    visit: Visit,
    *,
    who: str = "",
    circle: str = "",
    problems: tuple[Problem, ...] = (),
    status: int = 400,
) -> Response:
    asked = visit.request.query_params.get("list", "")
    kind = cast(Kind, asked if asked in LISTS else "following")

    def look(rx: Reader) -> tuple[Page[Relation], list[tuple[Circle, list[str]]], bool]:
        lists = [
            (each, list(actor_circles.list_members(rx, each.id)))
            for each in actor_circles.list_of(rx, visit.actor.uri)
        ]
        asking = list_relations(rx, visit.actor, "requests", None, most=1)
        return (
            list_relations(rx, visit.actor, kind, visit.visitor.after),
            lists,
            bool(asking.items),
        )

    found, lists, has_requests = await visit.instance.look(look)
    members = await visit.instance.look(
        lambda rx: _known(rx, [uri for _, some in lists for uri in some])
    )
    seen, here = seen_here(visit.instance), f"/house/{visit.username}/neighbours"
    return page(
        visit,
        "reading/neighbours.html",
        visit.visitor.t("reading.people.title"),
        status=status if problems else 200,
        problems=problems,
        section="neighbours",
        kind=kind,
        kinds=[(each, visit.visitor.t(f"reading.people.{each}")) for each in LISTS],
        people=[(each, who_in_house(visit, each.actor, each.uri, seen)) for each in found.items],
        next_href=f"{here}?{urlencode({'list': kind, 'after': str(found.next)})}"
        if found.next
        else "",
        first_href=f"{here}?list={kind}",
        is_later=visit.visitor.after is not None,
        here_href=f"{here}?list={kind}",
        has_requests=has_requests,
        circles=[
            (each, [(uri, who_in_house(visit, members.get(uri), uri)) for uri in some])
            for each, some in lists
        ],
        typed_who=who,
        typed_circle=circle,
    )


def _known(rx: Reader, uris: list[str]) -> dict[str, Actor]:
    from_here: dict[str, Actor] = {}
    for start in range(0, len(uris), 500):
        from_here |= list_by_uri(rx, uris[start : start + 500])
    return from_here


def _at(problems: tuple[Problem, ...], field: str) -> tuple[Problem, ...]:
    """Beside the field from which they come."""
    return tuple(Problem(field, each.message_key, each.values) for each in problems)


def _note(unit: Unit, visit: Visit, done: str, about: str) -> None:
    journal.note(unit, visit.actor.uri, visit.member.person.id, done, about)


DOORS = (
    Door("/house/{username}/neighbours", Right.READ, ask=show),
    Door("/house/{username}/neighbours/follow", Right.PUBLISH, tell=follow),
    Door("/house/{username}/neighbours/unfollow", Right.PUBLISH, tell=unfollow),
    Door("/house/{username}/neighbours/look", Right.DRAFT, tell=look_up),
    Door("/house/{username}/neighbours/circle", Right.PUBLISH, tell=change_circle),
    Door("/house/{username}/neighbours/shut", Right.STEWARD, tell=shut),
    Door("/house/{username}/neighbours/limit", Right.HOUSE, tell=limit),
    Door("/house/{username}/actor", Right.READ, ask=show_actor),
)
