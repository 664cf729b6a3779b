"""Names of others (S35): `@name@host` is shown, and found when typed, once the actor's host and the host in the name both say so.

Until then somebody goes by their address. Asking is a chore of the background: for those with whom somebody here has to do, at a
measured pace, and after a refusal ever more seldom; what arrives causes no fetch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from actors import blocks, follows, journal, store, webfinger
from actors.model import Actor
from fedi.db.engine import Reader
from fedi.errors import Invalid, RemoteError, RemoteMalformed, RemoteUnreachable
from fedi.instance import Instance
from fedi.metrics import Family, Kind
from fedi.text.direction import clean_line
from fedi.unit import Unit

NAME_MAX: Final = 128
SWEPT: Final = 500
# A change that comes again within this time fills no journal.
NOTED_AGAIN: Final = timedelta(days=1)
CONFIRMED: Final = "confirmed"
REFUSED: Final = "refused"
UNREACHABLE: Final = "unreachable"
ASKED: Final = Family(
    "mujawara_handles_total",
    Kind.COUNTER,
    "Names of others that were asked for at their hosts.",
    outcome=(CONFIRMED, REFUSED, UNREACHABLE),
)
# The same name for everybody with whom nobody here has to do.
_STRANGERS: Final = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a host says: a name belongs to this actor."""

    name: str
    host: str
    uri: str

    @property
    def handle(self) -> str:
        return f"{self.name}@{self.host}"


async def ask(instance: Instance, username: str, host: str) -> Said:
    """Ask a host whom a name belongs to, and how they are really called. Raises RemoteError."""
    answer = await webfinger.fetch_jrd(instance, username, host)
    subject = answer.get("subject")
    try:
        name, its_host = webfinger.split_handle(subject if isinstance(subject, str) else "")
    except Invalid as problem:
        raise RemoteMalformed("actor.handle_mismatch", detail="subject") from problem
    if clean_line(name, NAME_MAX) != name or any(each in name for each in "@/ \t"):
        raise RemoteMalformed("actor.handle_mismatch", detail="name")
    return Said(name, its_host, webfinger.self_link_of(answer))


async def handle_of(instance: Instance, actor: Actor, known: Said | None = None) -> str:
    """The handle of an actor elsewhere, which its own host and the host in the handle both confirm.

    `known`: what a host said just now, which is not asked again. Raises RemoteError.
    """
    is_answer = known is not None and _is_same(known, actor.username, actor.host)
    said = known if is_answer and known else await ask(instance, actor.username, actor.host)
    if said.uri != actor.uri:
        raise RemoteMalformed("actor.handle_mismatch", detail="the actor's host")
    if said.name.lower() != actor.username.lower():
        # the actor's own document says how it is called, before the host at which
        raise RemoteMalformed("actor.handle_mismatch", detail="preferredUsername")
    if _is_same(said, actor.username, actor.host):
        return said.handle
    # a name at another host: that host must say so too, or anybody could bear anybody's name
    if said.host in instance.urls.own_hosts or await instance.look(
        lambda rx: blocks.is_host_blocked(rx, said.host)
    ):
        raise RemoteMalformed("actor.handle_mismatch", detail="host of the name")
    back = known if known == said else await ask(instance, said.name, said.host)
    if back.uri != actor.uri or not _is_same(back, said.name, said.host):
        raise RemoteMalformed("actor.handle_mismatch", detail="the host of the name")
    return said.handle


async def confirm(instance: Instance, uri: str) -> int:
    """Find out the handle of somebody, as far as it may be asked for now; 1 when it is known afterwards. Raises TooMany."""
    actor, is_tied = await instance.look(lambda rx: _to_ask(rx, uri))
    if actor is None:
        return 0
    now = instance.clock.monotonic()
    instance.namings.take(actor.host, _STRANGERS if not is_tied else None, now)
    try:
        handle = await handle_of(instance, actor)
    except (RemoteError, Invalid) as problem:
        is_said = not isinstance(problem, RemoteUnreachable)
        await instance.change(partial(store.fail_handle, uri=uri, is_refused=is_said))
        instance.metrics.count(ASKED, REFUSED if is_said else UNREACHABLE)
        return 0
    await instance.change(lambda unit: keep(unit, uri, handle))
    instance.metrics.count(ASKED, CONFIRMED)
    return 1


def keep(unit: Unit, uri: str, handle: str) -> None:
    """The handle is confirmed: whoever bore it before bears it no more, and a change of name is noted for those concerned."""
    for loser in store.list_bearers(unit.tx, handle):
        if loser != uri:
            store.lose_handle(unit, loser)
    is_changed = store.confirm_handle(unit, uri, handle, NOTED_AGAIN)
    if not is_changed:
        return
    tied = follows.list_tied(unit.tx, uri)
    for ours in (journal.HOUSE, *tied) if tied else ():
        journal.note(unit, ours, 0, "journal.handle_changed", uri)


async def sweep(instance: Instance) -> int:
    """Have the names asked for of those who follow us or whom we follow, and who go by their address still."""
    now = instance.clock.now()
    found = await instance.look(lambda rx: store.list_unnamed(rx, now, SWEPT))

    def want(unit: Unit, uris: Sequence[str]) -> None:
        for uri in uris:
            store.want_handle(unit, uri)

    if found:
        await instance.change(partial(want, uris=found))
    return len(found)


def _to_ask(rx: Reader, uri: str) -> tuple[Actor | None, bool]:
    """Somebody whose handle may be asked for, and whether we have to do with them."""
    actor = store.find(rx, uri)
    if actor is None or actor.is_local or actor.deleted_at is not None or actor.confirmed:
        return None, False
    if blocks.is_actor_blocked(rx, uri, actor.host):
        return None, False
    return actor, bool(follows.list_tied(rx, uri))


def _is_same(said: Said, name: str, host: str) -> bool:
    return said.name.lower() == name.lower() and said.host == host
