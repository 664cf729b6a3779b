"""How much room pictures take, and letting go of those from elsewhere."""

from datetime import timedelta

from fedi.canonical import canonical, host_of
from fedi.db.engine import Reader
from fedi.desk.collectives import NoOrder
from fedi.desk.order import Order, Result
from fedi.errors import Invalid
from fedi.instance import Instance
from fedi.media import cache, store
from fedi.media.remote import tidy


class PruneOrder(Order, frozen=True, kw_only=True):
    """Which pictures from elsewhere leave: those over the limits, or also those of one host, or all of them."""

    host: str = ""
    everything: bool = False


class Usage(Result, frozen=True, kw_only=True):
    """Pictures of members, and pictures from elsewhere with the room they may take; addresses that could not be had."""

    own_pictures: int
    own_bytes: int
    remote_pictures: int
    remote_bytes: int
    remote_bytes_max: int
    remote_failed: int


class Pruned(Result, frozen=True, kw_only=True):
    """How many pictures left, and how much room that made."""

    pictures: int
    size_bytes: int


async def usage(instance: Instance, _order: NoOrder) -> Usage:
    """How much room pictures take."""

    def look(rx: Reader) -> Usage:
        own_pictures, own_bytes = store.usage(rx)
        remote = cache.usage(rx)
        return Usage(
            own_pictures=own_pictures,
            own_bytes=own_bytes,
            remote_pictures=remote.pictures,
            remote_bytes=remote.size_bytes,
            remote_bytes_max=instance.config.media.cache_bytes_max,
            remote_failed=remote.failed,
        )

    return await instance.look(look)


async def prune(instance: Instance, order: PruneOrder) -> Pruned:
    """Let go of pictures from elsewhere; a page that shows one asks for it again. Raises Invalid."""
    host = _host(order.host) if order.host else ""
    before = await instance.look(cache.usage)
    if order.everything:
        later = instance.clock.now() + timedelta(days=1)
        while await instance.change(lambda unit: cache.forget_fetched_before(unit, later)):
            pass
    elif host:
        await instance.change(lambda unit: cache.forget_host(unit, host))
    await tidy(instance)
    after = await instance.look(cache.usage)
    return Pruned(
        pictures=max(0, before.pictures - after.pictures),
        size_bytes=max(0, before.size_bytes - after.size_bytes),
    )


def _host(text: str) -> str:
    """The host as it is compared; an address is taken for its host."""
    text = text.strip()
    try:
        return host_of(canonical(text if "://" in text else f"https://{text}/"))
    except Invalid as problem:
        raise Invalid("desk.host_form", field="host") from problem
