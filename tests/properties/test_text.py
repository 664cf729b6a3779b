"""Properties of text: cleaning twice is cleaning once, and nothing raises."""

from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st

from fedi.i18n.negotiate import choose_language
from fedi.search.fold import fold, tokens
from fedi.text.direction import clean_line, clean_text, direction_of
from fedi.text.hashtags import normalise_hashtag
from fedi.text.html import sanitise, text_of
from fedi.text.markup import find_hashtags, find_mentions, render
from fedi.text.plain import from_plain_text
from fedi.text.subset import TAGS
from tests.harness.chance import examples

PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<b>", "</b>", "<a href='https://a.example/'>", "<a href=javascript:x>", "</a>", "<div>", "</div>",
        "<table>", "<tr>", "<td>", "<pre>", "\n", "<li>", "<ul>", "</ul>", "<svg>", "<style>", "</style>", "<math>", "<br>",
        "<h1>", "</h2>", "<hr>", "<img alt=x src=//y>", "&", "&lt;", "&nbsp;", "<!--", "-->", "كلمة", "a ", "<span class=mention>",
        "</span>", "<", ">", '"', "\x00", "\u202e", "<blockquote>", "<ol start=2>", "https://b.example", " ", "<title>",
        "<noscript>", "<template>", "<select>", "<form>", "<plaintext>", "<textarea>", "</p", "<p lang=ar dir=rtl>",
    ]
)  # fmt: skip
HTML = st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join)
SIGNS = st.sampled_from(
    ["# ", "- ", "١. ", "1- ", "• ", "> ", "**", "_", "`", "```\n", "\n", "\n\n", "[", "](", ")", "#وسم", "@a@b.example", " ",
     "https://a.example/x", "كلمة", "a", "<b>", "\\", "~~", "---\n", "    ", "\t", "&amp;", "!["]
)  # fmt: skip
SOURCE = st.lists(SIGNS | st.text(max_size=4), max_size=30).map("".join)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)


def shown(source: str) -> str:
    return render(
        source, mention_link=lambda handle: None, hashtag_url=lambda name: "https://a.example/t"
    )


@examples(300)
@given(HTML)
def test_cleaning_html_twice_is_cleaning_it_once(html: str) -> None:
    once = sanitise(html)
    assert sanitise(once) == once


@examples(200)
@given(HTML)
def test_no_html_leaves_a_tag_outside_the_list(html: str) -> None:
    tags = Tags()
    tags.feed(sanitise(html))
    tags.close()
    assert tags.seen <= TAGS


@examples(200)
@given(SOURCE)
def test_whatever_is_typed_is_rendered_within_the_subset(source: str) -> None:
    html = shown(source)
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.seen <= TAGS
    assert text_of(sanitise(html)).split() == text_of(html).split()


@examples(150)
@given(SOURCE)
def test_what_is_found_in_a_source_is_bounded_and_whole(source: str) -> None:
    assert all(
        name and "#" not in name and normalise_hashtag(name) for name in find_hashtags(source)
    )
    assert all(handle.count("@") == 2 for handle in find_mentions(source))


@examples(150)
@given(
    st.lists(
        st.sampled_from(["كلمة", "درس", "1", "٢", ".", "-", "•", "\n", "\n\n", " ", ":", "؟"]),
        max_size=40,
    ).map("".join)
)
def test_plain_text_keeps_its_words(text: str) -> None:
    words = [
        word
        for word in text_of(shown(from_plain_text(text))).split()
        if any(map(str.isalpha, word))
    ]
    for kept in words:
        assert any(char.isalpha() for char in kept)
    assert sum(word.count("كلمة") + word.count("درس") for word in words) == text.count(
        "كلمة"
    ) + text.count("درس")


@examples(200)
@given(st.text(max_size=300) | SOURCE, st.integers(0, 60))
@example("a\n\u2066 b", 60)
@example("a\u2066\u0301", 60)
def test_a_clean_line_is_one_line_within_its_length_and_stays_as_it_is(
    text: str, length: int
) -> None:
    line = clean_line(text, length)
    assert len(line) <= length
    assert "\n" not in line
    assert clean_line(line, length) == line


@examples(150)
@given(st.text(max_size=300))
def test_any_text_folds_and_has_a_direction(text: str) -> None:
    assert direction_of(text, "ar") in {"rtl", "ltr"}
    assert fold(fold(text)) == fold(text)
    assert all(tokens(text))
    assert len(clean_text(text, 100)) <= 100


@examples(150)
@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from(["ar", "fr;q=0.5", "*", ";", "q=", "en-GB", ",", "=1"])).map(
        ",".join
    )
)
def test_any_header_chooses_a_language(header: str) -> None:
    assert choose_language(header, None, "ar") in {"ar", "en", "es", "fr"}
