"""HTML as somebody would have typed it."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fedi.text.html import sanitise, text_of
from fedi.text.markup import render
from fedi.text.typed import typed_from


def again(html: str) -> str:
    rendered = render(
        typed_from(html), mention_link=lambda _handle: None, hashtag_url=lambda name: f"https://a.test/tag/{name}"
    )  # fmt: skip
    return sanitise(rendered)


@pytest.mark.parametrize(
    "html",
    [
        "<p>Hello <strong>you</strong> and <em>me</em>.</p><p>Second<br>line</p>",
        '<p>See <a href="https://x.example/a_b">this</a>.</p>',
        "<ul><li>a</li><li>b</li></ul><ol><li>c</li></ol>",
        "<p># no heading</p><p>1. no list</p><p>- no list</p><p>&gt; no quote</p>",
        "<p>a*b* _c_ [d](e) `f` ~~g~~ \\</p>",
        "<p>كلام <strong>عريض</strong></p>",
    ],
)
def test_it_says_the_same_when_it_is_read_again(html: str) -> None:
    assert text_of(again(html)) == text_of(html)


def test_links_and_lists_are_typed_as_people_type_them() -> None:
    html = '<p><a href="https://x.example/">https://x.example/</a></p><ul><li><p>a</p></li></ul>'
    assert typed_from(html) == "https://x.example/\n\n- a"


@given(some.text(alphabet="<>/abpliul&;*_ #1.-\n\"='", max_size=200))
def test_whatever_is_written_nothing_dangerous_comes_of_it(html: str) -> None:
    assert "<script" not in again(sanitise(html))
