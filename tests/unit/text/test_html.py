"""What the sanitiser keeps, drops and mends."""

import pytest

from fedi.text.html import _bounded, sanitise, text_of
from fedi.text.subset import TEXT_BYTES_MAX
from tests.harness.work import calls_of

REL = 'rel="nofollow noopener noreferrer"'


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('<p lang="ar" dir="rtl">مرحبا</p>', '<p lang="ar" dir="rtl">مرحبا</p>'),
        ("<h1>T</h1><h2>U</h2>", "<h2>T</h2><h2>U</h2>"),
        (
            '<ol start="3" reversed><li value="7">a</ol>',
            '<ol start="3" reversed=""><li value="7">a</li></ol>',
        ),
        ('<ol start="x"><li value="">a</ol>', "<ol><li>a</li></ol>"),
        ("<p>a<hr>b", "<p>a</p><hr>b"),
        ("<pre><code>a\n  b</code></pre>", "<pre><code>a\n  b</code></pre>"),
        ("<del>a</del><s>b</s><u>c</u>", "<del>a</del><s>b</s><u>c</u>"),
        ("<p>1 &lt; 2 &amp; 3</p>", "<p>1 &lt; 2 &amp; 3</p>"),
        ('<p dir="sideways" lang="&quot;x" style="color:red" id="a">a</p>', "<p>a</p>"),
    ],
)
def test_the_subset_is_kept_and_nothing_else(written: str, kept: str) -> None:
    assert sanitise(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "<script>alert(1)</script>",
        "<style>p{}</style>",
        "<svg><text>x</text></svg>",
        "<math><mtext></mtext></math>",
        "<iframe src='https://a.example/'></iframe>",
        "<form><input name=a></form>",
        "<!-- a -->",
        "<title>x</title>",
        "<img src='https://tracker.example/x.png'>",
    ],
)
def test_what_cannot_be_read_leaves_nothing(written: str) -> None:
    assert sanitise(written) == ""


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "JAVASCRIPT:x", "data:text/html,x",
        "vbscript:x", "//host.example/", "/path", "?q", "#f", "https:///x", "https://", "https://user@host.example/",
        "https://good.example@evil.example/", "mailto:nobody", "https://a.example/\u2067gpj", "ftp://a.example/",
        "https://[x", "https://a.example:port/",
    ],
)  # fmt: skip
def test_a_bad_address_loses_its_link_and_keeps_its_words(href: str) -> None:
    assert sanitise(f'<p><a href="{href}">here</a></p>') == "<p>here</p>"


@pytest.mark.parametrize(
    "href", ["https://a.example/x?y=1#z", "http://a.example:8080/", "mailto:us@a.example"]
)
def test_a_good_address_stays_and_is_not_vouched_for(href: str) -> None:
    assert sanitise(f'<a href="{href}">here</a>') == f'<a href="{href}" {REL}>here</a>'


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("https://bank.example/login", "evil.example"),
        ("bank.example", "evil.example"),
        ("www.bank.example", "evil.example"),
        ("//bank.example", "evil.example"),
        ("BANK.example/x", "evil.example"),
        ("bank\u200b.example", "evil.example"),
        ("bank．example", "evil.example"),
        ("<b>https://bank</b>.example", "evil.example"),
        ("https://evil.example/other", "https://evil.example/other"),
        ("www.evil.example", "www.evil.example"),
        ("evil.example/x", "evil.example/x"),
        ("our page", "our page"),
        ("report.pdf", "report.pdf"),
        ("3.14", "3.14"),
        ("البيان الكامل", "البيان الكامل"),
        ("@bank@bank.example", "@bank@bank.example"),
    ],
)
def test_words_that_look_like_an_address_tell_where_the_link_leads(words: str, shown: str) -> None:
    assert (
        sanitise(f'<a href="https://evil.example/x">{words}</a>').split(">", 1)[1] == f"{shown}</a>"
    )


def test_a_mail_link_shows_the_address_it_writes_to() -> None:
    assert "them@evil.example</a>" in sanitise(
        '<a href="mailto:them@evil.example">us@good.example</a>'
    )


def test_mentions_and_hashtags_keep_their_classes_and_others_go() -> None:
    written = '<span class="h-card x"><a href="https://a.example/@b" class="u-url mention evil">@<span>b</span></a></span>'
    assert sanitise(written) == (
        f'<span class="h-card"><a href="https://a.example/@b" class="u-url mention" {REL}>@<span>b</span></a></span>'
    )


def test_a_hashtag_stays_a_tag() -> None:
    written = '<a href="https://a.example/t" class="mention hashtag" rel="tag">#<span>t</span></a>'
    assert 'rel="tag nofollow noopener noreferrer"' in sanitise(written)


def test_boxes_and_cells_become_line_ends_and_spaces() -> None:
    assert sanitise("<div>a</div><div><div>b</div></div>") == "a<br>b"
    assert text_of("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>") == "a b\nc"


def test_an_image_leaves_its_description_unless_images_are_wanted() -> None:
    written = '<p>a <img src="https://a.example/x.png" alt="a &lt;cat&gt;" onerror="x"></p>'
    assert sanitise(written) == "<p>a a &lt;cat&gt;</p>"
    assert sanitise(written, images=True) == (
        '<p>a <img src="https://a.example/x.png" alt="a &lt;cat&gt;"></p>'
    )
    assert sanitise('<img src="data:x" alt="b">', images=True) == "b"


def test_controls_and_overrides_go_and_letters_stay() -> None:
    assert sanitise("<p>a\x00\x07\u202eb\ud800 c\u0651</p>") == "<p>ab c\u0651</p>"


class Panic(BaseException):
    """What a panic in the parser looks like from Python: no Exception."""


class BrokenCleaner:
    def clean(self, html: str) -> str:
        raise Panic


def test_when_the_parser_fails_there_is_text_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedi.text.html._CLEANER", BrokenCleaner())
    assert sanitise("a <b>\n\nc") == "<p>a &lt;b&gt;</p><p>c</p>"


def test_line_ends_of_all_systems_are_line_ends() -> None:
    assert sanitise("<pre>a\r\nb\rc</pre>") == "<pre>a\nb\nc</pre>"


def test_a_long_text_is_cut_with_an_ellipsis_and_closed_tags() -> None:
    done = sanitise("<ul><li><b>" + "كلمة " * 60_000)
    assert done.endswith("كلمة…</b></li></ul>")
    assert len(text_of(done).encode()) <= TEXT_BYTES_MAX
    assert sanitise(done) == done


def test_a_text_just_within_the_limit_is_whole() -> None:
    words = "a" * (TEXT_BYTES_MAX - 1)
    assert sanitise(f"<p>{words}</p>") == f"<p>{words}</p>"


@pytest.mark.parametrize(
    "bomb",
    [
        "<b>" * 100_000, "<div>" * 100_000, "<blockquote>x" * 20_000, "<ul><li>" * 60_000, "<" * 500_000,
        "&" * 500_000, "<br>" * 90_000, "<a href='https://a.example/'>" * 20_000, "<table><tr><td>" * 30_000,
        "<p " + "a=b " * 100_000 + ">x", "<!--" * 90_000, "<p><b>" * 40_000, "<svg><style>" * 30_000,
        ("<b><i><u><a href=https://x.example/>" * 20 + "<p>") * 3000, "<p>" + "&nbsp;" * 80_000, "\u00a0" * 600_000, "& \u00a0" * 200_000, "«" * 600_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "part", [pytest.param(32, id="part"), pytest.param(1, id="whole", marks=pytest.mark.thorough)]
)
def test_a_bomb_is_settled_with_little_work_and_for_good(bomb: str, part: int) -> None:
    bomb = bomb[: len(bomb) // part]
    calls_of(lambda: sanitise(bomb), most=20 * len(bomb))
    done = sanitise(bomb)
    assert len(done) <= 600_000
    assert sanitise(done) == done


@pytest.mark.parametrize("costly", ["&", "\u00a0", "«", "°", "&«"])
def test_the_parser_gets_few_of_the_characters_of_which_many_keep_it_busy(costly: str) -> None:
    """Each of them costs it a walk over all that came before; a megabyte of one would hold up the server for seconds."""
    html = "<p>" + costly * 600_000
    assert sum(_bounded(html).count(each) for each in set(costly)) == TEXT_BYTES_MAX
    few = "<p>" + costly * 1_000
    assert _bounded(few) == few


def test_no_more_than_two_line_ends_in_a_row() -> None:
    assert sanitise("a" + "<br>" * 50 + "b") == "a<br><br>b"


def test_the_words_come_line_by_line() -> None:
    html = "<h2>T</h2><p>a<br>b</p><ul><li>c</li><li>d</li></ul><pre>e\n f</pre>"
    assert text_of(html) == "T\n\na\nb\n\nc\nd\n\ne\nf"


def test_the_words_of_hidden_things_are_not_words() -> None:
    assert text_of("a<script>b</script><style>c</style>") == "a"
