"""HTML from strangers and members → the one subset we keep and show (S67), and HTML → plain text.

`sanitise` never raises and is its own fixed point. nh3 (html5ever) parses; a second reader over its
well-formed output applies what an allow-list cannot say: honest links, depth, length, one look.
"""

import html as entities
from html.parser import HTMLParser
from typing import Final

import nh3

from fedi.text.direction import ELLIPSIS, clean_line, without_controls
from fedi.text.links import SCHEMES, checked_link, honest_text

TAGS: Final = frozenset(
    {"h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "a", "strong", "b", "em", "i", "u", "s",
     "del", "code", "pre", "blockquote", "ul", "ol", "li", "span"}
)  # fmt: skip
CLASSES: Final = frozenset({"mention", "hashtag", "u-url", "h-card", "invisible", "ellipsis"})
TEXT_BYTES_MAX: Final = 100_000
_MARKUP_LENGTH_MAX: Final = 600_000
# html5ever needs quadratic time for deeply nested lists (30 000 levels: 6 s); 6 000 tags take 0.1 s.
_TAGS_MAX: Final = 6_000
_DEPTH_MAX: Final = 40
_PASSES_MAX: Final = 5

_BLOCKS: Final = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "p", "hr", "pre", "blockquote", "ul", "ol", "li"}
)  # fmt: skip
# Read so that words in neighbouring boxes do not run together; shown as line breaks, never as tags.
_BOXES: Final = frozenset(
    {"div", "section", "article", "header", "footer", "aside", "main", "figure", "figcaption",
     "details", "summary", "table", "caption", "thead", "tbody", "tfoot", "tr", "dl", "dt", "dd",
     "address"}
)  # fmt: skip
_CELLS: Final = frozenset({"td", "th"})
_VOID: Final = frozenset({"br", "hr", "img"})
_READ: Final = set(TAGS | _BOXES | _CELLS | {"h1", "img"})
_DROPPED_WHOLE: Final = {
    "script", "style", "template", "title", "textarea", "select", "noscript", "iframe", "object",
    "noembed", "noframes", "xmp", "svg", "math", "audio", "video", "canvas",
}  # fmt: skip
_CLEANER: Final = nh3.Cleaner(
    tags=_READ,
    clean_content_tags=_DROPPED_WHOLE,
    attributes={
        "*": {"lang", "dir"},
        "a": {"href", "class", "rel"},
        "span": {"class"},
        "ol": {"start", "reversed"},
        "li": {"value"},
        "img": {"src", "alt"},
    },
    url_schemes=set(SCHEMES),
    url_relative="deny",
    link_rel=None,
)
_WORDS_ONLY: Final = nh3.Cleaner(tags=set(), clean_content_tags=_DROPPED_WHOLE)


def sanitise(html: str, *, images: bool = False) -> str:
    """Hostile HTML → the kept subset; text beyond 100 kB is cut with an ellipsis (security.md 4).

    `images` keeps `img` with an http(s) source, for pages whose images pass our own cache; without
    it an image leaves its alternative text. Applying it twice changes nothing.
    """
    source = _bounded(html)
    try:
        return _settle(source, images=images)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a panic in the parser is no Exception; S67: then text only
        return paragraphs_of(source)


def text_of(html: str) -> str:
    """Plain text: a line per `br`, list item or box, an empty line between paragraphs; tags gone."""
    cleaned = _CLEANER.clean(_bounded(html))
    if len(cleaned) > _MARKUP_LENGTH_MAX:
        return entities.unescape(_WORDS_ONLY.clean(cleaned[:_MARKUP_LENGTH_MAX]))
    reader = _Text()
    reader.feed(cleaned)
    reader.close()
    return reader.result()


def first_line(html: str, length: int) -> str:
    """The first line that says something, as one clean line of at most `length` characters."""
    for line in text_of(html).split("\n"):
        cleaned = clean_line(line, length)
        if cleaned:
            return cleaned
    return ""


def paragraphs_of(text: str) -> str:
    """Plain text → paragraphs and line breaks, escaped; longer than the limit is cut."""
    limited = text.encode("utf-8", "ignore")[: TEXT_BYTES_MAX - 3].decode("utf-8", "ignore")
    if len(limited) < len(text):
        limited = limited.rstrip() + ELLIPSIS
    done: list[str] = []
    for block in limited.split("\n\n"):
        lines = [
            entities.escape(line.strip(), quote=False) for line in block.split("\n") if line.strip()
        ]
        if lines:
            done.append(f"<p>{'<br>'.join(lines)}</p>")
    return "".join(done).replace("\xa0", "&nbsp;")


def _settle(source: str, *, images: bool) -> str:
    """Clean until cleaning changes nothing; what does not settle, or grows too far, becomes plain text."""
    done = source
    for _ in range(_PASSES_MAX):
        cleaned = _CLEANER.clean(done)
        if len(cleaned) > _MARKUP_LENGTH_MAX:
            break
        writer = _Writer(images=images)
        writer.feed(cleaned)
        writer.close()
        again = writer.result()
        if again == done:
            return done
        done = _bounded(again)
    return paragraphs_of(text_of(done))


def _bounded(html: str) -> str:
    pieces = html[:_MARKUP_LENGTH_MAX].split("<", _TAGS_MAX)
    if len(pieces) > _TAGS_MAX:
        pieces[_TAGS_MAX:] = []
        pieces[-1] = pieces[-1].partition(">")[0] + ">" + ELLIPSIS
    return without_controls("<".join(pieces))


def _escape(text: str) -> str:
    return entities.escape(text, quote=False).replace("\xa0", "&nbsp;")


def _attribute(name: str, value: str) -> str:
    return f' {name}="{entities.escape(value).replace(chr(0xA0), "&nbsp;")}"'


def _is_whole(value: str) -> bool:
    return value.isascii() and value.removeprefix("-").isdecimal() and len(value) <= 7


def _is_language(value: str) -> bool:
    return 1 < len(value) <= 35 and value.isascii() and value.replace("-", "").isalnum()


class _Writer(HTMLParser):
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
        if tag in _BOXES or tag in _CELLS:
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
        if tag in _BOXES or tag in _CELLS:
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
        if tag not in _BLOCKS:
            self._before_inline()
        attributes = self._attributes(written, values)
        if len(self._open) >= _DEPTH_MAX or attributes is None:
            written = ""
        self._open.append((tag, written))
        if not written:
            return
        if tag in _BLOCKS:
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
        if written in _BLOCKS:
            self._box_edge = False
        self._out.append(f"</{written}>")

    def _edge(self, tag: str) -> None:
        if tag in _CELLS:
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
        return last.startswith("<") and (name in _BLOCKS or name == "br")

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


class _Text(HTMLParser):
    """Reads well-formed HTML and keeps the words, with line ends where a reader would see them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[list[str]] = [[]]
        self._pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._boundary(tag)
        if tag == "pre":
            self._pre += 1
        elif tag == "img":
            self._lines[-1].append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag != "br":
            self._boundary(tag)
        if tag == "pre":
            self._pre = max(self._pre - 1, 0)

    def handle_data(self, data: str) -> None:
        if not self._pre:
            self._lines[-1].append(data.replace("\n", " "))
            return
        first, *rest = data.split("\n")
        self._lines[-1].append(first)
        self._lines.extend([line] for line in rest)

    def result(self) -> str:
        done: list[str] = []
        for pieces in self._lines:
            line = " ".join("".join(pieces).split())
            if line or (done and done[-1]):
                done.append(line)
        return "\n".join(done).strip("\n")

    def _boundary(self, tag: str) -> None:
        if tag == "br" or tag in _BOXES or tag == "li":
            if tag == "br" or "".join(self._lines[-1]).strip():
                self._lines.append([])
        elif tag in _CELLS:
            self._lines[-1].append(" ")
        elif tag in _BLOCKS:
            self._lines.extend(([], []))
