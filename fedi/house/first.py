"""`/house/{username}/first`: after moving in: the handle to follow, a first sentence if one likes, what to do next."""

from collections.abc import Sequence

from starlette.responses import Response

from actors.rules import rule_of
from fedi.db.engine import Reader
from fedi.desk import publishing
from fedi.desk.wishes import PublishOrder, Words
from fedi.errors import Conflict, FediError
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.publications.model import Publication
from fedi.unit import Unit


async def show(visit: Visit) -> Response:
    """The handle, and room for one sentence as long as nothing was published."""
    return await _page(visit)


async def save(visit: Visit, form: Form) -> Response:
    """Publish the sentence. Sent twice it is published once; without one there is nothing to do."""
    text = form.get("text")
    here = f"/house/{visit.username}/first"
    if not text.strip() or not await visit.instance.look(lambda rx: _is_first(rx, visit)):
        return go(here)
    words = Words(language=visit.visitor.language, source=text, is_plain=True)
    order = PublishOrder(kind="note", actor=visit.username, words=(words,))

    def check(unit: Unit, publications: Sequence[Publication]) -> None:
        # pressed twice on a bad line: both came before either was done
        if not _is_first(unit.tx, visit, but=publications[0].uri):
            raise _SaidAlreadyError

    try:
        await publishing.publish(visit.instance, order, check)
    except _SaidAlreadyError:
        return go(here, "published")
    except FediError as problem:
        return await _page(visit, text, problems_of(problem))
    return go(here, "published")


class _SaidAlreadyError(Conflict):
    """The collective has said something meanwhile."""


def _is_first(rx: Reader, visit: Visit, *, but: str = "") -> bool:
    """Whether this collective has said nothing yet, but for one publication, and one person may speak for it."""
    uri = visit.actor.uri
    said = rx.one(
        "SELECT 1 FROM publication WHERE author_uri = ? AND uri <> ? LIMIT 1",
        uri,
        but,
    )
    return said is None and not rule_of(rx, uri).two_people


async def _page(visit: Visit, text: str = "", problems: tuple[Problem, ...] = ()) -> Response:
    is_first = await visit.instance.look(lambda rx: _is_first(rx, visit))
    return page(
        visit,
        "first.html",
        visit.visitor.t("first.title", name=visit.actor.title),
        status=400 if problems else 200,
        problems=tuple(Problem("text", each.message_key, each.values) for each in problems),
        section="home",
        handle=visit.actor.handle,
        is_first=is_first,
        text=text,
    )


DOORS = (Door("/house/{username}/first", Right.PUBLISH, ask=show, tell=save),)
