"""Atom (RFC 4287). Pure."""

from xml.etree.ElementTree import Element

from fedi.clock import iso
from fedi.feeds.entries import Entry, Feed
from fedi.feeds.xml import add, clean, written

MEDIA_TYPE = "application/atom+xml; charset=utf-8"


def render_atom(feed: Feed) -> bytes:
    """The feed as a document. Ids are the ActivityPub ids, so that they outlive every reader and every page."""
    root = Element(
        "feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": clean(feed.language)}
    )
    add(root, "id", feed.address)
    add(root, "title", feed.title)
    if feed.subtitle:
        add(root, "subtitle", feed.subtitle)
    add(root, "updated", iso(feed.updated_at))
    add(root, "link", rel="self", type="application/atom+xml", href=feed.address)
    add(root, "link", rel="alternate", type="text/html", href=feed.page)
    for entry in feed.entries:
        _add_entry(root, entry)
    return written(root)


def _add_entry(root: Element, entry: Entry) -> None:
    element = add(root, "entry", lang=entry.language)
    add(element, "id", entry.uri)
    add(element, "title", entry.title)
    add(element, "link", rel="alternate", type="text/html", href=entry.href)
    add(element, "published", iso(entry.published_at))
    add(element, "updated", iso(entry.updated_at))
    for name, address in ((entry.author, entry.author_href), *entry.others):
        author = add(element, "author")
        add(author, "name", name)
        add(author, "uri", address)
    for name in entry.categories:
        add(element, "category", term=name)
    if entry.summary:
        add(element, "summary", entry.summary)
    add(element, "content", entry.html, type="html")
