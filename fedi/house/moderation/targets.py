"""`/steward/moderation/hosts` and `…/about`: who is shut out, limited or allowed; and one host or account with its history."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

from actors import blocks, follows, keys
from actors import store as actor_store
from fedi.canonical import host_of
from fedi.db.engine import Reader
from fedi.desk import blocking, sight
from fedi.desk.blocking import ActorOrder, HostOrder, ListOrder
from fedi.desk.collectives import NoOrder
from fedi.desk.sight import HistoryOrder, NoteOrder, find_target
from fedi.desk.speaker import find_or_fetch
from fedi.errors import FediError, Invalid
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.moderation.lines import ABOUT, host_href, moment, said, target_href, who_line
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.web.shown.people import Who

HOSTS: Final = "/steward/moderation/hosts"
TARGET_MAX: Final = 2048
_OF_HOSTS: Final[Mapping[str, Callable[..., Awaitable[Any]]]] = {
    "limit": blocking.limit_host,
    "unlimit": blocking.unlimit_host,
    "block": blocking.block_host,
    "unblock": blocking.unblock_host,
    "allow": blocking.allow,
    "disallow": blocking.disallow,
}
_OF_ACTORS: Final[Mapping[str, Callable[..., Awaitable[Any]]]] = {
    "limit": blocking.limit_actor,
    "unlimit": blocking.unlimit_actor,
    "block": blocking.block_actor,
    "unblock": blocking.unblock_actor,
}


@dataclass(frozen=True, slots=True)
class Line:
    """Something in force. `name`: a host or a handle."""

    name: str
    kind: str
    severity: str
    href: str


@dataclass(frozen=True, slots=True)
class State:
    """How things stand with a host or an account. `above`: the domain above it whose state holds for it too."""

    is_blocked: bool
    is_limited: bool
    is_allowed: bool
    above: str
    following: int
    followers: int


async def show(visit: Visit) -> Response:
    """Everything in force, and a way to any other host or account."""
    return await _list(visit, "")


async def find(visit: Visit, form: Form) -> Response:
    """On to the page about a host or an account; an account nobody here knows is asked for."""
    text = form.get("target").strip()
    try:
        if not text or len(text) > TARGET_MAX:
            raise Invalid("moderation.target_missing", field="target")
        if "@" in text or "/" in text:
            found = await find_or_fetch(visit.instance, text)
            if found.is_local:
                raise Invalid("desk.block_ours", field="target")
            target = found.uri
        else:
            target = blocking.host_elsewhere(visit.instance, text)
    except FediError as problem:
        return await _list(visit, text, _beside_target(problem))
    return go(f"{ABOUT}?target={quote(target, safe='')}")


async def about(visit: Visit) -> Response:
    """One host or account."""
    return await _about(visit, visit.request.query_params.get("target", ""), Form())


async def decide(visit: Visit, form: Form) -> Response:
    """Limit, shut out, undo, or write something down."""
    target, act, why = form.get("target"), form.get("act"), form.get("why")
    person = visit.member.person.id
    try:
        kind, target = await visit.instance.look(
            lambda rx: find_target(rx, visit.instance, target[:TARGET_MAX])
        )
        if act == "note":
            await sight.take_note(visit.instance, NoteOrder(target=target, why=why, person=person))
        elif act not in (_OF_HOSTS if kind == "host" else _OF_ACTORS):
            raise Invalid("moderation.act_missing", field="act")
        elif kind == "host":
            order = HostOrder(host=target, why=why, person=person)
            await _OF_HOSTS[act](visit.instance, order)
        else:
            await _OF_ACTORS[act](visit.instance, ActorOrder(who=target, why=why, person=person))
    except FediError as problem:
        return await _about(visit, target, form, problems_of(problem))
    return go(f"{ABOUT}?target={quote(target, safe='')}", "decided")


async def _list(visit: Visit, typed: str, problems: tuple[Problem, ...] = ()) -> Response:
    instance = visit.instance
    found = await blocking.list_blocks(instance, ListOrder())
    allowed = await blocking.list_allowed(instance, NoOrder())

    def look(rx: Reader) -> list[Line]:
        known = actor_store.list_by_uri(
            rx, [each.target for each in found.blocks if each.kind == blocks.ACTOR]
        )
        return [
            Line(
                known[each.target].handle if each.target in known else each.target,
                each.kind,
                each.severity,
                target_href(each.kind, each.target) or "",
            )
            for each in found.blocks
        ]

    return page(
        visit,
        "moderation/hosts.html",
        visit.visitor.t("moderation.hosts.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        tab="hosts",
        lines=await instance.look(look),
        allowed=[(host, target_href("host", host)) for host in allowed.hosts],
        is_closed=allowed.is_closed,
        typed=typed,
    )


async def _about(
    visit: Visit, text: str, form: Form, problems: tuple[Problem, ...] = ()
) -> Response:
    instance = visit.instance

    def look(rx: Reader) -> tuple[str, str, State, Who | None, datetime | None, str]:
        kind, target = find_target(rx, instance, text[:TARGET_MAX])
        who = who_line(visit, rx, target) if kind == "actor" else None
        changed_at = keys.changed_at(rx, target) if kind == "actor" else None
        known = actor_store.find(rx, target) if kind == "actor" else None
        formerly = known.former_handle if known else ""
        return kind, target, state_of(rx, kind, target), who, changed_at, formerly

    kind, target, state, who, key_changed_at, formerly = await instance.look(look)
    log = await sight.history(instance, HistoryOrder(about=target, most=100))
    return page(
        visit,
        "moderation/about.html",
        who.name.text if who else target,
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        tab="hosts",
        kind=kind,
        target=target,
        who=who,
        formerly=formerly,
        key_changed=moment(visit, key_changed_at) if key_changed_at else "",
        host=host_of(target) if who else target,
        host_href=host_href(target) if who else "",
        state=state,
        is_closed=await instance.look(blocks.is_closed),
        log=said(visit, log.entries),
        typed={"act": form.get("act"), "why": form.get("why")},
    )


def state_of(rx: Reader, kind: str, target: str) -> State:
    """How things stand, and the follows that shutting out would end."""
    host = host_of(target) if kind == "actor" else target
    blocked = {name for name, _ in blocks.list_targets(rx, blocks.INSTANCE)}
    limited = {name for name, _ in blocks.list_limited(rx)}
    higher = [each for each in blocks.with_parents(host) if each != target]
    above = next((each for each in higher if each in blocked or each in limited), "")
    if kind == "host":
        ties = blocks.ties_by_domain(rx).get(host, blocks.Ties())
    else:
        ours = [each.uri for each in actor_store.list_collectives(rx)]
        ties = blocks.Ties(
            sum(follows.is_follower(rx, each, target) for each in ours),
            sum(follows.is_follower(rx, target, each) for each in ours),
        )
    return State(
        is_blocked=target in blocked,
        is_limited=target in limited,
        is_allowed=target in blocks.list_allowed(rx),
        above=above,
        following=ties.following,
        followers=ties.followers,
    )


def _beside_target(problem: FediError) -> tuple[Problem, ...]:
    """What is wrong stands beside the one field there is."""
    return tuple(Problem("target", each.message_key, each.values) for each in problems_of(problem))


DOORS = (
    Door(HOSTS, Right.HOUSE, ask=show, tell=find),
    Door(ABOUT, Right.HOUSE, ask=about, tell=decide),
)
