"""Makes `fedi/web/shown/land.bin` anew: the outlines of the land, from Natural Earth, which is in the public domain.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python -m tests.harness.outlines package/land-110m.json package/land-10m.json

Two levels, the coarse one for views of continents. Borders are left out on purpose: where they run is not for a map of
events to say.
"""

import json
import sys
import zlib
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

Point = tuple[float, float]
TARGET: Final = Path(__file__).parents[2] / "fedi" / "web" / "shown" / "land.bin"
# Degrees: what a step of the file is, how far a simplified line may be from the true one, how small an island may be.
STEP: Final = 0.01
LEVELS: Final = ((0.15, 0.8), (0.018, 0.04))
# Beyond this Mercator's map has no end.
LATITUDE_MAX: Final = 85.0


def rings_of(topology: dict[str, Any]) -> Iterator[list[Point]]:
    """Every ring of a TopoJSON file of land."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)
    for geometry in topology["objects"]["land"]["geometries"]:
        for polygon in geometry["arcs"]:
            for ring in polygon:
                found: list[Point] = []
                for index in ring:
                    piece = arcs[index] if index >= 0 else arcs[~index][::-1]
                    found += piece[1:] if found else piece
                yield from flattened(found)


def flattened(ring: list[Point]) -> Iterator[list[Point]]:
    """A ring on a ball as rings on paper: cut where the paper ends, and led around the pole if it goes around one."""
    line, turn = [ring[0]], 0.0
    for (before, _), (x, y) in pairwise(ring):
        if abs(x - before) > 180:
            turn += 360 if before > x else -360
        line.append((x + turn, y))
    if turn:
        pole = -90.0 if line[0][1] < 0 else 90.0
        line += [(line[-1][0], pole), (line[0][0], pole), line[0]]
    for shift in (-360.0, 0.0, 360.0):
        moved = [(x + shift, y) for x, y in line]
        if max(x for x, _ in moved) <= -180 or min(x for x, _ in moved) >= 180:
            continue
        cut = cut_at(cut_at(moved, -180.0, 1), 180.0, -1)
        if len(cut) > 3:
            yield cut


def cut_at(ring: list[Point], edge: float, side: int) -> list[Point]:
    """What of a ring lies east (1) or west (-1) of a meridian; closed along it."""
    done: list[Point] = []
    for (ax, ay), (bx, by) in pairwise(ring):
        is_in, will_be = (ax - edge) * side >= 0, (bx - edge) * side >= 0
        if is_in:
            done.append((ax, ay))
        if is_in != will_be:
            done.append((edge, ay + (by - ay) * (edge - ax) / (bx - ax)))
    return [*done, done[0]] if done else []


def simplified(points: list[Point], tolerance: float) -> list[Point]:
    """Douglas and Peucker's way, without recursion; the first and the last point stay."""
    kept = {0, len(points) - 1}
    todo = [(0, len(points) - 1)]
    while todo:
        first, last = todo.pop()
        (ax, ay), (bx, by) = points[first], points[last]
        dx, dy = bx - ax, by - ay
        length = (dx * dx + dy * dy) ** 0.5
        worst, at = 0.0, -1
        for index in range(first + 1, last):
            px, py = points[index][0] - ax, points[index][1] - ay
            far = abs(px * dy - py * dx) / length if length else (px * px + py * py) ** 0.5
            if far > worst:
                worst, at = far, index
        if at >= 0 and worst > tolerance:
            kept.add(at)
            todo += [(first, at), (at, last)]
    return [points[index] for index in sorted(kept)]


def steps_of(ring: list[Point], tolerance: float, small: float) -> list[tuple[int, int]]:
    """A ring in whole steps; empty when it is too small to be seen."""
    wide = max(x for x, _ in ring) - min(x for x, _ in ring)
    high = max(y for _, y in ring) - min(y for _, y in ring)
    if max(wide, high) < small:
        return []
    middle = len(ring) // 2
    line = [*simplified(ring[: middle + 1], tolerance), *simplified(ring[middle:], tolerance)[1:]]
    whole = [
        (round(x / STEP), round(max(-LATITUDE_MAX, min(LATITUDE_MAX, y)) / STEP)) for x, y in line
    ]
    whole = [point for each in pairwise(whole) for point in _halved(*each)] + whole[-1:]
    thin = [whole[0], *(after for before, after in pairwise(whole) if after != before)]
    return thin if len(thin) > 3 else []


def _halved(first: tuple[int, int], last: tuple[int, int]) -> list[tuple[int, int]]:
    """The beginning of a line, and its middle when it is longer than 16 bits can say."""
    if abs(last[0] - first[0]) < 30_000:
        return [first]
    return [first, ((first[0] + last[0]) // 2, (first[1] + last[1]) // 2)]


def written(levels: list[list[list[tuple[int, int]]]]) -> bytes:
    """Little-endian whole numbers of 16 bits: for each level how many rings and how many points, the length of each ring, the
    ways from point to point along the equator, and those along the meridian; each ring begins at nought.
    """
    raw = bytearray()
    for rings in levels:
        xs, ys = array("h"), array("h")
        for ring in rings:
            for (before_x, before_y), (x, y) in pairwise([(0, 0), *ring]):
                xs.append(x - before_x)
                ys.append(y - before_y)
        raw += len(rings).to_bytes(4, "little") + len(xs).to_bytes(4, "little")
        for numbers in (array("H", map(len, rings)), xs, ys):
            if sys.byteorder == "big":
                numbers.byteswap()
            raw += numbers.tobytes()
    return zlib.compress(bytes(raw), 9)


if __name__ == "__main__":
    made = []
    for name, (tolerance, small) in zip(sys.argv[1:], LEVELS, strict=True):
        rings = rings_of(json.loads(Path(name).read_text()))
        found = [steps for ring in rings if (steps := steps_of(ring, tolerance, small))]
        made.append(found)
        sys.stdout.write(f"{name}: {len(found)} rings, {sum(map(len, found))} points\n")
    TARGET.write_bytes(written(made))
    sys.stdout.write(f"{TARGET.name}: {TARGET.stat().st_size} bytes\n")
