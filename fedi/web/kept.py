"""Feeds and calendars kept as they were written: they are asked for again and again."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from fedi.clock import to_ms
from fedi.publications.event.gone import Gone
from fedi.views.listed import Listed
from fedi.web.answer import etag_of

KEPT_MAX: Final = 16
# Raised when the same publications are written in another way.
_FORM: Final = 3


class Kept:
    """The last few writings, by what they were made from."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[str, bytes] = OrderedDict()

    async def get(self, state: str, write: Callable[[], bytes]) -> bytes:
        """What was written from this state; else write it now, beside the event loop."""
        body = self._bodies.get(state)
        if body is None:
            body = await asyncio.to_thread(write)
            self._bodies[state] = body
            if len(self._bodies) > KEPT_MAX:
                self._bodies.popitem(last=False)
        self._bodies.move_to_end(state)
        return body


def state_of(title: str, address: str, listed: Sequence[Listed], gone: Sequence[Gone] = ()) -> str:
    """An entity tag for a writing of these publications: it changes with each of them, and with what they are called."""
    parts = [
        (
            each.publication.uri,
            each.version,
            to_ms(each.publication.updated_at or each.publication.published_at),
            each.author.title if each.author else "",
            *(other.title for other in each.organisers),
        )
        for each in listed
    ]
    left = [(each.uri, each.version) for each in gone]
    return etag_of(msgspec.json.encode((_FORM, title, address, parts, left)))
