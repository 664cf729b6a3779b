"""Moving the tables of an instance from a file to a PostgreSQL server, or back; the server does not run meanwhile."""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from fedi.clock import Clock, to_ms
from fedi.config import Config, DatabaseConfig
from fedi.db.migrate import migrate
from fedi.db.moving import OnRows, Side, SqliteSide, copy_all, count_all, refuse_full
from fedi.errors import Conflict, SetupError
from fedi.opening import DATABASE, RESTORING, has_instance, lock_folder, open_database


async def move(
    config: Config, to: DatabaseConfig, clock: Clock, on_total: Callable[[int], OnRows]
) -> int:
    """Copy all rows to where `to` says and prove that they arrived; how many. The old database stays as it is.

    Whoever is cut off calls it again. Raises FolderInUse, Conflict when the target holds something of its own, SetupError.
    """
    folder = config.data_folder
    if not has_instance(config):
        raise SetupError("desk.no_instance", folder=str(folder))
    if bool(config.database.url) == bool(to.url):
        raise Conflict("database.same")
    lock = lock_folder(folder)
    try:
        if (folder / RESTORING).exists():
            raise SetupError("backup.unfinished", folder=str(folder))
        # what the files of this version say about tables has to be true of the source
        database = await open_database(config)
        try:
            await migrate(database, now_ms=to_ms(clock.now()))
        finally:
            await database.close()
        with closing(_side(config, is_source=True)) as source:
            target = _side(replace(config, database=to), is_source=False)
            with closing(target):
                refuse_full(target)
                return copy_all(source, target, on_total(count_all(source)))
    finally:
        os.close(lock)


def _side(config: Config, *, is_source: bool) -> Side:
    if not config.database.url:
        return SqliteSide(_private(config.data_folder / DATABASE), is_source=is_source)
    from fedi.db.postgres_beside import PostgresSide  # noqa: PLC0415 - a library that most never need

    return PostgresSide(
        config.database.url, config.database.password, is_source=is_source, is_alone=True
    )


def _private(file: Path) -> Path:
    """The file, made so that nobody else can read it."""
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    return file
