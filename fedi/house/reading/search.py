"""`/house/{username}/search`: by words, by handle, by hashtag, by address.

Words are looked for in what was published here, and in public words of others only if the instance wishes and they agree
(S114). A handle or an address asks another server only after a button is pressed.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from actors.model import Actor
from fedi.db.engine import Reader
from fedi.desk.speaker import load_known
from fedi.errors import FediError, Invalid, NotFound
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.addresses import load_said
from fedi.house.reading.marked import Piece, pieces_of
from fedi.house.reading.reach import reach
from fedi.house.reading.spoken import Spoken, spoken_of, who_in_house
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.publications.kinds import KIND_NAMES
from fedi.publications.visibility import may_read_here
from fedi.search import index
from fedi.text.html import text_of
from fedi.views.archive import list_hashtag
from fedi.views.found import find_words
from fedi.views.listed import Listed
from fedi.views.paging import Page
from fedi.web.pages.frame import seen_here
from fedi.web.shown.words import chosen_text, language_name

QUESTION_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: where it stands and the words around what was looked for."""

    spoken: Spoken
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class _Found:
    """`actor` or `said` when the question names one that is here; `is_name`: it names one that may be elsewhere."""

    listed: Page[Listed]
    actor: Actor | None = None
    said: Listed | None = None
    is_name: bool = False


async def show(visit: Visit) -> Response:
    """The form, and what was found."""
    query = visit.request.query_params
    return await _page(visit, query.get("q", "")[:QUESTION_MAX])


async def ask_elsewhere(visit: Visit, form: Form) -> Response:
    """Go to what a handle or an address names, asking its server if it is not known here."""
    question = form.get("q").strip()
    try:
        if not _is_name(question) or len(question) > 2048:
            raise Invalid("reading.search.no_name", field="q")
        return go((await reach(visit, question)).page(visit.username))
    except FediError as problem:
        found = tuple(Problem("q", each.message_key, each.values) for each in problems_of(problem))
        return await _page(visit, question[:QUESTION_MAX], found)


async def _page(visit: Visit, question: str, problems: tuple[Problem, ...] = ()) -> Response:
    query, instance = visit.request.query_params, visit.instance
    kind = query.get("kind", "") if query.get("kind", "") in KIND_NAMES else ""
    language = query.get("language", "")[:40]
    others = instance.config.search.others

    def look(rx: Reader) -> _Found:
        named = _named(visit, rx, question)
        if named is not None:
            return named
        if question.startswith(("#", "＃")) and " " not in question:
            tagged = list_hashtag(rx, question, visit.visitor.after, reader_uri=visit.actor.uri)
            kept = [
                each
                for each in tagged.items
                if may_read_here(rx, visit.actor, each.publication)
                and (not kind or each.publication.kind == kind)
                and (not language or language in each.publication.texts)
            ]
            return _Found(Page(kept, tagged.next))
        return _Found(
            find_words(
                rx,
                visit.actor,
                question,
                others=others,
                kind=kind,
                language=language,
                after=visit.visitor.after,
            )
        )

    found = await instance.look(look) if question.strip() else _Found(Page([]))
    terms = index.terms_of(question)
    here = f"/house/{visit.username}/search"
    values = {"q": question, "kind": kind, "language": language}
    asked = urlencode({name: value for name, value in values.items() if value})
    seen = seen_here(instance)
    return page(
        visit,
        "reading/search.html",
        visit.visitor.t("reading.search.title"),
        status=400 if problems else 200,
        problems=problems,
        section="search",
        question=question,
        hits=[_hit(visit, each, terms) for each in found.listed.items],
        actor=who_in_house(visit, found.actor, found.actor.uri, seen) if found.actor else None,
        said=spoken_of(visit, found.said) if found.said else None,
        is_name=found.is_name,
        others=others,
        kind=kind,
        language=language,
        kinds=[(name, visit.visitor.t(f"kind.{name}.plural")) for name in KIND_NAMES],
        languages=[(tag, language_name(tag)) for tag in ("ar", "en", "es", "fr")],
        next_href=f"{here}?{asked}&after={found.listed.next}" if found.listed.next else "",
        first_href=f"{here}?{asked}",
        is_later=visit.visitor.after is not None,
    )


def _is_name(question: str) -> bool:
    """Whether it is a handle or an address, as far as one sees."""
    if " " in question:
        return False
    is_handle = question.startswith("@") or (question.count("@") == 1 and "." in question)
    return question.startswith(("https://", "http://")) or is_handle


def _named(visit: Visit, rx: Reader, question: str) -> _Found | None:
    """What a handle or an address names here; nothing found is an answer too. None for anything else."""
    question = question.strip()
    if not _is_name(question):
        return None
    try:
        actor = load_known(rx, visit.instance.urls, question)
        if actor.role != "server":
            return _Found(Page([]), actor=actor)
    except (NotFound, Invalid):
        pass
    if "://" in question:
        try:
            return _Found(Page([]), said=load_said(visit, rx, question).listed)
        except FediError:
            pass
    return _Found(Page([]), is_name=True)


def _hit(visit: Visit, listed: Listed, terms: list[str]) -> Hit:
    words = chosen_text(listed.publication, visit.visitor)
    text = f"{text_of(words.text.content)}"
    return Hit(spoken_of(visit, listed), pieces_of(text, terms))


DOORS = (
    Door("/house/{username}/search", Right.READ, ask=show),
    Door("/house/{username}/search/elsewhere", Right.DRAFT, tell=ask_elsewhere),
)
