"""Backups of the instances of a world: made as the command makes them, restored elsewhere, opened under the old name."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from fedi.backup import envelope
from fedi.backup.making import Made, Wish, make
from fedi.backup.restoring import Order, Restored, restore
from tests.harness.world import World

IDENTITY, RECIPIENT = envelope.new_identity()


async def back_up(
    made: World, host: str, *, recipients: Sequence[str] = (RECIPIENT,), name: str = "backups"
) -> Made:
    """A backup of this instance, while it runs."""
    wish = Wish(
        data=made.sites[host].folder,
        folder=made.folder / name,
        base_url=f"https://{host}",
        recipients=recipients,
        config_file=None,
        now=made.clock.now(),
        database=made[host].config.database,
        pictures=made[host].media,
    )
    return await asyncio.to_thread(make, wish)


async def restored(
    made: World,
    file: Path,
    host: str,
    *,
    name: str = "elsewhere",
    identities: Sequence[str] = (IDENTITY,),
    resend: bool = False,
    engine: str | None = None,
) -> Restored:
    """Restore into a folder of its own; nothing is opened yet."""
    order = Order(
        file=file,
        identities=identities,
        config_file=made.folder / f"{name}.toml",
        environment={
            "FEDI_STORAGE_FOLDER": str(made.folder / name),
            "FEDI_INSTANCE_BASE_URL": f"https://{host}",
            "FEDI_INBOX_HOST_PER_MINUTE": "1000000",
            "FEDI_SERVER_REQUESTS_PER_SOURCE": "0",
            "FEDI_DATABASE_URL": made.database(f"{host} in {name}", engine, has_tables=False),
        },
        resend=resend,
    )
    return await asyncio.to_thread(restore, order, made.clock)


async def start_again(made: World, host: str, stands: Restored) -> None:
    """The machine that had this name is gone; from now on it leads to what was restored."""
    if host in made.sites:
        await made.stop(host)
    await made.open(host, stands.config, stands.config.data_folder)
