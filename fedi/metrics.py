"""Numbers of one process: how often, how much, how long. Rooms declare what they count; `fedi/observe` tells it.

No personal data and no end of series: a label's value is a word from a list in our own code, and whatever is not on the
list is called `other`. So no id, no host and no invention of a stranger gets in here (S84).
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Final

OTHER: Final = "other"
# Upper bounds in seconds; the last bucket, without a bound, takes the rest.
BOUNDS_S: Final = (0.001, 0.004, 0.016, 0.064, 0.25, 1.0, 4.0, 16.0)
Words = tuple[str, ...]

now_s = time.monotonic


class Kind(StrEnum):
    """What a number is: it only grows, it goes up and down, or it says how long things took."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Sample:
    """One number with its whole name and its labels."""

    name: str
    labels: Mapping[str, str]
    value: float


class Family:
    """Numbers of one name. `labels`: each label with the only words it takes, besides `other`."""

    __slots__ = ("_known", "kind", "labels", "meaning", "name")

    def __init__(self, name: str, kind: Kind, meaning: str, /, **labels: Iterable[str]) -> None:
        self.name: Final = name
        self.kind: Final = kind
        self.meaning: Final = meaning
        self.labels: Final = {label: frozenset(words) for label, words in labels.items()}
        # what was found to be on the lists: never more than they allow
        self._known: Final[set[Words]] = set()

    def every_word(self) -> Sequence[Words]:
        """What the only label of a family may say; for one without labels there is nothing to say, once."""
        if not self.labels:
            return [()]
        (allowed,) = self.labels.values()
        return [(word,) for word in sorted(allowed)]

    def known(self, words: Words) -> Words:
        """`words`, with `other` for each that is not on its list. There is one for each label."""
        if words in self._known:
            return words
        pairs = zip(words, self.labels.values(), strict=True)
        found = tuple(word if word in allowed else OTHER for word, allowed in pairs)
        self._known.add(found)
        return found


class _Spans:
    """How many things took at most how long, and how long all of them together."""

    __slots__ = ("buckets", "sum_s")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS_S) + 1)
        self.sum_s = 0.0


class Metrics:
    """The numbers of one instance. Any thread may count."""

    def __init__(self) -> None:
        self._began_s = now_s()
        self._lock = Lock()
        self._counts: dict[tuple[Family, Words], float] = {}
        self._spans: dict[tuple[Family, Words], _Spans] = {}
        self._watched: dict[tuple[Family, Words], Callable[[], float]] = {}

    @property
    def age_s(self) -> float:
        """How long this instance has been open."""
        return now_s() - self._began_s

    def count(self, family: Family, *words: str, by: float = 1) -> None:
        """So many more of these."""
        key = family, family.known(words)
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + by

    def note(self, family: Family, seconds: float, *words: str) -> None:
        """One more of these, and how long it took."""
        key = family, family.known(words)
        with self._lock:
            spans = self._spans.get(key)
            if spans is None:
                spans = self._spans[key] = _Spans()
            spans.buckets[bisect_left(BOUNDS_S, seconds)] += 1
            spans.sum_s += seconds

    def watch(self, family: Family, look: Callable[[], float], *words: str) -> None:
        """Ask `look` whenever somebody wants to know; it takes the place of who was asked before."""
        self._watched[family, family.known(words)] = look

    def samples(self, family: Family) -> Sequence[Sample]:
        """Every number of a family, in the order in which they came up.

        Counters with one label at most are told before anything has happened: a growth can only be seen from 0 on.
        """
        with self._lock:
            found = [(key[1], value) for key, value in self._counts.items() if key[0] is family]
            spans = [
                (key[1], tuple(value.buckets), value.sum_s)
                for key, value in self._spans.items()
                if key[0] is family
            ]
        found += [(key[1], look()) for key, look in self._watched.items() if key[0] is family]
        if family.kind is Kind.COUNTER and len(family.labels) <= 1:
            there = {words for words, _ in found}
            found += [(words, 0) for words in family.every_word() if words not in there]
        samples = [Sample(family.name, _labels(family, words), value) for words, value in found]
        for words, buckets, sum_s in spans:
            samples += _samples_of_spans(family.name, _labels(family, words), buckets, sum_s)
        return samples


def _labels(family: Family, words: Words) -> dict[str, str]:
    return dict(zip(family.labels, words, strict=True))


def _samples_of_spans(
    name: str, labels: Mapping[str, str], buckets: Sequence[int], sum_s: float
) -> list[Sample]:
    """As Prometheus has it: each bucket counts what is in those before it, too."""
    samples, total = [], 0
    for bound, many in zip((*map(str, BOUNDS_S), "+Inf"), buckets, strict=True):
        total += many
        samples.append(Sample(f"{name}_bucket", {**labels, "le": bound}, total))
    return [*samples, Sample(f"{name}_sum", labels, sum_s), Sample(f"{name}_count", labels, total)]
