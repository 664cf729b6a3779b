"""Visibility and addressing mean the same here as at Mastodon."""

import pytest

from fedi.vocab.audience import Visibility, address, visibility_of
from fedi.vocab.terms import PUBLIC

FOLLOWERS = "https://h.example/a/followers"
AMAL = "https://x.example/amal"


@pytest.mark.parametrize(
    ("to", "cc", "meant"),
    [
        ([PUBLIC], [FOLLOWERS], Visibility.PUBLIC),
        (["as:Public"], [], Visibility.PUBLIC),
        ([FOLLOWERS], ["Public"], Visibility.QUIET),
        ([PUBLIC], [PUBLIC], Visibility.PUBLIC),
        ([FOLLOWERS, AMAL], [], Visibility.FOLLOWERS),
        ([AMAL], [FOLLOWERS], Visibility.DIRECT),
        (["https://h.example/b/followers"], [], Visibility.DIRECT),
        ([], [], Visibility.DIRECT),
    ],
)
def test_the_lists_say_who_is_meant(to: list[str], cc: list[str], meant: Visibility) -> None:
    assert visibility_of(to, cc, FOLLOWERS) is meant


def test_without_knowing_the_followers_a_post_for_them_is_direct() -> None:
    assert visibility_of([FOLLOWERS], [], None) is Visibility.DIRECT


@pytest.mark.parametrize("visibility", [v for v in Visibility if v is not Visibility.LOCAL])
def test_what_is_addressed_means_what_was_chosen(visibility: Visibility) -> None:
    addressing = address(visibility, FOLLOWERS, [AMAL, AMAL])
    assert visibility_of(addressing.to, addressing.cc, FOLLOWERS) is visibility
    assert (*addressing.to, *addressing.cc).count(AMAL) == 1


def test_a_direct_message_names_nobody_else() -> None:
    addressing = address(Visibility.DIRECT, FOLLOWERS, [AMAL])
    assert (addressing.to, addressing.cc) == ((AMAL,), ())


def test_nobody_may_address_what_stays_here() -> None:
    with pytest.raises(AssertionError):
        address(Visibility.LOCAL, FOLLOWERS, [])
