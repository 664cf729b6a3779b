"""RSS 2.0, with the whole text in `content:encoded`. Pure."""

from email.utils import format_datetime
from xml.etree.ElementTree import Element

from fedi.feeds.entries import Entry, Feed
from fedi.feeds.xml import add, written

MEDIA_TYPE = "application/rss+xml; charset=utf-8"


def render_rss(feed: Feed) -> bytes:
    """The feed as a document."""
    root = Element(
        "rss",
        {
            "version": "2.0",
            "xmlns:atom": "http://www.w3.org/2005/Atom",
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        },
    )
    channel = add(root, "channel")
    add(channel, "title", feed.title)
    add(channel, "link", feed.page)
    add(channel, "description", feed.subtitle or feed.title)
    add(channel, "language", feed.language)
    add(channel, "atom:link", rel="self", type="application/rss+xml", href=feed.address)
    if feed.entries:
        add(channel, "lastBuildDate", format_datetime(feed.updated_at, usegmt=True))
    for entry in feed.entries:
        _add_item(channel, entry)
    return written(root)


def _add_item(channel: Element, entry: Entry) -> None:
    item = add(channel, "item", lang=entry.language)
    add(item, "title", entry.title)
    add(item, "link", entry.href)
    add(item, "guid", entry.uri, isPermaLink="false")
    add(item, "pubDate", format_datetime(entry.published_at, usegmt=True))
    for name in (entry.author, *(each for each, _ in entry.others)):
        add(item, "dc:creator", name)
    for name in entry.categories:
        add(item, "category", name)
    if entry.summary:
        add(item, "description", entry.summary)
    add(item, "content:encoded", entry.html)
