"""The outlines of the land as one SVG path for a part of the world (Natural Earth, public domain). Pure but for reading its own file.

`land.bin` is made by `python -m tests.harness.outlines`. Borders are not in it: where they run is not for a map of events to
say. A line that runs outside of the view is kept by its ends alone, so a path is as long as the coast that is seen.
"""

import sys
import zlib
from array import array
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from math import asinh, degrees, radians, tan
from pathlib import Path
from typing import Final, Literal

FILE: Final = Path(__file__).with_name("land.bin")
STEP: Final = 0.01
LATITUDE_MAX: Final = 85.0
# From how many degrees on the coarse outlines are enough.
_COARSE_FROM: Final = 40.0
_PIECE: Final = 48
# Points nearer to each other than this part of the width are one.
_GRAIN: Final = 0.002
# Islands smaller than this part of the width are not seen.
_SMALL: Final = 0.004

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class View:
    """A part of the world: degrees of longitude, and of latitude as Mercator draws them. `width` and `height` of the drawing."""

    west: float
    east: float
    low: float
    high: float
    width: float
    height: float

    def place(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Where a point is drawn, from the left and from the top."""
        x = (longitude - self.west) / (self.east - self.west) * self.width
        y = (self.high - drawn_at(latitude)) / (self.high - self.low) * self.height
        return x, y


def drawn_at(latitude: float) -> float:
    """How high Mercator draws a latitude, in degrees of the equator."""
    within = max(-LATITUDE_MAX, min(LATITUDE_MAX, latitude))
    return degrees(asinh(tan(radians(within))))


@lru_cache(maxsize=32)
def path_of(view: View) -> str:
    """The land that is seen, as the `d` of a path to be filled by the even-odd rule; empty at sea."""
    coarse, fine = _levels()
    rings = coarse if view.east - view.west >= _COARSE_FROM else fine
    small = (view.east - view.west) * _SMALL / STEP
    return "".join(
        _drawn(ring, view)
        for ring in rings
        if max(ring.box[2] - ring.box[0], ring.box[3] - ring.box[1]) >= small
        and not _is_outside(ring.box, view)
    )


@dataclass(frozen=True, slots=True)
class Piece:
    """Where some points of a line begin and end, and the box around them, all in steps: west, south, east, north."""

    begin: int
    end: int
    box: Box


@dataclass(frozen=True, slots=True)
class Ring:
    """A closed line in pieces, with the places of its points in steps."""

    xs: "array[int]"
    ys: "array[int]"
    box: Box
    pieces: tuple[Piece, ...]


def _drawn(ring: Ring, view: View) -> str:
    grain = view.width * _GRAIN
    commands: list[str] = []
    last_x = last_y = 0
    for piece in ring.pieces:
        # what is on one side of the view altogether can be straight
        far = _is_outside(piece.box, view)
        shown = (piece.begin, piece.end - 1) if far else range(piece.begin, piece.end)
        for at in shown:
            x, y = map(round, view.place(ring.xs[at] * STEP, ring.ys[at] * STEP))
            if commands and abs(x - last_x) < grain and abs(y - last_y) < grain:
                continue
            commands.append(f"l{x - last_x} {y - last_y}" if commands else f"M{x} {y}")
            last_x, last_y = x, y
    return "".join((*commands, "z")) if len(commands) > 2 else ""


def _is_outside(box: Box, view: View) -> bool:
    west, south, east, north = (each * STEP for each in box)
    return (
        east < view.west
        or west > view.east
        or drawn_at(north) < view.low
        or drawn_at(south) > view.high
    )


@lru_cache(maxsize=1)
def _levels() -> tuple[tuple[Ring, ...], ...]:
    """Read once, by the first who looks at a map."""
    raw = memoryview(zlib.decompress(FILE.read_bytes()))
    levels = []
    while raw:
        rings, points = (int.from_bytes(raw[at : at + 4], "little") for at in (0, 4))
        lengths = _numbers("H", raw[8:], rings)
        xs = _numbers("h", raw[8 + 2 * rings :], points)
        ys = _numbers("h", raw[8 + 2 * (rings + points) :], points)
        begins = list(accumulate(lengths, initial=0))
        levels.append(
            tuple(_ring(xs[first:last], ys[first:last]) for first, last in pairwise(begins))
        )
        raw = raw[8 + 2 * (rings + 2 * points) :]
    return tuple(levels)


def _numbers(kind: Literal["h", "H"], raw: memoryview, count: int) -> "array[int]":
    found = array(kind)
    found.frombytes(raw[: 2 * count])
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _ring(ways_x: "array[int]", ways_y: "array[int]") -> Ring:
    xs, ys = array("h", accumulate(ways_x)), array("h", accumulate(ways_y))
    pieces = tuple(
        Piece(start, min(start + _PIECE, len(xs)), _box(xs, ys, start, start + _PIECE))
        for start in range(0, len(xs), _PIECE)
    )
    return Ring(xs, ys, _box(xs, ys, 0, len(xs)), pieces)


def _box(xs: "array[int]", ys: "array[int]", begin: int, end: int) -> Box:
    some_x, some_y = xs[begin:end], ys[begin:end]
    return min(some_x), min(some_y), max(some_x), max(some_y)
