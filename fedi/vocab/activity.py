"""A document that arrived → Activity, the envelope every verb reads. Pure; raises Invalid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedi.errors import Invalid
from fedi.vocab.read import audience_of, id_of, moment_of, one_of, type_of


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity. `object` is what was embedded, or the address given, or None (also for a list: Flag reads `raw`).

    `raw` is the document as it came, for proofs, for forwarding and for members that one verb alone reads.
    """

    uri: str
    type: str
    actor: str
    object: dict[str, Any] | str | None
    object_uri: str | None
    object_type: str | None
    target: str | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published: datetime | None
    raw: Mapping[str, Any]

    @property
    def embedded(self) -> dict[str, Any] | None:
        """The embedded object, if there is one."""
        return self.object if isinstance(self.object, dict) else None


def parse_activity(document: object) -> Activity:
    """Reads the envelope tolerantly (wire.md 10.4) and its identity strictly (S21, S23, S36).

    `actor` may be an object or a list of one; `object` may be a list of one. `bto` and `bcc` are not kept.
    Raises Invalid with activity.not_object, activity.id, activity.type or activity.actor.
    """
    if not isinstance(document, dict):
        raise Invalid("activity.not_object")
    uri = id_of(document.get("id")) if isinstance(document.get("id"), str) else None
    if uri is None:
        raise Invalid("activity.id", field="id")
    kind = type_of({"type": one_of(document.get("type"))})
    if not kind or len(kind) > 100:
        raise Invalid("activity.type", field="type")
    actor = id_of(one_of(document.get("actor")))
    if actor is None:
        raise Invalid("activity.actor", field="actor")
    subject = one_of(document.get("object"))
    if not isinstance(subject, dict | str):
        subject = None
    return Activity(
        uri=uri,
        type=kind,
        actor=actor,
        object=subject,
        object_uri=id_of(subject),
        object_type=type_of(subject),
        target=id_of(one_of(document.get("target"))),
        to=audience_of(document.get("to")),
        cc=audience_of(document.get("cc")),
        published=moment_of(document.get("published")),
        raw=document,
    )
