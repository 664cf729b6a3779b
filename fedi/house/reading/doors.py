"""The doors of reading, longer addresses before shorter ones."""

from typing import Final

from fedi.house.gate import Door
from fedi.house.reading import (
    acts,
    agenda,
    calendar,
    home,
    neighbours,
    notices,
    search,
    tags,
    thread,
    timeline,
)

DOORS: Final[tuple[Door, ...]] = (
    *notices.DOORS,
    *timeline.DOORS,
    *agenda.DOORS,
    *calendar.DOORS,
    *thread.DOORS,
    *search.DOORS,
    *tags.DOORS,
    *acts.DOORS,
    *neighbours.DOORS,
    *home.DOORS,
)
