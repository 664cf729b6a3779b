"""Which signature style each origin understood last. Bounded memory; somebody else may write it down."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Literal

Scheme = Literal["cavage", "rfc9421"]
CAVAGE: Final[Scheme] = "cavage"
RFC9421: Final[Scheme] = "rfc9421"


class SchemeMemory:
    """Remembers for the origins used last. `on_change` hears of every new or changed entry, once."""

    def __init__(
        self, on_change: Callable[[str, Scheme], None] | None = None, *, origins_max: int = 10_000
    ) -> None:
        self._on_change = on_change
        self._origins_max = origins_max
        self._known: OrderedDict[str, Scheme] = OrderedDict()

    def recall(self, origin: str) -> Scheme | None:
        """What worked last at `origin`, if that is still known."""
        scheme = self._known.get(origin)
        if scheme is not None:
            self._known.move_to_end(origin)
        return scheme

    def remember(self, origin: str, scheme: Scheme) -> None:
        """`scheme` worked at `origin`, or the origin announced or used it."""
        was = self._known.get(origin)
        self._known[origin] = scheme
        self._known.move_to_end(origin)
        if len(self._known) > self._origins_max:
            self._known.popitem(last=False)
        if was != scheme and self._on_change is not None:
            self._on_change(origin, scheme)
