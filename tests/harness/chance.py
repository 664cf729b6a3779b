"""How much of what is alike is tried: a few examples of a property and one of several ways in every run, all with `--thorough`."""

from collections.abc import Iterable
from typing import Any, Final

import pytest
from hypothesis import settings

SHARE: Final = 4
FEWEST: Final = 15
# Set before the tests are found.
IS_THOROUGH = [False]


def examples(most: int, **others: Any) -> settings:
    """Settings of a property that is tried with so many examples where everything is tried, with a share of them otherwise."""
    count = most if IS_THOROUGH[0] else min(most, max(FEWEST, most // SHARE))
    return settings(max_examples=count, deadline=None, **others)


def first_of(ways: Iterable[Any]) -> list[Any]:
    """Parameters of a test that is much the same for each: the first in every run, the others where everything is tried."""
    first, *others = ways
    return [first, *(pytest.param(each, marks=pytest.mark.thorough) for each in others)]
