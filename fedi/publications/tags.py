"""Hashtags, mentions and emoji of a publication ⇄ `tag` (wire.md 4.4). Pure."""

from collections.abc import Mapping
from typing import Any, Final

from fedi.publications.model import Tag, TagKind
from fedi.publications.place import line_of
from fedi.vocab.read import as_list, href_of, id_of, link_list_of, type_of

LOOKED_AT_MAX: Final = 100
KEPT_MAX: Final[dict[TagKind, int]] = {"hashtag": 50, "mention": 50, "emoji": 20}
NAME_CHARS_MAX: Final = 200
_KINDS: Final[dict[str, TagKind]] = {
    "Hashtag": "hashtag",
    "Mention": "mention",
    "Emoji": "emoji",
}


def parse_tags(document: Mapping[str, Any]) -> tuple[Tag, ...]:
    """The tags that can be understood, without doubles, at most 50 hashtags, 50 mentions and 20 emoji."""
    found: dict[Tag, None] = {}
    kept: dict[TagKind, int] = {"hashtag": 0, "mention": 0, "emoji": 0}
    for item in as_list(document.get("tag"))[:LOOKED_AT_MAX]:
        tag = _parse_tag(item)
        if tag is not None and tag not in found and kept[tag.kind] < KEPT_MAX[tag.kind]:
            kept[tag.kind] += 1
            found[tag] = None
    return tuple(found)


def build_tags(tags: tuple[Tag, ...]) -> list[dict[str, Any]]:
    """Always a list: Gancio and Mobilizon read nothing else."""
    return [_build_tag(tag) for tag in tags]


def _parse_tag(item: object) -> Tag | None:
    kind = _KINDS.get(type_of(item) or "")
    if kind is None or not isinstance(item, dict):
        return None
    name = line_of(item.get("name"), NAME_CHARS_MAX) or ""
    if kind == "mention":
        href = id_of(item.get("href"))
        return None if href is None else Tag("mention", name or href, href)
    if kind == "hashtag":
        name = name.removeprefix("#").strip()
        return Tag("hashtag", name, href_of(item.get("href"))) if name else None
    pictures = link_list_of(item.get("icon"))
    return (
        Tag("emoji", f":{bare}:", pictures[0].href)
        if pictures and (bare := name.strip(":"))
        else None
    )


def _build_tag(tag: Tag) -> dict[str, Any]:
    if tag.kind == "emoji":
        return {"type": "Emoji", "name": tag.name, "icon": {"type": "Image", "url": tag.href}}
    document = {"type": tag.kind.capitalize()}
    document["name"] = f"#{tag.name}" if tag.kind == "hashtag" else tag.name
    if tag.href is not None:
        document["href"] = tag.href
    return document
