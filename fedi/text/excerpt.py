"""HTML → a short plain line that says what a text is about, for cards, feeds and notifications."""

from fedi.text.direction import clean_line
from fedi.text.html import text_of


def excerpt(html: str, length: int) -> str:
    """The beginning of the words of `html` on one line of at most `length` characters."""
    return clean_line(text_of(html), length)
