"""`/authorize_interaction` and `/intent/…`: the pages that our WebFinger names to other servers.

Opening one changes nothing and asks nobody: whoever reads here could be made to open it by any page. What is not known here
is fetched, and what is asked is done, when the person presses the button, in the name of the collective they choose.
"""

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from actors import journal
from actors import store as actor_store
from actors.model import Actor
from fedi.db.engine import Reader
from fedi.desk import relations
from fedi.errors import FediError, Forbidden, Invalid, NotFound
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.intents.wish import CREATE, OPEN, Wish, read_wish
from fedi.house.member import Visit
from fedi.house.reading import acts
from fedi.house.reading.addresses import load_said, load_shown
from fedi.house.reading.reach import Reached, find_reached, reach
from fedi.house.reading.spoken import spoken_of, who_in_house
from fedi.house.rights import Right, allows
from fedi.publications.contract import Problem
from fedi.views.listed import Listed
from fedi.web.pages.frame import seen_here

# An option of a list holds no elements: the handle is kept in its own direction by signs (U+2066, U+2069).
_LTR, _END = "\u2066", "\u2069"
_REACTIONS: Final = {"like": "like", "announce": "boost"}


async def show(visit: Visit) -> Response:
    """What was asked, and the button that does it; straight on where there is nothing to decide."""
    wish = _asked(visit)
    able = _able(visit, wish)
    if len(able) == 1 and wish.what in (OPEN, CREATE):
        address = await _known_page(_acting(visit, able[0]), wish)
        if address:
            return go(address)
    return await _page(visit, wish, able)


async def tell(visit: Visit, form: Form) -> Response:
    """Do it, in the name of the collective that was chosen."""
    what = visit.request.path_params["what"]
    wish = read_wish(what, form.get, allows_http=visit.instance.config.network.unsafe_allow_http)
    able = _able(visit, wish)
    chosen = form.get("as")
    actor = next((each for each in able if each.username == chosen), None)
    if actor is None:
        choose = (Problem("as", "intent.choose"),)
        return await _page(visit, wish, able, choose)
    acting = _acting(visit, actor)
    try:
        address, told = await _do(acting, wish)
    except FediError as problem:
        found = tuple(Problem("", each.message_key, each.values) for each in problems_of(problem))
        return await _page(visit, wish, able, found, chosen)
    if not (told and wish.on_success):
        return go(address, told)
    title = visit.visitor.t(f"house.told.{told}")
    return page(acting, "intents/done.html", title, wish=wish, address=address)


async def _do(acting: Visit, wish: Wish) -> tuple[str, str]:
    """Where it can be seen, and what was done. Raises FediErrors."""
    known = await _known_page(acting, wish)
    if wish.what in (OPEN, CREATE) and known:
        return known, ""
    if not (known or acting.member.may(Right.DRAFT)):
        # as with a handle that is typed: who only reads sends this server nowhere
        raise NotFound("reading.not_here")
    found = await reach(acting, wish.about)
    address = found.page(acting.username)
    if wish.what == "follow":
        return address, await _follow(acting, found)
    if wish.what == "join":
        if found.is_actor:
            raise Invalid("intent.not_words")
        await acting.instance.look(lambda rx: load_shown(acting, rx, found.uri))
        await acts.come(acting, found.uri)
        return address, "attended"
    if wish.what in _REACTIONS:
        if found.is_actor:
            raise Invalid("intent.not_words")
        await acting.instance.look(lambda rx: load_shown(acting, rx, found.uri))
        await acts.do(acting, _REACTIONS[wish.what], found.uri)
        return address, _REACTIONS[wish.what]
    return address, ""


async def _follow(acting: Visit, found: Reached) -> str:
    if not found.is_actor:
        raise Invalid("intent.not_somebody")
    order = relations.RelationOrder(who=found.uri, actor=acting.username)
    done = await relations.follow(acting.instance, order)
    person_id = acting.member.person.id
    await acting.instance.change(
        lambda unit: journal.note(unit, acting.actor.uri, person_id, "journal.followed", done.uri)
    )
    return "follow_accepted" if done.state == "accepted" else "follow_asked"


def _asked(visit: Visit) -> Wish:
    query = visit.request.query_params
    allows_http = visit.instance.config.network.unsafe_allow_http
    what = visit.request.path_params.get("what", OPEN)
    return read_wish(what, lambda name: query.get(name, ""), allows_http=allows_http)


def _able(visit: Visit, wish: Wish) -> list[Actor]:
    """The collectives in whose name this person may do it. Raises Forbidden when there is none."""
    roles = visit.member.person.roles
    able = [
        each for each in visit.member.collectives if allows(roles.get(each.uri, ""), wish.right)
    ]
    if not able:
        raise Forbidden("house.not_your_role", detail=wish.right)
    return able


def _acting(visit: Visit, actor: Actor) -> Visit:
    """The same visit, in the name of a collective that `_able` named."""
    role = visit.member.person.roles.get(actor.uri, "")
    return replace(visit, member=replace(visit.member, actor=actor, role=role))


async def _known_page(acting: Visit, wish: Wish) -> str:
    """Where what it is about, or the form for a new text, stands already; empty when it would have to be fetched."""
    here = f"/house/{acting.username}/write"
    if not wish.about:
        return f"{here}?{urlencode({'kind': 'note', 'text': wish.content})}"
    found = await acting.instance.look(lambda rx: find_reached(acting, rx, wish.about))
    return found.page(acting.username) if found is not None else ""


async def _page(
    visit: Visit,
    wish: Wish,
    able: list[Actor],
    problems: tuple[Problem, ...] = (),
    chosen: str = "",
) -> Response:
    instance, first = visit.instance, _acting(visit, able[0])

    def look(rx: Reader) -> tuple[Actor | None, Listed | None]:
        found = find_reached(first, rx, wish.about) if wish.about else None
        if found is None:
            return None, None
        if found.is_actor:
            return actor_store.load(rx, found.uri), None
        return None, load_said(first, rx, found.uri).listed

    actor, listed = await instance.look(look)
    is_known = actor is not None or listed is not None
    is_ours = wish.host in instance.urls.own_hosts
    if is_ours and not is_known and len(able) == 1:
        raise NotFound("reading.not_here")
    return page(
        visit,
        "intents/ask.html",
        visit.visitor.t(f"intent.title.{wish.what}"),
        status=400 if problems else 200,
        problems=problems,
        wish=wish,
        who=who_in_house(first, actor, actor.uri, seen_here(instance)) if actor else None,
        said=spoken_of(first, listed) if listed else None,
        asks=bool(wish.about) and not is_known and not is_ours,
        able=able,
        choices=[(each.username, f"{each.title} {_LTR}{each.handle}{_END}") for each in able],
        chosen=chosen,
    )


DOORS: Final = (
    Door("/authorize_interaction", Right.SELF, ask=show),
    Door("/intent/{what}", Right.SELF, ask=show, tell=tell),
)
