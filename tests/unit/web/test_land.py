"""The outlines of the land: what is drawn is where it is, and is not more than is seen."""

import re

import pytest

from fedi.web.shown.land import View, drawn_at, path_of

PLACES = {
    "Tunis": (36.4, 9.9, True),
    "Gulf of Tunis": (37.1, 10.7, False),
    "Kairouan": (35.6, 9.9, True),
    "Berlin": (52.5, 13.4, True),
    "La Paz": (-16.5, -68.1, True),
    "Beqaa": (34.0, 36.1, True),
    "off Beirut": (34.0, 34.6, False),
    "Caspian Sea": (41.5, 50.5, False),
    "middle of the Atlantic": (20.0, -40.0, False),
    "Suva": (-17.8, 177.9, True),
    "South Pole": (-84.9, 10.0, True),
}


def around(latitude: float, longitude: float, wide: float) -> View:
    low = drawn_at(latitude)
    high = wide * 0.7
    return View(
        longitude - wide / 2, longitude + wide / 2, low - high / 2, low + high / 2, 1000, 700
    )


def holds(path: str, x: float, y: float) -> bool:
    """Whether the even-odd rule fills this point."""
    inside = False
    for ring in path.split("z"):
        points: list[tuple[float, float]] = []
        for command, first, second in re.findall(r"([Ml])(-?\d+) (-?\d+)", ring):
            before = points[-1] if command == "l" else (0.0, 0.0)
            points.append((before[0] + int(first), before[1] + int(second)))
        for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
            if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                inside = not inside
    return inside


# Too small to be seen from far away.
SMALL = {"Gulf of Tunis", "off Beirut", "Suva"}


@pytest.mark.parametrize(
    ("name", "wide"),
    [
        (name, wide)
        for name in PLACES
        for wide in (3.0, 12.0, 39.0, 60.0, 360.0)
        if wide < 40 or name not in SMALL
    ],
)
def test_land_is_land_and_sea_is_sea_however_close_one_looks(name: str, wide: float) -> None:
    latitude, longitude, is_land = PLACES[name]
    view = around(latitude, longitude, wide)
    assert holds(path_of(view), *view.place(longitude, latitude)) == is_land


@pytest.mark.parametrize("place", [(60.0, 20.0), (37.0, 10.0), (45.0, 15.0), (-45.0, -72.0)])
@pytest.mark.parametrize("wide", [3.0, 12.0, 39.9, 40.0, 360.0])
def test_a_drawing_is_small(place: tuple[float, float], wide: float) -> None:
    assert len(path_of(around(*place, wide))) < 40_000
