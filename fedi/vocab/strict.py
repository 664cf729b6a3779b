"""Bytes from outside → one JSON object, or Invalid; our documents → bytes. Nothing here knows what the members mean.

Python's own parser lets through duplicate keys, `NaN`, `1e400`, lone surrogates and huge integers (S44); here all of
them are refused, before anything else looks at the document.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from fedi.errors import Invalid

DEPTH_MAX = 32
VALUES_MAX = 20_000
KEY_BYTES_MAX = 256
STRING_BYTES_MAX = 256 * 1024
NUMBER_MAX = 2**53

MOVED_MEANING = frozenset({"@graph", "@included", "@reverse"})

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def parse_document(
    raw: bytes, *, depth_max: int = DEPTH_MAX, values_max: int = VALUES_MAX
) -> dict[str, Any]:
    """The object that `raw` holds, read strictly (S44).

    `depth_max`: how many arrays and objects may lie inside one another; `values_max`: how many values (keys not
    counted) the document may hold. Raises Invalid with one of the keys json.encoding, json.syntax, json.depth,
    json.values, json.duplicate_key, json.number, json.nul, json.key_length, json.string_length, json.not_object.
    """
    if raw.startswith(b"\xef\xbb\xbf"):
        raise Invalid("json.encoding", "byte order mark")
    outside = _outside_strings(raw)
    _check_shape(outside, depth_max, values_max)
    document = _decode(raw)
    if not isinstance(document, dict):
        raise Invalid("json.not_object")
    members = _check_values(document, raw, values_max)
    # In valid JSON every colon outside strings belongs to one member: fewer members kept means a key came twice.
    if members != outside.count(b":"):
        raise Invalid("json.duplicate_key")
    return document


def dump(document: Any) -> bytes:
    """Compact UTF-8, keys in the order given. Floats keep their decimal point: Mobilizon ignores `36` (wire.md 5.2)."""
    return _encoder.encode(document)


def check_no_moved_meaning(document: Any) -> None:
    """Raises Invalid("json.moved_meaning") when a keyword that moves statements elsewhere occurs at any level (S37)."""
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if not MOVED_MEANING.isdisjoint(value):
                raise Invalid("json.moved_meaning")
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _outside_strings(raw: bytes) -> bytes:
    """`raw` without its strings: exact for valid JSON, harmless for anything else.

    A run of backslashes only occurs inside a string, so removing pairs from its left leaves exactly the one that
    escapes what follows.
    """
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(raw.split(b'"')[::2])


def _check_shape(outside: bytes, depth_max: int, values_max: int) -> None:
    """Count and depth, from the punctuation alone and before any object is built."""
    brackets = outside.translate(None, _NOT_BRACKETS)
    if outside.count(b",") > values_max or len(brackets) > 2 * values_max:
        raise Invalid("json.values")
    depth = 0
    for byte in brackets:
        if byte in b"[{":
            depth += 1
            if depth > depth_max:
                raise Invalid("json.depth")
        else:
            depth -= 1


def _decode(raw: bytes) -> Any:
    try:
        return _decoder.decode(raw)
    except msgspec.ValidationError as problem:
        raise Invalid("json.number", str(problem)) from problem
    except msgspec.DecodeError as problem:
        raise Invalid("json.syntax", str(problem)) from problem
    except UnicodeDecodeError as problem:
        raise Invalid("json.encoding", "not UTF-8") from problem
    except RecursionError as problem:
        raise Invalid("json.depth") from problem


def _check_values(document: dict[str, Any], raw: bytes, values_max: int) -> int:
    """Checks keys, strings and numbers in one walk without recursion. Returns the number of members found."""
    suspicious = b"\\u0000" in raw or len(raw) > STRING_BYTES_MAX
    members, values = 0, 1
    waiting: list[Any] = [document]
    while waiting:
        container = waiting.pop()
        values += len(container)
        if type(container) is dict:
            members += len(container)
            if suspicious or max(map(len, container), default=0) > KEY_BYTES_MAX // 4:
                _check_keys(container)
            container = container.values()
        for value in container:
            kind = type(value)
            if kind is str:
                if suspicious:
                    _check_string(value)
            elif kind is dict or kind is list:
                waiting.append(value)
            elif kind is not bool and value is not None and not -NUMBER_MAX <= value <= NUMBER_MAX:
                raise Invalid("json.number", "beyond 2**53")
    if values > values_max:
        raise Invalid("json.values")
    return members


def _check_keys(keys: Iterable[str]) -> None:
    for key in keys:
        if "\0" in key:
            raise Invalid("json.nul")
        if len(key.encode()) > KEY_BYTES_MAX:
            raise Invalid("json.key_length")


def _check_string(text: str) -> None:
    if "\0" in text:
        raise Invalid("json.nul")
    if len(text) * 4 > STRING_BYTES_MAX and len(text.encode()) > STRING_BYTES_MAX:
        raise Invalid("json.string_length")
