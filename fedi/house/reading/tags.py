"""`/house/{username}/tags`: the hashtags that the collective follows. `/me/tag/…`: from the page of a hashtag to there."""

from urllib.parse import quote, urlencode

from starlette.responses import Response

from actors import followed_tags, journal
from actors.followed_tags import FollowedTag
from fedi.db.engine import Reader
from fedi.desk import tags
from fedi.errors import Conflict, Invalid, NotFound
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.addresses import back
from fedi.house.rights import Right, allows
from fedi.publications.contract import Problem
from fedi.text.direction import clean_line
from fedi.text.hashtags import NAME_LENGTH_MAX
from fedi.unit import Unit


async def show(visit: Visit) -> Response:
    """The list, and the form to follow one more."""
    return await _page(visit, _named(visit))


async def follow(visit: Visit, form: Form) -> Response:
    """Follow a hashtag; once more, to show its events to everybody or no longer."""
    name, on_agenda = form.get("name"), form.has("agenda")
    order = tags.FollowOrder(name=name, on_agenda=on_agenda, actor=visit.username)
    try:
        done = await tags.follow(visit.instance, order)
    except (Invalid, Conflict) as problem:
        found = tuple(
            Problem("name", each.message_key, each.values) for each in problems_of(problem)
        )
        return await _page(visit, clean_line(name, NAME_LENGTH_MAX), found, is_on=on_agenda)
    if done.changed:
        await _note(visit, "journal.tag_followed", done.name)
    return back(visit, form, "tag_followed" if done.changed else "saved")


async def unfollow(visit: Visit, form: Form) -> Response:
    """No longer follow a hashtag; twice is once."""
    name = form.get("name")
    try:
        await tags.unfollow(visit.instance, tags.TagOrder(name=name, actor=visit.username))
    except NotFound as problem:
        if problem.message_key != "tags.not_followed":
            raise
    else:
        await _note(visit, "journal.tag_unfollowed", clean_line(name, NAME_LENGTH_MAX))
    return back(visit, form, "tag_unfollowed")


async def choose(visit: Visit) -> Response:
    """From a page that everybody sees to the collective in whose name the hashtag is followed. Opening it changes nothing."""
    roles = visit.member.person.roles
    able = [
        each for each in visit.member.collectives if allows(roles.get(each.uri, ""), Right.PUBLISH)
    ] or visit.member.collectives
    name = clean_line(str(visit.request.path_params["name"]), NAME_LENGTH_MAX)
    query = f"?{urlencode({'name': name})}" if name else ""
    found = [(each, f"/house/{each.username}/tags{query}") for each in able]
    if len(found) == 1:
        return go(found[0][1])
    title = visit.visitor.t("tags.choose")
    return page(visit, "reading/tag_as.html", title, name=name, able=found)


async def _page(
    visit: Visit, typed: str, problems: tuple[Problem, ...] = (), *, is_on: bool = False
) -> Response:
    def look(rx: Reader) -> list[FollowedTag]:
        return list(followed_tags.list_of(rx, visit.actor.uri))

    found = await visit.instance.look(look)
    here = f"/house/{visit.username}"
    return page(
        visit,
        "reading/tags.html",
        visit.visitor.t("tags.title"),
        status=400 if problems else 200,
        problems=problems,
        section="timeline",
        tags=[
            (
                each,
                f"{here}/search?{urlencode({'q': '#' + each.label})}",
                f"{here}/agenda?tag={quote(each.label)}",
            )
            for each in found
        ],
        typed=typed,
        is_on=is_on,
        length_max=NAME_LENGTH_MAX,
        here_href=f"{here}/tags",
    )


def _named(visit: Visit) -> str:
    return clean_line(visit.request.query_params.get("name", ""), NAME_LENGTH_MAX)


async def _note(visit: Visit, what: str, name: str) -> None:
    person_id = visit.member.person.id

    def work(unit: Unit) -> None:
        journal.note(unit, visit.actor.uri, person_id, what, f"#{name.lstrip('#')}")

    await visit.instance.change(work)


DOORS = (
    Door("/me/tag/{name}", Right.SELF, ask=choose),
    Door("/house/{username}/tags", Right.READ, ask=show),
    Door("/house/{username}/tags/follow", Right.PUBLISH, tell=follow),
    Door("/house/{username}/tags/unfollow", Right.PUBLISH, tell=unfollow),
)
