"""`/house/{username}/thread?about=…`: a publication, what it answers, what was answered; and answering."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from starlette.responses import Response

from actors import journal
from actors.rules import rule_of
from fedi import chores
from fedi.db.engine import Reader
from fedi.desk import publishing
from fedi.desk.dates import Table, table_of
from fedi.desk.quoting import Consent
from fedi.desk.wishes import Published, PublishOrder, Words
from fedi.errors import FediError, Forbidden, Invalid, NotFound
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.addresses import load_said, load_shown, must, sees_held, thread_of
from fedi.house.reading.quotes import quote_state
from fedi.house.reading.spoken import spoken_in, spoken_of, who_in_house
from fedi.house.rights import Right
from fedi.house.twice import do_once
from fedi.ids import new_token
from fedi.publications import store as publication_store
from fedi.publications.contract import Problem
from fedi.publications.event import invitations, invited, participation
from fedi.publications.event.invited import Invited
from fedi.publications.event.participation import Participation
from fedi.publications.model import UNKNOWN_LANGUAGE, Publication
from fedi.unit import Unit
from fedi.views.calls import event_of, needs_of
from fedi.views.conversation import Conversation
from fedi.views.listed import Listed
from fedi.views.thread import Said, Thread, look_thread
from fedi.vocab.audience import Visibility
from fedi.web.pages.frame import seen_here
from fedi.web.shown.article import article_of
from fedi.web.shown.people import web_link
from fedi.web.shown.words import language_name

ANSWER_MAX: Final = 5_000
ANSWER, COMMENT = "answer", "comment"
_AUDIENCES: Final = (Visibility.PUBLIC, Visibility.QUIET, Visibility.FOLLOWERS, Visibility.DIRECT)


_QUOTED: Final[dict[str, str]] = {
    Consent.OWN: "commented",
    Consent.ASK: "quote_asked",
    Consent.NONE: "quote_linked",
}


@dataclass(frozen=True, slots=True)
class _Typed:
    """What somebody wrote, and what is wrong with it. `what`: answer or comment."""

    what: str = ""
    words: str = ""
    visibility: str = ""
    problems: tuple[Problem, ...] = ()


async def show(visit: Visit) -> Response:
    """The thread. Answers that never came this way are fetched in the background."""
    return await _page(visit, visit.request.query_params.get("about", ""), _Typed())


async def answer(visit: Visit, form: Form) -> Response:
    """Answer, or say something about it to our followers with a link to it."""
    what = must(form.get("what"), (ANSWER, COMMENT), "what")
    about, words = form.get("about"), form.get("words").strip()
    said, is_two = await visit.instance.look(
        lambda rx: (load_shown(visit, rx, about), rule_of(rx, visit.actor.uri).two_people)
    )
    publication = said.listed.publication
    typed = _Typed(what, form.get("words"), form.get("visibility"))
    try:
        if is_two:
            raise Forbidden("reading.two_people")
        if not words:
            raise Invalid("reading.words_missing", field="words")
        if len(words) > ANSWER_MAX:
            raise Invalid("reading.words_long", field="words", most=ANSWER_MAX)
        order = _order(visit, said, what, words, typed.visibility)
        done: list[Published] = []

        async def publish() -> None:
            done.append(await publishing.publish(visit.instance, order))

        await do_once(visit, form.get("once"), publish)
        await visit.instance.change(lambda unit: _note(unit, visit, what, publication.uri))
    except FediError as problem:
        found = tuple(_beside(each, what) for each in problems_of(problem))
        return await _page(visit, about, replace(typed, problems=found))
    told = "answered" if what == ANSWER else "commented"
    if done and done[0].quote:
        told = _QUOTED[done[0].quote]
    return go(thread_of(visit.username, publication.uri), told)


def _order(visit: Visit, said: Said, what: str, words: str, visibility: str) -> PublishOrder:
    publication = said.listed.publication
    allowed = audiences_of(publication.visibility)
    wanted = visibility or allowed[0]
    if what == COMMENT:
        if not publication.visibility.is_public:
            raise Forbidden("reading.comment_private")
        address = web_link(publication.url) or publication.uri
        words, wanted = f"{words}\n\n<{address}>", Visibility.PUBLIC.value
    elif wanted not in allowed:
        raise Invalid("reading.audience", field="visibility")
    return PublishOrder(
        kind="note",
        actor=visit.username,
        words=(Words(source=words),),
        visibility=wanted,
        reply_to=publication.uri if what == ANSWER else "",
        quotes=publication.uri if what == COMMENT else "",
    )


def _answers(publication: Publication, now: datetime) -> str:
    """How an event may be answered: join, accept, elsewhere; empty when it may not."""
    if publication.kind != "event":
        return ""
    details = publication.event
    if details.over_at <= now or details.status == "cancelled":
        return ""
    if details.join_mode not in ("free", "restricted"):
        return "elsewhere"
    return "join" if details.takes_join else "accept"


def audiences_of(visibility: Visibility) -> list[str]:
    """For whom an answer may be: never for more than what it answers. The first is what is usual."""
    if visibility is Visibility.LOCAL:
        return [Visibility.LOCAL.value]
    return [each.value for each in _AUDIENCES[_AUDIENCES.index(visibility) :]]


def _note(unit: Unit, visit: Visit, what: str, uri: str) -> None:
    done = "journal.answered" if what == ANSWER else "journal.commented"
    journal.note(unit, visit.actor.uri, visit.member.person.id, done, uri)


def _beside(problem: Problem, what: str) -> Problem:
    """The desk calls the field by another name, and the page has two of them."""
    if problem.field not in ("content", "source", "words"):
        return problem
    return replace(problem, field="comment" if what == COMMENT else "words")


def _may_ask(rx: Reader, visit: Visit, publication: Publication) -> bool:
    """Whether it answers an event of this collective, and its author may be asked whether they come."""
    if publication.kind != "note" or visit.instance.urls.is_ours(publication.author):
        return False
    event = publication_store.find(rx, publication.in_reply_to) if publication.in_reply_to else None
    if event is None or event.author != visit.actor.uri:
        return False
    is_open = _answers(event, visit.visitor.now) in ("join", "accept")
    return is_open and invitations.find(rx, event.uri, publication.author) is None


@dataclass(frozen=True, slots=True)
class _Around:
    """What the collective has to do with what is read: what it answered, who invited it, whether it may ask its author."""

    going: Participation | None
    invited: Invited | None
    may_ask: bool
    needs: Sequence[Listed]
    event: Listed | None
    dates: Table | None


async def _page(visit: Visit, about: str, typed: _Typed) -> Response:
    def look(rx: Reader) -> tuple[Thread, bool, _Around]:
        uri = load_said(visit, rx, about).listed.publication.uri
        thread = look_thread(rx, visit.actor, uri, held_too=sees_held(visit))
        if thread is None:
            raise NotFound("reading.not_here")
        around = _Around(
            participation.find(rx, visit.actor.uri, uri),
            invited.find(rx, visit.actor.uri, uri),
            _may_ask(rx, visit, thread.said.listed.publication),
            needs_of(rx, thread.said.listed.publication),
            event_of(rx, thread.said.listed.publication),
            table_of(rx, visit.actor, thread.said.listed.publication, visit.visitor.now),
        )
        return thread, rule_of(rx, visit.actor.uri).two_people, around

    thread, is_two, around = await visit.instance.look(look)
    listed = thread.said.listed
    publication = listed.publication
    if not listed.is_local and not thread.said.is_held and publication.visibility.is_public:
        await visit.instance.change(lambda unit: chores.add(unit, chores.REPLIES, publication.uri))
    visitor, seen = visit.visitor, seen_here(visit.instance)
    article = article_of(Conversation(listed, None, ()), visitor, seen)
    here = thread_of(visit.username, publication.uri)
    consent = await visit.instance.look(lambda rx: quote_state(rx, visit.instance, publication))
    return page(
        visit,
        "reading/thread.html",
        article.title.text or visitor.t("reading.thread.title"),
        status=400 if typed.problems else 200,
        problems=typed.problems,
        section="timeline",
        article=article,
        by=who_in_house(visit, listed.author, publication.author, seen),
        thread=thread,
        ancestors=spoken_in(visit, thread.ancestors),
        replies=spoken_in(visit, thread.replies),
        about=publication.uri,
        here_href=here,
        outside_href=article.href,
        visibility=publication.visibility.value,
        is_public=publication.visibility.is_public,
        is_own=publication.author == visit.actor.uri,
        quote=consent,
        is_two=is_two,
        going=around.going,
        invited=around.invited,
        may_ask=around.may_ask,
        needs=[spoken_of(visit, each) for each in around.needs],
        dates=around.dates,
        for_event=spoken_of(visit, around.event) if around.event else None,
        answers=_answers(publication, visitor.now),
        sign_up_href=web_link(publication.event.external_url or publication.url)
        if publication.kind == "event"
        else None,
        audiences=[
            (each, visitor.t(f"visibility.{each}")) for each in audiences_of(publication.visibility)
        ],
        typed=typed,
        once=new_token(),
        texts=[
            (tag, language_name(tag), f"{here}&text={tag}", tag == article.body.lang)
            for tag in publication.texts
            if tag != UNKNOWN_LANGUAGE
        ],
        names_authors=True,
    )


DOORS = (
    Door("/house/{username}/thread", Right.READ, ask=show),
    Door("/house/{username}/answer", Right.PUBLISH, tell=answer),
)
