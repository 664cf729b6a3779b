"""Listening to what other processes on the same PostgreSQL tell (LISTEN), and one duty that a single one of them has.

A connection of its own, asked every few seconds whether it still stands: what was told while it did not is never told
again, so whoever listens hears of each end and of each new beginning.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import psycopg

from fedi.clock import CLOCKS_APART_S
from fedi.db.engine import Ear, Row
from fedi.errors import Unavailable

AsyncLine = psycopg.AsyncConnection[Row]
log = logging.getLogger("fedi.db")

CHANNEL: Final = "mujawara"
# A word of ours among the advisory locks of a database: who does what one does for all.
DUTY: Final = 0x6D756A63
# How often the connection is asked, and how long it may take to answer.
BEAT_S: Final = 2.0
ANSWER_S: Final = 3.0
AGAIN_S: Final = 0.5
_BEAT: Final = "SELECT EXTRACT(EPOCH FROM clock_timestamp())::float8"
_TAKE_DUTY: Final = "SELECT pg_try_advisory_lock($1)"


class ShutOut(Exception):
    """Somebody had the database for themselves since we came in."""


@asynccontextmanager
async def listening(
    reach: Callable[[], Awaitable[AsyncLine]],
    ear: Ear,
    apart_s: Callable[[float], float],
    *,
    wants_duty: bool,
) -> AsyncIterator[None]:
    """While this is held `ear` hears what is told.

    `reach` connects, or raises Unavailable, psycopg.Error, or ShutOut when there is no coming back. `apart_s`: by how much
    a clock (seconds since 1970) differs from ours.
    """
    task = asyncio.create_task(_listen(reach, ear, apart_s, wants_duty=wants_duty))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _listen(
    reach: Callable[[], Awaitable[AsyncLine]],
    ear: Ear,
    apart_s: Callable[[float], float],
    *,
    wants_duty: bool,
) -> None:
    while True:
        try:
            line = await reach()
        except ShutOut:
            ear.shut_out()
            return
        except (psycopg.Error, Unavailable):
            await asyncio.sleep(AGAIN_S)
            continue
        try:
            await _hear(line, ear, apart_s, wants_duty=wants_duty)
        except (psycopg.Error, TimeoutError) as problem:
            log.warning("others are not heard", extra={"reason": type(problem).__name__})
        finally:
            ear.lost()
            await _leave(line)
        await asyncio.sleep(AGAIN_S)


async def _hear(
    line: AsyncLine, ear: Ear, apart_s: Callable[[float], float], *, wants_duty: bool
) -> None:
    """Until the connection is lost: psycopg.Error, TimeoutError."""
    await _answered(line, f"LISTEN {CHANNEL}")
    ear.opened()
    is_apart = False
    while True:
        if wants_duty and (await _answered(line, _TAKE_DUTY, DUTY))[0]:
            wants_duty = False
            ear.put_on_duty()
        moment = await _answered(line, _BEAT)
        was_apart, is_apart = is_apart, abs(apart_s(moment[0])) > CLOCKS_APART_S
        if is_apart and not was_apart:
            log.error(
                "this clock and the database's differ", extra={"s": round(apart_s(moment[0]))}
            )
        async for told in line.notifies(timeout=BEAT_S):
            ear.heard(told.payload)


async def _answered(line: AsyncLine, sql: str, *values: object) -> Row:
    """The first row of the answer. Raises TimeoutError for one that does not come, psycopg.Error."""

    async def ask() -> Row:
        cursor = await line.execute(sql, values)
        row = await cursor.fetchone() if cursor.description else None
        return row or ()

    asking = asyncio.create_task(ask())
    done, _ = await asyncio.wait({asking}, timeout=ANSWER_S)
    if not done:
        # without the library's way of stopping a statement: it would ask the same silent server
        line.pgconn.finish()
        asking.cancel()
        raise TimeoutError
    return asking.result()


async def _leave(line: AsyncLine) -> None:
    """The next one may take the duty at once: without a word the server takes a moment to notice."""
    with suppress(psycopg.Error, TimeoutError):
        if not line.closed:
            await _answered(line, "SELECT pg_advisory_unlock_all()")
    with suppress(psycopg.Error):
        await line.close()
