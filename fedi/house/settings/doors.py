"""The doors of this room, longer addresses before those that would swallow them."""

from fedi.house.settings import collective, hub, moving, profile

DOORS = (*profile.DOORS, *moving.DOORS, *collective.DOORS, *hub.DOORS)
