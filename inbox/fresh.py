"""Arrivals that go from the door to the worker in memory: read once, claimed from the moment they are stored.

The stored row stays the truth: whatever is here when the process ends is free again at the next start. Both sides decide
inside transactions, which run one after another, so nothing overtakes what waits in the table.
"""

from collections import deque
from typing import Final

from fedi.vocab.activity import Activity
from inbox.store import Kept

FRESH_MAX: Final = 2000
BODY_BYTES_MAX: Final = 64 * 1024


class Fresh:
    """A short queue. Closed until a worker has taken everything that waited in the table."""

    __slots__ = ("_arrived", "_is_open")

    def __init__(self) -> None:
        self._arrived: deque[tuple[Kept, Activity]] = deque()
        self._is_open = False

    def open(self) -> None:
        """Nothing waits in the table any more: said inside the transaction that saw it."""
        self._is_open = True

    def close(self) -> None:
        """Nobody takes from here any more, or something waits in the table."""
        self._is_open = False

    def takes(self, body: bytes) -> bool:
        """Whether the next arrival may come this way: asked inside the transaction that stores it. Closes when full."""
        if self._is_open and (len(self._arrived) >= FRESH_MAX or len(body) > BODY_BYTES_MAX):
            self.close()
        return self._is_open

    def put(self, kept: Kept, activity: Activity) -> None:
        """Hand over what is on disk by now."""
        self._arrived.append((kept, activity))

    def has_more_than(self, most: int) -> bool:
        """Whether more was handed over than one turn takes. All of it was stored before anything that waits in the table."""
        return len(self._arrived) > most

    def take(self, most: int | None = None) -> list[tuple[Kept, Activity]]:
        """The oldest that were handed over, or all."""
        count = len(self._arrived) if most is None else min(most, len(self._arrived))
        return [self._arrived.popleft() for _ in range(count)]
