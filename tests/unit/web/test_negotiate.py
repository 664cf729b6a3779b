"""Which face of an address is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi.web.negotiate import wants_activity
from tests.harness.chance import examples

PROFILE = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "document"),
    [
        (None, False),
        ("", False),
        ("*/*", False),
        (BROWSER, False),
        ("application/json", False),
        ("application/activity+json", True),
        ("Application/Activity+JSON", True),
        ("application/ld+json", True),
        (PROFILE, True),
        (f"{PROFILE}, application/activity+json", True),
        ("application/activity+json; charset=utf-8", True),
        ("application/activity+json, text/html;q=0.1", True),
        ("text/html;q=0.1, application/activity+json", True),
        ("text/html, application/ld+json", True),
        ("text/html, application/activity+json;q=0.9", False),
        (f"{BROWSER}, application/activity+json;q=0.5", False),
        ("application/activity+json;q=0", False),
        ("application/activity+json;q=nonsense", True),
        ("application/activity+json;q=1e9, text/html", True),
        ("*/*, application/ld+json;q=0.2", True),
        (",;,=;q", False),
    ],
)
def test_servers_get_the_document_and_people_the_page(accept: str | None, document: bool) -> None:
    assert wants_activity(accept) is document


@examples(200)
@given(st.text(max_size=200))
def test_any_header_is_read_without_failing(accept: str) -> None:
    assert wants_activity(accept) in (True, False)


@examples(50)
@given(
    st.lists(st.sampled_from(["application/json", "*/*", "text/plain;q=0.3", "image/png"])),
    st.integers(0, 5),
)
def test_the_place_in_the_list_does_not_matter(others: list[str], place: int) -> None:
    ranges = [*others[:place], PROFILE, *others[place:]]
    assert wants_activity(", ".join(ranges))
