"""Templates of other servers: filled rightly, and never leading anywhere but where they say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.intents import FEP_3B86, SUBSCRIBE, Door, Wish, fill, find_door
from fedi.canonical import host_of, is_canonical
from tests.harness.chance import examples

URI = "https://majaz.example/event/01?a=b&c=ü"
FILLED = "https%3A%2F%2Fmajaz.example%2Fevent%2F01%3Fa%3Db%26c%3D%C3%BC"


@pytest.mark.parametrize(
    ("template", "place", "href"),
    [
        ("https://a.example/go?uri={uri}", "uri", f"https://a.example/go?uri={FILLED}"),
        ("https://a.example/{uri}/x", "uri", f"https://a.example/{FILLED}/x"),
        ("https://a.example/go?uri={uri}&again={uri}", "uri", f"https://a.example/go?uri={FILLED}&again={FILLED}"),
        ("https://a.example/i?o={object}&then={on-success}", "object", f"https://a.example/i?o={FILLED}&then="),
        ("https://A.EXAMPLE/go?uri={uri}", "uri", f"https://a.example/go?uri={FILLED}"),
    ],
)  # fmt: skip
def test_the_value_stands_in_its_place_and_nothing_in_the_others(
    template: str, place: str, href: str
) -> None:
    assert fill(template, place, URI) == Door(href, "a.example")


@pytest.mark.parametrize(
    "template",
    ["https://a.example/go", "https://a.example/{URI}", "https://a.example/{uri", "https://a{uri}.example/",
     "https://a.example:{uri}/", "https://{x}a.example/{uri}", "{x}https://a.example/{uri}", "https://a.example{x}/{uri}",
     "https://a.example?{uri}", "https://a.example/" + "x" * 2100 + "{uri}", "ftp://a.example/{uri}", "https://a.example/ü{uri}"],
)  # fmt: skip
def test_what_is_no_template_of_an_address_leads_nowhere(template: str) -> None:
    assert fill(template, "uri", URI) is None


@examples(300)
@given(
    st.text(alphabet="htps:/a.x@\\?#{uri} [\t", max_size=40)
    | st.text(alphabet="a.x/@?#{uri}", max_size=30).map(lambda rest: f"https://a.example{rest}"),
    st.text(max_size=20),
)
def test_no_value_decides_which_host_is_visited(template: str, value: str) -> None:
    value = value.encode("utf-8", "replace").decode()
    door = fill(template, "uri", value)
    if door is not None:
        other = fill(template, "uri", "something-else")
        assert is_canonical(door.href)
        assert door.host == host_of(door.href)
        assert other is not None
        assert other.host == door.host


def said(*relations: str) -> dict[str, Any]:
    """A host that answers with these relations, each with every place there is."""
    return {
        "links": [
            {"rel": rel, "template": f"https://a.example/{number}?{{uri}}{{object}}{{inReplyTo}}"}
            for number, rel in enumerate(relations)
        ]
    }


@pytest.mark.parametrize(
    ("wish", "relations", "number"),
    [
        ("follow", (SUBSCRIBE, f"{FEP_3B86}Follow"), 1),
        ("follow", (f"{FEP_3B86}Object", SUBSCRIBE), 1),
        ("follow", (f"{FEP_3B86}Create", f"{FEP_3B86}Object"), 1),
        ("follow", (f"{FEP_3B86}follow",), 0),
        ("answer", (SUBSCRIBE, f"{FEP_3B86}Object"), 1),
        ("answer", (f"{FEP_3B86}Object", f"{FEP_3B86}Create"), 1),
        ("answer", (f"{FEP_3B86}Follow", SUBSCRIBE), 1),
    ],
)
def test_the_most_fitting_way_is_taken(wish: Wish, relations: tuple[str, ...], number: int) -> None:
    door = find_door(said(*relations), wish, URI)
    assert door is not None
    assert door.href.startswith(f"https://a.example/{number}?")


def test_a_form_for_writing_that_does_not_know_what_is_answered_is_left_aside() -> None:
    jrd = {
        "links": [
            {"rel": f"{FEP_3B86}Create", "template": "https://a.example/share?text={content}"},
            {"rel": SUBSCRIBE, "template": "https://a.example/go?uri={uri}"},
        ]
    }
    door = find_door(jrd, "answer", URI)
    assert door is not None
    assert door.href.startswith("https://a.example/go?uri=")


def test_a_template_that_is_called_an_address_is_read_too() -> None:
    jrd = {"links": [{"rel": f"{FEP_3B86}Follow", "href": "https://a.example/go?id={object}"}]}
    door = find_door(jrd, "follow", URI)
    assert door is not None
    assert door.href.startswith("https://a.example/go?id=https")


def test_only_servers_for_trying_out_may_be_visited_without_encryption() -> None:
    jrd = {"links": [{"rel": SUBSCRIBE, "template": "http://a.example/go?uri={uri}"}]}
    assert find_door(jrd, "follow", URI) is None
    assert find_door(jrd, "follow", URI, allows_http=True) is not None


@examples(200)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["links", "rel", "template", "x"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_any_answer_is_read_without_failing(links: object) -> None:
    assert find_door({"links": links}, "follow", URI) is None
