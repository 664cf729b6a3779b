"""What words say beside their links and the names they call: for comparing words, never for showing them."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

LOOKED_AT: Final = 10_000
_ADDRESS: Final = re.compile(r"https?://\S+|www\.\S+")
_CALLED: Final = re.compile(r"@[^\s@]+(?:@\S+)?")


@dataclass(frozen=True, slots=True)
class Bare:
    """`own`: the words beside links and called names; `all`: with the words of links; `links`: how many links there are."""

    own: str
    all: str
    links: int


def bare_of(html: str) -> Bare:
    """Sanitised HTML → its bare words; only the beginning of long words is looked at (S47)."""
    reader = _Bare()
    reader.feed(html[:LOOKED_AT])
    reader.close()
    own, everything = "".join(reader.own), "".join(reader.all)
    without, typed = _ADDRESS.subn(" ", own)
    return Bare(
        own=" ".join(_CALLED.sub(" ", without).split()),
        all=" ".join(_CALLED.sub(" ", everything).split()),
        links=reader.links + typed,
    )


class _Bare(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.own: list[str] = []
        self.all: list[str] = []
        self.links = 0
        self._in_link = False
        self._is_called = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            classes = (dict(attrs).get("class") or "").split()
            self._in_link, self._is_called = True, "mention" in classes
            self.links += not ({"mention", "hashtag"} & set(classes))
        elif tag in ("p", "br", "li", "blockquote", "pre"):
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._in_link = self._is_called = False

    def handle_data(self, data: str) -> None:
        if not self._in_link:
            self.own.append(data)
        if not self._is_called:
            self.all.append(data)
