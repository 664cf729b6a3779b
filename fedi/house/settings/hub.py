"""`/house/{username}/settings` and `/steward`: where everything is that is decided rarely."""

from typing import Final

from starlette.responses import Response

from fedi.house.frame import page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right

# The last part of a key `settings.hub.…`, and where it leads from the collective or the instance.
OF_COLLECTIVE: Final = (
    ("profile", "/profile"),
    ("sources", "/sources"),
    ("deliveries", "/deliveries"),
    ("blocks", "/blocks"),
    ("moving", "/moving"),
    ("export", "/export"),
    ("import", "/import"),
)
OF_INSTANCE: Final = (
    ("moderation", "/steward/moderation"),
    ("held", "/steward/moderation/held"),
    ("hosts", "/steward/moderation/hosts"),
    ("queue", "/steward/queue"),
    ("relays", "/steward/relays"),
    ("collectives", "/steward/collectives"),
    ("words", "/steward/words"),
    ("instance", "/steward/instance"),
    ("room", "/steward/room"),
    ("backups", "/steward/backups"),
    ("health", "/steward/health"),
    ("safety", "/steward/safety"),
)


async def show_collective(visit: Visit) -> Response:
    """The settings of a collective."""
    base = f"/house/{visit.username}"
    return page(
        visit,
        "settings/hub.html",
        visit.visitor.t("settings.hub.title"),
        section="settings",
        entries=[(name, base + path) for name, path in OF_COLLECTIVE],
    )


async def show_instance(visit: Visit) -> Response:
    """What concerns the whole instance."""
    return page(
        visit,
        "settings/hub.html",
        visit.visitor.t("settings.hub.instance_title"),
        section="steward",
        entries=OF_INSTANCE,
    )


DOORS = (
    Door("/house/{username}/settings", Right.STEWARD, ask=show_collective),
    Door("/steward", Right.HOUSE, ask=show_instance),
)
