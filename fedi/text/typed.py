"""HTML in the kept subset → the Markdown that somebody would have typed for it. Pure."""

import re
from html.parser import HTMLParser
from typing import Final

_ADDRESS: Final = re.compile(r"(https?://\S+)")
_SPECIAL: Final = re.compile(r"([\\`*_\[\]~])")
_AT_START: Final = re.compile(r"^(\s*)(#{1,6}(?=\s)|>|[-+](?=\s))")
_NUMBER: Final = re.compile(r"^(\d{1,9})([.)]\s)")
# What stands at the beginning of an item or of a quotation.
_BEGUN: Final = ("- ", ". ", "> ")
_BLANK: Final = re.compile(r"\n{3,}")
_MARKS: Final = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~", "code": "`"}  # fmt: skip
_HEADINGS: Final = {"h1": "## ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "#### ", "h6": "#### "}  # fmt: skip


def typed_from(html: str) -> str:
    """Paragraphs, line breaks, lists, headings, emphasis and links; of everything else the words."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.result()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._lists: list[int] = []
        self._link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("p", "div", "blockquote", "pre", "tr", "table"):
            if not self._pieces or not self._pieces[-1].endswith(_BEGUN):
                self._pieces.append("\n\n" if not self._lists else "\n")
            if tag == "blockquote":
                self._pieces.append("> ")
        elif tag in _HEADINGS:
            self._pieces += ["\n\n", _HEADINGS[tag]]
        elif tag in ("ul", "ol"):
            self._pieces.append("\n\n" if not self._lists else "\n")
            self._lists.append(1 if tag == "ol" else 0)
        elif tag == "li":
            self._item()
        elif tag == "br":
            self._pieces.append("\n")
        elif tag == "a":
            self._link = (dict(attrs).get("href") or "", len(self._pieces))
        elif tag in _MARKS:
            self._pieces.append(_MARKS[tag])

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self._lists = self._lists[:-1]
            self._pieces.append("\n\n" if not self._lists else "\n")
        elif tag in _HEADINGS or tag == "p":
            self._pieces.append("\n\n" if not self._lists else "\n")
        elif tag == "a" and self._link is not None:
            self._end_link(*self._link)
            self._link = None
        elif tag in _MARKS:
            self._pieces.append(_MARKS[tag])

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if not words:
            if data and self._pieces and not self._pieces[-1].endswith((" ", "\n")):
                self._pieces.append(" ")
            return
        text = "".join(
            each if number % 2 else _SPECIAL.sub(r"\\\1", each)
            for number, each in enumerate(_ADDRESS.split(words))
        )
        if not self._pieces or self._pieces[-1].endswith("\n"):
            self._pieces.append(_NUMBER.sub(r"\1\\\2", _AT_START.sub(r"\1\\\2", text)))
        else:
            self._pieces.append(f"{' ' if data[0].isspace() else ''}{text}")
        if data[-1].isspace():
            self._pieces.append(" ")

    def result(self) -> str:
        lines = "".join(self._pieces).split("\n")
        return _BLANK.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")

    def _item(self) -> None:
        depth = "  " * (len(self._lists) - 1)
        number = self._lists[-1] if self._lists else 0
        if number:
            self._lists[-1] += 1
        self._pieces += ["\n", f"{depth}{number}. " if number else f"{depth}- "]

    def _end_link(self, href: str, start: int) -> None:
        words = "".join(self._pieces[start:])
        del self._pieces[start:]
        is_bare = (
            not href or href.startswith("mailto:") or words.strip() in (href, href.rstrip("/"))
        )
        if href.startswith("http") and not words.strip():
            return
        self._pieces.append(words if is_bare else f"[{words.strip()}]({href})")
