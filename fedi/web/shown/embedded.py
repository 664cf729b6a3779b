"""What others put into their pages to show ours in a frame, and the policy of the pages that may be framed. Pure."""

from html import escape
from typing import Final
from urllib.parse import urlencode

WIDTH: Final = 480
HEIGHT: Final = 560
HEIGHT_OF_ONE: Final = 260
# As strict as everywhere, but for who may frame it: these pages hold nothing that could be pressed by mistake.
FRAMED_POLICY: Final = (
    "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors *"
)


def frame_of(source: str, title: str, height: int = HEIGHT) -> str:
    """The HTML to copy. Inside it nothing runs, and links open in a window of their own."""
    return (
        f'<iframe src="{escape(source)}" title="{escape(title)}" width="100%" height="{height}" '
        'loading="lazy" referrerpolicy="no-referrer" '
        'sandbox="allow-popups allow-popups-to-escape-sandbox" style="border:0"></iframe>'
    )


def oembed_href(address: str) -> str:
    """Where programs learn what to put into a page for this address."""
    return f"/oembed?{urlencode({'url': address})}"
