"""Whom and what we know by its beginning, for completing what somebody types. Along indexes, so it stays quick."""

from collections.abc import Sequence

from actors import blocks
from actors import store as actor_store
from actors.model import Actor
from fedi.db.engine import Reader
from fedi.text.hashtags import normalise_hashtag

# Behind every name that begins with a text.
_LAST = "\U0010ffff"
# Some of what is found is left out again.
_SPARE = 20


def find_handles(rx: Reader, beginning: str, most: int) -> Sequence[Actor]:
    """Actors whose handle begins like this (`bei`, `beirut@bei`), without those who left or are shut out."""
    asked = beginning.strip().lower()
    name, _, host = asked.partition("@")
    rows = [
        *rx.all(
            "SELECT uri FROM actor WHERE handle >= ? AND handle < ? AND deleted_at IS NULL ORDER BY handle LIMIT ?",
            asked,
            asked + _LAST,
            most + _SPARE,
        ),
        *rx.all(
            "SELECT uri FROM actor WHERE role <> 'remote' AND username >= ? AND username <= ? AND host >= ? AND host < ? "
            "AND deleted_at IS NULL ORDER BY username LIMIT ?",
            name,
            name if host else name + _LAST,
            host,
            host + _LAST,
            most + _SPARE,
        ),
    ]
    known = actor_store.list_by_uri(rx, [row[0] for row in rows])
    found = [known[row[0]] for row in rows if row[0] in known]
    shown = [
        each for each in found if not blocks.is_hidden(rx, each.uri) and each.type != "Application"
    ]
    return sorted(shown, key=lambda each: each.handle)[:most]


def find_hashtags(rx: Reader, beginning: str, most: int) -> Sequence[str]:
    """Hashtags we hold that begin like this, in any spelling."""
    name = normalise_hashtag(beginning)
    if not name:
        return []
    rows = rx.all(
        "SELECT DISTINCT name FROM publication_hashtag WHERE name >= ? AND name < ? ORDER BY name LIMIT ?",
        name,
        name + _LAST,
        most,
    )
    return [row[0] for row in rows]
