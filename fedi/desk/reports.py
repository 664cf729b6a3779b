"""Reports of conduct that arrived from elsewhere, for the stewards."""

from datetime import datetime

from fedi.desk.collectives import NoOrder
from fedi.desk.order import Result
from fedi.instance import Instance
from fedi.moderation import flags
from fedi.text.excerpt import excerpt

CONTENT_MAX = 2000


class Flag(Result, frozen=True, kw_only=True):
    """A report: who sent it, in which words, about what."""

    id: str
    by: str
    content: str
    objects: list[str]
    received_at: datetime


class Flags(Result, frozen=True, kw_only=True):
    """Those nobody has dealt with, the newest first."""

    flags: list[Flag]


async def list_open(instance: Instance, _order: NoOrder) -> Flags:
    """The newest fifty that are open."""
    found = await instance.look(flags.list_open)
    return Flags(
        flags=[
            Flag(
                id=str(each.id),
                by=each.actor_uri,
                content=excerpt(each.content, CONTENT_MAX),
                objects=list(each.objects),
                received_at=each.received_at,
            )
            for each in found
        ]
    )
