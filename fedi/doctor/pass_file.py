"""The pass of one run: a file in the data folder that lets the probe answer whoever knows its token, for a minute.

Only who may write the data folder can let the probe answer, whether or not anything else of the server works.
"""

import hmac
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from fedi.clock import from_ms, to_ms
from fedi.ids import new_token

NAME: Final = "probe"
ALIVE: Final = timedelta(seconds=60)
_BYTES_MAX: Final = 200


def write_pass(folder: Path, token: str, now: datetime) -> None:
    """Announce `token` for a minute; called again it begins a new minute. Raises OSError."""
    file = folder / NAME
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(f"{token} {to_ms(now + ALIVE)}\n")
    fresh.replace(file)


def remove_pass(folder: Path) -> None:
    """The run is over."""
    (folder / NAME).unlink(missing_ok=True)


def new_pass() -> str:
    """A token for one run."""
    return new_token()


def is_announced(folder: Path, token: str, now: datetime) -> bool:
    """Whether a run that is under way has announced this token. A file from the future or open to others is none."""
    file = folder / NAME
    try:
        if file.stat().st_mode & 0o077:
            return False
        with file.open(encoding="ascii") as opened:
            known, _, until = opened.read(_BYTES_MAX).strip().partition(" ")
    except (OSError, ValueError):
        return False
    if not (known and until.isdecimal() and hmac.compare_digest(known, token)):
        return False
    try:
        ends_at = from_ms(int(until))
    except OverflowError:
        return False
    # both ends read the same machine's clock: what ends later than a minute from now was not written by us
    return now < ends_at <= now + ALIVE + timedelta(seconds=1)
