"""Elements with text that XML can hold, written by the serializer of the standard library. Pure."""

import re
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

# What XML 1.0 cannot contain even escaped; one such character makes a whole feed unreadable.
_IMPOSSIBLE: Final = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # fmt: skip
XML_LANG: Final = "xml:lang"


def add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """A child element; `lang` becomes `xml:lang`, an empty one is left out."""
    written = {key: clean(value) for key, value in attributes.items() if key != "lang"}
    if attributes.get("lang"):
        written[XML_LANG] = clean(attributes["lang"])
    child = SubElement(parent, name, written)
    child.text = None if text is None else clean(text)
    return child


def clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return _IMPOSSIBLE.sub("", text)


def written(root: Element) -> bytes:
    """The document."""
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
