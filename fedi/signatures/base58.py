"""Base58 with the Bitcoin alphabet ("base58btc"), for Multikeys and proof values. Bytes ⇄ text, both short."""

from typing import Final

from fedi.errors import Invalid

CHARS_MAX: Final = 128

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES: Final = {char: value for value, char in enumerate(_ALPHABET)}


def encode(data: bytes) -> str:
    """`data` as base58; every leading zero byte becomes a `1`."""
    number, chars = int.from_bytes(data), []
    while number:
        number, value = divmod(number, 58)
        chars.append(_ALPHABET[value])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(chars))


def decode(text: str) -> bytes:
    """The bytes of `text`. Raises Invalid for other characters and beyond CHARS_MAX: the cost is quadratic."""
    if len(text) > CHARS_MAX:
        raise Invalid(detail="base58 text too long")
    number = 0
    for char in text:
        value = _VALUES.get(char)
        if value is None:
            raise Invalid(detail="not base58")
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)
