"""One look at the database, beside a running server or without one."""

from collections.abc import Callable
from typing import TypeVar

from fedi.config import Config
from fedi.db.beside import glance
from fedi.db.engine import Reader
from fedi.errors import Unavailable
from fedi.opening import DATABASE

T = TypeVar("T")


def look_beside(config: Config, work: Callable[[Reader], T]) -> T:
    """What `work` reads. Raises sqlite3.Error, Unavailable."""
    if not config.database.url:
        with glance(config.data_folder / DATABASE) as rx:
            return work(rx)
    import psycopg  # noqa: PLC0415 - a library that most never need

    from fedi.db import postgres_beside  # noqa: PLC0415 - the same

    try:
        return postgres_beside.look_beside(config.database.url, config.database.password, work)
    except psycopg.Error as problem:
        raise Unavailable("error.storage", detail="PostgreSQL is away") from problem
