"""What members type becomes what the wire and the pages show."""

import pytest

from fedi.text.html import sanitise
from fedi.text.markup import MentionLink, find_hashtags, find_mentions, render
from tests.harness.work import calls_of

KNOWN = {"@agora@agora.example": "https://agora.example/@agora"}


def mention_link(handle: str) -> MentionLink | None:
    url = KNOWN.get(handle)
    return MentionLink("https://agora.example/a/1", url, handle) if url else None


def shown(source: str) -> str:
    return render(
        source,
        mention_link=mention_link,
        hashtag_url=lambda name: f"https://me.example/tags/{name}",
    )


def test_a_mention_has_the_form_other_servers_expect() -> None:
    assert shown("@agora@agora.example!") == (
        '<p><span class="h-card"><a href="https://agora.example/@agora" class="u-url mention">'
        "@<span>agora</span></a></span>!</p>"
    )


def test_a_mention_of_nobody_known_stays_words() -> None:
    assert shown("hello @who@where.example.") == "<p>hello @who@where.example.</p>"


def test_a_hashtag_has_the_form_other_servers_expect() -> None:
    assert shown("#العون_المتبادل.") == (
        '<p><a href="https://me.example/tags/العون_المتبادل" class="mention hashtag" rel="tag">'
        "#<span>العون_المتبادل</span></a>.</p>"
    )


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("#a #B #b", ("a", "B")),
        ("#حرية #حُرّيّة", ("حرية",)),
        ("و#سوريا وب#سوريا", ("سوريا",)),
        ("#می\u200cخواهم", ("می\u200cخواهم",)),
        ("#2026 #١٢", ()),
        ("#2026a #a_b #a-b", ("2026a", "a_b", "a")),
        ("a#b /#c &#39; ##d", ()),
        ("`#a` [#b](https://a.example/)\n\n```\n#c\n```", ()),
        ("https://a.example/#b", ()),
        ("(#a) **#b** *#c*", ("a", "b", "c")),
        ("# Heading", ()),
        ("#" * 1000, ()),
    ],
)
def test_hashtags_are_found_where_people_mean_them(source: str, names: tuple[str, ...]) -> None:
    assert find_hashtags(source) == names


@pytest.mark.parametrize(
    ("source", "handles"),
    [
        ("@a@b.example, @a@B.example", ("@a@b.example",)),
        ("(@a_b@c.example) @d.e@f.example.", ("@a_b@c.example", "@d.e@f.example")),
        ("a@b.example @a @a@ @a@b @@a@b.example", ()),
        ("`@a@b.example` [@a@b.example](https://c.example/)", ()),
        ("https://b.example/@a@b.example", ()),
        ("@a@localhost:8080", ("@a@localhost:8080",)),
        ("و@a@b.example", ("@a@b.example",)),
        ("@a@بيروت.example", ("@a@بيروت.example",)),
        ("@" + "a" * 100 + "@b.example", ()),
    ],
)
def test_mentions_are_found_where_people_mean_them(source: str, handles: tuple[str, ...]) -> None:
    assert find_mentions(source) == handles


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("سطر\nسطر", "<p>سطر<br>سطر</p>"),
        ("# عنوان", "<h2>عنوان</h2>"),
        ("### درس", "<h3>درس</h3>"),
        ("١. أول\n٢. ثان", "<ol>\n<li>أول</li>\n<li>ثان</li>\n</ol>"),
        ("٣) ثالث", '<ol start="3">\n<li>ثالث</li>\n</ol>'),
        ("• a\n• b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("    indented", "<p>indented</p>"),
        ("text\n---", "<p>text</p>\n<hr>"),
        (
            "[a]: https://a.example/",
            '<p>[a]: <a href="https://a.example/">https://a.example/</a></p>',
        ),
        ("~~a~~ **b** *c*", "<p><s>a</s> <strong>b</strong> <em>c</em></p>"),
        ("<b>a</b> <script>", "<p>&lt;b&gt;a&lt;/b&gt; &lt;script&gt;</p>"),
        ("[a](javascript:alert)", "<p>[a](javascript:alert)</p>"),
        ("![a cat](https://a.example/c.png)", "<p>a cat</p>"),
        ("```py\n• a < b\n```", "<pre><code>• a &lt; b\n</code></pre>"),
    ],
)
def test_markdown_and_nearly_plain_text_look_right(source: str, html: str) -> None:
    assert shown(source) == html


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("see https://a.example/b_c_d?x=1&y=2.", "https://a.example/b_c_d?x=1&amp;y=2"),
        ("(https://a.example/w_(x))", "https://a.example/w_(x)"),
        ("«https://a.example/»", "https://a.example/"),
        ("في https://a.example/، ثم", "https://a.example/"),
        ("HTTPS://a.example", "HTTPS://a.example"),
    ],
)
def test_a_bare_address_becomes_a_link_without_its_punctuation(source: str, address: str) -> None:
    assert f'<a href="{address}">{address}</a>' in shown(source)


@pytest.mark.parametrize(
    "source", ["xhttps://a.example", "https://", "https://u:p@a.example/", "ftp://a.example"]
)
def test_what_only_resembles_an_address_stays_words(source: str) -> None:
    assert "<a" not in shown(source)


def test_what_is_written_is_within_the_subset() -> None:
    source = "# t\n\n1. a\n   - b\n\n> q @agora@agora.example #x\n\n`c` **d**\n\n---\n\nhttps://a.example/"
    kept = sanitise(shown(source)).replace(" nofollow noopener noreferrer", "")
    assert kept.replace(' rel="nofollow noopener noreferrer"', "") == shown(source)


@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 20_000, "*a_ " * 5_000, ">" * 20_000, "- " * 10_000, "![[" * 6_600, "`a``" * 5_000, "#a" * 10_000,
        "@a@" * 6_600, "http://" * 2_800, "<a " * 6_600, "~~a" * 6_600, "[a](" * 5_000, "&" * 20_000, "\\" * 20_000,
        "](\n" * 6_600, "\n" * 20_000, "".join(" " * i + "- a\n" for i in range(180)), "و" * 20_000, "١." * 10_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "part", [pytest.param(16, id="part"), pytest.param(1, id="whole", marks=pytest.mark.thorough)]
)
def test_a_pathological_source_is_rendered_with_work_that_grows_with_its_length(
    bomb: str, part: int
) -> None:
    bomb = bomb[: len(bomb) // part]
    calls_of(lambda: shown(bomb), most=400 * len(bomb))
