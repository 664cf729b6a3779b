"""The agreed words with which somebody who cannot `Join` answers an event, «نعم», "coming", "je viens", «voy», or asks to be
reminded of it: «ذكّروني», "remind me". Pure.

Only a message that is nothing but such a word counts; whatever else somebody writes is a message to people.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from fedi.publications.event.admission import Wish
from fedi.publications.event.attendance import PEOPLE_MAX
from fedi.text.html import text_of
from fedi.text.letters import fold_letters

# `remind`, `unremind`: wanting a reminder, or no longer, says nothing about coming.
Word = Wish | Literal["remind", "unremind"]

_HTML_MAX: Final = 2_000
_TEXT_MAX: Final = 120
_MENTION: Final = re.compile(r"@[\w.-]+(?:@[\w.:-]+)?")
_MORE: Final = re.compile(r"\+\s*(\d{1,2})$")

_SPOKEN: Final[dict[Word, dict[str, str]]] = {
    "coming": {
        "ar": "نعم|سآتي|أنا قادم|أنا قادمة|قادم|قادمة|سأحضر|سنأتي|سنحضر|حاضر|حاضرة",
        "en": "yes|coming|i'm coming|im coming|i am coming|i'll come|we're coming|we are coming|count me in|attending",
        "fr": "oui|je viens|j'y serai|nous venons|on vient|je participe|présent|présente",
        "es": "sí|si|voy|iré|vamos|allí estaré|asistiré|me apunto",
    },
    "maybe": {
        "ar": "ربما|ممكن|محتمل|قد آتي",
        "en": "maybe|perhaps|tentative",
        "fr": "peut-être|peut être",
        "es": "quizás|quizá|tal vez|puede ser",
    },
    "not_coming": {
        "ar": "لا|لن آتي|لن أحضر|أعتذر|إلغاء|ألغ",
        "en": "no|not coming|i'm not coming|i can't come|cannot come|cancel",
        "fr": "non|je ne viens pas|annuler|je ne peux pas venir",
        "es": "no|no voy|no puedo|cancelar|no iré",
    },
    "remind": {
        "ar": "ذكّرني|ذكّريني|ذكّروني|ذكّرونا|تذكير",
        "en": "remind me|remind us|please remind me|reminder",
        "fr": "rappelle-moi|rappelez-moi|rappelle moi|rappelez moi|rappelez-nous|rappel",
        "es": "recuérdame|recuérdamelo|recuérdenme|recuérdenmelo|recordatorio|avísame|avísenme",
    },
    "unremind": {
        "ar": "لا تذكّرني|لا تذكّريني|لا تذكّروني|لا تذكّرونا|بلا تذكير|بدون تذكير",
        "en": "don't remind me|dont remind me|do not remind me|don't remind us|no reminder",
        "fr": "ne me rappelle pas|ne me rappelez pas|ne nous rappelez pas|pas de rappel|plus de rappel",
        "es": "no me recuerdes|no me lo recuerdes|no me lo recuerden|sin recordatorio|no me avises|no me avisen",
    },
}


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a message says: the wish, the language it is said in, how many people."""

    wish: Word
    language: str
    people: int = 1


def _bare(text: str) -> str:
    """The spelling that all spellings of a word share."""
    letters = fold_letters(text.replace("’", "'"))
    kept = "".join(char if char.isalnum() or char in "'-" else " " for char in letters)
    return " ".join(kept.split())


_KNOWN: Final[dict[str, list[tuple[Word, str]]]] = {}
for _wish, _by_language in _SPOKEN.items():
    for _language, _words in _by_language.items():
        for _word in _words.split("|"):
            _KNOWN.setdefault(_bare(_word), []).append((_wish, _language))


def read_word(html: str, language: str, usual: str) -> Spoken | None:
    """The answer in a message, or None when it is none. `language`: of the message, `usual`: of the event.

    "coming +2" brings two more. A word of two languages is taken for that of the message, else of the event.
    """
    if len(html) > _HTML_MAX:
        return None
    text = " ".join(_MENTION.sub(" ", text_of(html)).split())
    if not text or len(text) > _TEXT_MAX:
        return None
    more = _MORE.search(text.rstrip(" .!؟،"))
    people = 1 + int(more[1]) if more else 1
    found = _KNOWN.get(_bare(text[: more.start()] if more else text))
    if not found or people > PEOPLE_MAX:
        return None
    if people > 1 and found[0][0] in ("remind", "unremind"):
        return None
    by_language = {each: wish for wish, each in found}
    for wanted in (language.partition("-")[0], usual.partition("-")[0]):
        if wanted in by_language:
            return Spoken(by_language[wanted], wanted, people)
    wish, spoken = found[0]
    return Spoken(wish, spoken, people)
