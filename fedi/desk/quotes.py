"""Who may quote us: the permissions that were given, and taking one back (FEP-044f)."""

from datetime import datetime
from typing import Final

from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.desk.order import Done, Order, Result
from fedi.desk.speaker import load_speaker
from fedi.errors import Invalid, NotFound
from fedi.instance import Instance
from fedi.publications import quotes
from fedi.unit import Unit
from outbox.actions.quote import revoke_quote

LIST_MAX: Final = 200


class ListOrder(Order, frozen=True, kw_only=True):
    """The newest permissions of a collective; `before`: the `uri` of the last one already seen."""

    actor: str = ""
    most: int = 50
    before: str = ""


class RevokeOrder(Order, frozen=True, kw_only=True):
    """Which one: its own address, or that of the publication that quotes."""

    which: str
    actor: str = ""


class Permission(Result, frozen=True, kw_only=True):
    """That `quote`, by `who`, may quote `quoted`."""

    uri: str
    quote: str
    quoted: str
    who: str
    granted_at: datetime


class Permissions(Result, frozen=True, kw_only=True):
    """The newest first."""

    permissions: list[Permission]


async def list_permissions(instance: Instance, order: ListOrder) -> Permissions:
    """The permissions in force. Raises Invalid, NotFound."""
    if not 1 <= order.most <= LIST_MAX:
        raise Invalid("desk.number_range", field="most", least=1, most=LIST_MAX)

    def look(rx: Reader) -> Permissions:
        ours = load_speaker(rx, order.actor)
        found = quotes.list_newest(rx, ours.uri, order.most, order.before.strip() or None)
        known = actor_store.list_by_uri(rx, list({each.quoter_uri for each in found}))
        return Permissions(
            permissions=[
                Permission(
                    uri=each.uri,
                    quote=each.quote_uri,
                    quoted=each.object_uri,
                    who=known[each.quoter_uri].handle
                    if each.quoter_uri in known
                    else each.quoter_uri,
                    granted_at=each.granted_at,
                )
                for each in found
            ]
        )

    return await instance.look(look)


async def revoke(instance: Instance, order: RevokeOrder) -> Done:
    """Take a permission back for good, and tell whoever had it. Raises NotFound when there is none."""

    def work(unit: Unit) -> Done:
        ours = load_speaker(unit.tx, order.actor)
        which = order.which.strip()
        stamp = quotes.find(unit.tx, which) or quotes.find_for_quote(unit.tx, ours.uri, which)
        if stamp is None:
            raise NotFound("quote.none", field="which")
        revoke_quote(unit, ours, stamp.uri)
        return Done()

    return await instance.change(work)
