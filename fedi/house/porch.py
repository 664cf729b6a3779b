"""Where the members' house begins: its first segments, and its rooms only when somebody comes.

The rooms bring half the program with them, and a server that starts has not been visited by a member yet.
"""

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from fedi.instance import Instance

if TYPE_CHECKING:
    from types import ModuleType

SEGMENTS: Final = frozenset(
    {
        "house",
        "me",
        "steward",
        "sign-in",
        "sign-out",
        "calendar",
        "invitation",
        "welcome",
        "worker.js",
        "offline",
        "authorize_interaction",
        "intent",
    }
)


class Porch(BaseRoute):
    """Every address of the house, as one route; what stands behind it is loaded by the first who comes."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._rooms: list[Route] = []

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether an address begins as those of the house do."""
        # `OPTIONS *` has no slash at all
        if scope["type"] == "http" and not SEGMENTS.isdisjoint(scope["path"].split("/", 2)[1:2]):
            return Match.FULL, {}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lead to the room. Raises HTTPException when there is none, or not for this method."""
        if not self._rooms:
            rooms = await asyncio.to_thread(load_rooms)
            self._rooms = rooms.routes(self._instance)
        is_there = False
        for room in self._rooms:
            match, child = room.matches(scope)
            if match is Match.FULL:
                scope.update(child)
                await room.handle(scope, receive, send)
                return
            is_there = is_there or match is Match.PARTIAL
        raise HTTPException(405 if is_there else 404)


@lru_cache(maxsize=1)
def load_rooms() -> "ModuleType":
    """The table of the rooms, and everything it needs."""
    from fedi.house import routes  # noqa: PLC0415 - see above

    return routes
