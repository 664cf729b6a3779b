"""Envelopes of activities (wire 3.1). Pure. Every action begins with one of these."""

from typing import Any

from actors.model import Actor
from fedi.clock import iso
from fedi.ids import new_public_id
from fedi.unit import Unit
from fedi.vocab.terms import CONTEXT


def envelope(
    unit: Unit, actor: Actor, kind: str, subject: Any, to: tuple[str, ...], cc: tuple[str, ...] = ()
) -> dict[str, Any]:
    """An activity with an id of its own, a string as actor, and lists as audience."""
    return {
        "@context": CONTEXT,
        "id": unit.urls.activity(new_public_id(unit.told)),
        "type": kind,
        "actor": actor.uri,
        "published": iso(unit.told),
        "to": list(to),
        "cc": list(cc),
        "object": subject,
    }


def embedded(activity: dict[str, Any]) -> dict[str, Any]:
    """An activity as it stands inside another one: without context and audience."""
    return {key: activity[key] for key in ("id", "type", "actor", "object") if key in activity}
