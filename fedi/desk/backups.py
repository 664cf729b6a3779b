"""What a command that makes a backup has to know from the instance, and to tell it afterwards."""

from fedi.backup import envelope, record
from fedi.clock import from_ms
from fedi.desk.collectives import NoOrder
from fedi.desk.order import Done, Order, Result
from fedi.instance import Instance
from fedi.unit import Unit


class Recipients(Result, frozen=True, kw_only=True):
    """For whom backups are closed. Empty: nobody has a key yet."""

    recipients: list[str]


class RecipientOrder(Order, frozen=True, kw_only=True):
    """Whose secret key was just shown."""

    recipient: str


class NoteOrder(Order, frozen=True, kw_only=True):
    """A backup that was made and read back."""

    made_at_ms: int
    file: str


async def list_recipients(instance: Instance, _order: NoOrder) -> Recipients:
    """For whom backups are closed."""
    found = await instance.look(lambda rx: record.recipients_of(rx, instance.config))
    return Recipients(recipients=list(found))


async def keep_recipient(instance: Instance, order: RecipientOrder) -> Done:
    """From now on backups are closed for this one. Raises Invalid."""
    envelope.check_recipients((order.recipient,))
    await instance.change(lambda unit: record.keep_recipient(unit, order.recipient))
    return Done()


async def note(instance: Instance, order: NoteOrder) -> Done:
    """Remember when the last backup was made."""

    def work(unit: Unit) -> None:
        record.note(unit, from_ms(order.made_at_ms), order.file)

    await instance.change(work)
    return Done()
