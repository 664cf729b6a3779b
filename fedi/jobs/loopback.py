"""Mail to ourselves: letters for our own host are handed to our own inbox, without HTTP."""

from datetime import timedelta

from actors.model import Actor
from actors.store import find
from fedi.errors import Invalid
from fedi.instance import Instance
from fedi.unit import Unit
from fedi.urls import part
from fedi.vocab.activity import parse_activity
from fedi.vocab.strict import parse_document
from inbox import store as inbox_store
from inbox.store import Arrival
from outbox import hosts
from outbox import store as outbox_store
from outbox.store import Letter, Settlement

LEASE = timedelta(minutes=1)
BATCH = 100
PROOF = "local"


async def carry(instance: Instance) -> int:
    """Hand over what waits for our own host; how many letters."""
    return await instance.change(_carry)


def _carry(unit: Unit) -> int:
    claimed = hosts.claim(unit, 1, LEASE, own_host=unit.urls.host, own=True)
    if not claimed:
        return 0
    letters = outbox_store.list_sendable(unit.tx, unit.urls.host, unit.now_ms, BATCH)
    outbox_store.settle(unit, [_hand_over(unit, letter) for letter in letters])
    hosts.release(
        unit,
        claimed[0],
        outbox_store.next_due_for(unit.tx, unit.urls.host, unit.now_ms),
    )
    return len(letters)


def _hand_over(unit: Unit, letter: Letter) -> Settlement:
    body = outbox_store.load_body(unit.tx, letter.activity_id)
    recipient = _recipient(unit, letter.inbox)
    try:
        activity = parse_activity(parse_document(body))
    except Invalid as problem:
        return Settlement(letter.id, outbox_store.REFUSED, None, problem.message_key, letter.due_at)
    inbox_store.keep(
        unit,
        Arrival(
            uri=activity.uri,
            actor_uri=letter.actor_uri,
            recipient=recipient.uri if recipient else "",
            type=activity.type,
            body=body,
            key_id="",
            proof=PROOF,
        ),
    )
    return Settlement(letter.id, outbox_store.SENT, None, "local", letter.due_at)


def _recipient(unit: Unit, inbox: str) -> Actor | None:
    if inbox == unit.urls.shared_inbox():
        return None
    owner = find(unit.tx, inbox.removesuffix("/inbox"))
    return owner if owner is not None and part(owner.uri, "inbox") == inbox else None
