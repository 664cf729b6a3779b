"""Who belongs to a collective, what they may do for it, and who did what."""

from fedi.house.people import add, journal, listing, one

DOORS = (*add.DOORS, *listing.DOORS, *one.DOORS, *journal.DOORS)
