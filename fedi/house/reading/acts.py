"""What members do with a publication beside answering it: thank, pass on, put aside, report; and take it back."""

from typing import Final

from starlette.responses import Response

from actors import journal
from fedi.db.engine import Reader
from fedi.desk import attending, relations
from fedi.desk import house as desk_house
from fedi.errors import Invalid, NotFound
from fedi.house.forms import Form
from fedi.house.frame import go, page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.addresses import (
    author_of,
    back,
    load_said,
    load_shown,
    must,
    page_of_actor,
)
from fedi.house.reading.spoken import Spoken, spoken_of
from fedi.house.rights import Right
from fedi.house.twice import do_once
from fedi.publications import saved
from fedi.unit import Unit
from fedi.views.paging import Page
from fedi.views.saved import look_saved
from fedi.views.thread import Said

_DONE: Final = {
    "like": "journal.liked",
    "unlike": "journal.unliked",
    "boost": "journal.boosted",
    "unboost": "journal.unboosted",
}


async def react(visit: Visit, form: Form) -> Response:
    """Thank or pass on, or take either back; a second time changes nothing."""
    what = must(form.get("what"), tuple(_DONE), "what")
    about = form.get("about")
    # whoever takes something back may do so although it may not be read any more
    load = load_said if what.startswith("un") else load_shown
    said = await visit.instance.look(lambda rx: load(visit, rx, about))
    await do(visit, what, said.listed.publication.uri)
    return back(visit, form, what)


async def do(visit: Visit, what: str, uri: str) -> None:
    """One of `like`, `boost`, `unlike`, `unboost`, noted in the journal when it is new. Raises FediErrors."""
    order = relations.ReactionOrder(which=uri, actor=visit.username)
    if what == "like":
        is_new = (await relations.like(visit.instance, order)).changed
    elif what == "boost":
        is_new = (await relations.boost(visit.instance, order)).changed
    else:
        undo = relations.unlike if what == "unlike" else relations.unboost
        try:
            is_new = (await undo(visit.instance, order)).changed
        except NotFound:
            is_new = False
    if is_new:
        await visit.instance.change(lambda unit: _note(unit, visit, _DONE[what], uri))


async def keep(visit: Visit, form: Form) -> Response:
    """Put something aside for the collective, or no longer."""
    what = must(form.get("what"), ("save", "unsave"), "what")

    def work(unit: Unit) -> None:
        row_id = load_said(visit, unit.tx, form.get("about")).listed.row_id
        if what == "save":
            saved.add(unit, visit.actor.uri, row_id)
        else:
            saved.remove(unit, visit.actor.uri, row_id)

    await visit.instance.change(work)
    return back(visit, form, what)


async def show_saved(visit: Visit) -> Response:
    """What the collective put aside, the latest first."""

    def look(rx: Reader) -> Page[Said]:
        return look_saved(rx, visit.actor, visit.visitor.after)

    found = await visit.instance.look(look)
    here = f"/house/{visit.username}/saved"
    entries: list[Spoken] = [spoken_of(visit, each.listed) for each in found.items]
    return page(
        visit,
        "reading/saved.html",
        visit.visitor.t("reading.saved.title"),
        section="timeline",
        entries=entries,
        next_href=f"{here}?after={found.next}" if found.next else "",
        first_href=here,
        is_later=visit.visitor.after is not None,
        here_href=here,
        names_authors=True,
    )


async def report(visit: Visit, form: Form) -> Response:
    """Report whoever wrote it to the stewards of their server, in the name of ours."""
    said = await visit.instance.look(lambda rx: load_said(visit, rx, form.get("about")))
    uri = said.listed.publication.uri
    author = await visit.instance.look(lambda rx: author_of(rx, said))
    words = form.get("report_words")
    if not words.strip():
        raise Invalid("desk.report_words", field="report_words")
    about = (uri,) if form.has("with_this") else ()
    order = desk_house.ReportOrder(who=author.uri, words=words, about=about)
    if await do_once(visit, form.get("once"), lambda: desk_house.report(visit.instance, order)):
        await visit.instance.change(lambda unit: _note(unit, visit, "journal.reported", author.uri))
    return go(page_of_actor(visit.username, author.uri), "reported")


def _note(unit: Unit, visit: Visit, done: str, about: str) -> None:
    journal.note(unit, visit.actor.uri, visit.member.person.id, done, about)


async def attend(visit: Visit, form: Form) -> Response:
    """Answer an event of somebody else in the name of the collective, or take that back."""
    about = form.get("about")
    what = must(form.get("what"), ("coming", "maybe", "not_coming", "leave"), "what")
    said = await visit.instance.look(lambda rx: load_shown(visit, rx, about))
    uri = said.listed.publication.uri
    if what == "leave":
        await attending.leave(visit.instance, attending.LeaveOrder(which=uri, actor=visit.username))
        await visit.instance.change(lambda unit: _note(unit, visit, "journal.attend_left", uri))
    else:
        await come(visit, uri, what, form.get("message"))
    return back(visit, form, "attend_left" if what == "leave" else "attended")


async def come(visit: Visit, uri: str, wish: str = "coming", message: str = "") -> None:
    """Answer an event, noted in the journal. Raises FediErrors."""
    order = attending.AttendOrder(which=uri, actor=visit.username, wish=wish, message=message)
    await attending.attend(visit.instance, order)
    await visit.instance.change(lambda unit: _note(unit, visit, "journal.attended", uri))


DOORS = (
    Door("/house/{username}/attend", Right.PUBLISH, tell=attend),
    Door("/house/{username}/react", Right.PUBLISH, tell=react),
    Door("/house/{username}/keep", Right.DRAFT, tell=keep),
    Door("/house/{username}/saved", Right.READ, ask=show_saved),
    Door("/house/{username}/report", Right.STEWARD, tell=report),
)
