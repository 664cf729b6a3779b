"""Forward-only migrations: numbered SQL files, each in one transaction, each remembered with its checksum.

The files are written for both engines. The few words that differ are translated by the engine's table in `DIALECTS`.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fedi.db.engine import Database, Writer
from fedi.errors import SetupError

FOLDER = Path(__file__).parent / "migrations"

# Words of the files -> words of the engine. Text is ordered and compared byte by byte, as SQLite does.
DIALECTS: dict[str, dict[str, str]] = {
    "sqlite": {},
    "postgres": {"INTEGER": "BIGINT", "BLOB": "BYTEA", "TEXT": 'TEXT COLLATE "C"'},
}
# What each migration begins with: it may take longer than anything else is allowed to.
BEFORE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgres": ("SET LOCAL statement_timeout = 0",),
}
LEDGER = (
    "CREATE TABLE IF NOT EXISTS schema_version "
    "(version INTEGER PRIMARY KEY, title TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, title, statements and the checksum of its text."""

    version: int
    title: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def list_migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Every migration in order. Raises SetupError when numbers are missing or doubled."""
    found = []
    for file in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql")):
        number, _, title = file.stem.partition("_")
        found.append(
            Migration(int(number), title.replace("_", " "), file.read_text(encoding="utf-8"))
        )
    if [each.version for each in found] != list(range(1, len(found) + 1)):
        raise SetupError(detail=f"{folder}: migrations must be numbered 1, 2, 3 … without gaps")
    return tuple(found)


def statements_of(text: str, dialect: str) -> tuple[str, ...]:
    """The statements of a file in the engine's words. Statements end with a semicolon at the end of a line."""
    words = DIALECTS[dialect]
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    statements = [part.strip() for part in re.split(r";\s*$", "\n".join(lines), flags=re.MULTILINE)]
    if words:
        pattern = re.compile(r"\b(" + "|".join(words) + r")\b")
        statements = [
            pattern.sub(lambda found: words[found[1]], statement) for statement in statements
        ]
    return tuple(statement for statement in statements if statement)


async def migrate(database: Database, *, now_ms: int, folder: Path = FOLDER) -> int:
    """Bring the tables up to date; the version reached.

    Raises SetupError when the database is newer than this program or an applied file has changed since.
    """
    async with database.migrating():
        return await _bring_up(database, now_ms, folder)


async def is_current(database: Database, *, folder: Path = FOLDER) -> bool:
    """Whether the tables are those of this program. Raises SetupError when they were to be copied here and are not all there."""
    if await database.is_half_there():
        raise SetupError("database.unfinished")
    applied = await database.read(
        lambda rx: dict[int, str](rx.all("SELECT version, checksum FROM schema_version"))
    )
    return applied == {each.version: each.checksum for each in list_migrations(folder)}


async def _bring_up(database: Database, now_ms: int, folder: Path) -> int:
    migrations = list_migrations(folder)
    if await database.is_half_there():
        raise SetupError("database.unfinished")
    await database.write(_create_ledger)
    applied = await database.read(
        lambda rx: dict[int, str](rx.all("SELECT version, checksum FROM schema_version"))
    )
    if applied and max(applied) > len(migrations):
        raise SetupError(
            detail=f"the database is at version {max(applied)}, this program knows {len(migrations)}: "
            "start the newer program that wrote it, or restore the backup made before its upgrade"
        )
    for migration in migrations:
        if migration.version in applied:
            if applied[migration.version] != migration.checksum:
                raise SetupError(
                    detail=f"migration {migration.version} ({migration.title}) was changed after it was applied; "
                    "reinstall the program"
                )
            continue
        await database.write(
            partial(_apply, migration=migration, dialect=database.dialect, now_ms=now_ms)
        )
    return len(migrations)


def _create_ledger(tx: Writer) -> None:
    tx.run(LEDGER)


def _apply(tx: Writer, *, migration: Migration, dialect: str, now_ms: int) -> None:
    for statement in (*BEFORE[dialect], *statements_of(migration.text, dialect)):
        tx.run(statement)
    tx.run(
        "INSERT INTO schema_version (version, title, checksum, applied_at) VALUES (?, ?, ?, ?)",
        migration.version,
        migration.title,
        migration.checksum,
        now_ms,
    )
