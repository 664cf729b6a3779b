"""The home of the instance: what is coming up, what is needed, what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actors.model import Actor
from actors.store import list_collectives
from fedi.db.engine import Reader
from fedi.views.agenda import list_coming, list_coming_elsewhere
from fedi.views.archive import list_kind
from fedi.views.listed import Listed
from fedi.views.needs import list_open

COMING_MAX: Final = 6
NEEDS_MAX: Final = 5
SAID_MAX: Final = 4
ELSEWHERE_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Home:
    """Everything the first page shows. `elsewhere`: events of those whom our collectives follow."""

    collectives: Sequence[Actor]
    coming: Sequence[Listed]
    more_coming: bool
    requests: Sequence[Listed]
    offers: Sequence[Listed]
    statements: Sequence[Listed]
    notes: Sequence[Listed]
    elsewhere: Sequence[Listed]


def look_home(rx: Reader, now_ms: int) -> Home:
    """One look at the whole first page."""
    coming = list_coming(rx, now_ms, most=COMING_MAX)
    return Home(
        collectives=list_collectives(rx),
        coming=coming.items,
        more_coming=coming.next is not None,
        requests=list_open(rx, "request", now_ms, NEEDS_MAX),
        offers=list_open(rx, "offer", now_ms, NEEDS_MAX),
        statements=list_kind(rx, "statement", most=SAID_MAX).items,
        notes=list_kind(rx, "note", most=SAID_MAX).items,
        elsewhere=list_coming_elsewhere(rx, now_ms, ELSEWHERE_MAX),
    )
