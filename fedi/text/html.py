"""HTML from strangers and members → the one subset we keep and show (S67), and HTML → plain text.

`sanitise` never raises and is its own fixed point. nh3 (html5ever) parses; a second reader over its
well-formed output applies what an allow-list cannot say: honest links, depth, length, one look.
"""

import html as entities
import re
from html.parser import HTMLParser
from itertools import islice
from typing import Final

import nh3

from fedi.text.direction import ELLIPSIS, without_controls
from fedi.text.links import SCHEMES
from fedi.text.subset import BLOCKS, BOXES, CELLS, TAGS, TEXT_BYTES_MAX, SubsetWriter

_MARKUP_LENGTH_MAX: Final = 600_000
# html5ever needs quadratic time for deeply nested lists (30 000 levels: 6 s); 6 000 tags take 0.1 s.
_TAGS_MAX: Final = 6_000
# The same for "&" and the characters whose first byte in UTF-8 is that of a space that does not break, such as « and °
# (500 000: 8 s). What we write has no more of them than bytes of text.
_COSTLY: Final = re.compile("[&\x80-\xbf]")
_COSTLY_MAX: Final = TEXT_BYTES_MAX
_PASSES_MAX: Final = 5

_READ: Final = set(TAGS | BOXES | CELLS | {"h1", "img"})
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
        writer = SubsetWriter(images=images)
        writer.feed(cleaned)
        writer.close()
        again = writer.result()
        if again == done:
            return done
        done = _bounded(again)
    return paragraphs_of(text_of(done))


def _bounded(html: str) -> str:
    html = html[:_MARKUP_LENGTH_MAX]
    first_too_many = next(islice(_COSTLY.finditer(html), _COSTLY_MAX, None), None)
    if first_too_many is not None:
        html = html[: first_too_many.start()] + ELLIPSIS
    pieces = html.split("<", _TAGS_MAX)
    if len(pieces) > _TAGS_MAX:
        pieces[_TAGS_MAX:] = []
        pieces[-1] = pieces[-1].partition(">")[0] + ">" + ELLIPSIS
    return without_controls("<".join(pieces))


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
        if tag == "br" or tag in BOXES or tag == "li":
            if tag == "br" or "".join(self._lines[-1]).strip():
                self._lines.append([])
        elif tag in CELLS:
            self._lines[-1].append(" ")
        elif tag in BLOCKS:
            self._lines.extend(([], []))
