"""The one who has the database does the work: a running server answers at a socket in the data folder, and a command
that finds none opens the instance itself. Orders enter, results leave, by either way.

The table of commands brings half the program with it, so it is imported with the first order and not at the start.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import socket
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fedi.config import Config
from fedi.desk.order import Order, Result
from fedi.errors import FediError, SetupError, TooLarge, Unavailable
from fedi.instance import Instance
from fedi.opening import CONTROL, FolderInUse, Outside, has_instance, open_instance

log = logging.getLogger("fedi.desk")

LINE_BYTES_MAX: Final = 32 * 1024 * 1024
READ_S: Final = 30.0
WRITE_S: Final = 30.0
ANSWER_S: Final = 3700.0
BUSY_S: Final = 15.0
BUSY_STEP_S: Final = 0.1
GOODBYE_S: Final = 5.0
AT_ONCE: Final = 8
TURN_S: Final = 1.0
SOCKET_PATH_MAX: Final = 100  # sun_path holds 108 bytes on Linux, 104 elsewhere


async def serve_control(instance: Instance, path: Path, stop: asyncio.Event) -> None:
    """Answer at the socket until `stop`. Only the user who runs the server may connect (0600).

    Of several processes with one data folder one answers; when it ends another takes its place.
    """
    turn = await _our_turn(path, stop) if instance.db.is_shared else None
    if instance.db.is_shared and turn is None:
        return
    try:
        await _serve_control(instance, path, stop)
    finally:
        if turn is not None:
            os.close(turn)


async def _our_turn(path: Path, stop: asyncio.Event) -> int | None:
    """Wait until nobody else answers; a descriptor to close at the end. None when it is time to stop."""
    descriptor = os.open(
        path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
    )
    while not stop.is_set():
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TURN_S):
                await stop.wait()
    os.close(descriptor)
    return None


async def _serve_control(instance: Instance, path: Path, stop: asyncio.Event) -> None:
    try:
        listener = _listen(path)
    except OSError as problem:
        log.warning("no socket for commands", extra={"why": problem.strerror})
        return
    slots = asyncio.Semaphore(AT_ONCE)
    open_now: set[asyncio.Task[None]] = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_now.add(task)
        try:
            async with slots:
                await _answer_one(instance, reader, writer)
        finally:
            open_now.discard(task)

    server = await asyncio.start_unix_server(meet, sock=listener, limit=LINE_BYTES_MAX)
    try:
        await stop.wait()
    finally:
        server.close()
        _leave(path)
        if open_now:
            await asyncio.wait(open_now, timeout=GOODBYE_S)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a command puts its orders. `is_served`: a server runs, so what is to be sent is sent."""

    config: Config
    instance: Instance | None

    @property
    def is_served(self) -> bool:
        return self.instance is None or self.instance.db.is_shared

    async def call(self, command: str, order: Order) -> Result:
        """Do it. Raises FediError: what the function raises, or Refused with the same content."""
        if self.instance is not None:
            from fedi.desk.table import COMMANDS  # noqa: PLC0415 - see above

            return await COMMANDS[command].run(self.instance, order)
        return await _ask(self.config, command, order)


@asynccontextmanager
async def open_desk(config: Config, outside: Outside | None = None) -> AsyncIterator[Desk]:
    """The desk of this data folder: that of the running server, else our own for as long as it takes.

    Raises SetupError when there is nothing in the folder, FolderInUse when another command keeps it.
    """
    folder = config.data_folder
    if not has_instance(config):
        raise SetupError("desk.no_instance", folder=str(folder))
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(int(BUSY_S / BUSY_STEP_S)):
            if await _is_answering(folder):
                yield Desk(config, None)
                return
            with contextlib.suppress(FolderInUse):
                instance = await _open(config, outside, stack)
                yield Desk(config, instance)
                return
            await asyncio.sleep(BUSY_STEP_S)
        raise FolderInUse("desk.folder_in_use", folder=str(folder))


async def _open(
    config: Config, outside: Outside | None, stack: contextlib.AsyncExitStack
) -> Instance:
    """The instance, opened alone or, where servers and workers on other machines share its database, with them."""
    try:
        return await stack.enter_async_context(open_instance(config, outside))
    except SetupError as problem:
        if problem.message_key != "database.shared":
            raise
    return await stack.enter_async_context(open_instance(config, outside, is_shared=True))


async def served_desk(config: Config) -> Desk | None:
    """The desk of the server that runs in this data folder, if one does; nothing is opened for it."""
    return Desk(config, None) if await _is_answering(config.data_folder) else None


async def call(config: Config, command: str, order: Order) -> Result:
    """One order, from opening the desk to leaving it."""
    async with open_desk(config) as desk:
        return await desk.call(command, order)


async def _answer_one(
    instance: Instance, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One question, one answer. Whatever goes wrong is said to who asked, and breaks nothing here."""
    with contextlib.suppress(OSError, TimeoutError):
        try:
            answer = await _answer_to(instance, reader)
            async with asyncio.timeout(WRITE_S):
                writer.write(answer)
                await writer.drain()
        finally:
            writer.close()


async def _answer_to(instance: Instance, reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(READ_S):
            line = await reader.readline()
    except ValueError:
        line = None
    from fedi.desk import letters  # noqa: PLC0415 - see above
    from fedi.desk.table import COMMANDS  # noqa: PLC0415 - see above

    if line is None:
        return letters.write_error(TooLarge("desk.order_too_large"))
    try:
        command, order = letters.read_question(line)
        return letters.write_result(await COMMANDS[command].run(instance, order))
    except FediError as problem:
        return letters.write_error(problem)
    except Exception:
        log.exception("defect at the desk")
        return letters.write_error(FediError())


async def _ask(config: Config, command: str, order: Order) -> Result:
    from fedi.desk.letters import read_answer, write_question  # noqa: PLC0415 - see above

    line = write_question(command, order)
    if len(line) > LINE_BYTES_MAX:
        raise TooLarge("desk.order_too_large")
    try:
        reader, writer = await _connect(config.data_folder)
    except OSError as problem:
        raise Unavailable("desk.server_left") from problem
    try:
        async with asyncio.timeout(ANSWER_S):
            writer.write(line)
            await writer.drain()
            answer = await reader.readline()
    except (OSError, TimeoutError, ValueError) as problem:
        raise Unavailable("desk.server_left") from problem
    finally:
        writer.close()
    if not answer.endswith(b"\n"):
        raise Unavailable("desk.server_left")
    return read_answer(answer, command)


async def _is_answering(folder: Path) -> bool:
    try:
        _, writer = await _connect(folder)
    except OSError:
        return False
    writer.close()
    return True


async def _connect(folder: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _reachable(folder / CONTROL) as name:
            client.connect(name)
        client.setblocking(False)
        return await asyncio.open_unix_connection(sock=client, limit=LINE_BYTES_MAX)
    except BaseException:
        client.close()
        raise


def _listen(path: Path) -> socket.socket:
    """A listening socket that nobody else can connect to at any moment. What a dead server left is replaced."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _reachable(path) as name:
            listener.bind(name)
        path.chmod(0o600)  # before listen, so there is nothing to connect to until it is closed
        listener.listen(AT_ONCE * 4)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _leave(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


@contextmanager
def _reachable(path: Path) -> Iterator[str]:
    """A name for the socket that fits into the address of a socket, however deep the folder lies."""
    if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
