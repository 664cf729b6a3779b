"""How many examples a property is tried with: a few in every run, all of them with `--thorough`."""

from typing import Any, Final

from hypothesis import settings

SHARE: Final = 4
FEWEST: Final = 15
# Set before the tests are found.
IS_THOROUGH = [False]


def examples(most: int, **others: Any) -> settings:
    """Settings of a property that is tried with so many examples where everything is tried, with a share of them otherwise."""
    count = most if IS_THOROUGH[0] else min(most, max(FEWEST, most // SHARE))
    return settings(max_examples=count, deadline=None, **others)
