"""An agenda as a map: where events are, drawn from outlines of our own, and the same beside it as a list. Pure.

Nothing is asked of anybody else, and nothing has to run: what lies close together is one spot with a number, which leads to its
place in the list.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Final

from fedi.publications.place import Place
from fedi.text.direction import Direction, clean_line, direction_of
from fedi.urls import Urls
from fedi.views.agenda import KM_MAX, Circle
from fedi.views.listed import Listed
from fedi.web.asked import Asked
from fedi.web.shown.cards import page_href
from fedi.web.shown.facts import event_facts
from fedi.web.shown.land import View, drawn_at, path_of
from fedi.web.shown.month import Entry
from fedi.web.shown.words import chosen_text, title_of
from fedi.web.visitor import Visitor

WIDTH: Final = 1000.0
HEIGHT: Final = 700.0
SHOWN_MAX: Final = 6
NAME_CHARS_MAX: Final = 24
# Spots nearer to each other than this part of the width are one.
_APART: Final = 0.1
# How many degrees are seen at least, and how much more than what is there.
_SPAN_MIN: Final = 3.0
_MARGIN: Final = 1.35
_SPAN_MAX: Final = 360.0
# Spots that hold one house cannot be looked at more closely.
_CLOSE_KM: Final = 1.0


@dataclass(frozen=True, slots=True)
class Spot:
    """Events that are close together. `x` and `y`: percent from the left and from the top. `closer`: the address of the same
    map of this spot alone, empty when it shows nothing more; `all`: that of their list when not all of them are here.
    """

    number: int
    x: str
    y: str
    name: str
    dir: Direction
    count: int
    entries: tuple[Entry, ...]
    closer: str
    all: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The map. `nowhere`: events whose place is not known, or that are online alone. Without `spots` there is nothing to draw."""

    land: str
    size: str
    spots: tuple[Spot, ...]
    nowhere: tuple[Entry, ...]


@dataclass(slots=True)
class _Heap:
    """What will be a spot, while it is being gathered; in units of the drawing."""

    x: float
    y: float
    found: list[Listed]

    def take(self, x: float, y: float, found: Sequence[Listed]) -> None:
        held, more = len(self.found), len(found)
        self.x = (self.x * held + x * more) / (held + more)
        self.y = (self.y * held + y * more) / (held + more)
        self.found += found


def chart_of(
    listed: Iterable[Listed], asked: Asked, address: str, visitor: Visitor, urls: Urls
) -> Chart:
    """The map of these events. `address`: the path of the agenda it belongs to."""
    placed: list[tuple[Listed, float, float]] = []
    nowhere: list[Listed] = []
    for each in listed:
        place = each.publication.event.place
        if place is None or place.latitude is None or place.longitude is None:
            nowhere.append(each)
        else:
            placed.append((each, place.longitude, place.latitude))
    entries = tuple(_entry(each, visitor, urls) for each in nowhere[:SHOWN_MAX])
    size = f"0 0 {WIDTH:.0f} {HEIGHT:.0f}"
    if not placed:
        return Chart("", size, (), entries)
    view = view_of([(longitude, latitude) for _, longitude, latitude in placed])
    heaps = _heaps((each, *view.place(longitude, latitude)) for each, longitude, latitude in placed)
    spots = tuple(
        _spot(number, heap, asked, address, visitor, urls)
        for number, heap in enumerate(sorted(heaps, key=lambda heap: -len(heap.found)), 1)
    )
    return Chart(path_of(view), size, spots, entries)


def view_of(points: Sequence[tuple[float, float]]) -> View:
    """The part of the world that shows all of these (longitude, latitude), with some room around them."""
    xs, ys = [x for x, _ in points], [drawn_at(y) for _, y in points]
    wide = max(
        max(xs) - min(xs),
        (max(ys) - min(ys)) * WIDTH / HEIGHT,
        _SPAN_MIN / _MARGIN,
    )
    wide = min(wide * _MARGIN, _SPAN_MAX)
    high = wide * HEIGHT / WIDTH
    x, y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    # in steps, so that one event more does not draw another coast
    x, y = round(x, 1), round(y, 1)
    return View(x - wide / 2, x + wide / 2, y - high / 2, y + high / 2, WIDTH, HEIGHT)


def _heaps(placed: Iterable[tuple[Listed, float, float]]) -> list[_Heap]:
    """Each to the nearest heap, else a new one; then heaps that moved together become one."""
    heaps: list[_Heap] = []
    for each, x, y in placed:
        near = min(heaps, key=lambda heap: hypot(heap.x - x, heap.y - y), default=None)
        if near is None or hypot(near.x - x, near.y - y) > _APART * WIDTH:
            heaps.append(_Heap(x, y, [each]))
        else:
            near.take(x, y, [each])
    done: list[_Heap] = []
    for heap in heaps:
        near = next(
            (each for each in done if hypot(each.x - heap.x, each.y - heap.y) <= _APART * WIDTH),
            None,
        )
        if near is None:
            done.append(heap)
        else:
            near.take(heap.x, heap.y, heap.found)
    return done


def _spot(
    number: int, heap: _Heap, asked: Asked, address: str, visitor: Visitor, urls: Urls
) -> Spot:
    places = [place for each in heap.found if (place := each.publication.event.place) is not None]
    name = _name_of(places)
    around = _around(places)
    near = f"{around.latitude:.4f},{around.longitude:.4f}"
    km = str(int(around.km))
    at = asked.query(near=near, km=km)
    is_one = around.km <= _CLOSE_KM
    return Spot(
        number=number,
        x=f"{heap.x / WIDTH:.2%}",
        y=f"{heap.y / HEIGHT:.2%}",
        name=name,
        dir=direction_of(name, None),
        count=len(heap.found),
        entries=tuple(_entry(each, visitor, urls) for each in heap.found[:SHOWN_MAX]),
        closer="" if is_one or len(places) < 2 else f"{address}{at}",
        all=""
        if len(heap.found) <= SHOWN_MAX
        else f"{address}{asked.query(near=near, km=km, view='', month='')}",
    )


def _around(places: Sequence[Place]) -> Circle:
    """The circle that holds all of them, in whole kilometres."""
    points = [(each.latitude or 0.0, each.longitude or 0.0) for each in places]
    souths, wests = [south for south, _ in points], [west for _, west in points]
    middle = Circle((max(souths) + min(souths)) / 2, (max(wests) + min(wests)) / 2, 0)
    far = max(middle.distance_km(*each) for each in points)
    return Circle(
        middle.latitude, middle.longitude, min(KM_MAX, max(_CLOSE_KM, int(far * 1.1) + 1))
    )


def _name_of(places: Sequence[Place]) -> str:
    """What most of them say, the town before the house."""
    named = Counter(
        clean_line(name, NAME_CHARS_MAX)
        for each in places
        if (name := each.locality or each.name or each.region)
    )
    return named.most_common(1)[0][0] if named else ""


def _entry(listed: Listed, visitor: Visitor, urls: Urls) -> Entry:
    facts = event_facts(listed.publication.event, visitor)
    return Entry(
        title=title_of(chosen_text(listed.publication, visitor)),
        href=page_href(listed, urls),
        is_local=listed.is_local,
        status=facts.status,
        time=facts.when,
    )
