"""The four languages say the same things, and every key the code uses can be said."""

import ast
import re
import string
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache

import pytest

from fedi.i18n.catalog import LANGUAGES, LOCALES, Message, messages_of
from tests.house.source import PACKAGES, ROOT, modules

AREAS = sorted(
    {path.name for language in LANGUAGES for path in (LOCALES / language).glob("*.toml")}
)
CATEGORIES = {
    "ar": ({"zero", "one", "two", "few", "many", "other"}, set[str]()),
    "en": ({"one", "other"}, set[str]()),
    "es": ({"one", "other"}, {"many"}),
    "fr": ({"one", "other"}, {"many"}),
}
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
# Calls whose first text is a message key: translators by the names the house gives them, errors, problems.
SPEAKERS = {"t", "_", "speak", "tr", "translate", "plural", "translator"}
ERRORS = {
    "FediError", "Invalid", "TooLarge", "UnsupportedMediaType", "Unauthenticated", "Forbidden", "NotFound", "Gone",
    "Conflict", "TooMany", "Unavailable", "RemoteError", "RemoteUnreachable", "RemoteRefused", "RemoteGone",
    "RemoteMalformed", "ForbiddenAddress", "SetupError",
}  # fmt: skip
IN_TEMPLATE = re.compile(r"""\b(?:t|t\.plural|plural)\(\s*["']([a-z][a-z0-9_.]*)["']\s*[,)]""")


def read(language: str, area: str) -> dict[str, Message]:
    return tomllib.loads((LOCALES / language / area).read_text(encoding="utf-8"))


def forms(message: Message) -> dict[str, str]:
    return {"": message} if isinstance(message, str) else dict(message)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@cache
def keys_in_source() -> tuple[tuple[str, str], ...]:
    """Every key that the code or a template names, and where."""
    found = [(key, module.path) for module in modules() for key in keys_in(module.nodes)]
    for room in PACKAGES:
        for path in sorted((ROOT / room).rglob("*.html")):
            for key in IN_TEMPLATE.findall(path.read_text(encoding="utf-8")):
                if not key.endswith("."):
                    found.append((key, path.relative_to(ROOT).as_posix()))
    return tuple(found)


def keys_in(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Call):
            name = name_of(node.func)
            places = node.args[1:2] if name == "Problem" else node.args[:1]
            if name in SPEAKERS | ERRORS | {"Problem"}:
                for place in places:
                    yield from texts_of(place)
            for keyword in node.keywords:
                if keyword.arg == "message_key":
                    yield from texts_of(keyword.value)
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(getattr(target, "id", "") == "default_key" for target in targets) and node.value:
                yield from texts_of(node.value)


def name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Call):
        # `translator(language)("key")`
        return name_of(function.func)
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def texts_of(node: ast.AST) -> Iterator[str]:
    # `a if x else b` says both; an f-string cannot be followed.
    branches = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    for branch in branches:
        if (
            isinstance(branch, ast.Constant)
            and isinstance(branch.value, str)
            and KEY.fullmatch(branch.value)
        ):
            yield branch.value


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_area_has_the_same_keys_in_every_language(language: str, area: str) -> None:
    assert (LOCALES / language / area).exists()
    assert sorted(read(language, area)) == sorted(read("en", area))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_said_in_two_areas(language: str) -> None:
    keys = [
        key
        for area in AREAS
        if (LOCALES / language / area).exists()
        for key in read(language, area)
    ]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_are_flat_and_messages_are_words(language: str) -> None:
    for key, message in messages_of(language).items():
        assert KEY.fullmatch(key), key
        assert all(
            isinstance(form, str) and form.strip() == form != "" for form in forms(message).values()
        ), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_messages_have_the_forms_of_their_language(language: str) -> None:
    needed, possible = CATEGORIES[language]
    wrong = {
        key: sorted(message)
        for key, message in messages_of(language).items()
        if not isinstance(message, str) and not needed <= set(message) <= needed | possible
    }
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_is_plural_in_all_languages_or_in_none(language: str) -> None:
    english = messages_of("en")
    wrong = [
        key
        for key, message in messages_of(language).items()
        if key in english and isinstance(message, str) != isinstance(english[key], str)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_has_the_same_placeholders_in_every_language(language: str) -> None:
    english = messages_of("en")
    wrong = []
    for key, message in messages_of(language).items():
        allowed = set().union(
            *(placeholders(form) for form in forms(english.get(key, "")).values())
        )
        # "one evening" needs no digit, and French may ask for "of the city" where others ask for the city.
        spare = {"n"} if not isinstance(message, str) else set()
        for form in forms(message).values():
            used = {"city" if name == "of_city" else name for name in placeholders(form)}
            if not used <= allowed or not allowed - spare <= used:
                wrong.append(key)
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_plain_names(language: str) -> None:
    for key, message in messages_of(language).items():
        for form in forms(message).values():
            assert all(name.isidentifier() for name in placeholders(form)), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogues_hold_no_markup(language: str) -> None:
    for key, message in messages_of(language).items():
        assert not any(
            re.search(r"</?[a-z]+[ >]|&[a-z]+;", form) for form in forms(message).values()
        ), key


def test_every_key_the_code_names_can_be_said() -> None:
    said = messages_of("en")
    missing = {f"{key} ({path})" for key, path in keys_in_source() if key not in said}
    assert sorted(missing) == []


def test_the_search_for_keys_finds_those_of_the_errors() -> None:
    found = {key for key, _ in keys_in_source()}
    assert {"error.internal", "json.depth", "date.zone"} <= found


def test_every_family_of_messages_is_named_in_the_code() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for room in ("fedi", "actors", "inbox", "outbox")
        for ending in ("*.py", "*.html", "*.txt")
        for path in (ROOT / room).rglob(ending)
    )
    families = {key.split(".", 1)[0] for key in messages_of("en")}
    named = {family for family in families if re.search(rf"[\"'`]{family}\.", source)}
    assert sorted(families - named - NOT_YET_SHOWN) == []


def test_spanish_says_tu_to_one_person_and_ustedes_to_a_collective() -> None:
    said = "\n".join(
        [path.read_text(encoding="utf-8") for path in sorted((LOCALES / "es").glob("*.toml"))]
        + [
            (ROOT / name).read_text(encoding="utf-8")
            for name in ("README.es.md", "docs/guide/es.md")
        ]
    )
    assert re.findall(r"(?i)\b(?:usted|vosotr\w+|vuestr\w+|os|\w+[áé]is)\b", said) == []


# Words for people whose pages put the key together from an enumeration or a language tag.
NOT_YET_SHOWN = {"kind", "language", "role", "visibility"}
