"""A message of its own about an event that moves or is called off: servers before Mastodon 4.5 take no change over (wire 3.4)."""

from dataclasses import replace
from html import escape

from actors.model import Actor
from fedi.i18n.catalog import known_language, translator
from fedi.ids import new_public_id
from fedi.publications.compose import Draft, DraftText, Setting, compose
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication, Text
from fedi.publications.summaries import event_summary
from fedi.text.html import paragraphs_of
from fedi.unit import Unit
from outbox.actions.create import create


def say_change(
    unit: Unit, author: Actor, before: Publication, after: Publication
) -> Publication | None:
    """Say it, below the event and to the same readers, in each of its languages that we speak; None when there is no need."""
    was, now = before.details, after.details
    if not isinstance(was, EventDetails) or not isinstance(now, EventDetails):
        return None
    if not after.visibility.is_public or now.over_at <= unit.now or _told(was) == _told(now):
        return None
    draft = Draft(
        kind="note",
        texts={language: DraftText("", "") for language in _languages(after)},
        visibility=after.visibility,
        in_reply_to=after.uri,
    )
    setting = Setting(
        author=author,
        uri=unit.urls.publication("note", new_public_id(unit.told)),
        published_at=unit.told,
        hashtag_url=unit.urls.hashtag,
        mentioned={},
        parent=after,
        answered=author,
    )
    note = compose(draft, setting)
    # made of plain words and an address, so nothing in a title is taken for Markdown
    texts = {language: Text(None, None, _words(after, now, language)) for language in note.texts}
    note = replace(note, texts=texts)
    create(unit, author, note)
    return note


def _told(details: EventDetails) -> tuple[object, ...]:
    """What people have to hear of: when, and whether at all."""
    return details.starts_at, details.ends_at, details.all_day, details.status


def _languages(event: Publication) -> list[str]:
    spoken = [language for language in event.texts if known_language(language)]
    return spoken or ["en"]


def _words(event: Publication, details: EventDetails, language: str) -> str:
    t = translator(language)
    text = event.texts.get(language) or event.original
    title = text.name or event.original.name or ""
    key = "called_off" if details.status == "cancelled" else "changed"
    line = t(f"event.news.{key}", title=title, line=event_summary(details, t.language))
    address = escape(event.url or event.uri, quote=True)
    return f'{paragraphs_of(line)}<p><a href="{address}">{address}</a></p>'
