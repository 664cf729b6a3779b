"""Bytes from elsewhere → events, whichever of the forms they have. Pure; raises only Invalid."""

from typing import Final

from fedi.errors import Invalid, TooLarge
from fedi.sources.calendars import is_calendar, parse_calendar
from fedi.sources.exports import is_json, parse_export
from fedi.sources.model import BYTES_MAX, Around, Parsed
from fedi.sources.pages import read_page
from fedi.sources.schema_org import parse_page

_MARKS: Final = (("utf-16", (b"\xff\xfe", b"\xfe\xff")),)


def read(content: bytes, around: Around) -> Parsed:
    """What is not over in a calendar, an export or a page. Raises Invalid for what is none of them, TooLarge.

    A page without any event says so by an empty reading; whether that is a mistake is for the caller to say.
    """
    if len(content) > BYTES_MAX:
        raise TooLarge("sources.too_large", field="file", mega=BYTES_MAX // 1024 // 1024)
    text = _decoded(content)
    if is_calendar(text):
        return parse_calendar(text, around)
    if is_json(text):
        return parse_export(text, around)
    if "<" not in text:
        raise Invalid("sources.unreadable", field="address")
    return parse_page(read_page(text), around)


def _decoded(content: bytes) -> str:
    for name, marks in _MARKS:
        if content.startswith(marks):
            return content.decode(name, "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
