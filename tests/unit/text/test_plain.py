"""Plain text sent by people finds its headings and lists; nothing gets lost."""

from pathlib import Path

import pytest

from fedi.text.excerpt import excerpt
from fedi.text.html import sanitise, text_of
from fedi.text.markup import render
from fedi.text.plain import from_plain_text

SEEDS = Path(__file__).parents[4] / "shared" / "seeds"

LONG = "هذه فقرة طويلة بما يكفي لتكون فقرة حقيقية تحت عنوانها، وفيها أكثر من جملة واحدة حتى لا تُظنّ عنوانًا هي نفسها. "


def shown(text: str) -> str:
    return render(
        from_plain_text(text),
        mention_link=lambda handle: None,
        hashtag_url=lambda name: f"https://a.example/{name}",
    )


def seed(name: str) -> str:
    found = sorted(SEEDS.glob(f"{name}_*.txt")) if SEEDS.exists() else []
    if not found:
        pytest.skip(f"no seed {name} in {SEEDS}")
    return found[0].read_text(encoding="utf-8")


def test_a_long_arabic_statement_keeps_every_word_its_title_and_its_ten_lessons() -> None:
    text = seed("002")
    html = sanitise(shown(text))
    words = text_of(html).split()
    assert words == text.replace("**", "").split()
    assert html.count("<h3>") == 10
    assert html.startswith("<h2>حرب أوكرانيا")


@pytest.mark.parametrize(
    ("name", "headings", "items"), [("000", 6, 0), ("001", 5, 2), ("003", 3, 3), ("004", 4, 12)]
)
def test_the_first_texts_show_their_headings_and_lists(
    name: str, headings: int, items: int
) -> None:
    html = shown(seed(name))
    assert (html.count("<h2>"), html.count("<li>")) == (headings, items)


@pytest.mark.parametrize("name", ["000", "001", "003", "004"])
def test_the_first_texts_lose_no_word_but_list_marks(name: str) -> None:
    text = seed(name)
    marks = {"●", "•", "1.", "2.", "3."}
    assert [w for w in text_of(shown(text)).split() if w not in marks] == [
        w for w in text.split() if w not in marks
    ]


@pytest.mark.parametrize("mark", ["١.", "١)", "١-", "١ -", "1.", "1)", "1-", "۱."])
def test_numbered_lines_in_a_row_are_a_list(mark: str) -> None:
    second = mark.replace("١", "٢").replace("1", "2").replace("۱", "۲")
    assert shown(f"{LONG}\n\n{mark} أول\n{second} ثان").endswith(
        "<ol>\n<li>أول</li>\n<li>ثان</li>\n</ol>"
    )


@pytest.mark.parametrize("mark", ["-", "•", "●", "*", "–", "◦"])
def test_bullets_are_a_list(mark: str) -> None:
    assert shown(f"{LONG}\n\n{mark} أول\n{mark} ثان").endswith(
        "<ul>\n<li>أول</li>\n<li>ثان</li>\n</ul>"
    )


def test_a_numbered_line_above_paragraphs_is_a_heading_with_its_number() -> None:
    assert f"<h3>{'٢'}- درس</h3>" in shown(f"{LONG}\n\n٢- درس\n\n{LONG}")


@pytest.mark.parametrize(
    "line", ["1.5 كيلو", "12:30 نلتقي", "3-4 أيام", "-5 درجات", "*مهم*", "2026. عام"]
)
def test_a_number_or_sign_in_a_sentence_is_no_list(line: str) -> None:
    assert "<li>" not in shown(f"{LONG}\n\n{line}\n\n{LONG}")


@pytest.mark.parametrize("line", ["# ليس عنوانًا", "> ليس اقتباسًا", "```"])
def test_signs_of_markdown_in_plain_text_stay_signs(line: str) -> None:
    assert line in text_of(shown(f"{LONG}\n\n{line} {LONG}"))


def test_an_excerpt_is_one_short_line() -> None:
    assert excerpt("<h2>نداء</h2><p>إلى <b>الجميع</b></p><p>" + LONG, 20) == "نداء إلى الجميع هذه…"
