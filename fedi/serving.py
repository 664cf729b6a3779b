"""One running process: web server, workers, the desk's socket; started together, stopped together without losing anything.

Or one of several on the same PostgreSQL, which serves and leaves the work to others, or works and leaves serving to them.
"""

import asyncio
import logging
import os
import resource
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from threading import Event
from typing import Any

from fedi.app import assemble, known_answers
from fedi.collector import collect_rarely
from fedi.company import Company
from fedi.config import Config
from fedi.desk.control import serve_control
from fedi.errors import SetupError
from fedi.http.door import DoorLimits
from fedi.http.server import serve
from fedi.instance import Instance
from fedi.jobs.run import run_beside_workers, run_workers
from fedi.opening import CONTROL, Outside, open_instance
from fedi.warming import start_warming
from inbox.limits import HostLimits

log = logging.getLogger("fedi.serving")

GRACE_S = 8.0
FILES = 4096
# Of a process that ended because it had no memory left (EX_OSERR).
NO_MEMORY = 71
# Where members bring pictures and archives, from telephones and over bad lines: minutes instead of seconds.
PATIENT_PATHS = (b"/house/", b"/steward/")


async def serve_instance(
    config: Config,
    *,
    stop: asyncio.Event,
    on_ready: Callable[[str], None],
    outside: Outside | None = None,
) -> None:
    """Open the instance and serve it until `stop`. Raises SetupError when it cannot start.

    What was accepted is on disk before it is answered, so stopping only has to finish what is under way (R14).
    """
    async with open_instance(config, outside) as instance:
        await serve_open_instance(instance, stop=stop, on_ready=on_ready)


async def serve_open_instance(
    instance: Instance, *, stop: asyncio.Event, on_ready: Callable[[str], None], jobs: bool = True
) -> None:
    """The same for an instance that is open already. Without `jobs` others on the same database do the work.

    Raises SetupError, as late as when somebody else had a shared database alone meanwhile.
    """
    config = instance.config
    _say_what_is_unsafe(config)
    limits = HostLimits.of(config.inbox)
    leave = Event()

    def ready(address: str) -> None:
        on_ready(address)
        start_warming(leave)

    async with _working(instance, limits, run_workers if jobs else run_beside_workers, stop):
        try:
            await serve(
                assemble(instance, limits),
                bind=config.server.bind,
                trusted_proxies=config.server.trusted_proxies,
                on_ready=ready,
                stop=stop,
                grace_s=GRACE_S,
                tls=_tls(config),
                limits=DoorLimits(patient_paths=PATIENT_PATHS),
                shortcut=known_answers(instance),
                metrics=instance.metrics,
            )
        finally:
            leave.set()


async def work_open_instance(
    instance: Instance, *, stop: asyncio.Event, on_ready: Callable[[], None]
) -> None:
    """Do the work of an instance whose pages and inboxes others serve, until `stop`. Raises SetupError as above."""
    _say_what_is_unsafe(instance.config)
    limits = HostLimits.of(instance.config.inbox)
    async with _working(instance, limits, run_workers, stop):
        on_ready()
        await stop.wait()


@asynccontextmanager
async def _working(
    instance: Instance,
    limits: HostLimits,
    run: Callable[[Instance, HostLimits, asyncio.Event], Awaitable[None]],
    stop: asyncio.Event,
) -> AsyncIterator[None]:
    """Workers, the desk's socket and the listener for numbers, while this is held. Sets `stop` and raises SetupError when
    somebody had a shared database alone while we were cut off."""
    _allow_many_files()
    collect_rarely()
    workers_stop = asyncio.Event()
    metrics = await _metrics(instance, workers_stop)
    tasks = (
        asyncio.ensure_future(run(instance, limits, workers_stop)),
        asyncio.create_task(
            serve_control(instance, instance.config.data_folder / CONTROL, workers_stop)
        ),
        *metrics,
    )
    watching = asyncio.create_task(_stop_when_shut_out(instance.company, stop))
    try:
        yield
    finally:
        watching.cancel()
        workers_stop.set()
        instance.wake.ring_all()
        for task in tasks:
            try:
                async with asyncio.timeout(GRACE_S):
                    await task
            except TimeoutError:
                log.warning("a worker did not finish in time; its leases will run out")
    if instance.company is not None and instance.company.is_shut_out.is_set():
        raise SetupError("database.taken_meanwhile")


def _allow_many_files() -> None:
    """As many connections as a crowd takes: systems give every program few to begin with, and more to who asks."""
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    if few != resource.RLIM_INFINITY and few < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def end_when_memory_ends() -> None:
    """From now on this process ends, at once, when what it cannot do without gets no memory. For one that does nothing else."""
    asyncio.get_running_loop().set_exception_handler(end_without_memory)
    logging.getLogger("concurrent.futures").addFilter(end_with_a_worker)
    threading.excepthook = end_with_a_thread


def end_without_memory(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """End the process when the loop itself gets no memory: it would try again for ever, deaf to signals too.

    Whoever looks after it starts it again, and nothing that was accepted is lost (R1). A connection for which there was none
    is cut off and its memory is free.
    """
    is_one_connection = "transport" in context
    if isinstance(context.get("exception"), MemoryError) and not is_one_connection:
        _end()
    loop.default_exception_handler(context)


def end_with_a_worker(record: logging.LogRecord) -> bool:
    """End the process when a thread of a pool ended for want of memory: what it was to do, and all that comes after it in the
    same pool, would wait for ever. The pool says so in its log and nowhere else."""
    if record.exc_info and isinstance(record.exc_info[1], MemoryError):
        _end()
    return True


def end_with_a_thread(ended: threading.ExceptHookArgs) -> None:
    """The same for a thread of its own, like those that speak with the database."""
    if isinstance(ended.exc_value, MemoryError):
        _end()
    threading.__excepthook__(ended)


def _end() -> None:
    os.write(2, b"no memory is left: ending\n")
    os._exit(NO_MEMORY)


async def _stop_when_shut_out(company: Company | None, stop: asyncio.Event) -> None:
    if company is not None:
        await company.is_shut_out.wait()
        stop.set()


async def _metrics(instance: Instance, stop: asyncio.Event) -> tuple["asyncio.Task[None]", ...]:
    """The listener for numbers, if there is to be one; it listens when this returns. Raises SetupError."""
    if not instance.config.metrics.bind:
        return ()
    # who wants no numbers does without what hands them out
    from fedi.observe.listener import serve_metrics  # noqa: PLC0415

    ready = asyncio.Event()

    def on_ready(address: str) -> None:
        log.info("numbers are told", extra={"bind": address})
        ready.set()

    task = asyncio.create_task(serve_metrics(instance, stop, on_ready))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    return (task,)


def _say_what_is_unsafe(config: Config) -> None:
    """Every start names the settings that open what is closed by default (S54, S128)."""
    for section in ("network",):
        values = getattr(config, section)
        for each in fields(values):
            if each.name.startswith("unsafe_") and getattr(values, each.name):
                log.warning("unsafe setting", extra={"setting": f"[{section}] {each.name}"})
    if config.metrics.is_reached_from_elsewhere:
        log.warning("numbers are told beyond this machine", extra={"bind": config.metrics.bind})
    if config.network.allowed_networks:
        networks = " ".join(config.network.allowed_networks)
        log.warning("private networks may be reached", extra={"networks": networks})


def _tls(config: Config) -> ssl.SSLContext | None:
    if not config.server.tls_certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    start = config.path.parent if config.path else Path.cwd()
    try:
        context.load_cert_chain(
            start / config.server.tls_certificate, start / config.server.tls_key
        )
    except OSError as problem:
        raise SetupError(
            detail=f"tls_certificate or tls_key in [server] cannot be read ({problem}); give two PEM files that belong together"
        ) from problem
    return context
