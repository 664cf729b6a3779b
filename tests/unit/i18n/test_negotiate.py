"""Which language a reader gets."""

import pytest

from fedi.i18n.negotiate import accepted, choose_language, choose_text


@pytest.mark.parametrize(
    ("header", "chosen", "language"),
    [
        (None, None, "ar"), ("", None, "ar"), ("fr", None, "fr"), ("de, es;q=0.5, fr;q=0.9", None, "fr"),
        ("en;q=0.1, ar-TN", None, "ar"), ("fr-CH, de", None, "fr"), ("fr", "es", "es"), ("fr", "xx", "fr"),
        ("de, *;q=0.1", None, "ar"), ("fr;q=0, en", None, "en"), ("fr;q=2, en", None, "en"), ("fr;q=nan, en;q=0.1", None, "en"),
        ("fr;x=1", None, "ar"), ("*, fr", None, "ar"), ("de," * 5000 + "fr", None, "ar"), ("\x00\ufffd;;=,", None, "ar"),
        ("fr ; q=0.8 , en ; q=0.9", None, "en"), ("EN-gb", None, "en"),
    ],
)  # fmt: skip
def test_the_interface_speaks_what_the_reader_prefers(
    header: str | None, chosen: str | None, language: str
) -> None:
    assert choose_language(header, chosen, "ar") == language


def test_an_unknown_default_means_english() -> None:
    assert choose_language(None, None, "zz") == "en"


def test_ranges_of_equal_weight_keep_their_order() -> None:
    assert accepted("es, fr, en;q=0.5, ar") == ("es", "fr", "ar", "en")


@pytest.mark.parametrize(
    ("language", "found"),
    [
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("pt", "pt-BR"),
        ("PT-br", "pt-BR"),
        ("de", "ar"),
        ("", "ar"),
        ("ar-SY", "ar"),
    ],
)
def test_a_reader_gets_the_nearest_text_else_the_original(language: str, found: str) -> None:
    texts = {"ar": 1, "fr": 2, "pt-BR": 3}
    assert choose_text(texts, language) == (found, texts[found])


def test_a_text_in_no_language_at_all_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        choose_text({}, "ar")
