"""Who speaks and who is meant: collectives of ours by user name, others by handle or address."""

from actors import blocks, refresh, store, webfinger
from actors.model import Actor
from fedi.db.engine import Reader
from fedi.errors import Forbidden, Invalid, NotFound, RemoteUnreachable
from fedi.instance import Instance
from fedi.urls import Urls

WHO_MAX = 512


def load_speaker(rx: Reader, username: str) -> Actor:
    """The collective of this user name; without a name the only one there is.

    Raises NotFound when there is none, Invalid when one must be named.
    """
    known = store.list_collectives(rx)
    if username:
        wanted = username.strip().removeprefix("@").lower()
        for actor in known:
            if actor.username == wanted:
                return actor
        raise NotFound("desk.unknown_collective", username=username[:60])
    if not known:
        raise NotFound("desk.no_collective")
    if len(known) > 1:
        names = ", ".join(actor.username for actor in known)
        raise Invalid("desk.which_collective", field="actor", names=names)
    return known[0]


def load_known(rx: Reader, urls: Urls, who: str) -> Actor:
    """Somebody already known here, by `@name@host`, id, or the user name of a collective. Raises NotFound, Invalid."""
    who = who.strip()
    if len(who) > WHO_MAX or not who:
        raise Invalid("actor.handle_form", field="who")
    found: Actor | None
    if "://" in who:
        found = store.find(rx, who)
    elif "@" in who.removeprefix("@"):
        username, host = webfinger.split_handle(who)
        found = (
            store.find_local(rx, username)
            if host == urls.host
            else store.find_by_handle(rx, username, host)
        )
    else:
        found = store.find_local(rx, who.removeprefix("@"))
    if found is None:
        raise NotFound("desk.unknown_actor", who=who[:100])
    return found


async def find_or_fetch(instance: Instance, who: str) -> Actor:
    """Somebody by `@name@host`, address, or user name of ours; asked for over the network when not known.

    A host that is shut out is not asked. Raises Invalid, NotFound, Forbidden, RemoteError.
    """
    try:
        return await instance.look(lambda rx: load_known(rx, instance.urls, who))
    except NotFound:
        if "://" not in who and "@" not in who.strip().removeprefix("@"):
            raise
    host = who.split("/")[2] if "://" in who else webfinger.split_handle(who)[1]
    if await instance.look(lambda rx: blocks.is_host_blocked(rx, host)):
        raise Forbidden("error.host_blocked", detail=host)
    try:
        return await refresh.find_or_fetch_by_handle(instance, who.strip())
    except RemoteUnreachable as problem:
        raise RemoteUnreachable("desk.unreachable", problem.detail, host=host) from problem
