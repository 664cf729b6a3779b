"""Our server for measurements: `python -m benchmarks.instance CONFIG REMOTE_PORT [DEAD_PORT LIVING]`, as `fedi serve` runs
it, but with the names of the neighbours leading to loopback: to another port for the hosts from number LIVING on. Publishes
once each time it gets SIGUSR1 and says how long that took.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from benchmarks.town import WORDS
from fedi.config import load_config
from fedi.desk.speaker import load_speaker
from fedi.http.server import new_event_loop
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.opening import Outside, open_instance
from fedi.publications.compose import Draft, DraftText, Setting, compose
from fedi.serving import serve_open_instance
from fedi.unit import Unit
from outbox.actions.create import create


async def main(config_file: Path, remote_port: int, dead_port: int, living: int) -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)

    def leads_to(host: str, _port: int) -> list[tuple[str, int]]:
        number = host[1:].partition(".")[0]
        is_dead = number.isdecimal() and int(number) >= living
        return [("127.0.0.1", dead_port if is_dead else remote_port)]

    outside = Outside(resolver=leads_to)
    async with open_instance(load_config(config_file, os.environ), outside) as instance:
        publishing: set[asyncio.Task[None]] = set()

        def publish() -> None:
            task = asyncio.create_task(_publish(instance))
            publishing.add(task)
            task.add_done_callback(publishing.discard)

        loop.add_signal_handler(signal.SIGUSR1, publish)
        await serve_open_instance(
            instance, stop=stop, on_ready=lambda address: print("ready", address, flush=True)
        )


async def _publish(instance: Instance) -> None:
    start = time.perf_counter()

    def work(unit: Unit) -> None:
        author = load_speaker(unit.tx, "bench")
        setting = Setting(
            author=author,
            uri=unit.urls.publication("statement", new_public_id(unit.now)),
            published_at=unit.now,
            hashtag_url=unit.urls.hashtag,
            mentioned={},
        )
        create(unit, author, compose(Draft("statement", {"en": DraftText("Now", WORDS)}), setting))

    await instance.change(work)
    print(f"{time.perf_counter() - start:.4f}", flush=True)


if __name__ == "__main__":
    profile = os.environ.get("BENCH_PROFILE")
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        dead = [int(word) for word in sys.argv[3:5]] or [0, sys.maxsize]
        work = main(Path(sys.argv[1]), int(sys.argv[2]), *dead)
        if profile:
            import cProfile

            cProfile.runctx("runner.run(work)", globals(), locals(), profile)
        else:
            runner.run(work)
