"""Blurhash: a small picture in, some thirty characters out, shown as a blur until the real picture has loaded. Pure.

The format is the public blurhash algorithm, which Mastodon, Pixelfed and Mobilizon write and read.
"""

import math
from collections.abc import Sequence

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
Colour = tuple[float, float, float]


def encode(pixels: bytes, width: int, height: int, columns: int = 4, rows: int = 3) -> str:
    """The blurhash of `pixels`: sRGB, three bytes each, row by row; `columns` × `rows` components, 1 to 9 each.

    Meant for pictures already shrunk to about 32 × 32: the cost is width × height × columns × rows.
    Raises ValueError when the sizes do not agree.
    """
    if not (1 <= columns <= 9 and 1 <= rows <= 9):
        raise ValueError("columns and rows go from 1 to 9")
    if width < 1 or height < 1 or len(pixels) != width * height * 3:
        raise ValueError("pixels must be width × height × 3 bytes")
    light = [_to_light(value) for value in range(256)]
    linear = [light[value] for value in pixels]
    across = [_wave(column, width) for column in range(columns)]
    down = [_wave(row, height) for row in range(rows)]
    doubled = [_factor(linear, wave_x, wave_y) for wave_y in down for wave_x in across]
    mean, rest = [channel / 2 for channel in doubled[0]], doubled[1:]
    strongest = max((abs(channel) for factor in rest for channel in factor), default=0.0)
    step = _clamp(math.floor(strongest * 166 - 0.5), 82) if rest else 0
    scale = (step + 1) / 166
    return "".join(
        [
            _base83(columns - 1 + (rows - 1) * 9, 1),
            _base83(step, 1),
            _base83(_mean_number(mean), 4),
            *(_base83(_factor_number(factor, scale), 2) for factor in rest),
        ]
    )


def _wave(component: int, length: int) -> list[float]:
    return [math.cos(math.pi * component * place / length) for place in range(length)]


def _factor(linear: Sequence[float], wave_x: Sequence[float], wave_y: Sequence[float]) -> Colour:
    width = len(wave_x)
    sums = [0.0, 0.0, 0.0]
    for row, strength in enumerate(wave_y):
        line = linear[row * width * 3 : (row + 1) * width * 3]
        for channel in range(3):
            values = line[channel::3]
            sums[channel] += strength * sum(map(float.__mul__, values, wave_x))
    share = 2 / (width * len(wave_y))
    return sums[0] * share, sums[1] * share, sums[2] * share


def _mean_number(colour: Sequence[float]) -> int:
    red, green, blue = (_from_light(value) for value in colour)
    return (red << 16) + (green << 8) + blue


def _factor_number(colour: Colour, scale: float) -> int:
    number = 0
    for value in colour:
        root = math.copysign(math.sqrt(abs(value / scale)), value)
        number = number * 19 + _clamp(math.floor(root * 9 + 9.5), 18)
    return number


def _to_light(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _from_light(value: float) -> int:
    part = max(0.0, min(1.0, value))
    curved = part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
    return int(curved * 255 + 0.5)


def _clamp(value: int, top: int) -> int:
    return max(0, min(top, value))


def _base83(number: int, length: int) -> str:
    return "".join(_DIGITS[number // 83 ** (length - 1 - place) % 83] for place in range(length))
