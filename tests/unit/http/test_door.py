"""Whatever bytes come, the door answers or closes; it never breaks."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from uvicorn.server import ServerState

from fedi.http.door import Door, DoorLimits, DoorProtocol, Shortcut
from fedi.http.server import _config
from tests.harness.chance import examples


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closing = False

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def app(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def play(parts: list[bytes], shortcut: Shortcut | None = None) -> Wire:
    door = Door(DoorLimits(), shortcut=shortcut)
    config = _config(app, door, 1.0)
    config.load()
    connection = DoorProtocol(config, ServerState(), {}, door=door)
    wire = Wire()
    connection.connection_made(wire)
    for part in parts:
        connection.data_received(part)
        await asyncio.sleep(0)
        connection.check_deadlines(asyncio.get_running_loop().time())
    connection.connection_lost(None)
    await asyncio.sleep(0)
    assert not door.open
    return wire


_LINES = st.sampled_from(
    [
        b"GET / HTTP/1.1\r\n",
        b"POST /inbox HTTP/1.1\r\n",
        b"GET http://a.test/ HTTP/1.0\r\n",
        b"Host: a.test\r\n",
        b"Content-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: upgrade\r\nUpgrade: h2c\r\n",
        b"Connection: close\r\n",
        b"\r\n",
        b"abc",
        b"3\r\nabc\r\n",
        b"0\r\n\r\n",
    ]
)


@examples(200)
@given(st.lists(st.one_of(_LINES, st.binary(max_size=12)), max_size=12))
def test_no_bytes_in_any_portions_break_the_door(parts: list[bytes]) -> None:
    wire = asyncio.run(play(parts))
    assert not wire.written or wire.written.startswith(b"HTTP/1.1 ")


def test_deadlines_are_looked_at_often_enough_for_the_shortest() -> None:
    assert DoorLimits().tick_s == 1.0
    assert DoorLimits(header_s=0.4).tick_s == 0.1


async def test_for_whom_there_is_no_memory_is_told_to_come_again() -> None:
    def nothing_left(*_: object) -> None:
        raise MemoryError

    wire = await play([b"GET / HTTP/1.1\r\nhost: a.test\r\n\r\n"], nothing_left)
    assert wire.written.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after:" in wire.written
