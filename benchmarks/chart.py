"""Lines over two logarithmic scales, as SVG: what figures of many sizes need, and nothing more."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 190, 20, 50
_COLOURS = ("#1b6e63", "#b4552d", "#3b5b92", "#8a6d1d", "#7b3f73", "#555555")


@dataclass(frozen=True, slots=True)
class Series:
    """A name and points; everything above zero."""

    name: str
    points: Sequence[tuple[float, float]]


def draw(across: str, up: str, series: Sequence[Series]) -> str:
    """The picture. `across` and `up` name the scales."""
    xs = [math.log10(x) for each in series for x, _ in each.points]
    ys = [math.log10(y) for each in series for _, y in each.points]
    low_x, high_x = math.floor(min(xs)), math.ceil(max(xs))
    low_y, high_y = math.floor(min(ys)), max(math.ceil(max(ys)), math.floor(min(ys)) + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        wide = _WIDTH - _LEFT - _RIGHT
        high = _HEIGHT - _TOP - _BOTTOM
        return (
            _LEFT + (math.log10(x) - low_x) / (high_x - low_x) * wide,
            _HEIGHT - _BOTTOM - (math.log10(y) - low_y) / (high_y - low_y) * high,
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
    ]
    for power in range(low_x, high_x + 1):
        x, _ = place(10**power, 10**low_y)
        parts.append(
            f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{_HEIGHT - _BOTTOM}" stroke="#ddd"/>'
        )
        parts.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{_number(power)}</text>'
        )
    for power in range(low_y, high_y + 1):
        _, y = place(10**low_x, 10**power)
        parts.append(
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="#ddd"/>'
        )
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_number(power)}</text>'
        )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(
        f'<text x="{middle:.0f}" y="{_HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>'
    )
    parts.append(
        f'<text transform="translate(16 {(_HEIGHT - _BOTTOM + _TOP) / 2:.0f}) rotate(-90)" text-anchor="middle">{escape(up)}</text>'
    )
    parts.extend(_lines(series, place))
    parts.append("</svg>\n")
    return "\n".join(parts)


def _lines(series: Sequence[Series], place: object) -> list[str]:
    assert callable(place)
    parts: list[str] = []
    names: list[tuple[float, float, str, str]] = []
    for number, each in enumerate(series):
        colour = _COLOURS[number % len(_COLOURS)]
        spots = [place(x, y) for x, y in each.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.extend(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots)
        names.append((spots[-1][1], spots[-1][0], colour, each.name))
    below = 0.0
    for y, x, colour, name in sorted(names):
        below = max(y, below + 15)
        parts.append(
            f'<text x="{x + 10:.1f}" y="{below + 4:.1f}" fill="{colour}">{escape(name)}</text>'
        )
    return parts


def _number(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}"
