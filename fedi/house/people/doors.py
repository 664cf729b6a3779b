"""The doors of this room, longer addresses before those that would swallow them."""

from fedi.house.people import add, journal, listing, one

DOORS = (*add.DOORS, *listing.DOORS, *one.DOORS, *journal.DOORS)
