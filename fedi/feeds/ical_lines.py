"""Content lines of a calendar (RFC 5545 3.1): escaped, folded by octets, and no value ever ends its line (S75). Pure."""

import re
from collections.abc import Mapping
from typing import Final

OCTETS_MAX: Final = 75
_ESCAPES: Final = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
_SPECIAL: Final = re.compile(r"[\\;,\n]")
# What some reader takes for the end of a line, and what no text may hold.
_NO_TEXT: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_QUOTED: Final = re.compile(r"[,;:]")


def line(name: str, value: str, parameters: Mapping[str, str] | None = None) -> bytes:
    """One property whose value stands as it is (a date, a number, an address), with its line end."""
    head = name
    for key, each in (parameters or {}).items():
        # There is no way to write a quotation mark in a parameter (RFC 5545 3.1).
        bare = each.replace('"', "'")
        head += f';{key}="{bare}"' if _QUOTED.search(bare) else f";{key}={bare}"
    return _folded(_NO_TEXT.sub("", f"{head}:{value}").encode())


def text_line(name: str, value: str, parameters: Mapping[str, str] | None = None) -> bytes:
    """One property whose value is text; its line ends become `\\n`."""
    return line(name, escaped(value), parameters)


def escaped(value: str) -> str:
    """Text as it stands in a value (RFC 5545 3.3.11)."""
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], value)


def _folded(raw: bytes) -> bytes:
    if len(raw) <= OCTETS_MAX:
        return raw + b"\r\n"
    pieces: list[bytes] = []
    begin, room = 0, OCTETS_MAX
    while len(raw) - begin > room:
        end = begin + room
        # never inside a letter
        while raw[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(raw[begin:end])
        begin, room = end, OCTETS_MAX - 1
    pieces.append(raw[begin:])
    return b"\r\n ".join(pieces) + b"\r\n"
