"""The subset of HTML we keep (S67), and the second reader that writes it.

In: the well-formed output of the parser. Out: markup with honest links (S69), bounded depth and length.
"""

import html as entities
from html.parser import HTMLParser
from typing import Final

from fedi.text.direction import ELLIPSIS
from fedi.text.links import checked_link, honest_text

TAGS: Final = frozenset(
    {"h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "a", "strong", "b", "em", "i", "u", "s",
     "del", "code", "pre", "blockquote", "ul", "ol", "li", "span"}
)  # fmt: skip
CLASSES: Final = frozenset({"mention", "hashtag", "u-url", "h-card", "invisible", "ellipsis"})
TEXT_BYTES_MAX: Final = 100_000
_DEPTH_MAX: Final = 40
BLOCKS: Final = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "p", "hr", "pre", "blockquote", "ul", "ol", "li"}
)  # fmt: skip
# Read so that words in neighbouring boxes do not run together; shown as line breaks, never as tags.
BOXES: Final = frozenset(
    {"div", "section", "article", "header", "footer", "aside", "main", "figure", "figcaption",
     "details", "summary", "table", "caption", "thead", "tbody", "tfoot", "tr", "dl", "dt", "dd",
     "address"}
)  # fmt: skip
CELLS: Final = frozenset({"td", "th"})
_VOID: Final = frozenset({"br", "hr", "img"})


def _escape(text: str) -> str:
    return entities.escape(text, quote=False).replace("\xa0", "&nbsp;")


def _attribute(name: str, value: str) -> str:
    return f' {name}="{entities.escape(value).replace(chr(0xA0), "&nbsp;")}"'


def _is_whole(value: str) -> bool:
    return value.isascii() and value.removeprefix("-").isdecimal() and len(value) <= 7


def _is_language(value: str) -> bool:
    return 1 < len(value) <= 35 and value.isascii() and value.replace("-", "").isalnum()


class SubsetWriter(HTMLParser):
    """Reads well-formed HTML and writes the kept subset. `_open` holds (tag as read, tag as written)."""

    def __init__(self, *, images: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._images = images
        self._out: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._room = TEXT_BYTES_MAX
        self._breaks = 0
        self._box_edge = False
        self._after_pre = False
        self._link: tuple[int, str] | None = None
        self._link_text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._room < 0:
            return
        values = {name: value or "" for name, value in attrs}
        if tag in BOXES or tag in CELLS:
            self._edge(tag)
        elif tag == "img":
            self._image(values)
        elif tag == "br":
            self._line_break()
        elif tag == "hr":
            self._write_block("<hr>")
        else:
            self._element(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag in BOXES or tag in CELLS:
            self._edge(tag)
            return
        if tag in _VOID or not any(read == tag for read, _ in self._open):
            return
        while self._open:
            read, written = self._open.pop()
            self._end(written)
            if read == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._after_pre:
            # A parser swallows the first line feed of `pre`: keeping it would lose one on each reading.
            data = data.lstrip("\n")
            self._after_pre = not data
        if not data or self._room < 0:
            return
        if data.strip():
            self._before_inline()
            self._breaks = 0
        size = len(data.encode("utf-8"))
        if size > self._room:
            data = self._cut(data)
            self._room = -1
        else:
            self._room -= size
        self._out.append(_escape(data))
        if self._link is not None:
            self._link_text.append(data)

    def result(self) -> str:
        while self._open:
            self._end(self._open.pop()[1])
        return "".join(self._out).strip("\n ")

    def _cut(self, data: str) -> str:
        kept = data.encode("utf-8")[: max(self._room - 3, 0)].decode("utf-8", "ignore")
        space = kept.rfind(" ", max(len(kept) - 40, 0))
        return (kept[:space] if space > 0 else kept).rstrip() + ELLIPSIS

    def _element(self, tag: str, values: dict[str, str]) -> None:
        written = "h2" if tag == "h1" else tag
        if tag not in BLOCKS:
            self._before_inline()
        attributes = self._attributes(written, values)
        if len(self._open) >= _DEPTH_MAX or attributes is None:
            written = ""
        self._open.append((tag, written))
        if not written:
            return
        if tag in BLOCKS:
            self._box_edge = False
            self._breaks = 0
        self._after_pre = tag == "pre"
        if tag == "a":
            self._link = (len(self._out) + 1, values["href"].strip())
            self._link_text = []
        self._out.append(f"<{written}{attributes}>")

    def _end(self, written: str) -> None:
        if not written:
            return
        self._after_pre = False
        if written == "a" and self._link is not None:
            start, href = self._link
            instead = honest_text("".join(self._link_text), href)
            if instead is not None:
                # What is open inside the link was closed before it, so the inside can be replaced whole.
                self._out[start:] = [_escape(instead)]
            self._link = None
        if written in BLOCKS:
            self._box_edge = False
        self._out.append(f"</{written}>")

    def _edge(self, tag: str) -> None:
        if tag in CELLS:
            if self._out and not self._out[-1].endswith((" ", ">")) and self._room > 0:
                self._out.append(" ")
                self._room -= 1
        elif self._out and self._room >= 0 and not self._at_block_edge():
            self._box_edge = True

    def _at_block_edge(self) -> bool:
        last = self._out[-1]
        if not last.strip():
            return len(self._out) < 2 or self._out[-2].startswith("<")
        name = last.strip("</>").split(" ", 1)[0]
        return last.startswith("<") and (name in BLOCKS or name == "br")

    def _before_inline(self) -> None:
        if self._box_edge:
            self._box_edge = False
            self._line_break()

    def _line_break(self) -> None:
        self._box_edge = False
        self._breaks += 1
        if self._breaks <= 2:
            self._out.append("<br>")

    def _write_block(self, markup: str) -> None:
        self._box_edge = False
        self._breaks = 0
        self._out.append(markup)

    def _image(self, values: dict[str, str]) -> None:
        source = checked_link(values.get("src", ""))
        if self._images and source and not source.lower().startswith("mailto:"):
            self._before_inline()
            self._out.append(
                f"<img{_attribute('src', source)}{_attribute('alt', values.get('alt', ''))}>"
            )
        elif values.get("alt", "").strip():
            self.handle_data(values["alt"])

    def _attributes(self, tag: str, values: dict[str, str]) -> str | None:
        """The attributes to write; None when the element says nothing without one it lacks."""
        done = ""
        if tag == "a":
            href = checked_link(values.get("href", ""))
            if href is None or self._link is not None:
                return None
            done += _attribute("href", href)
        if tag in {"a", "span"}:
            classes = [name for name in values.get("class", "").split()[:20] if name in CLASSES]
            if classes:
                done += _attribute("class", " ".join(dict.fromkeys(classes)))
        if tag == "a":
            tagged = "tag" in values.get("rel", "").lower().split()
            done += f' rel="{"tag " if tagged else ""}nofollow noopener noreferrer"'
        return done + _list_attributes(tag, values) + _language_attributes(values)


def _list_attributes(tag: str, values: dict[str, str]) -> str:
    done = ""
    if tag == "ol":
        if _is_whole(values.get("start", "")):
            done += _attribute("start", values["start"])
        if "reversed" in values:
            done += ' reversed=""'
    elif tag == "li" and _is_whole(values.get("value", "")):
        done += _attribute("value", values["value"])
    return done


def _language_attributes(values: dict[str, str]) -> str:
    done = ""
    if _is_language(values.get("lang", "")):
        done += _attribute("lang", values["lang"])
    if values.get("dir", "").lower() in {"auto", "ltr", "rtl"}:
        done += _attribute("dir", values["dir"].lower())
    return done
