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
    *acts.DOORS,
    *neighbours.DOORS,
    *home.DOORS,
)
