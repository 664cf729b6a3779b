"""The socket of the desk: who may use it, what it bears, and where it lies."""

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fedi.config import Config, parse_config
from fedi.desk import control
from fedi.desk.collectives import AddOrder, Collective, Collectives, NoOrder
from fedi.desk.control import call, open_desk, serve_control
from fedi.desk.letters import LINE_BYTES_MAX
from fedi.desk.refusal import Refused
from fedi.errors import SetupError
from fedi.opening import CONTROL, FolderInUse, open_instance


def settings(folder: Path) -> Config:
    return parse_config(f'[storage]\nfolder = "{folder}"', {})


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Config]:
    """An instance whose desk answers at its socket."""
    config = settings(folder)
    stop = asyncio.Event()
    async with open_instance(config) as instance:
        serving = asyncio.create_task(serve_control(instance, config.data_folder / CONTROL, stop))
        while not (config.data_folder / CONTROL).exists():
            await asyncio.sleep(0)
        try:
            yield config
        finally:
            stop.set()
            await serving


async def said(config: Config, line: bytes) -> bytes:
    """What the socket answers to these bytes."""
    reader, writer = await control._connect(config.data_folder)
    with closing(writer):
        writer.write(line)
        writer.write_eof()
        return await reader.read()


async def test_an_order_reaches_the_running_server(tmp_path: Path) -> None:
    async with served(tmp_path) as config, open_desk(config) as desk:
        assert desk.is_served
        made = await desk.call("actor.add", AddOrder(username="agora", name="ساحة"))
        assert isinstance(made, Collective)
        assert made.name == "ساحة"


async def test_a_refusal_of_the_server_reaches_who_asked(tmp_path: Path) -> None:
    async with served(tmp_path) as config:
        with pytest.raises(Refused) as refusal:
            await call(config, "actor.add", AddOrder(username="Not a name!"))
    assert refusal.value.message_key == "actor.username_form"


async def test_without_a_server_the_order_is_done_all_the_same(tmp_path: Path) -> None:
    config = settings(tmp_path)
    async with open_instance(config):
        pass
    await call(config, "actor.add", AddOrder(username="agora"))
    found = await call(config, "actor.list", NoOrder())
    assert isinstance(found, Collectives)
    assert [each.username for each in found.collectives] == ["agora"]


async def test_only_the_user_of_the_server_may_connect(tmp_path: Path) -> None:
    async with served(tmp_path) as config:
        mode = (config.data_folder / CONTROL).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


async def test_the_socket_is_gone_when_the_server_is(tmp_path: Path) -> None:
    async with served(tmp_path) as config:
        pass
    assert not (config.data_folder / CONTROL).exists()


async def test_what_a_dead_server_left_does_not_keep_a_new_one_from_listening(
    tmp_path: Path,
) -> None:
    control._listen(tmp_path / CONTROL).close()
    async with served(tmp_path) as config:
        assert await call(config, "actor.list", NoOrder()) == Collectives(collectives=[])


async def test_a_dead_socket_does_not_keep_a_command_from_working(tmp_path: Path) -> None:
    config = settings(tmp_path)
    async with open_instance(config):
        pass
    control._listen(tmp_path / CONTROL).close()
    assert await call(config, "actor.list", NoOrder()) == Collectives(collectives=[])


async def test_a_folder_deeper_than_the_address_of_a_socket_works() -> None:
    with TemporaryDirectory() as base:
        folder = Path(base, *["a-folder-with-a-long-name"] * 8)
        assert len(str(folder)) > 200
        async with served(folder) as config:
            assert await call(config, "actor.list", NoOrder()) == Collectives(collectives=[])


async def test_a_command_in_an_empty_folder_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SetupError):
        await call(settings(tmp_path), "actor.list", NoOrder())
    assert list(tmp_path.iterdir()) == []


async def test_a_command_waits_for_another_only_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "BUSY_S", 2 * control.BUSY_STEP_S)
    config = settings(tmp_path)
    async with open_instance(config):
        with pytest.raises(FolderInUse):
            await call(config, "actor.list", NoOrder())


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"GET / HTTP/1.1\r\n\r\n", b"\x00\xff\n", b'{"command":"none","order":{}}\n', b"{" * 70_000],
)  # fmt: skip
async def test_bytes_that_are_no_order_get_a_refusal_and_break_nothing(
    tmp_path: Path, line: bytes
) -> None:
    async with served(tmp_path) as config:
        assert b'"error"' in await said(config, line)
        assert await call(config, "actor.list", NoOrder()) == Collectives(collectives=[])


async def test_a_line_without_end_is_cut_off(tmp_path: Path) -> None:
    async with served(tmp_path) as config:
        reader, writer = await control._connect(config.data_folder)
        with closing(writer):
            for _ in range(2 * LINE_BYTES_MAX // 2**20 + 2):
                writer.write(b" " * 2**20)
                try:
                    await writer.drain()
                except OSError:
                    break
            assert await reader_has_refusal(reader)
        assert await call(config, "actor.list", NoOrder()) == Collectives(collectives=[])


async def reader_has_refusal(reader: asyncio.StreamReader) -> bool:
    try:
        answer = await reader.readline()
    except OSError:
        return True
    return b"desk.order_too_large" in answer or answer == b""


async def test_who_says_nothing_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "READ_S", 0.05)
    async with served(tmp_path) as config:
        reader, writer = await control._connect(config.data_folder)
        with closing(writer):
            assert await reader.read() == b""
