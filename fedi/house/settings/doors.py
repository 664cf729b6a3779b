"""The doors of this room, longer addresses before those that would swallow them."""

from fedi.house.settings import (
    backups,
    collective,
    deliveries,
    health,
    hub,
    instance,
    luggage,
    moving,
    profile,
    queue,
    relays,
    room,
    safety,
    sources,
)

DOORS = (
    *profile.DOORS,
    *moving.DOORS,
    *deliveries.DOORS,
    *collective.DOORS,
    *queue.DOORS,
    *relays.DOORS,
    *instance.DOORS,
    *room.DOORS,
    *backups.DOORS,
    *health.DOORS,
    *safety.DOORS,
    *luggage.DOORS,
    *sources.DOORS,
    *hub.DOORS,
)
