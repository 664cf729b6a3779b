"""Where pictures are kept: whether it can be reached and written, and whether it holds what the database names (R19)."""

import asyncio
import shlex
import sqlite3
import stat
from collections.abc import Sequence
from pathlib import Path

from fedi import settings
from fedi.backup.making import list_media
from fedi.config import Config
from fedi.doctor import repairs
from fedi.doctor.beside import look_beside
from fedi.doctor.examination import Examination
from fedi.doctor.finding import Finding, fault, skipped, warning, well
from fedi.errors import SetupError, Unavailable
from fedi.media.places import MEDIA, check_place, is_first, open_bucket, open_place


async def check_pictures(examination: Examination) -> Sequence[Finding]:
    """The folder or the bucket, and what is missing in it."""
    facts = examination.facts
    if facts is None or facts.integrity not in ("", "ok"):
        return [skipped("pictures", "no_facts")]
    return await asyncio.to_thread(_judge, examination.config)


def _judge(config: Config) -> list[Finding]:
    bucket = config.bucket
    if bucket.name:
        try:
            check_place(config)
            open_bucket(config, MEDIA).probe()
        except (SetupError, Unavailable) as problem:
            return [_unusable(config, problem)]
        if stat.S_IMODE(Path(bucket.key_file).stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
            command = repairs.shell(f"chmod 600 {shlex.quote(bucket.key_file)}")
            return [fault("pictures", "open_key", command, file=bucket.key_file)]
    try:
        return [_held(config)]
    except (OSError, Unavailable, SetupError, sqlite3.Error):
        return [skipped("pictures", "no_facts")]


def _held(config: Config) -> Finding:
    named = look_beside(config, list_media)
    identity = look_beside(config, lambda rx: settings.find(rx, settings.IDENTITY))
    kept = {each.key for each in open_place(config, MEDIA).iterate()}
    missing = sum(key not in kept for key in named)
    if missing:
        return warning("pictures", "missing", n=missing)
    if identity is not None and not is_first(config, identity):
        return warning("pictures", "copy", bucket=config.bucket.name)
    if config.bucket.name:
        return well("pictures", "bucket", n=len(named), bucket=config.bucket.name)
    return well("pictures", n=len(named))


def _unusable(config: Config, problem: SetupError | Unavailable) -> Finding:
    if problem.message_key == "media.store_library":
        return fault("pictures", "library")
    if problem.message_key == "media.store_taken":
        return fault("pictures", "taken", bucket=config.bucket.name, owner=problem.values["owner"])
    why = str(problem.values.get("why", problem.detail))
    return fault("pictures", "unusable", bucket=config.bucket.name, why=why)
