"""Files and links of a publication ⇄ `attachment` (wire.md 4.5). Pure."""

from collections.abc import Mapping
from typing import Any, Final

from fedi.publications.model import Attachment, Role
from fedi.publications.place import line_of
from fedi.vocab.read import (
    as_list,
    bool_of,
    count_of,
    href_of,
    link_list_of,
    media_type_of,
    number_of,
    text_of,
    type_of,
)

KEPT_MAX: Final = 16
ALT_CHARS_MAX: Final = 1500
BANNER: Final = "Banner"  # the name by which Mobilizon knows the banner
_FILE_TYPES: Final = frozenset({"Document", "Image", "Video", "Audio"})
_MEDIA_OF_TYPE: Final = {"Image": "image/jpeg", "Video": "video/mp4", "Audio": "audio/mpeg"}
_MEDIA_OF_ENDING: Final = {
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "pdf": "application/pdf",
}
_TYPE_OF_MEDIA: Final = {"image": "Image", "video": "Video", "audio": "Audio"}
_SIDE_MAX: Final = 100_000


def parse_attachments(document: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Files and links, the banner first; without any picture, `image` is the banner (WordPress, FEP-8a8e)."""
    found = [
        attachment
        for item in as_list(document.get("attachment"))[: 2 * KEPT_MAX]
        if (attachment := _parse_attachment(item)) is not None
    ]
    if not any(attachment.role in ("banner", "image") for attachment in found):
        found[:0] = _parse_pictures(document)
    found.sort(key=lambda attachment: attachment.role != "banner")
    return tuple(dict.fromkeys(found))[:KEPT_MAX]


def build_attachments(attachments: tuple[Attachment, ...]) -> list[dict[str, Any]]:
    """Always a list, always with media types, the banner first: Gancio looks at nothing else (wire.md 5.2)."""
    banner_first = sorted(attachments, key=lambda attachment: attachment.role != "banner")
    return [
        build_link(attachment) if attachment.role == "link" else _build_file(attachment)
        for attachment in banner_first
    ]


def build_link(attachment: Attachment) -> dict[str, Any]:
    """A link that stands beside the text."""
    document = {"type": "Link", "mediaType": attachment.media_type, "href": attachment.url}
    if attachment.name is not None:
        document["name"] = attachment.name
    return document


def _parse_attachment(item: object) -> Attachment | None:
    if not isinstance(item, dict):
        return None
    if item.get("href") is not None and type_of(item) in ("Link", None):
        return _parse_link(item)
    if type_of(item) in _FILE_TYPES:
        return _parse_file(item)
    return None


def _parse_link(item: Mapping[str, Any]) -> Attachment | None:
    href = href_of(item.get("href"))
    if href is None:
        return None
    media_type = media_type_of(item.get("mediaType")) or "text/html"
    return Attachment(href, media_type, role="link", name=line_of(item.get("name")))


def _parse_file(item: Mapping[str, Any]) -> Attachment | None:
    links = link_list_of(item.get("url"))
    if not links:
        return None
    kind = type_of(item) or "Document"
    media_type = (
        media_type_of(item.get("mediaType"))
        or links[0].media_type
        or _media_by_ending(links[0].href)
        or _MEDIA_OF_TYPE.get(kind, "application/octet-stream")
    )
    is_banner = item.get("name") == BANNER or bool_of(item.get("isBannerImage")) is True
    alt = item.get("summary") if is_banner else text_of(item.get("summary")) or item.get("name")
    return Attachment(
        url=links[0].href,
        media_type=media_type,
        alt=line_of(alt, ALT_CHARS_MAX),
        width=_side(item.get("width")),
        height=_side(item.get("height")),
        blurhash=_blurhash(item.get("blurhash")),
        focal=_focal(item.get("focalPoint")),
        role=_role(media_type, is_banner=is_banner),
    )


def _parse_pictures(document: Mapping[str, Any]) -> list[Attachment]:
    """Pictures that are not in `attachment`: `image`, or the picture that an `Image` object itself is (Hubzilla)."""
    if type_of(document) == "Image":
        pictures = [
            link
            for link in link_list_of(document.get("url"))
            if link.media_type is not None and link.media_type.startswith("image/")
        ]
        return [Attachment(link.href, link.media_type or "", role="image") for link in pictures[:1]]
    image = next(iter(as_list(document.get("image"))), None)
    if not isinstance(image, dict):
        return []
    picture = _parse_file({**image, "type": "Image", "isBannerImage": True})
    return [] if picture is None else [picture]


def _build_file(attachment: Attachment) -> dict[str, Any]:
    main = attachment.media_type.partition("/")[0]
    document: dict[str, Any] = {
        "type": _TYPE_OF_MEDIA.get(main, "Document"),
        "mediaType": attachment.media_type,
        "url": attachment.url,
    }
    name = BANNER if attachment.role == "banner" else attachment.alt
    optional = {
        "name": name,
        "summary": attachment.alt,
        "width": attachment.width,
        "height": attachment.height,
        "blurhash": attachment.blurhash,
        "focalPoint": None if attachment.focal is None else [float(x) for x in attachment.focal],
    }
    document.update({member: value for member, value in optional.items() if value is not None})
    return document


def _media_by_ending(href: str) -> str | None:
    """What the end of the path suggests, when nothing else says it (Lemmy)."""
    path = href.partition("?")[0]
    return _MEDIA_OF_ENDING.get(path.rsplit(".", 1)[-1].lower())


def _role(media_type: str, *, is_banner: bool) -> Role:
    if not media_type.startswith("image/"):
        return "document"
    return "banner" if is_banner else "image"


def _side(value: object) -> int | None:
    side = count_of(value)
    return side if side is not None and 0 < side <= _SIDE_MAX else None


def _blurhash(value: object) -> str | None:
    if (
        isinstance(value, str)
        and 6 <= len(value) <= 100
        and value.isascii()
        and value.isprintable()
    ):
        return value
    return None


def _focal(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    across, up = number_of(value[0]), number_of(value[1])
    if across is None or up is None or abs(across) > 1 or abs(up) > 1:
        return None
    return across, up
