"""Other servers, as far as pages ask them anything: pictures drawn here, and what they say of their names. No network."""

import asyncio
import io
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image, ImageDraw

from fedi.errors import RemoteGone

PICTURES = "https://pictures.example"
HOME = "https://mastodon.example"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
_COLOURS = {"salma": "#2f6f73", "jo": "#c58f2c", "library": "#7a3b69", "mill": "#41598a"}


class Elsewhere:
    """Stands where the client for other servers stands. `names`: `name@host` → what its host answers about it."""

    def __init__(self) -> None:
        self.names: dict[str, dict[str, Any] | Exception] = {
            "salma@mastodon.example": {
                "links": [{"rel": SUBSCRIBE, "template": f"{HOME}/interact?uri={{uri}}"}]
            },
            "salma@old.example": {
                "links": [{"rel": SUBSCRIBE, "template": f"{HOME}/interact?uri={{uri}}"}]
            },
        }
        self.asked: list[str] = []
        self.silence: asyncio.Event | None = None

    async def fetch_media(self, url: str, **_bounds: object) -> tuple[bytes, str]:
        return drawn(urlsplit(url).path), url

    async def fetch_json(self, url: str, _accept: str) -> dict[str, Any]:
        self.asked.append(url)
        if self.silence is not None:
            await self.silence.wait()
        resource = parse_qs(urlsplit(url).query)["resource"][0]
        answer = self.names.get(resource.removeprefix("acct:"), RemoteGone(detail="http_404"))
        if isinstance(answer, Exception):
            raise answer
        return answer


def drawn(path: str) -> bytes:
    """A picture that tells what it is for: a face, a poster, a photograph of pots."""
    _, kind, name = f"{path}//".split("/")[:3]
    draw = {"face": _face, "poster": _poster}.get(kind, _shelf)
    image = draw(_COLOURS.get(name, "#8a5a44"))
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def _face(colour: str) -> Image.Image:
    image = Image.new("RGB", (96, 96), colour)
    pen = ImageDraw.Draw(image)
    pen.ellipse((30, 16, 66, 52), fill="#f4efe6")
    pen.pieslice((12, 56, 84, 136), 180, 360, fill="#f4efe6")
    return image


def _poster(colour: str) -> Image.Image:
    image = Image.new("RGB", (960, 540), "#efe8da")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 380, 960, 540), fill=colour)
    for place in range(7):
        left = 90 + place * 115
        pen.rectangle((left, 380 - 60 - place % 3 * 70, left + 84, 380), fill="#d9c9a8")
    pen.ellipse((690, 50, 830, 190), fill=colour)
    return image


def _shelf(colour: str) -> Image.Image:
    image = Image.new("RGB", (800, 600), "#ded6c8")
    pen = ImageDraw.Draw(image)
    for row in (220, 460):
        pen.rectangle((0, row, 800, row + 18), fill="#6d5a45")
        for place in range(4):
            left, high = 60 + place * 185, 90 + (place * 37 + row) % 60
            pen.rounded_rectangle((left, row - high, left + 130, row), 16, fill=colour)
    return image
