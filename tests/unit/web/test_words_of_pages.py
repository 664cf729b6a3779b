"""The words of pages exist in four languages, with the same places to fill."""

import re
import tomllib
from pathlib import Path

import pytest

from fedi.i18n.catalog import LOCALES, messages_of
from fedi.publications.kinds import KIND_NAMES
from fedi.web.render import TEMPLATES

CODE = Path(__file__).resolve().parents[3] / "fedi" / "web"


def area(language: str) -> dict[str, object]:
    return tomllib.loads((LOCALES / language / "web.toml").read_text(encoding="utf-8"))


def used() -> set[str]:
    found: set[str] = set()
    for path in (*TEMPLATES.rglob("*.html"), *CODE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"""["'](web\.[a-z_.0-9]*[a-z0-9_])["']""", text))
    for kind in KIND_NAMES:
        found |= {f"web.archive.{kind}", f"web.answer.{kind}", f"kind.{kind}"}
    for status in (400, 401, 403, 404, 405, 410, 429, 500, 503):
        found |= {f"web.error.{status}.title", f"web.error.{status}.text"}
    for posture in ("open", "guarded", "closed"):
        found.add(f"web.about.privacy.posture.{posture}")
    for grain in ("five_minutes", "hour"):
        found.add(f"web.about.privacy.times.{grain}")
    return found


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr"])
def test_every_word_a_page_uses_exists(language: str) -> None:
    assert used() - set(messages_of(language)) == set()


@pytest.mark.parametrize("language", ["ar", "es", "fr"])
def test_every_language_has_the_same_words(language: str) -> None:
    assert set(area(language)) == set(area("en"))


@pytest.mark.parametrize("language", ["ar", "es", "fr"])
def test_every_language_fills_in_the_same_values(language: str) -> None:
    def places(message: object) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", str(message))) - {"n"}

    differing = [
        key for key, text in area("en").items() if places(text) != places(area(language)[key])
    ]
    assert differing == []
