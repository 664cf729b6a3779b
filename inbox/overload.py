"""Too much comes, or the disk is in trouble: the log is told which host costs most, and nothing else of anybody (S116)."""

import logging

from fedi.errors import TooMany, Unavailable
from fedi.instance import Instance
from inbox.limits import STRANGERS

log = logging.getLogger("fedi.inbox")

_TROUBLES = {"error.busy": "backlog", "error.storage": "storage"}


def tell(instance: Instance, problem: TooMany | Unavailable) -> None:
    """Name the heaviest host, now and then, when this is trouble of the whole server and no limit of one host."""
    is_flood = isinstance(problem, TooMany) and problem.detail == STRANGERS
    why = "strangers" if is_flood else _TROUBLES.get(problem.message_key)
    if why is None:
        return
    host = instance.accounts.heaviest_to_name(instance.clock.monotonic())
    if host is not None:
        log.warning("overloaded", extra={"why": why, "heaviest": host})
