"""What one process tells the others on the same database when it has changed something: who has work, what is no longer true.

Words of at most as many bytes as the database carries. Whatever is not understood is read as: everything has changed.
"""

from collections.abc import Collection, Iterator
from typing import Final

import msgspec

BYTES_MAX: Final = 7_900
# More than this is not told one by one.
PARTS_MAX: Final = 50


class News(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """`sender`: who tells it. `wakes`: names of workers that have something to do. `touched`: ids of what is shown
    otherwise now. `rekeyed`: ids of actors whose keys are others now. `is_all`: everything may have changed."""

    sender: str = ""
    wakes: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    rekeyed: tuple[str, ...] = ()
    is_all: bool = False


def in_words(
    sender: str, wakes: Collection[str], touched: Collection[str], rekeyed: Collection[str]
) -> list[str]:
    """One or more messages that say it."""
    whole = News(sender=sender, wakes=tuple(wakes), touched=tuple(touched), rekeyed=tuple(rekeyed))
    words = _words(whole)
    if len(words) <= BYTES_MAX:
        return [words.decode()]
    parts = [
        News(sender=sender, wakes=whole.wakes),
        *(News(sender=sender, touched=some) for some in _portions(whole.touched)),
        *(News(sender=sender, rekeyed=some) for some in _portions(whole.rekeyed)),
    ]
    if len(parts) > PARTS_MAX:
        parts = [News(sender=sender, wakes=whole.wakes, is_all=True)]
    return [_words(part).decode() for part in parts]


def read(words: str) -> News:
    """What was told."""
    try:
        return msgspec.json.decode(words, type=News)
    except msgspec.DecodeError:
        return News(is_all=True)


def _words(news: News) -> bytes:
    return msgspec.json.encode(news)


def _portions(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """In parts that fit, however their letters are written."""
    portion: list[str] = []
    size = 0
    for name in names:
        # with its quotes and comma, beside what stands around
        needed = len(msgspec.json.encode(name)) + 1
        if portion and size + needed > BYTES_MAX - 200:
            yield tuple(portion)
            portion, size = [], 0
        portion.append(name)
        size += needed
    if portion:
        yield tuple(portion)
