"""Reading the sources of events again, once it is time. What reading needs is loaded when something is due."""

from fedi.instance import Instance
from fedi.sources import entries, store


async def read_sources(instance: Instance) -> int:
    """Read what is due, and forget what was over long ago; how much it was."""
    now = instance.clock.now()
    if not await instance.look(
        lambda rx: store.has_due(rx, now) or entries.has_over(rx, now - entries.KEPT_FOR)
    ):
        return 0
    from fedi.desk.intake import forget_over, read_due  # noqa: PLC0415 - see above

    return await read_due(instance) + await forget_over(instance)
