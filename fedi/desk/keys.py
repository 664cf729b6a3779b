"""New keys for a collective, for the day when the old ones may have been seen by somebody else."""

import asyncio
from dataclasses import replace

from actors import keys
from actors import store as actor_store
from actors.model import ROLE_SERVER
from fedi.desk.order import Done, Order
from fedi.desk.speaker import load_speaker
from fedi.instance import Instance
from fedi.unit import Unit
from outbox.actions.update import update_actor
from outbox.seal import current_key, signing_key


class RotateOrder(Order, frozen=True, kw_only=True):
    """Whose keys: a collective's user name, or empty for the only one; `server`: those that sign our fetches."""

    actor: str = ""
    server: bool = False


async def rotate_keys(instance: Instance, order: RotateOrder) -> Done:
    """Make new keys and tell the followers with a letter signed by the old one, as peers expect (wire 2.4).

    From then on everything is signed with the new keys; whoever knew the old ones asks for them. Raises NotFound.
    """
    pair = await asyncio.to_thread(instance.new_keys)
    secret = instance.keyring.secret

    def work(unit: Unit) -> str:
        if order.server:
            actor = actor_store.load_server_actor(unit.tx)
        else:
            actor = load_speaker(unit.tx, order.actor)
        old = keys.replace_pair(unit, secret, actor.uri, pair)
        if actor.role == ROLE_SERVER:
            actor_store.save(unit, replace(actor, updated_at=unit.told))
        else:
            update_actor(unit, actor, signed_with=old)
        return actor.uri

    actor_uri = await instance.change(work)
    if order.server:
        await signing_key(instance, await current_key(instance, actor_uri, keys.RSA))
    return Done(changed=True)
