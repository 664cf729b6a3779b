"""Publishing what was written for later, once it is time. What publishing needs is loaded when something is due."""

from fedi.instance import Instance
from fedi.publications import drafts


async def publish_scheduled(instance: Instance) -> int:
    """Publish what is due; how much it was."""
    now = instance.clock.now()
    if not await instance.look(lambda rx: drafts.list_due(rx, now, 1)):
        return 0
    from fedi.desk.writing import publish_due  # noqa: PLC0415 - see above

    return await publish_due(instance)
