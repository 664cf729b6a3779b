"""Addresses of the rooms of reading, and the one way in which what they name is looked up."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from actors import store as actor_store
from actors.model import Actor
from fedi.db.engine import Reader
from fedi.desk import lookup
from fedi.desk.speaker import load_known
from fedi.errors import Forbidden, Invalid, NotFound
from fedi.house.forms import Form
from fedi.house.frame import go
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.views.thread import Said, find_said

ABOUT_MAX: Final = 2048


def thread_of(username: str, uri: str) -> str:
    """Where members of this collective read a publication."""
    return f"/house/{username}/thread?{urlencode({'about': uri})}"


def page_of_actor(username: str, uri: str) -> str:
    """Where members of this collective look at somebody."""
    return f"/house/{username}/actor?{urlencode({'who': uri})}"


def sees_held(visit: Visit) -> bool:
    """Whether this person decides about what is held."""
    return visit.member.may(Right.STEWARD)


def load_said(visit: Visit, rx: Reader, which: str) -> Said:
    """What is meant, if this collective may read it.

    Raises NotFound, alike for what is not here and for what is not for this collective (S81).
    """
    which = which.strip()
    if not which or len(which) > ABOUT_MAX:
        raise NotFound("reading.not_here")
    try:
        uri = lookup.load_for(rx, visit.instance.urls, visit.actor.uri, which).uri
    except NotFound as problem:
        raise NotFound("reading.not_here") from problem
    said = find_said(rx, visit.actor, uri, held_too=sees_held(visit))
    if said is None:
        raise NotFound("reading.not_here")
    return said


def load_shown(visit: Visit, rx: Reader, which: str) -> Said:
    """The same, but not what is held: nobody answers or passes on what waits for a decision."""
    said = load_said(visit, rx, which)
    if said.is_held:
        raise Forbidden("reading.is_held")
    return said


def load_somebody(visit: Visit, rx: Reader, who: str) -> Actor:
    """Somebody known here. Raises NotFound, Invalid."""
    found = load_known(rx, visit.instance.urls, who)
    if found.role == "server":
        raise NotFound("desk.unknown_actor", who=who[:100])
    return found


def author_of(rx: Reader, said: Said) -> Actor:
    """Who wrote it. Raises NotFound when nothing is known of them."""
    return said.listed.author or actor_store.load(rx, said.listed.publication.author)


def back(visit: Visit, form: Form, told: str) -> Response:
    """On to where the form stood: a path below this collective, or its first page."""
    target = form.get("back")
    home = f"/house/{visit.username}"
    is_here = target == home or target.startswith((f"{home}/", f"{home}?"))
    strange = any(each in target.partition("?")[0] for each in ("\\", "\n", "//", ".."))
    if not is_here or strange or "\n" in target or len(target) > ABOUT_MAX * 4:
        target = home
    return go(target, told)


def must(value: str, allowed: tuple[str, ...], field: str) -> str:
    """`value` when it is one of these. Raises Invalid."""
    if value not in allowed:
        raise Invalid("reading.choice", field=field)
    return value
