"""One connection to another server, on which one exchange follows the other."""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from fedi.errors import RemoteUnreachable
from fedi.http.answer import Answer
from fedi.http.transport import Limits, Response

# For what comes after a status that is all that counts.
CUT_BODY_S: Final = 2.0


class Connection(asyncio.Protocol):
    """Made by `create_connection`. `is_reusable`: nothing was left open, and nothing came that nobody asked for.

    `is_untouched`: the exchange that failed on it was not its first, and not a byte of an answer had come.
    """

    __slots__ = (
        "_answer",
        "_deadline",
        "_heard_at",
        "_loop",
        "_on_lost",
        "_served",
        "_silence_s",
        "_timer",
        "_transport",
        "_waiter",
        "idle_since",
        "is_reusable",
        "is_untouched",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, on_lost: Callable[["Connection"], None]
    ) -> None:
        self._loop = loop
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = self._heard_at = self._silence_s = 0.0
        self._served = 0
        self.idle_since = 0.0
        self.is_reusable = True
        self.is_untouched = False

    async def exchange(self, data: bytes, url: str, limits: Limits, deadline: float) -> Response:
        """Send `data`, a whole request, and read the answer. `deadline`: a time of the loop.

        Raises RemoteUnreachable, RemoteMalformed.
        """
        answer = self._answer = Answer(url, limits)
        waiter = self._waiter = self._loop.create_future()
        self.is_untouched = False
        self._heard_at = self._loop.time()
        self._deadline, self._silence_s = deadline, limits.first_byte_s
        self._timer = self._loop.call_at(
            min(deadline, self._heard_at + self._silence_s), self._look_at_the_time
        )
        try:
            if self._transport is None:
                raise RemoteUnreachable(detail="reset")
            self._transport.write(data)
            await waiter
            return answer.response()
        except BaseException:
            self.is_untouched = self._served > 0 and not answer.has_begun
            self.abort()
            raise
        finally:
            self._served += 1
            self._answer = self._waiter = None
            self._timer.cancel()
            if not answer.may_stay_open():
                self.abort()

    def close(self) -> None:
        """Say goodbye and let go."""
        self.is_reusable = False
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Let go at once."""
        self.is_reusable = False
        if self._transport is not None:
            self._transport.abort()

    @property
    def transport(self) -> asyncio.Transport | None:
        """What is below, while it is open."""
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # not asked for its class: those of uvloop have their own
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        answer, waiter = self._answer, self._waiter
        if answer is None or waiter is None or waiter.done():
            # nobody asked for it
            self.abort()
            return
        self._heard_at = self._loop.time()
        if answer.feed(data):
            waiter.set_result(None)
        elif answer.only_status_counts:
            self._deadline = min(self._deadline, self._heard_at + CUT_BODY_S)
            assert self._timer is not None
            if self._timer.when() > self._deadline:
                self._timer.cancel()
                self._timer = self._loop.call_at(self._deadline, self._look_at_the_time)

    def eof_received(self) -> bool | None:
        if self._answer is not None and self._answer.end():
            self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.is_reusable = False
        if self._answer is not None and not (exc is None and self._answer.end()):
            self._give_up("reset")
        self._wake()
        self._on_lost(self)

    def _look_at_the_time(self) -> None:
        now = self._loop.time()
        due = min(self._deadline, self._heard_at + self._silence_s)
        if now < due:
            self._timer = self._loop.call_at(due, self._look_at_the_time)
        else:
            self._give_up("timeout")
            self._wake()

    def _give_up(self, why: str) -> None:
        if self._answer is not None and not self._answer.is_whole and self._answer.problem is None:
            self._answer.problem = RemoteUnreachable(detail=why)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
