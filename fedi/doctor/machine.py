"""This machine and this configuration: files and who may read them, room on the disk, SQLite, risky settings."""

import asyncio
import os
import shlex
import sqlite3
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fedi.config import Config
from fedi.doctor import repairs
from fedi.doctor.examination import Examination
from fedi.doctor.finding import Finding, fault, skipped, warning, well
from fedi.errors import Unavailable
from fedi.opening import DATABASE
from fedi.secret import SECRET

MIB: Final = 1024 * 1024
LOW_SHARE: Final = 0.05
LOW_BYTES: Final = 200 * MIB
LEAST_SHARE: Final = 0.02
LEAST_BYTES: Final = 50 * MIB
# The fault came with 3.7.0; it was mended in this version and in two older lines of releases.
SQLITE_MENDED: Final = (3, 51, 3)
SQLITE_MENDED_LINES: Final = ((3, 44, 6), (3, 50, 7))
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


async def check_settings(examination: Examination) -> Sequence[Finding]:
    """Settings that are fine for trying things out and wrong in earnest (S128)."""
    return judge_settings(examination.config)


def judge_settings(config: Config) -> list[Finding]:
    """One finding for each such setting."""
    base = urlsplit(config.instance.base_url)
    found = []
    if (base.hostname or "") in _LOCAL:
        line = repairs.setting("instance", 'base_url = "https://example.org"')
        found.append(warning("settings", "localhost", line, base=config.instance.base_url))
    elif base.scheme == "http" and not (base.hostname or "").endswith(".onion"):
        line = repairs.setting("instance", f'base_url = "https://{base.netloc}"')
        found.append(warning("settings", "no_https", line, base=config.instance.base_url))
    if config.network.unsafe_allow_http:
        line = repairs.setting("network", "unsafe_allow_http = false")
        found.append(warning("settings", "unsafe", line, setting="unsafe_allow_http"))
    if config.network.allowed_networks:
        line = repairs.setting("network", "allowed_networks = []")
        named = ", ".join(config.network.allowed_networks)
        found.append(warning("settings", "networks", line, networks=named))
    return found or [well("settings")]


async def check_files(examination: Examination) -> Sequence[Finding]:
    """Secret and database exist and are nobody else's to read (S119, S121)."""
    return await asyncio.to_thread(_judge_files, examination.config)


def _judge_files(config: Config) -> list[Finding]:
    folder = config.data_folder
    if not folder.is_dir():
        return [skipped("files", "no_folder", folder=str(folder))]
    secret = folder / SECRET
    if not config.database.url and (folder / DATABASE).exists() and not secret.exists():
        return [fault("files", "no_secret", file=str(secret))]
    if secret.exists() and _is_open(secret):
        command = repairs.shell(f"chmod 600 {shlex.quote(str(secret))}")
        return [fault("files", "open_secret", command, file=str(secret))]
    # inside a folder that is closed to others nothing can be read, whatever its own mode
    if _is_open(folder):
        command = repairs.shell(f"chmod 700 {shlex.quote(str(folder))}")
        return [warning("files", "open_folder", command, folder=str(folder))]
    return [well("files", folder=str(folder))]


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


async def check_disk(examination: Examination) -> Sequence[Finding]:
    """Room for what is to come."""
    folder = examination.config.data_folder
    try:
        room = await asyncio.to_thread(os.statvfs, folder)
    except OSError:
        return [skipped("disk", "no_folder", folder=str(folder))]
    return [judge_disk(room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize)]


def judge_disk(free: int, whole: int) -> Finding:
    """Beyond the low water nothing new of others is kept; beyond the least nothing is written."""
    mib, percent = free // MIB, round(100 * free / whole) if whole else 0
    if free < max(LEAST_BYTES, whole * LEAST_SHARE):
        return fault("disk", "full", free=mib, percent=percent)
    if free < max(LOW_BYTES, whole * LOW_SHARE):
        return warning("disk", "low", free=mib, percent=percent)
    return well("disk", free=mib, percent=percent)


async def check_engine(examination: Examination) -> Sequence[Finding]:
    """What is beneath the database: a library, or a server."""
    if examination.config.database.url:
        return [await asyncio.to_thread(_judge_postgres, examination.config)]
    return [judge_sqlite(sqlite3.sqlite_version_info)]


def _judge_postgres(config: Config) -> Finding:
    import psycopg  # noqa: PLC0415 - a library that most never need

    from fedi.db.postgres_beside import describe  # noqa: PLC0415 - the same

    try:
        version, is_safe = describe(config.database.url, config.database.password)
    except (psycopg.Error, Unavailable):
        return fault("engine", "away")
    return (
        well("engine", "postgres", version=version)
        if is_safe
        else warning("engine", "forgetful", version=version)
    )


def judge_sqlite(version: tuple[int, ...]) -> Finding:
    """Before 3.51.3 two connections that write and tidy at the same moment may damage the file (WAL reset)."""
    text = ".".join(str(part) for part in version)
    in_line = any(version[:2] == mended[:2] and version >= mended for mended in SQLITE_MENDED_LINES)
    if version < SQLITE_MENDED and not in_line:
        return warning("engine", "old", version=text)
    return well("engine", version=text)
