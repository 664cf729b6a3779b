"""JSON Feed (version 1.1). Pure."""

from typing import Any, Final

import msgspec

from fedi.clock import iso
from fedi.feeds.entries import Entry, Feed

MEDIA_TYPE: Final = "application/feed+json; charset=utf-8"


def render_json_feed(feed: Feed) -> bytes:
    """The feed as a document."""
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "language": feed.language,
        "items": [_item(entry) for entry in feed.entries],
    }
    if feed.subtitle:
        document["description"] = feed.subtitle
    return msgspec.json.encode(document)


def _item(entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.uri,
        "url": entry.href,
        "title": entry.title,
        "content_html": entry.html,
        "date_published": iso(entry.published_at),
        "date_modified": iso(entry.updated_at),
        "authors": [
            {"name": name, "url": address}
            for name, address in ((entry.author, entry.author_href), *entry.others)
        ],
    }
    if entry.summary:
        item["summary"] = entry.summary
    if entry.categories:
        item["tags"] = list(entry.categories)
    if entry.language:
        item["language"] = entry.language
    return item
