"""How often Python looks for rings of objects that nobody reaches any more.

Nearly everything is freed without that: the moment the last one lets go of it.
"""

import gc
from typing import Final

# So many new objects until the young are looked at (Python: 700), so many such looks until the older are. Hundreds of
# requests under way at once are no rings, and looking at each of them again and again took a tenth of the processor.
YOUNG: Final = 10_000
OLDER: Final = 20


def collect_rarely() -> None:
    """For a process that serves or loads much: look after more than requests under way and modules being loaded make."""
    gc.set_threshold(YOUNG, OLDER, OLDER)
