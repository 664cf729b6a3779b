"""A web page of somebody else → the schema.org items in it (JSON-LD, else microdata), its name, the calendar it names.

Pure and bounded. Pages are parsed by nh3, which mends what is broken; what comes out of it is well-formed.
"""

import html as entities
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import islice
from typing import Any, Final

import nh3

from fedi.text.direction import clean_line

NODES_MAX: Final = 20_000
DEPTH_MAX: Final = 24
SCRIPTS_MAX: Final = 40
ITEMS_MAX: Final = 2_000
# nh3 needs quadratic time for what is deeply nested; pages that people wrote have fewer.
TAGS_MAX: Final = 12_000
# The same for "&" and the characters whose first byte in UTF-8 is that of a space that does not break.
COSTLY_MAX: Final = 20_000
_COSTLY: Final = re.compile("[&\x80-\xbf]")
_SCRIPT: Final = re.compile(
    r"<script\b[^<>]{0,500}?application/ld\+json[^<>]{0,500}>", re.IGNORECASE
)
_VOID: Final = frozenset({"meta", "link", "img", "br", "hr", "source", "area", "wbr", "input"})
_READ: Final = {
    "a", "abbr", "address", "article", "aside", "b", "body", "br", "cite", "dd", "div", "dl", "dt", "em", "figcaption",
    "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "li", "link", "main", "meta", "nav",
    "ol", "p", "section", "small", "span", "strong", "table", "tbody", "td", "th", "thead", "time", "tr", "ul", "data",
}  # fmt: skip
_CLEANER: Final = nh3.Cleaner(
    tags=_READ,
    clean_content_tags={
        "script",
        "style",
        "template",
        "noscript",
        "iframe",
        "svg",
        "textarea",
        "title",
    },
    attributes={
        "*": {"itemprop", "itemscope", "itemtype", "itemid", "content", "datetime", "lang"},
        "a": {"href"},
        "link": {"href", "rel", "type"},
        "meta": {"property", "name"},
        "time": {"datetime"},
        "data": {"value"},
    },
    url_schemes={"http", "https"},
    url_relative="pass_through",
    link_rel=None,
    generic_attribute_prefixes=None,
)
_WORDS: Final = frozenset({"name", "address", "description", "streetAddress", "addressLocality"})
_PROSE: Final = frozenset({"p", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "strong", "em", "b", "i", "a"})  # fmt: skip


@dataclass(slots=True)
class Page:
    """What a page holds. `items`: objects with an `@type`, as JSON-LD has them."""

    items: list[dict[str, Any]] = field(default_factory=list)
    name: str = ""
    language: str = ""
    calendar: str = ""


def read_page(text: str) -> Page:
    """Never raises; a page in which nothing is understood is an empty one."""
    page = Page(items=list(_from_scripts(text)))
    reader = _Reader()
    try:
        reader.feed(_CLEANER.clean(_bounded(text)))
        reader.close()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a panic in the parser is no Exception; what was in scripts is kept
        return page
    page.items += [each.values for each in reader.items if each.values.get("@type")][:ITEMS_MAX]
    page.name = clean_line(reader.site_name or _title_in(text), 100)
    page.language = _language_in(text)
    page.calendar = reader.calendar
    return page


def _from_scripts(text: str) -> Iterator[dict[str, Any]]:
    found = 0
    for match in list(_SCRIPT.finditer(text))[:SCRIPTS_MAX]:
        end = text.find("</", match.end())
        while end != -1 and text[end : end + 8].lower() != "</script":
            end = text.find("</", end + 2)
        for item in _objects(text[match.end() : end if end != -1 else len(text)]):
            found += 1
            if found > ITEMS_MAX:
                return
            yield item


def _objects(source: str) -> Iterator[dict[str, Any]]:
    """Every object with a type in a script, however deep; inside an event nothing more is looked for."""
    try:
        # control characters inside texts are common, and harmless here
        whole = json.loads(source.strip().removeprefix("<!--").removesuffix("-->"), strict=False)
    except (ValueError, RecursionError):
        return
    waiting: list[tuple[Any, int]] = [(whole, 0)]
    for _ in range(NODES_MAX):
        if not waiting:
            return
        node, depth = waiting.pop(0)
        if isinstance(node, dict):
            if is_event(node):
                yield node
            elif depth < DEPTH_MAX:
                waiting.extend((each, depth + 1) for each in node.values())
        elif isinstance(node, list) and depth < DEPTH_MAX:
            waiting.extend((each, depth + 1) for each in node[:ITEMS_MAX])


def is_event(item: dict[str, Any]) -> bool:
    """Whether an object says that it is an event of any kind."""
    types = item.get("@type")
    return any(
        isinstance(each, str)
        and (name := each.rpartition("/")[2].rpartition(":")[2]).endswith(("Event", "Festival"))
        and name not in ("PublicationEvent", "BroadcastEvent", "UserInteraction")
        for each in (types if isinstance(types, list) else [types])[:8]
    )


def _bounded(text: str) -> str:
    costly = next(islice(_COSTLY.finditer(text), COSTLY_MAX, None), None)
    if costly is not None:
        text = text[: costly.start()]
    pieces = text.split("<", TAGS_MAX)
    if len(pieces) > TAGS_MAX:
        pieces.pop()
    return "<".join(pieces)


def _title_in(text: str) -> str:
    found = re.search(r"<title[^<>]{0,200}>([^<]{0,500})", text[:200_000], re.IGNORECASE)
    return entities.unescape(found[1]) if found else ""


def _language_in(text: str) -> str:
    found = re.search(
        r"<html\b[^<>]{0,500}?\blang\s*=\s*[\"']?([A-Za-z0-9-]{2,35})", text[:20_000], re.IGNORECASE
    )
    return found[1] if found else ""


@dataclass(slots=True)
class _Item:
    """An item under way: how deep it began, what it says."""

    depth: int
    values: dict[str, Any]


@dataclass(slots=True)
class _Open:
    """A property whose words are being collected."""

    depth: int
    name: str
    owner: _Item
    pieces: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Reads what nh3 wrote: items by `itemscope`, their properties by `itemprop`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.items: list[_Item] = []
        self.site_name = ""
        self.calendar = ""
        self._depth = 0
        self._inside: list[_Item] = []
        self._collecting: list[_Open] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._look_at_head(tag, given)
        is_void = tag in _VOID
        if not is_void:
            self._depth += 1
        for each in self._collecting:
            if tag in _PROSE:
                each.pieces.append("<br>" if tag == "br" else f"<{tag}>" if tag != "a" else "")
        if len(self.items) > ITEMS_MAX or self._depth > 400:
            return
        names = given.get("itemprop", "").split()[:4]
        owner = self._inside[-1] if self._inside else None
        if "itemscope" in given and not is_void:
            item = _Item(self._depth, {"@type": given.get("itemtype", "").split()[:4]})
            if given.get("itemid"):
                item.values["@id"] = given["itemid"]
            for name in names if owner is not None else ():
                _add(owner, name, item.values)  # type: ignore[arg-type]
            self.items.append(item)
            self._inside.append(item)
        elif names and owner is not None:
            self._property(tag, given, names, owner, is_void=is_void)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        for each in [each for each in self._collecting if each.depth == self._depth]:
            _add(each.owner, each.name, "".join(each.pieces).strip())
            self._collecting.remove(each)
        for each in self._collecting:
            if tag in _PROSE and tag != "a":
                each.pieces.append(f"</{tag}>")
        while self._inside and self._inside[-1].depth == self._depth:
            self._inside.pop()
        self._depth = max(0, self._depth - 1)

    def handle_data(self, data: str) -> None:
        for each in self._collecting:
            each.pieces.append(data.replace("&", "&amp;").replace("<", "&lt;"))

    def _property(
        self, tag: str, given: dict[str, str], names: list[str], owner: _Item, *, is_void: bool
    ) -> None:
        """The value of a property: what an attribute says, else the words inside."""
        value = given.get("content") or given.get("datetime") or given.get("value")
        if value is None and tag in ("a", "link"):
            value = given.get("href")
        for name in names:
            # strictly a link is its address; who makes a name of one means its words
            if value is not None and not (tag == "a" and name in _WORDS):
                _add(owner, name, value)
            elif not is_void and len(self._collecting) < 20:
                self._collecting.append(_Open(self._depth, name, owner))

    def _look_at_head(self, tag: str, given: dict[str, str]) -> None:
        if tag == "meta" and given.get("property", "") == "og:site_name" and not self.site_name:
            self.site_name = given.get("content", "")[:300]
        is_other = tag == "link" and "alternate" in given.get("rel", "").lower().split()
        if (
            is_other
            and given.get("type", "").lower().startswith("text/calendar")
            and not self.calendar
        ):
            self.calendar = given.get("href", "")[:2048]


def _add(owner: _Item, name: str, value: Any) -> None:
    """One more value; several become a list."""
    known = owner.values.get(name)
    if known is None:
        owner.values[name] = value
    elif isinstance(known, list) and len(known) < 50:
        known.append(value)
    elif not isinstance(known, list):
        owner.values[name] = [known, value]
