"""FAMILIES: every number this server tells, the counted ones from their rooms and those of the moment."""

from typing import Final

from actors.handles import ASKED
from fedi.db.watch import RAN, SLOW, WAITED
from fedi.http.client import FETCHED
from fedi.http.server import CONNECTIONS
from fedi.http.stalls import LATE
from fedi.jobs.chores import CHORES
from fedi.media.remote import SHOWN
from fedi.metrics import Family, Kind
from inbox.process import ACTED
from inbox.verdicts import ANSWERED
from outbox.deliver import DELIVERED, DELIVERY_S

INBOX: Final = "inbox"
DELIVERIES: Final = "deliveries"
CHORES_QUEUE: Final = "chores"
QUEUES: Final = (INBOX, DELIVERIES, CHORES_QUEUE)

REFUSED: Final = Family(
    "mujawara_refused_requests_total", Kind.COUNTER, "Requests of sources that asked too often."
)
DEFECTS: Final = Family(
    "mujawara_defects_total",
    Kind.COUNTER,
    "Requests that failed by a mistake of ours; the log has each.",
)
UP_S: Final = Family("mujawara_up_seconds", Kind.GAUGE, "How long this process has been running.")
MEMORY: Final = Family(
    "mujawara_resident_memory_bytes", Kind.GAUGE, "Memory of this process that is in use."
)
DATABASE_UP: Final = Family(
    "mujawara_database_up",
    Kind.GAUGE,
    "1 when the database answers; else the queues are missing here.",
)
WAITING: Final = Family(
    "mujawara_queue_waiting", Kind.GAUGE, "How many wait in a queue.", queue=QUEUES
)
OLDEST_S: Final = Family(
    "mujawara_queue_oldest_seconds",
    Kind.GAUGE,
    "How long the oldest has been waiting; for a host that is away this may be days.",
    queue=(INBOX, DELIVERIES),
)
LATE_S: Final = Family(
    "mujawara_queue_late_seconds",
    Kind.GAUGE,
    "How long ago the first that waits was due: more than a minute says that this server does not keep up.",
    queue=QUEUES,
)
SET_ASIDE: Final = Family(
    "mujawara_set_aside", Kind.GAUGE, "Activities that broke us and wait for a steward."
)
TROUBLED: Final = Family(
    "mujawara_hosts_in_trouble", Kind.GAUGE, "Hosts that did not take what was sent to them last."
)
DATABASE_BYTES: Final = Family(
    "mujawara_database_bytes", Kind.GAUGE, "What the database takes, with its journal."
)
DISK_FREE: Final = Family(
    "mujawara_disk_free_bytes", Kind.GAUGE, "What is free where the data folder is."
)
NOT_WELL: Final = Family(
    "mujawara_self_check_findings",
    Kind.GAUGE,
    "What the server found when it last looked at itself, at night.",
    verdict=("warning", "fault"),
)
LOOKED_S: Final = Family(
    "mujawara_self_check_age_seconds", Kind.GAUGE, "How long ago the server looked at itself."
)
DOCUMENTS: Final = Family(
    "mujawara_documents_total",
    Kind.COUNTER,
    "Public documents that were asked for: answered from memory at the door or behind it, or made anew.",
    source=("door", "memory", "made"),
)
DOCUMENTS_KEPT: Final = Family(
    "mujawara_documents_kept", Kind.GAUGE, "Public documents in memory, ready to be sent."
)
DOCUMENTS_BYTES: Final = Family(
    "mujawara_documents_bytes", Kind.GAUGE, "The bytes of the public documents in memory."
)
PICTURES_BYTES: Final = Family(
    "mujawara_remote_media_bytes",
    Kind.GAUGE,
    "What the pictures from elsewhere take that are kept.",
)

FAMILIES: Final[tuple[Family, ...]] = (
    UP_S,
    MEMORY,
    LATE,
    CONNECTIONS,
    REFUSED,
    DEFECTS,
    ANSWERED,
    ACTED,
    WAITING,
    OLDEST_S,
    LATE_S,
    SET_ASIDE,
    DELIVERED,
    DELIVERY_S,
    TROUBLED,
    FETCHED,
    ASKED,
    CHORES,
    DOCUMENTS,
    DOCUMENTS_KEPT,
    DOCUMENTS_BYTES,
    SHOWN,
    PICTURES_BYTES,
    DATABASE_UP,
    WAITED,
    RAN,
    SLOW,
    DATABASE_BYTES,
    DISK_FREE,
    NOT_WELL,
    LOOKED_S,
)
