"""The point of a picture that cutting must keep, as forms offer and send it."""

from typing import Final

# the middle, then round about from the top; the words for them count in this order
POINTS: Final = ("0,0", "0,1", "1,1", "1,0", "1,-1", "0,-1", "-1,-1", "-1,0", "-1,1")


def focal_of(text: str) -> tuple[float, float] | None:
    """The point, sent as `0.5,-1`; None for the middle and for what makes no sense."""
    across, comma, up = text[:40].partition(",")
    try:
        point = float(across), float(up)
    except ValueError:
        return None
    fits = comma and all(-1 <= part <= 1 for part in point)
    return point if fits and point != (0, 0) else None
