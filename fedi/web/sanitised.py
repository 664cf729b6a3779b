"""HTML that may stand in a page as it is. The only way past the template engine's escaping, and only through `sanitise`.

What is stored was sanitised when it came in; doing it again here means that a row written in any other way harms nobody
either (S67).
"""

from functools import lru_cache

from fedi.text.html import sanitise


class Sanitised:
    """Made from any text; holds what `sanitise` left of it. The template engine asks for `__html__`."""

    __slots__ = ("_html",)

    def __init__(self, html: str) -> None:
        self._html = _clean(html)

    def __html__(self) -> str:
        return self._html

    def __bool__(self) -> bool:
        return bool(self._html)


@lru_cache(maxsize=128)
def _clean(html: str) -> str:
    return sanitise(html)
