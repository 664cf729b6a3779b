"""What a publication said before, each version with the moments between which it stood there. Pure."""

from dataclasses import dataclass
from typing import Final

from fedi.i18n.negotiate import choose_text
from fedi.text.direction import clean_line
from fedi.views.history import History
from fedi.web.shown.article import Body, body_of
from fedi.web.shown.cards import Moment, moment_of
from fedi.web.shown.words import Chosen, Words
from fedi.web.visitor import Visitor

LINE_CHARS_MAX: Final = 360


@dataclass(frozen=True, slots=True)
class Version:
    """One earlier version. `since` and `until`: when it was said and when it was replaced.

    `title` is empty where the text carries it; `warning`: what its author put in front of it.
    """

    number: int
    title: Words
    abstract: Words
    warning: Words
    body: Body
    since: Moment
    until: Moment


def versions_of(history: History, visitor: Visitor) -> tuple[Version, ...]:
    """The earlier versions, the latest first."""
    publication, edits = history.listed.publication, history.edits
    begun = {each.version + 1: each.replaced_at for each in edits}
    is_note = publication.type in ("Note", "Question")
    found = []
    for edit in edits:
        language, text = choose_text(edit.texts, visitor.text_language or visitor.language)
        chosen = Chosen(language, text)
        name = chosen.words(clean_line(text.name or "", LINE_CHARS_MAX))
        summary = chosen.words(clean_line(text.summary or "", LINE_CHARS_MAX))
        none = chosen.words("")
        found.append(
            Version(
                number=edit.version,
                title=none if is_note else name,
                abstract=none if is_note else summary,
                warning=summary if is_note else none,
                body=body_of(chosen),
                since=moment_of(begun.get(edit.version, publication.published_at), visitor),
                until=moment_of(edit.replaced_at, visitor),
            )
        )
    return tuple(found)
