"""`/house/{username}/moving`: earlier addresses from which a collective moves in, and moving away for good."""

from starlette.responses import Response

from actors import follows, journal
from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.desk import house
from fedi.desk.relations import RelationOrder
from fedi.errors import FediError, Invalid
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.unit import Unit
from fedi.web.shown.people import Who, who_of

WHO_MAX = 512


async def show(visit: Visit) -> Response:
    """Both forms."""
    return await _page(visit, Form(), ())


async def name_alias(visit: Visit, form: Form) -> Response:
    """Say that an address elsewhere is ours too, or no longer."""
    order = RelationOrder(who=form.get("alias")[:WHO_MAX], actor=visit.username)
    act = form.get("act")
    try:
        if act == "remove":
            await house.remove_alias(visit.instance, order)
        else:
            await house.add_alias(visit.instance, order)
    except FediError as problem:
        return await _page(visit, form, _beside("alias", problem))
    await _note(visit, "journal.alias_removed" if act == "remove" else "journal.alias_added", order)
    return go(f"/house/{visit.username}/moving", "saved")


async def move(visit: Visit, form: Form) -> Response:
    """Lead the followers away. Whoever does this types the handle that they leave."""
    order = RelationOrder(who=form.get("who")[:WHO_MAX], actor=visit.username)
    try:
        if form.get("confirmation").strip().lstrip("@") != visit.actor.handle.lstrip("@"):
            raise Invalid("profile.move_confirm", field="confirmation", handle=visit.actor.handle)
        await house.move(visit.instance, order)
    except FediError as problem:
        field = "confirmation" if problem.message_key == "profile.move_confirm" else "who"
        return await _page(visit, form, _beside(field, problem))
    await _note(visit, "journal.moved", order)
    return go(f"/house/{visit.username}/moving", "moved")


async def _note(visit: Visit, key: str, order: RelationOrder) -> None:
    def work(unit: Unit) -> None:
        journal.note(unit, visit.actor.uri, visit.member.person.id, key, order.who)

    await visit.instance.change(work)


def _beside(field: str, problem: FediError) -> tuple[Problem, ...]:
    return tuple(Problem(field, each.message_key, each.values) for each in problems_of(problem))


async def _page(visit: Visit, form: Form, problems: tuple[Problem, ...]) -> Response:
    instance, actor = visit.instance, visit.actor

    def look(rx: Reader) -> tuple[list[tuple[str, Who]], int, Who | None]:
        known = actor_store.list_by_uri(rx, actor.aliases)
        aliases = [(uri, who_of(known.get(uri), uri, instance.urls)) for uri in actor.aliases]
        moved = actor_store.find(rx, actor.moved_to) if actor.moved_to else None
        target = who_of(moved, actor.moved_to, instance.urls) if actor.moved_to else None
        return aliases, follows.count_followers(rx, actor.uri), target

    aliases, followers, target = await instance.look(look)
    return page(
        visit,
        "settings/moving.html",
        visit.visitor.t("profile.moving.title"),
        status=400 if problems else 200,
        problems=problems,
        section="settings",
        aliases=aliases,
        followers=followers,
        moved_to=target,
        handle=actor.handle,
        typed={name: form.get(name) for name in ("alias", "who", "confirmation")},
    )


DOORS = (
    Door("/house/{username}/moving", Right.STEWARD, ask=show, tell=name_alias),
    Door("/house/{username}/moving/away", Right.STEWARD, tell=move),
)
