"""Every page of moderation."""

from fedi.house.gate import Door
from fedi.house.moderation import flags, held, history, lists, own, quarantine, sight, targets

DOORS: tuple[Door, ...] = (
    *flags.DOORS,
    *targets.DOORS,
    *sight.DOORS,
    *held.DOORS,
    *quarantine.DOORS,
    *lists.DOORS,
    *history.DOORS,
    *own.DOORS,
)
