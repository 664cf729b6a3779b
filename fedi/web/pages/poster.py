"""`/event/{id}/poster`: an event on one sheet of paper, with a code that leads to its page. The browser prints it, or makes a PDF."""

from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from actors.store import list_collectives
from fedi.errors import NotFound
from fedi.i18n.catalog import known_language, translator
from fedi.ids import is_public_id
from fedi.instance import Instance
from fedi.publications.event.model import EventDetails
from fedi.text.direction import clean_text
from fedi.text.html import text_of
from fedi.views.conversation import find_readable
from fedi.web.pages.frame import seen_here, show, visitor_here
from fedi.web.shown.cards import facts_of_event, page_href
from fedi.web.shown.code import code_of
from fedi.web.shown.people import who_of
from fedi.web.shown.words import chosen_text, language_choices, title_of
from fedi.web.site import Head, site_of

PAPERS: Final = ("a4", "a5")
WORDS_CHARS_MAX: Final = 420
_LOOKED_AT: Final = 3_000
# From how many letters on a title is set smaller, and smaller still.
_LONG: Final = ((90, "longest"), (45, "longer"))


async def poster(instance: Instance, request: Request) -> Response:
    """The sheet, as a whole in the language of its text."""
    public_id = request.path_params["id"]
    if not is_public_id(public_id):
        raise NotFound(detail="not an id")
    uri = instance.urls.publication("event", public_id)
    collectives, listed = await instance.look(
        lambda rx: (list_collectives(rx), find_readable(rx, uri))
    )
    if listed is None or not isinstance(listed.publication.details, EventDetails):
        raise NotFound(detail="no such event")
    publication = listed.publication
    visitor = visitor_here(instance, request)
    chosen = chosen_text(publication, visitor)
    language = known_language(chosen.language) or visitor.language
    t = translator(language, visitor.digits if language == "ar" else "latn")
    visitor = replace(visitor, t=t, language=language, dir=t.direction, digits=t.digits)
    seen = seen_here(instance)
    title = title_of(chosen)
    href = page_href(listed, instance.urls)
    asked = request.query_params.get("paper", "")
    return show(
        request,
        "poster.html",
        visitor,
        site_of(instance.config, instance.urls, collectives),
        Head(title=title.text, canonical=publication.uri, is_indexed=False),
        title=title,
        size=next((name for length, name in _LONG if len(title.text) > length), ""),
        words=chosen.words(clean_text(text_of(chosen.text.content[:_LOOKED_AT]), WORDS_CHARS_MAX)),
        event=facts_of_event(publication, visitor),
        by=who_of(listed.author, publication.author, instance.urls, seen),
        languages=language_choices(publication, chosen, f"{href}/poster"),
        href=href,
        address=publication.uri,
        code=code_of(publication.uri),
        paper=asked if asked in PAPERS else PAPERS[0],
        papers=PAPERS,
    )
