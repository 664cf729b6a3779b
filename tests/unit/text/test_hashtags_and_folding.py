"""Two spellings of one word are one word, in hashtags and in search."""

import pytest

from fedi.search.fold import fold, stem, tokens
from fedi.text.hashtags import hashtag_at, normalise_hashtag


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"), ("Éducation", "education"), ("ＷＩＤＥ", "wide"), ("حُرّيّة", "حرية"), ("سـوريا", "سوريا"),
        ("إضراب", "اضراب"), ("#Tag", "tag"), ("عام٢٠٢٦", "عام2026"), ("مجاورة", "مجاوره"), ("می\u200cخواهم", "ميخواهم"),
        ("جملۂ", "جمله"), ("ۓ", "ي"), ("Ǽgir", "ægir"), ("ǿ", "o"),
    ],
)  # fmt: skip
def test_hashtags_that_people_take_for_one_are_one(one: str, other: str) -> None:
    assert normalise_hashtag(one) == normalise_hashtag(other)
    assert normalise_hashtag(normalise_hashtag(one)) == normalise_hashtag(one)


def test_different_hashtags_stay_different() -> None:
    assert normalise_hashtag("عون") != normalise_hashtag("عين")


@pytest.mark.parametrize("name", ["1", "ـ1", "1ـ", "ـ", "ـــ٢٠٢٦", "_ـ", "ـ\u200c1", "\u064e1"])
def test_what_is_compared_by_no_letter_is_no_hashtag(name: str) -> None:
    assert hashtag_at(name, 0) is None


@pytest.mark.parametrize("name", ["عام٢٠٢٦", "مجـاورة", "ـع", "1a", "a_1", "ª"])
def test_what_has_a_letter_is_a_hashtag(name: str) -> None:
    assert hashtag_at(name, 0) == name


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("المجاورة", "مجاورة"), ("والمساعدة", "مساعدة"), ("بالعربية", "عربية"), ("للجماعات", "جماعة"), ("المتطوعون", "متطوعين"),
        ("الأدنى", "ادني"), ("مُسَاعَدَة", "مساعدة"), ("مسؤول", "مسوول"), ("شئون", "شيون"), ("تضـــامن", "تضامن"),
        ("٢٠٢٦", "2026"), ("Élan", "elan"), ("canción", "CANCION"), ("œuvre", "oeuvre"), ("مؤسسات", "مؤسسة"),
        ("وللمدن", "مدن"),
    ],
)  # fmt: skip
def test_a_word_is_found_in_the_spelling_it_is_asked_in(written: str, asked: str) -> None:
    assert tokens(written) == tokens(asked)


@pytest.mark.parametrize("word", ["ال", "ماء", "بين", "دين", "الم", "وال"])
def test_a_short_word_keeps_three_letters(word: str) -> None:
    assert len(stem(word)) >= min(3, len(word))


def test_signs_are_no_words() -> None:
    assert tokens("… – ! «»") == ()
    assert fold("a-b_c، د") == "a b c د"
