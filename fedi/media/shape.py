"""What is cut out of a picture, as the server asks for it and its decoder does it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """What is to be cut out: so many wide to so many high, around a point whose parts go from -1 to 1, right and up."""

    wide: int
    high: int
    focal: tuple[float, float] = (0.0, 0.0)

    def spelled(self) -> str:
        """As it is handed over on the command line."""
        return f"{self.wide}:{self.high}:{self.focal[0]:.3f}:{self.focal[1]:.3f}"


def shape_of(spelled: str) -> Shape:
    """The opposite of `spelled`. Raises ValueError."""
    wide, high, right, up = spelled.split(":")
    return Shape(int(wide), int(high), (float(right), float(up)))


def box_of(size: tuple[int, int], shape: Shape) -> tuple[int, int, int, int]:
    """The largest part of a picture that has this shape, as near to the point as it can be. Pure."""
    width, height = size
    scale = min(width / shape.wide, height / shape.high)
    wide, high = max(1, round(shape.wide * scale)), max(1, round(shape.high * scale))
    right, down = shape.focal[0], -shape.focal[1]
    left = round((right + 1) / 2 * width - wide / 2)
    top = round((down + 1) / 2 * height - high / 2)
    left, top = min(max(left, 0), width - wide), min(max(top, 0), height - high)
    return left, top, left + wide, top + high
