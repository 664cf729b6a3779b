"""The blurhash encoder, held against a decoder written here from the same public description."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi.media.blurhash import encode
from tests.harness.chance import examples

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


def number_of(text: str) -> int:
    number = 0
    for character in text:
        number = number * 83 + DIGITS.index(character)
    return number


def light_of(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else math.pow((part + 0.055) / 1.055, 2.4)


def decode(text: str, width: int, height: int) -> list[tuple[float, float, float]]:
    """Linear light, three channels per pixel."""
    flag = number_of(text[0])
    columns, rows = flag % 9 + 1, flag // 9 + 1
    assert len(text) == 4 + 2 * columns * rows
    scale = (number_of(text[1]) + 1) / 166
    mean = number_of(text[2:6])
    colours = [[light_of(mean >> 16), light_of(mean >> 8 & 255), light_of(mean & 255)]]
    for at in range(6, len(text), 2):
        number = number_of(text[at : at + 2])
        steps = (number // 361, number // 19 % 19, number % 19)
        colours.append([math.copysign(((s - 9) / 9) ** 2, s - 9) * scale for s in steps])
    pixels = []
    for y in range(height):
        for x in range(width):
            waves = [
                math.cos(math.pi * column * x / width) * math.cos(math.pi * row * y / height)
                for row in range(rows)
                for column in range(columns)
            ]
            red, green, blue = (
                math.fsum(w * colour[c] for w, colour in zip(waves, colours, strict=True))
                for c in range(3)
            )
            pixels.append((red, green, blue))
    return pixels


def test_a_black_picture_has_the_well_known_hash() -> None:
    assert encode(bytes(32 * 32 * 3), 32, 32) == "L00000fQfQfQfQfQfQfQfQfQfQfQ"


@pytest.mark.parametrize(
    ("colour", "digits"), [((255, 255, 255), "TSUA"), ((0, 0, 0), "0000"), ((0, 0, 1), "0001")]
)
def test_one_component_is_the_mean_colour(colour: tuple[int, int, int], digits: str) -> None:
    assert encode(bytes(colour) * 64, 8, 8, 1, 1) == f"00{digits}"


def test_the_left_half_stays_darker_than_the_right_half() -> None:
    row = bytes((10, 10, 10)) * 16 + bytes((240, 240, 240)) * 16
    pixels = decode(encode(row * 32, 32, 32), 32, 32)
    assert sum(pixels[16 * 32 + 4]) + 1 < sum(pixels[16 * 32 + 27])


def test_the_top_stays_redder_than_the_bottom() -> None:
    picture = bytes((220, 20, 20)) * 512 + bytes((20, 20, 220)) * 512
    pixels = decode(encode(picture, 32, 32, 3, 4), 32, 32)
    top, bottom = pixels[4 * 32 + 16], pixels[27 * 32 + 16]
    assert top[0] > bottom[0] + 0.3
    assert bottom[2] > top[2] + 0.3


@examples(60)
@given(st.data())
def test_any_picture_gives_a_hash_of_the_right_length_that_decodes(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    columns, rows = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    pixels = data.draw(st.binary(min_size=width * height * 3, max_size=width * height * 3))
    text = encode(pixels, width, height, columns, rows)
    assert len(decode(text, width, height)) == width * height
    assert number_of(text[2:6]) < 1 << 24


@pytest.mark.parametrize(
    ("pixels", "width", "height", "columns", "rows"),
    [(b"abc", 1, 1, 0, 1), (b"abc", 1, 1, 1, 10), (b"ab", 1, 1, 1, 1), (b"", 0, 0, 1, 1)],
)
def test_sizes_that_do_not_agree_are_refused(
    pixels: bytes, width: int, height: int, columns: int, rows: int
) -> None:
    with pytest.raises(ValueError, match=r"columns|pixels"):
        encode(pixels, width, height, columns, rows)
