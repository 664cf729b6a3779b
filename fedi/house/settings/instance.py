"""`/steward/instance`: what the instance says of itself, and every setting with where it comes from."""

from typing import Final

from starlette.responses import Response

from fedi.config import LANGUAGES
from fedi.desk import instance as desk
from fedi.desk.collectives import NoOrder
from fedi.desk.instance import LanguageOrder, SayOrder
from fedi.errors import FediError
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.i18n.catalog import OWN_NAMES
from fedi.publications.contract import Problem

INSTANCE: Final = "/steward/instance"
WORDS: Final = "/steward/words"
_NAMES: Final = ("about", "rules", "appeal", "contact")


async def show(visit: Visit) -> Response:
    """Every setting."""
    found = await desk.list_settings(visit.instance, NoOrder())
    sections = list(dict.fromkeys(each.section for each in found.settings))
    return page(
        visit,
        "settings/instance.html",
        visit.visitor.t("settings.instance.title"),
        section="steward",
        path=found.path,
        groups=[
            (name, [each for each in found.settings if each.section == name]) for name in sections
        ],
    )


async def show_words(visit: Visit) -> Response:
    """The words in one language; the visitor's, unless another is asked for."""
    wanted = visit.request.query_params.get("in", "")
    language = wanted if wanted in LANGUAGES else visit.visitor.language
    return await _words(visit, language)


async def save_words(visit: Visit, form: Form) -> Response:
    """Change them."""
    language = form.get("language")
    order = SayOrder(
        language=language,
        person=visit.member.person.id,
        **{name: form.get(name) for name in _NAMES},
    )
    try:
        await desk.say(visit.instance, order)
    except FediError as problem:
        known = language if language in LANGUAGES else visit.visitor.language
        return await _words(visit, known, form, problems_of(problem))
    return go(f"{WORDS}?in={language}", "saved")


async def _words(
    visit: Visit, language: str, form: Form | None = None, problems: tuple[Problem, ...] = ()
) -> Response:
    found = await desk.show_words(visit.instance, LanguageOrder(language=language))
    return page(
        visit,
        "settings/words.html",
        visit.visitor.t("settings.words.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        language=language,
        languages=[(each, OWN_NAMES[each], f"{WORDS}?in={each}") for each in LANGUAGES],
        typed={name: form.get(name) if form else getattr(found, name) for name in _NAMES},
    )


DOORS = (
    Door(INSTANCE, Right.HOUSE, ask=show),
    Door(WORDS, Right.HOUSE, ask=show_words, tell=save_words),
)
