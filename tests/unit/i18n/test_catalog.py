"""Sentences in four languages, and what happens when a word is missing."""

import subprocess
import sys

import pytest
from babel import Locale

from fedi.i18n.catalog import (
    LANGUAGES,
    OWN_NAMES,
    Translator,
    known_language,
    messages_of,
    plural_category,
    translator,
)
from tests.harness.work import calls_of


def speaking(language: str, **messages: object) -> Translator:
    return Translator(language, "ltr", "latn", messages)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_categories_are_those_of_cldr(language: str) -> None:
    cldr = Locale(language).plural_form
    numbers = [
        *range(1200),
        9_999,
        10_000,
        1_000_000,
        1_000_001,
        2_000_000,
        10_000_011,
        10**12,
        -1,
        -3,
    ]
    assert [plural_category(language, n) for n in numbers] == [cldr(abs(n)) for n in numbers]


@pytest.mark.parametrize(
    ("n", "form"),
    [
        (0, "zero"),
        (1, "one"),
        (2, "two"),
        (3, "few"),
        (10, "few"),
        (11, "many"),
        (99, "many"),
        (100, "other"),
        (103, "few"),
    ],
)
def test_arabic_has_six_forms(n: int, form: str) -> None:
    forms = {name: f"{name} {{n}}" for name in ("zero", "one", "two", "few", "many", "other")}
    assert speaking("ar", key=forms).plural("key", n) == f"{form} {n}"


def test_an_unknown_key_is_shown_as_it_is() -> None:
    assert translator("ar")("no.such.key", name="x") == "no.such.key"


def test_a_key_that_one_language_lacks_is_said_in_english() -> None:
    assert speaking("ar")("error.not_found") == translator("en")("error.not_found")


def test_a_missing_value_stays_visible() -> None:
    assert speaking("en", key="a {b} {c}")("key", b=1) == "a 1 {c}"


@pytest.mark.parametrize("template", ["{", "}", "{0}", "{a.b}", "{a[0]}", "{a!x}", "{a:d}", "{}"])
def test_a_broken_template_raises_nothing(template: str) -> None:
    assert isinstance(speaking("en", key=template)("key", a="x"), str)


def test_values_are_put_in_as_they_are() -> None:
    assert speaking("en", key="{a}")("key", a="{b} <i>") == "{b} <i>"


def test_a_value_may_be_called_key() -> None:
    assert speaking("en", k="{key} {n}").plural("k", 2, key="a") == "a 2"


def test_numbers_are_written_in_the_digits_of_the_setting_in_arabic_only() -> None:
    assert translator("ar", "arab").number(2026) == "٢٠٢٦"
    assert translator("ar").number(2026) == "2026"
    assert translator("fr", "arab").number(2026) == "2026"


@pytest.mark.parametrize(
    ("tag", "language"),
    [("fr-CA", "fr"), ("AR_tn", "ar"), ("en", "en"), ("de", None), ("", None), ("arz", None)],
)
def test_a_tag_belongs_to_its_base_language(tag: str, language: str | None) -> None:
    assert known_language(tag) == language


def test_an_unknown_language_speaks_english() -> None:
    assert translator("de").language == "en"


def test_directions_and_own_names_are_known() -> None:
    assert [translator(language).direction for language in LANGUAGES] == [
        "rtl",
        "ltr",
        "ltr",
        "ltr",
    ]
    assert set(OWN_NAMES) == set(LANGUAGES)


def test_a_language_is_read_with_a_few_calls_for_each_of_its_messages_and_once() -> None:
    messages_of.cache_clear()
    calls_of(lambda: messages_of("ar"), most=60 * len(messages_of("en")))
    assert calls_of(lambda: messages_of("ar")) < 10


def test_importing_the_catalogue_reads_no_language_and_no_date_library() -> None:
    code = (
        "import sys, fedi.i18n.catalog as c;"
        "assert c.messages_of.cache_info().currsize == 0;"
        "assert 'babel' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
