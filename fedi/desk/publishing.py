"""Publishing, changing and withdrawing as a collective: an order becomes a publication, and that goes out, all or nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from actors import blocks, circles, webfinger
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE, Actor
from actors.refresh import find_or_fetch_by_handle
from fedi.db.engine import Reader
from fedi.desk import drafts, lookup, pictures
from fedi.desk.details import Reading
from fedi.desk.order import Done, Notice, Unfit
from fedi.desk.pictures import Kept
from fedi.desk.speaker import load_speaker
from fedi.desk.wishes import DeleteOrder, EditOrder, Picture, Published, PublishOrder
from fedi.errors import Conflict, FediError, Forbidden, Invalid
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.media import store as media_store
from fedi.publications import store as publication_store
from fedi.publications.activitystreams import build_object
from fedi.publications.compose import Draft, Setting, compose, mentions_in, problems_of
from fedi.publications.contract import Problem
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from fedi.vocab.strict import dump, parse_document
from outbox import store as outbox_store
from outbox.actions.create import create
from outbox.actions.delete import delete as send_delete
from outbox.actions.update import update

# Most servers refuse a body of more than a megabyte, and an activity wraps the object.
OBJECT_BYTES_MAX: Final = 900_000
MENTION_S: Final = 15.0
MENTIONS_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class _Around:
    """What surrounds the words: who says it, what it answers, under which id, since when."""

    author: Actor
    uri: str
    published_at: datetime
    zone: str
    parent: Publication | None = None
    answered: Actor | None = None
    updated_at: datetime | None = None


async def publish(instance: Instance, order: PublishOrder) -> Published:
    """Publish. Raises Unfit with everything that must be mended, NotFound, Forbidden, RemoteError, Unavailable."""
    config = instance.config.instance
    author, members = await instance.look(lambda rx: _load_audience(rx, order))
    reading = Reading()
    language = drafts.usual_language(author, config.language)
    draft = drafts.draft_of(reading, order, language, config.timezone)
    pictures.check(reading, order.pictures)
    now = instance.clock.now()
    uri = instance.urls.publication(draft.kind, new_public_id(now))
    around = _Around(author, uri, now, config.timezone)
    await _refuse_unfit(instance, reading, draft, around, order.pictures)
    if order.reply_to:
        parent = await lookup.find_or_fetch(instance, order.reply_to)
        around = replace(around, parent=parent, answered=await _author_of(instance, parent))
        draft = replace(draft, in_reply_to=parent.uri)
    mentioned = await _mentioned(instance, draft, reading)
    if members is None:
        _refuse_unheard(draft, around, mentioned)
    kept = await pictures.keep(instance, author, order.pictures, has_banner=draft.kind == "event")
    draft = replace(draft, attachments=tuple(each.attachment for each in kept))
    try:
        publication = await _composed(instance, draft, around, mentioned)

        def go_out(unit: Unit) -> Published:
            _keep_files(unit, kept)
            create(unit, author, publication, members=members)
            return _told(unit, publication, reading)

        return await instance.change(go_out)
    except BaseException:
        await pictures.forget(instance, kept)
        raise


async def edit(instance: Instance, order: EditOrder) -> Published:
    """Change something of ours and tell everybody who was told. Raises like `publish`, and Conflict when it changed meanwhile."""
    config = instance.config.instance
    author, before = await instance.look(
        lambda rx: _load_own(rx, instance, order.which, order.actor)
    )
    reading = Reading()
    language = before.language if before.language != "und" else config.language
    draft = drafts.changed_draft(reading, order, before, language, config.timezone)
    new_pictures = order.pictures or ()
    pictures.check(reading, new_pictures)
    if order.pictures is not None:
        draft = replace(draft, attachments=())
    around = await _around_again(instance, author, before)
    await _refuse_unfit(instance, reading, draft, around, new_pictures)
    mentioned = await _mentioned(instance, draft, reading)
    kept = await pictures.keep(instance, author, new_pictures, has_banner=draft.kind == "event")
    draft = replace(draft, attachments=(*draft.attachments, *(each.attachment for each in kept)))
    try:
        publication = await _composed(instance, draft, around, mentioned)

        def go_out(unit: Unit) -> Published:
            if publication_store.load(unit.tx, before.uri) != before:
                raise Conflict("desk.changed_meanwhile", detail=before.uri)
            _keep_files(unit, kept)
            return _told(unit, update(unit, author, publication), reading)

        return await instance.change(go_out)
    except BaseException:
        await pictures.forget(instance, kept)
        raise


async def delete(instance: Instance, order: DeleteOrder) -> Done:
    """Withdraw something of ours everywhere. Raises NotFound, Gone, Forbidden."""

    def withdraw(unit: Unit) -> Done:
        author, publication = _load_own(unit.tx, instance, order.which, order.actor)
        send_delete(unit, author, publication.uri)
        return Done()

    return await instance.change(withdraw)


def _load_audience(rx: Reader, order: PublishOrder) -> tuple[Actor, Sequence[str] | None]:
    """Who speaks, and to which members if it is for a named list. Raises NotFound, Unfit when nobody would get it."""
    author = load_speaker(rx, order.actor)
    if not order.circle:
        return author, None
    circle = circles.load(rx, author.uri, circles.name_of(order.circle))
    known = actor_store.list_by_uri(rx, circles.list_members(rx, circle.id))
    members = [
        actor.uri
        for actor in known.values()
        if actor.deleted_at is None and not blocks.is_actor_blocked(rx, actor.uri, actor.host)
    ]
    if not members:
        raise Unfit([Problem("circle", "circle.nobody", {"name": circle.name})])
    return author, members


def _load_own(
    rx: Reader, instance: Instance, which: str, username: str
) -> tuple[Actor, Publication]:
    """Something of ours, with the collective that said it."""
    publication = lookup.load(rx, instance.urls, which)
    author = actor_store.find(rx, publication.author)
    if author is None or author.role != ROLE_COLLECTIVE:
        raise Forbidden("desk.not_ours", detail=publication.uri)
    if username and load_speaker(rx, username).uri != author.uri:
        raise Forbidden("desk.others_words", author=author.username)
    return author, publication


async def _around_again(instance: Instance, author: Actor, before: Publication) -> _Around:
    def look(rx: Reader) -> tuple[Publication | None, Actor | None]:
        parent = publication_store.find(rx, before.in_reply_to) if before.in_reply_to else None
        return parent, actor_store.find(rx, parent.author) if parent is not None else None

    parent, answered = await instance.look(look)
    return _Around(
        author=author,
        uri=before.uri,
        published_at=before.published_at,
        zone=instance.config.instance.timezone,
        parent=parent,
        answered=answered,
        updated_at=instance.clock.now(),
    )


async def _refuse_unfit(
    instance: Instance,
    reading: Reading,
    draft: Draft,
    around: _Around,
    new_pictures: Sequence[Picture],
) -> None:
    """Everything that can be said without asking anybody, said at once. Raises Unfit."""
    publication = await _composed(instance, draft, around, {})
    found = list(reading.problems)
    said = {said for each in found for said in (each.field, each.message_key)}
    for problem in problems_of(publication):
        has_pictures = problem.field == "content" and draft.kind == "note" and new_pictures
        if problem.field not in said and problem.message_key not in said and not has_pictures:
            found.append(problem)
    if _is_too_large(publication):
        found.append(
            Problem("content", "desk.too_long_together", {"limit": OBJECT_BYTES_MAX // 1000})
        )
    if found:
        raise Unfit(found)


def _is_too_large(publication: Publication) -> bool:
    """Whether others would refuse it: too many bytes, or more than our own reader takes."""
    raw = dump(build_object(publication))
    try:
        parse_document(raw)
    except Invalid:
        return True
    return len(raw) > OBJECT_BYTES_MAX


def _refuse_unheard(draft: Draft, around: _Around, mentioned: dict[str, Actor]) -> None:
    """A direct message needs somebody who gets it."""
    if draft.visibility is Visibility.DIRECT and not mentioned and around.answered is None:
        raise Unfit([Problem("visibility", "desk.nobody_addressed")])


async def _composed(
    instance: Instance, draft: Draft, around: _Around, mentioned: dict[str, Actor]
) -> Publication:
    """Composing long words takes a while, so it is done beside the event loop."""
    setting = Setting(
        author=around.author,
        uri=around.uri,
        published_at=around.published_at,
        hashtag_url=instance.urls.hashtag,
        mentioned=mentioned,
        parent=around.parent,
        answered=around.answered,
        updated_at=around.updated_at,
        zone=around.zone,
    )
    return await asyncio.to_thread(compose, draft, setting)


async def _mentioned(instance: Instance, draft: Draft, reading: Reading) -> dict[str, Actor]:
    """Whom the words name. One that cannot be found stays plain text, and the author is told."""
    slots = asyncio.Semaphore(MENTIONS_AT_ONCE)

    async def find(handle: str) -> Actor | None:
        try:
            _, host = webfinger.split_handle(handle)
            if await instance.look(lambda rx: blocks.is_host_blocked(rx, host)):
                raise Forbidden("error.host_blocked", detail=host)
            async with slots, asyncio.timeout(MENTION_S):
                return await find_or_fetch_by_handle(instance, handle)
        except (FediError, TimeoutError):
            reading.notices.append(Notice("desk.mention_unknown", {"handle": handle}, "content"))
            return None

    handles = await asyncio.to_thread(mentions_in, draft)
    found = await asyncio.gather(*(find(handle) for handle in handles))
    return {
        handle: actor for handle, actor in zip(handles, found, strict=True) if actor is not None
    }


async def _author_of(instance: Instance, publication: Publication) -> Actor | None:
    return await instance.look(lambda rx: actor_store.find(rx, publication.author))


def _keep_files(unit: Unit, kept: list[Kept]) -> None:
    for each in kept:
        media_store.insert(unit, each.file)


def _told(unit: Unit, publication: Publication, reading: Reading) -> Published:
    waiting = [
        each
        for each in outbox_store.list_deliveries(unit.tx, publication.uri)
        if each.state == outbox_store.WAITING
    ]
    return Published(
        uri=publication.uri,
        id=publication.uri.rpartition("/")[2],
        kind=publication.kind,
        visibility=publication.visibility.value,
        deliveries=len(waiting),
        notices=tuple(reading.notices),
    )
