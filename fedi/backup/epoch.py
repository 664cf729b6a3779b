"""What ends when an instance starts again from a backup (R12), written into its database in one transaction.

A backup knows nothing of what came after it. Whoever was let in and shut out again in the meantime must not be let in by
it; words that were withdrawn in the meantime must not be said again by it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from actors import mail, people, sessions, welcome
from fedi import settings
from fedi.backup import record
from fedi.clock import to_ms
from fedi.jobs.absence import LAST_SEEN, LONG
from fedi.media import cache
from fedi.publications import drafts
from fedi.unit import Unit
from outbox import store as outbox_store

RESTORED_AT: Final = "restored_at"
# From a backup not older than this what waited is sent: who got it already knows its id and takes it once. From an older
# one nothing is said again without asking, since much may have been withdrawn or answered in the meantime.
FRESH: Final = timedelta(hours=24)
_DRAFTS: Final = 1000


@dataclass(frozen=True, slots=True)
class Ended:
    """How many sessions, invitations and tokens, deliveries that are not sent without asking, and appointments ended."""

    sessions: int
    secrets: int
    put_aside: int
    drafts: int


def begin(unit: Unit, made_at: datetime, *, resend: bool) -> Ended:
    """Begin anew from a backup of this moment. `resend`: send what waited, however old the backup is."""
    is_old = unit.now - made_at > FRESH
    aside = outbox_store.put_aside(unit) if is_old and not resend else 0
    # when its moment has passed it was probably published before: as another publication, it would be there twice
    late = drafts.list_due(unit.tx, unit.now, _DRAFTS)
    for draft in late:
        drafts.fail(unit, draft, "backup.draft_restored", {})
    # copies of pictures from elsewhere are in no backup
    while cache.forget_fetched_before(unit, unit.now + timedelta(days=1)):
        pass
    # a letter with a link that somebody asked for long ago
    mail.forget_wishes(unit)
    # if nobody came in by it yet, the server offers another
    welcome.close(unit)
    # the one that was saved may still be running, on pictures that both of them find in one bucket
    settings.new_identity(unit)
    settings.put(unit, RESTORED_AT, str(unit.now_ms))
    record.note(unit, made_at, "")
    # however short we were away: what others said since the backup is read again
    settings.put(unit, LAST_SEEN, str(to_ms(made_at - LONG)))
    return Ended(sessions.end_everybody(unit), people.end_secrets(unit), aside, len(late))
