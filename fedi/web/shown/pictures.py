"""What is attached to a publication: pictures to be shown from an address of ours, everything else to be opened. Pure."""

from dataclasses import dataclass
from typing import Final

from fedi.media.seen import FULL, SMALL, Seen
from fedi.publications.model import Attachment, Publication
from fedi.text.direction import clean_line
from fedi.web.shown.people import web_link

ALT_CHARS_MAX: Final = 1500
NAME_CHARS_MAX: Final = 200
# What an author says of the size only keeps the place free: a strip or a tower would push everything else away.
_STRETCH_MAX: Final = 4
_SIDE_MAX: Final = {SMALL: 640, FULL: 2048}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture at an address of ours. `width` and `height` are None when nothing credible is known of them.

    `whole`: where all of it can be seen, when `src` is a smaller form.
    """

    src: str
    alt: str
    width: int | None
    height: int | None
    whole: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Something to open: a file, a link, a hashtag."""

    href: str
    name: str


def pictures_of(
    publication: Publication, seen: Seen, variant: str = FULL, most: int | None = None
) -> tuple[Picture, ...]:
    """The attached pictures, the banner first, `most` of them."""
    found = (_picture(each, seen, variant) for each in publication.attachments)
    return tuple(each for each in found if each is not None)[:most]


def links_of(publication: Publication, shown: tuple[Picture, ...], seen: Seen) -> tuple[Link, ...]:
    """Everything attached that is not among the pictures shown."""
    taken = {picture.src for picture in shown}
    return tuple(
        Link(href, clean_line(each.name or each.alt or href, NAME_CHARS_MAX))
        for each in publication.attachments
        if not (_is_picture(each) and {seen(each.url, SMALL), seen(each.url, FULL)} & taken)
        and (href := web_link(each.url))
    )


def _is_picture(attachment: Attachment) -> bool:
    return attachment.role in ("banner", "image")


def _picture(attachment: Attachment, seen: Seen, variant: str) -> Picture | None:
    src = seen(attachment.url, variant) if _is_picture(attachment) else None
    if src is None:
        return None
    width, height = _room(attachment.width, attachment.height, _SIDE_MAX[variant])
    whole = seen(attachment.url, FULL)
    alt = clean_line(attachment.alt or "", ALT_CHARS_MAX)
    return Picture(src, alt, width, height, whole if whole != src else None)


def _room(width: int | None, height: int | None, side_max: int) -> tuple[int | None, int | None]:
    """How large it will be shown, from what its author said."""
    if not width or not height or max(width, height) > _STRETCH_MAX * min(width, height):
        return None, None
    scale = min(1.0, side_max / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
