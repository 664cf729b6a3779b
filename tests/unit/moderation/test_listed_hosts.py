"""Block lists of others as text: what is taken, what is counted and left out, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi.errors import Invalid, TooLarge
from fedi.moderation.listed_hosts import (
    BYTES_MAX,
    ROWS_MAX,
    ListedHost,
    host_name,
    parse_list,
    write_list,
)
from tests.harness.chance import examples

HEADING = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


def hosts(text: str) -> list[tuple[str, str]]:
    return [(each.host, each.wish) for each in parse_list(text.encode()).hosts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEADING + "bad.example,suspend,true,true,spam,false\n", [("bad.example", "block")]),
        (HEADING + "loud.example,silence,false,false,,false\n", [("loud.example", "limit")]),
        (HEADING + "fine.example,noop,true,false,,false\nbad.example,suspend\n", [("bad.example", "block")]),
        ("domain,severity\nloud.example,limit\n", [("loud.example", "limit")]),
        ("severity is the second\nbad.example\n", [("bad.example", "block")]),
        ("bad.example\nworse.example\n", [("bad.example", "block"), ("worse.example", "block")]),
        ("# a list by hand\n\nbad.example # spam\n", [("bad.example", "block")]),
        ("# a list by hand\ndomain,severity\nloud.example,silence\n", [("loud.example", "limit")]),
        ("\ufeffbad.example\r\n", [("bad.example", "block")]),
        ("https://Bad.Example/about\n", [("bad.example", "block")]),
        ("bad.example.\n", [("bad.example", "block")]),
        ("مثال.إختبار\n", [("xn--mgbh0fb.xn--kgbechtv", "block")]),
        ("BÜCHER.example\n", [("xn--bcher-kva.example", "block")]),
        ("a.example,silence\na.example,suspend\n", [("a.example", "block")]),
        ("a.example,suspend\na.example,silence\n", [("a.example", "block")]),
        (HEADING + 'bad.example,suspend,,,"two\nlines",\nworse.example,suspend\n', [("bad.example", "block"), ("worse.example", "block")]),
        (HEADING + 'bad.example,suspend,,,"never closed\nworse.example,suspend\n', [("bad.example", "block"), ("worse.example", "block")]),
    ],
)  # fmt: skip
def test_what_a_list_proposes(text: str, expected: list[tuple[str, str]]) -> None:
    assert hosts(text) == expected


@pytest.mark.parametrize(
    "row",
    [
        "com",
        "*",
        "127.1",
        "user@bad.example",
        "bad example.org",
        "bad.example/../x y",
        "-bad-.example",
        "a" * 300 + ".example",
        "bad.example,eradicate",
        "<!doctype html>",
        "bad\x00.example",
        "javascript:alert(1)",
    ],
)
def test_a_row_that_names_no_host_proposes_nothing(row: str) -> None:
    assert hosts(f"good.example\n{row}\n") == [("good.example", "block")]


def test_hidden_hosts_are_left_out_and_counted() -> None:
    parsed = parse_list(b"bad.example\nv**y-b*d.example\n*.worse.example\n")
    assert ([each.host for each in parsed.hosts], parsed.obfuscated) == (["bad.example"], 2)


def test_rows_that_are_not_understood_are_counted() -> None:
    assert parse_list(b"bad.example\ncom\nnot a host\n").unreadable == 2


def test_a_comment_comes_as_one_harmless_line() -> None:
    text = HEADING + 'bad.example,suspend,,,"spam\n\u202eand \x07more",\n'
    assert parse_list(text.encode()).hosts[0].comment == "spam and more"


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (b"", "blocklist.empty"),
        (HEADING.encode(), "blocklist.empty"),
        (b"<!DOCTYPE html><html><body>Not here</body></html>", "blocklist.empty"),
        (b"\xff\xfe\x00b", "blocklist.not_text"),
        (b"bad.example\n" * (ROWS_MAX + 2), "blocklist.rows"),
    ],
)
def test_what_is_no_list_is_refused(raw: bytes, key: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_list(raw)
    assert refusal.value.message_key == key


def test_a_list_beyond_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        parse_list(b"#" * (BYTES_MAX + 1))


def test_what_is_exported_is_what_mastodon_imports() -> None:
    written = write_list(
        [ListedHost("bad.example", "block", "spam, lies"), ListedHost("loud.example", "limit")]
    )
    assert written == (
        HEADING
        + 'bad.example,suspend,false,false,"spam, lies",false\n'
        + "loud.example,silence,false,false,,false\n"
    )


@pytest.mark.parametrize("comment", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_exported_comment_is_a_formula(comment: str) -> None:
    assert f",'{comment}," in write_list([ListedHost("bad.example", "block", comment)])


names = st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8}){1,2}\.example", fullmatch=True)
listed = st.builds(
    ListedHost,
    names,
    st.sampled_from(["block", "limit"]),
    st.text("abc ,\"';é", max_size=20).map(lambda text: " ".join(text.split())),
)


@examples(60)
@given(st.lists(listed, min_size=1, max_size=6, unique_by=lambda each: each.host))
def test_what_is_exported_can_be_imported(proposals: list[ListedHost]) -> None:
    assert list(parse_list(write_list(proposals).encode()).hosts) == proposals


@examples(100)
@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(raw: bytes) -> None:
    try:
        parsed = parse_list(raw)
    except Invalid:
        return
    assert all(host_name(each.host) == each.host for each in parsed.hosts)
