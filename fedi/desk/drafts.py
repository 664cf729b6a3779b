"""Words as ordered → Draft, and back from what is published to the Draft it came from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from actors.model import Actor
from fedi.desk.details import Reading, read_aid, read_event, read_place
from fedi.desk.wishes import (
    AidWish,
    AnswersWish,
    EditOrder,
    EventWish,
    PlaceWish,
    PublishOrder,
    Words,
)
from fedi.publications.aid.model import AidDetails
from fedi.publications.compose import ABSTRACT_LENGTH, Draft, DraftText
from fedi.publications.event.model import EventDetails
from fedi.publications.kinds import KIND_NAMES
from fedi.publications.model import UNKNOWN_LANGUAGE, Publication, Text
from fedi.text.excerpt import excerpt
from fedi.text.plain import from_plain_text
from fedi.text.subset import TEXT_BYTES_MAX
from fedi.vocab.audience import Visibility
from fedi.vocab.read import LANGUAGES_MAX, language_tag

TITLE_MAX: Final = 300
ABSTRACT_MAX: Final = 2000


def usual_language(author: Actor, instance_language: str) -> str:
    """The language of words for which none was named."""
    return author.language or instance_language


def draft_of(reading: Reading, order: PublishOrder, language: str, zone: str) -> Draft:
    """What is ordered, as a draft; mistakes are collected in `reading`, and then the draft is not fit to go out."""
    if order.kind not in KIND_NAMES:
        reading.wrong("kind", "desk.choice", value=order.kind[:60], allowed=", ".join(KIND_NAMES))
    kind = order.kind if order.kind in KIND_NAMES else "note"
    visibility = Visibility.PUBLIC
    if order.visibility in list(Visibility):
        visibility = Visibility(order.visibility)
    else:
        reading.wrong(
            "visibility",
            "desk.choice",
            value=order.visibility[:60],
            allowed=", ".join(Visibility),
        )
    if order.circle and visibility is not Visibility.DIRECT:
        reading.wrong("visibility", "circle.visibility")
    _refuse_strangers(reading, kind, order.event, order.aid, order.place)
    if order.answers != AnswersWish() and kind != "event":
        reading.wrong("event", "desk.only_events")
    details = _details(reading, kind, order, None, zone)
    return Draft(
        kind=kind,
        texts=_texts(reading, order.words, language, {}) or {language: DraftText("", "")},
        visibility=visibility,
        is_short=order.is_short and kind == "statement",
        details=details,
        is_sensitive=order.is_sensitive,
        is_for_circle=bool(order.circle),
    )


def changed_draft(
    reading: Reading, order: EditOrder, before: Publication, language: str, zone: str
) -> Draft:
    """The draft of what is published, with what the order changes."""
    dropped = {language_tag(each) or each for each in order.drop_languages}
    for unknown in sorted(dropped - set(before.texts)):
        reading.wrong("drop_languages", "desk.language_absent", language=unknown[:35])
    kept = {
        each: typed_text(text, before) for each, text in before.texts.items() if each not in dropped
    }
    texts = _texts(reading, order.words, language, kept)
    if not texts:
        reading.wrong("drop_languages", "desk.language_last")
        texts = {language: DraftText("", "")}
    _refuse_strangers(reading, before.kind, order.event, order.aid, order.place)
    if order.event.repeat or order.event.rule:
        reading.wrong("repeat", "desk.repeat_change")
    if order.original:
        original = language_tag(order.original) or order.original
        if original in texts:
            texts = {original: texts[original], **texts}
        else:
            reading.wrong("original", "desk.language_absent", language=original[:35])
    return Draft(
        kind=before.kind,
        texts=texts,
        visibility=before.visibility,
        is_short=before.kind == "statement" and before.type == "Note",
        details=_details(reading, before.kind, order, before, zone),
        in_reply_to=before.in_reply_to,
        attachments=before.attachments,
        is_sensitive=before.sensitive if order.is_sensitive is None else order.is_sensitive,
    )


def _details(
    reading: Reading,
    kind: str,
    order: PublishOrder | EditOrder,
    before: Publication | None,
    zone: str,
) -> EventDetails | AidDetails | None:
    had = before.details if before is not None else None
    place = read_place(reading, order.place, had.place if had is not None else None)
    if kind == "event":
        event = had if isinstance(had, EventDetails) else None
        return read_event(reading, order.event, place, event, zone)
    if kind in ("aid_request", "aid_offer"):
        aid = had if isinstance(had, AidDetails) else None
        purpose = "request" if kind == "aid_request" else "offer"
        return read_aid(reading, order.aid, place, aid, purpose, zone)  # type: ignore[arg-type]
    return None


def _refuse_strangers(
    reading: Reading, kind: str, event: EventWish, aid: AidWish, place: PlaceWish
) -> None:
    """A date on a statement is a mistake that must not pass in silence."""
    if event != EventWish() and kind != "event":
        reading.wrong("event", "desk.only_events")
    if aid != AidWish() and not kind.startswith("aid_"):
        reading.wrong("aid", "desk.only_aid")
    if place != PlaceWish() and kind in ("statement", "note"):
        reading.wrong("place", "desk.only_places")


def _texts(
    reading: Reading, words: Sequence[Words], usual: str, before: Mapping[str, DraftText]
) -> dict[str, DraftText]:
    texts = dict(before)
    seen: set[str] = set()
    for each in words:
        language = language_tag(each.language) if each.language else usual
        if language is None or language == UNKNOWN_LANGUAGE:
            reading.wrong("language", "desk.language_form", language=each.language[:35])
            continue
        if language in seen:
            reading.wrong("language", "desk.language_twice", language=language)
            continue
        seen.add(language)
        texts[language] = _text(reading, each, texts.get(language, DraftText("", "")))
    if len(texts) > LANGUAGES_MAX:
        reading.wrong("language", "desk.languages_many", limit=LANGUAGES_MAX)
    return texts


def _text(reading: Reading, words: Words, before: DraftText) -> DraftText:
    text = before
    if words.title is not None:
        text = replace(text, title=reading.line(words.title, "name", TITLE_MAX) or "")
    if words.abstract is not None:
        text = replace(text, abstract=reading.line(words.abstract, "abstract", ABSTRACT_MAX) or "")
    if words.source is not None:
        text = replace(text, source=_source(reading, words.source, is_plain=words.is_plain))
    return text


def _source(reading: Reading, source: str, *, is_plain: bool) -> str:
    if "\x00" in source:
        reading.wrong("content", "desk.not_text")
        return ""
    if len(source) > TEXT_BYTES_MAX or len(source.encode()) > TEXT_BYTES_MAX:
        reading.wrong("content", "desk.text_too_long", limit=TEXT_BYTES_MAX // 1000)
        return ""
    return from_plain_text(source) if is_plain else source


def typed_text(text: Text, published: Publication) -> DraftText:
    """What was typed. An abstract that was made from the text is made anew."""
    abstract = ""
    if published.type == "Article" and text.summary:
        made = excerpt(text.content, ABSTRACT_LENGTH)
        abstract = "" if text.summary == made else text.summary
    return DraftText(text.name or "", text.source or "", abstract)
