"""Counters of one process, by name and outcome. No personal data: no ids, no addresses."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Metrics:
    """`count("inbox.refused", "signature.digest")` and what came of it."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, name: str, outcome: str = "", by: int = 1) -> None:
        self.counts[name, outcome] += by
