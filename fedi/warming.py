"""Loads, beside a server that is ready, what it will need soon, so that the first letter and the first page do not wait.

Nothing depends on it: whoever comes earlier loads what is missing. `leave` enters and ends it; nothing leaves.
"""

import logging
from collections.abc import Iterator
from threading import Event, Thread
from typing import Final

log = logging.getLogger("fedi.warming")

PAUSE_S: Final = 0.5  # the first answers have the interpreter for themselves


def start_warming(leave: Event) -> Thread:
    """Begin, in a thread that ends by itself; after `leave` is set it begins nothing more. Nobody has to wait for it."""
    thread = Thread(target=_warm, args=(leave,), name="warming", daemon=True)
    thread.start()
    return thread


def _warm(leave: Event) -> None:
    if leave.wait(PAUSE_S):
        return
    try:
        for _ in _loading():
            if leave.is_set():
                return
    except Exception:
        # Who needs it will hear the same at once; here it only must not pass unseen.
        log.exception("could not be loaded ahead")


def _loading() -> Iterator[None]:
    """One thing at each step, the likeliest first."""
    from fedi.signatures.httpsig_door import generate_message  # noqa: F401, PLC0415

    yield
    from fedi.signatures import rfc9421_verifier  # noqa: F401, PLC0415

    yield
    from fedi.http import pool  # noqa: F401, PLC0415

    yield
    from fedi.web.render import prepare  # noqa: PLC0415

    prepare()
    yield
    from fedi.house.porch import load_rooms  # noqa: PLC0415

    load_rooms()
    yield
