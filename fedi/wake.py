"""Bells of one process: who waits for work is rung when some was written, and looks anyway after a while."""

import asyncio
from dataclasses import dataclass, field


class Bell:
    """Rung from the event loop; one waiter. A ring while nobody waits is kept for the next wait."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        self._event.set()

    async def wait(self, at_most_s: float) -> None:
        """Until rung, or until this many seconds have passed."""
        try:
            async with asyncio.timeout(at_most_s):
                await self._event.wait()
        except TimeoutError:
            return
        finally:
            self._event.clear()


INBOX = "inbox"
DELIVERY = "delivery"
BACKUP = "backup"
LOOPBACK = "loopback"
CHORES = "chores"


@dataclass(frozen=True, slots=True)
class Wake:
    """The bells: activities to process, deliveries to send, letters to ourselves, things to fetch, a backup."""

    bells: dict[str, Bell] = field(
        default_factory=lambda: {
            name: Bell() for name in (INBOX, DELIVERY, LOOPBACK, CHORES, BACKUP)
        }
    )

    def ring(self, name: str) -> None:
        """There is work for this worker."""
        self.bells[name].ring()

    def ring_if_known(self, name: str) -> None:
        """The same, said by a process that may be of another version."""
        if name in self.bells:
            self.bells[name].ring()

    async def wait(self, name: str, at_most_s: float) -> None:
        """Until this worker's bell rings, or until so many seconds have passed."""
        await self.bells[name].wait(at_most_s)

    def ring_all(self) -> None:
        """Everybody up: the process is about to stop, or what others rang was not heard."""
        for bell in self.bells.values():
            bell.ring()
