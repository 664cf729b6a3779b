"""The words of a publication as one visitor reads them: which language, which direction, how much of them. Pure."""

from dataclasses import dataclass
from typing import Final

from fedi.i18n.catalog import OWN_NAMES, known_language
from fedi.i18n.negotiate import choose_text
from fedi.publications.model import UNKNOWN_LANGUAGE, Publication, Text
from fedi.text.direction import Direction, clean_line, direction_of
from fedi.text.excerpt import excerpt
from fedi.web.visitor import Visitor

TITLE_CHARS_MAX: Final = 120
LEAD_CHARS_MAX: Final = 260
# An excerpt needs no more of a long text than its beginning.
_LOOKED_AT: Final = 3000


@dataclass(frozen=True, slots=True)
class Words:
    """Plain text with the attributes that let it be set and spoken rightly. `lang` is empty when unknown."""

    text: str
    lang: str
    dir: Direction

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language a publication exists in."""

    tag: str
    name: str
    href: str
    is_shown: bool
    is_original: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """The text a visitor gets."""

    language: str
    text: Text

    @property
    def lang(self) -> str:
        return "" if self.language == UNKNOWN_LANGUAGE else self.language

    def words(self, text: str) -> Words:
        """Some of the text's own words."""
        return Words(text, self.lang, direction_of(text, self.lang or None))


def chosen_text(publication: Publication, visitor: Visitor) -> Chosen:
    """The language asked for, else that of the interface, else the original."""
    language, text = choose_text(publication.texts, visitor.text_language or visitor.language)
    return Chosen(language, text)


def title_of(chosen: Chosen) -> Words:
    """The name; of what has none, the beginning of what it says."""
    name = chosen.text.name
    return chosen.words(
        clean_line(name, TITLE_CHARS_MAX * 3) if name else beginning(chosen, TITLE_CHARS_MAX)
    )


def lead_of(chosen: Chosen, most: int = LEAD_CHARS_MAX) -> Words:
    """The abstract, else the beginning of the text."""
    summary = chosen.text.summary
    return chosen.words(clean_line(summary, most) if summary else beginning(chosen, most))


def beginning(chosen: Chosen, most: int) -> str:
    """The first words of the text on one line."""
    return excerpt(chosen.text.content[:_LOOKED_AT], most)


def language_choices(
    publication: Publication, chosen: Chosen, href: str
) -> tuple[LanguageChoice, ...]:
    """Every language the publication exists in, when there is a choice."""
    tags = [tag for tag in publication.texts if tag != UNKNOWN_LANGUAGE]
    if len(tags) < 2:
        return ()
    return tuple(
        LanguageChoice(
            tag=tag,
            name=language_name(tag),
            href=f"{href}?text={tag}",
            is_shown=tag == chosen.language,
            is_original=tag == publication.language,
        )
        for tag in tags
    )


def language_name(tag: str) -> str:
    """The language's own name for itself, or its tag."""
    known = known_language(tag)
    return OWN_NAMES[known] if known else tag
