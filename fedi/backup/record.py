"""What the database remembers of backups: when the last one was made, where it lies, and who may open them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from fedi import settings
from fedi.clock import from_ms, to_ms
from fedi.config import Config
from fedi.db.engine import Reader
from fedi.errors import FediError
from fedi.unit import Unit
from fedi.wake import BACKUP

# Milliseconds since 1970, as text.
BACKUP_AT: Final = "backup_at"
BACKUP_FILE: Final = "backup_file"
RECIPIENT: Final = "backup_recipient"
# When somebody asked for one on a page, and it was not begun yet.
WANTED: Final = "backup_wanted_at"
# The last one that failed: when, and the message with its values.
FAILED: Final = "backup_failed"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why the last backup that the server made by itself came to nothing. Gone with the next that succeeds."""

    at_ms: int
    key: str
    values: dict[str, str | int]


def want(unit: Unit) -> None:
    """Somebody asks for a backup now."""
    settings.put(unit, WANTED, str(unit.now_ms))
    unit.wakes.add(BACKUP)


def is_wanted(rx: Reader) -> bool:
    """Whether somebody asked for one that was not begun yet."""
    return bool(settings.find(rx, WANTED))


def take_wish(unit: Unit) -> None:
    """It is begun: another press of the button asks for another one."""
    settings.put(unit, WANTED, "")


def note_failure(unit: Unit, problem: FediError) -> None:
    """A backup came to nothing."""
    values = {
        name: value if isinstance(value, int) else str(value)[:300]
        for name, value in problem.values.items()
    }
    failure = Failure(at_ms=unit.now_ms, key=problem.message_key, values=values)
    settings.put(unit, FAILED, msgspec.json.encode(failure).decode())


def find_failure(rx: Reader) -> Failure | None:
    """Why the last attempt failed; None when it did not."""
    raw = settings.find(rx, FAILED)
    return msgspec.json.decode(raw, type=Failure) if raw else None


def note(unit: Unit, made_at: datetime, file: str) -> None:
    """A backup was made and read back."""
    settings.put(unit, BACKUP_AT, str(to_ms(made_at)))
    settings.put(unit, BACKUP_FILE, file)
    settings.put(unit, FAILED, "")


def find_last(rx: Reader) -> tuple[datetime, str] | None:
    """When the last backup was made, and its file."""
    at = settings.find(rx, BACKUP_AT)
    if at is None or not at.isdecimal():
        return None
    return from_ms(int(at)), settings.find(rx, BACKUP_FILE) or ""


def recipients_of(rx: Reader, config: Config) -> Sequence[str]:
    """For whom backups are closed: those of the configuration, else the one whose key was shown; none: nobody yet."""
    if config.backup.recipients:
        return config.backup.recipients
    known = settings.find(rx, RECIPIENT)
    return (known,) if known else ()


def keep_recipient(unit: Unit, recipient: str) -> None:
    """From now on backups are closed for this one; its secret key is nowhere here."""
    settings.put(unit, RECIPIENT, recipient)
