"""Activities as they are shown later: with what their object says now, not what an edit took back."""

from typing import Any

from fedi.db.engine import Reader
from fedi.publications import store
from fedi.publications.activitystreams import build_object
from fedi.publications.event.told import with_attendance
from fedi.vocab.read import id_of


def with_current_words(rx: Reader, activity: dict[str, Any], posture: str) -> dict[str, Any]:
    """A Create or Update of ours with the present version of its publication; proofs of the earlier one are left out."""
    if activity.get("type") not in ("Create", "Update"):
        return activity
    uri = id_of(activity.get("object"))
    publication = store.find(rx, uri) if uri is not None else None
    if publication is None or publication.updated_at is None:
        return activity
    shown = {name: value for name, value in activity.items() if name not in ("proof", "signature")}
    told = with_attendance(rx, publication, posture)
    return shown | {"object": build_object(told, with_collections=True)}
