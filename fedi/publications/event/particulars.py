"""What people ask before they come: languages, cost, access, whom to ask ⇄ `PropertyValue`s in `attachment`. Pure.

Mobilizon shows them under the event: those it has a key for in its own words, the others as name and value. It takes
texts, numbers and booleans, no lists.
"""

from collections.abc import Mapping
from typing import Any, Final

from fedi.i18n.catalog import translator
from fedi.publications.event.model import EventDetails, Wheelchair
from fedi.publications.place import line_of
from fedi.vocab.read import as_list, language_tag, type_of

LINES: Final = ("cost", "childcare", "interpretation", "contact")
WHEELCHAIR: Final[dict[object, Wheelchair]] = {
    "no": "no",
    "partially": "partially",
    "fully": "fully",
}
SPOKEN_MAX: Final = 12
LINE_MAX: Final = 300
_KEYS: Final = {
    "spoken": "mj:spokenLanguages",
    "cost": "mj:cost",
    "wheelchair": "mz:accessibility:wheelchairAccessible",
    "childcare": "mj:childcare",
    "interpretation": "mj:interpretation",
    "contact": "mj:contact",
}
_NAMES: Final = {key: name for name, key in _KEYS.items()}
_ATTACHMENTS_MAX: Final = 64


def parse_particulars(document: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of `EventDetails`; what cannot be read is left out, of several the first counts."""
    found: dict[str, Any] = {}
    for item in as_list(document.get("attachment"))[:_ATTACHMENTS_MAX]:
        if not isinstance(item, dict) or type_of(item) != "PropertyValue":
            continue
        key = item.get("propertyID")
        name = _NAMES.get(key) if isinstance(key, str) else None
        if name is None or name in found:
            continue
        value = _read(name, item.get("value"))
        if value:
            found[name] = value
    return found


def build_particulars(details: EventDetails, language: str) -> list[dict[str, Any]]:
    """Named in `language`, for who reads them where nobody knows the keys."""
    t = translator(language)
    return [
        {
            "type": "PropertyValue",
            # Gancio looks for the type of everything before the first picture
            "mediaType": "text/plain",
            "propertyID": key,
            "name": t(f"event.{name}"),
            "value": ", ".join(value) if isinstance(value, tuple) else value,
        }
        for name, key in _KEYS.items()
        if (value := getattr(details, name))
    ]


def languages_in(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tags of languages separated by commas or blanks: those that are some, and the words that are none."""
    good: dict[str, None] = {}
    bad: list[str] = []
    for word in text.replace("،", " ").replace(",", " ").split():
        tag = language_tag(word) if len(word) <= 35 else None
        if tag is None:
            bad.append(word[:35])
        else:
            good[tag] = None
    return tuple(good), tuple(bad)


def _read(name: str, value: object) -> object:
    if name == "wheelchair":
        return WHEELCHAIR.get(value) if isinstance(value, str) else None
    line = line_of(value, LINE_MAX)
    if name == "spoken":
        return languages_in(line or "")[0][:SPOKEN_MAX]
    return line
