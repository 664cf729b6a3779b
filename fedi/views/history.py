"""A publication of ours with everything it said before, as anybody may read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fedi.db.engine import Reader
from fedi.publications.store import Edit, list_edits
from fedi.views.conversation import find_readable
from fedi.views.listed import Listed

VERSIONS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class History:
    """`edits`: what it said before, the latest first. Their audience is that of today: no edit changes it (S88)."""

    listed: Listed
    edits: Sequence[Edit]


def look_history(rx: Reader, uri: str) -> History | None:
    """Everything our publication said before; None when it was never changed or not everybody may read it."""
    listed = find_readable(rx, uri)
    if listed is None or not listed.is_local or listed.version < 2:
        return None
    edits = list_edits(rx, uri)
    return History(listed, edits[::-1][:VERSIONS_MAX]) if edits else None
