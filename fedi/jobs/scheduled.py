"""Publishing what was written for later, once it is time. What publishing needs is loaded when something is due."""

from functools import partial

from fedi.errors import FediError, Unavailable
from fedi.instance import Instance
from fedi.publications import drafts
from fedi.publications.event import recurrence

SERIES_AT_ONCE = 5


async def publish_scheduled(instance: Instance) -> int:
    """Publish what is due; how much it was."""
    now = instance.clock.now()
    if not await instance.look(lambda rx: drafts.list_due(rx, now, 1)):
        return 0
    from fedi.desk.writing import publish_due  # noqa: PLC0415 - see above

    return await publish_due(instance)


async def make_more_times(instance: Instance) -> int:
    """Publish the times of what repeats that have come near; how many. What cannot go out now is tried again in a week."""
    now = instance.clock.now()
    due = await instance.look(lambda rx: recurrence.list_due(rx, now, SERIES_AT_ONCE))
    if not due:
        return 0
    from fedi.desk.publishing import make_more  # noqa: PLC0415 - see above
    from fedi.desk.recurring import moment_again  # noqa: PLC0415

    made = 0
    for series in due:
        try:
            made += await make_more(instance, series)
        except Unavailable:
            raise
        except FediError:
            again = moment_again(now)
            await instance.change(
                partial(recurrence.put_off, series_id=series.id, day=series.day, due_at=again)
            )
    return made
