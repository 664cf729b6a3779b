"""What the database remembers of backups: when the last one was made, where it lies, and who may open them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fedi import settings
from fedi.clock import from_ms, to_ms
from fedi.config import Config
from fedi.db.engine import Reader
from fedi.unit import Unit

# Milliseconds since 1970, as text.
BACKUP_AT: Final = "backup_at"
BACKUP_FILE: Final = "backup_file"
RECIPIENT: Final = "backup_recipient"


def note(unit: Unit, made_at: datetime, file: str) -> None:
    """A backup was made and read back."""
    settings.put(unit, BACKUP_AT, str(to_ms(made_at)))
    settings.put(unit, BACKUP_FILE, file)


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
