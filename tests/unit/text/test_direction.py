"""Lines made safe to show, and the direction of texts."""

import pytest

from fedi.text.direction import clean_line, clean_text, direction_of, shorten


@pytest.mark.parametrize(
    ("text", "language", "direction"),
    [
        ("بيان", "ar", "rtl"), ("A statement", "en", "ltr"), ("Mujawara تدعوكم إلى لقاء", "ar", "rtl"),
        ("Only Latin words here", "ar", "ltr"), ("كلّه بالعربية", "en", "rtl"), ("2026 – 12", "ar", "rtl"),
        ("", "fr", "ltr"), ("", None, "ltr"), ("שלום", None, "rtl"), ("متن", "fa", "rtl"), ("", "ku-Arab", "rtl"),
        ("", "ar-TN", "rtl"), ("", "az_Arab", "rtl"),
    ],
)  # fmt: skip
def test_a_text_is_read_in_its_own_direction(
    text: str, language: str | None, direction: str
) -> None:
    assert direction_of(text, language) == direction


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("  a \t b\r\nc ", "a b c"),
        ("a\x00b\x1bc\x85d", "abc d"),
        ("exe.\u202egpj\u202c", "exe.gpj"),
        ("\u2067name", "name"),
        ("name\u2069", "name"),
        ("\u2067name\u2069 b", "\u2067name\u2069 b"),
        ("a\u200bb\ufeff", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("حُرِّيَّة", "حُرِّيَّة"),
        ("e\u0301", "é"),
        ("a\ud800b", "ab"),
        ("Z" + "\u0300\u0301" * 100, "Z" + "\u0300\u0301" * 3),
        ("line\u2028next", "line next"),
        ("عربي\u200f!", "عربي\u200f!"),
    ],
)
def test_a_line_loses_what_deceives_and_keeps_its_letters(dirty: str, clean: str) -> None:
    assert clean_line(dirty, 100) == clean


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        ("one two three", 100, "one two three"),
        ("one two three", 9, "one two…"),
        ("abcdefghij", 5, "abcd…"),
        ("abcde", 5, "abcde"),
        ("ab", 1, "…"),
        ("ab", 0, ""),
        ("حُرِّيَّة", 4, "حُ…"),
        ("a👨\u200d👩\u200d👧b", 4, "a…"),
    ],
)
def test_a_cut_falls_between_letters_and_shows(text: str, length: int, cut: str) -> None:
    assert shorten(text, length) == cut


def test_a_cut_never_leaves_an_isolate_open() -> None:
    assert clean_line("\u2067" + "a" * 50 + "\u2069", 10) == "aaaaaaaa…"


def test_several_lines_keep_their_ends_and_at_most_one_empty_line() -> None:
    assert clean_text("\r\na \r\n\r\n\r\n\r\nb\u202e\rc\n", 100) == "a\n\nb\nc"


def test_a_very_long_line_is_only_read_as_far_as_needed() -> None:
    assert len(clean_line("كلمة " * 1_000_000, 50)) <= 50
