"""Publishing, changing and withdrawing as a collective: an order becomes a publication, and that goes out, all or nothing."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from actors import blocks, circles, webfinger
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE, Actor
from actors.refresh import find_or_fetch_by_handle
from fedi.db.engine import Reader
from fedi.desk import drafts, lookup, pictures, recurring
from fedi.desk.answers import read_answers
from fedi.desk.details import Reading
from fedi.desk.moved import say_change
from fedi.desk.order import Done, Notice, Unfit
from fedi.desk.pictures import Kept
from fedi.desk.quoting import Consent, consent_of
from fedi.desk.repeats import spread
from fedi.desk.speaker import load_known, load_speaker
from fedi.desk.wishes import (
    DeleteOrder,
    EditOrder,
    KeptPicture,
    Picture,
    Published,
    PublishOrder,
)
from fedi.errors import Conflict, FediError, Forbidden, Invalid
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.media import store as media_store
from fedi.publications import store as publication_store
from fedi.publications.activitystreams import build_object
from fedi.publications.compose import Draft, Quote, Setting, compose, mentions_in, problems_of
from fedi.publications.contract import Problem
from fedi.publications.dates.model import DatesDetails
from fedi.publications.event import gathering, recurrence
from fedi.publications.event.model import EventDetails
from fedi.publications.event.recurrence import Series
from fedi.publications.model import Attachment, Publication
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from fedi.vocab.strict import dump, parse_document
from outbox import store as outbox_store
from outbox.actions.create import create
from outbox.actions.delete import delete as send_delete
from outbox.actions.quote import ask_quote
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
    quote: Quote | None = None


_Wanted = TypeVar("_Wanted", PublishOrder, EditOrder)
Also = Callable[[Unit, Sequence[Publication]], None]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would go out. `starts`: when, for each time. `mentioned`: handle → who that is, None while not known here."""

    publication: Publication
    author: Actor
    parent: Publication | None
    starts: tuple[datetime, ...]
    mentioned: Mapping[str, Actor | None]
    problems: tuple[Problem, ...]
    notices: tuple[Notice, ...]


async def publish(instance: Instance, order: PublishOrder, also: Also | None = None) -> Published:
    """Publish. `also`: what belongs into the same transaction; what it raises undoes everything.

    Raises Unfit with everything that must be mended, NotFound, Forbidden, RemoteError, Unavailable.
    """
    author, members = await instance.look(lambda rx: _load_audience(rx, order))
    reading = Reading()
    order = await instance.look(lambda rx: _for_event(rx, instance, author, order, reading))
    made = await _made(instance, author, order, reading)
    answers = read_answers(reading, order.answers, instance.config.instance.posture)
    pictures.check(reading, order.pictures, order.kept)
    await _refuse_unfit(instance, reading, made, order.pictures)
    if order.reply_to:
        parent = await lookup.find_or_fetch(instance, order.reply_to)
        answered = await _author_of(instance, parent)
        made = [
            (
                replace(draft, in_reply_to=parent.uri),
                replace(around, parent=parent, answered=answered),
            )
            for draft, around in made
        ]
    quoted, consent = await _quoted(instance, author, order)
    if quoted is not None and consent is not Consent.NONE:
        quote = Quote(quoted.uri, _page_of(quoted))
        made = [(draft, replace(around, quote=quote)) for draft, around in made]
    first, around = made[0]
    mentioned = await _mentioned(instance, first, reading)
    if members is None:
        _refuse_unheard(first, around, mentioned)
    # what was kept before comes first, and the first picture of an event is its banner
    has_banner = first.kind == "event" and not order.kept
    kept = await pictures.keep(instance, author, order.pictures, has_banner=has_banner)
    attached = (*first.attachments, *(each.attachment for each in kept))
    try:
        publications = [
            await _composed(instance, replace(draft, attachments=attached), around, mentioned)
            for draft, around in made
        ]

        def go_out(unit: Unit) -> Published:
            _keep_files(unit, kept)
            for each in publications:
                if answers is not None:
                    gathering.save(unit, each.uri, answers, each.event.over_at)
                create(unit, author, each, members=members)
                if quoted is not None and consent is Consent.ASK:
                    ask_quote(unit, author, each, quoted.author)
            recurring.remember(unit, order, publications)
            if also is not None:
                also(unit, publications)
            told = _told(unit, publications, reading)
            return msgspec.structs.replace(told, quote=str(consent) if quoted else "")

        return await instance.change(go_out)
    except BaseException:
        await pictures.forget(instance, kept)
        raise


async def preview(instance: Instance, order: PublishOrder) -> Preview:
    """What would go out, and what is wrong with it. Nothing is kept and no other server is asked.

    Raises NotFound for the collective or what is answered.
    """
    reading = Reading()
    try:
        author, _ = await instance.look(lambda rx: _load_audience(rx, order))
    except Unfit as unfit:
        reading.problems += unfit.problems
        author = await instance.look(lambda rx: load_speaker(rx, order.actor))
    order = await instance.look(lambda rx: _for_event(rx, instance, author, order, reading))
    made = await _made(instance, author, order, reading)
    read_answers(reading, order.answers, instance.config.instance.posture)
    pictures.check(reading, (), order.kept)
    if order.reply_to:
        parent = await instance.look(lambda rx: lookup.load(rx, instance.urls, order.reply_to))
        answered = await _author_of(instance, parent)
        made = [
            (
                replace(draft, in_reply_to=parent.uri),
                replace(around, parent=parent, answered=answered),
            )
            for draft, around in made
        ]
    problems: list[Problem] = []
    try:
        await _refuse_unfit(instance, reading, made, ())
    except Unfit as unfit:
        problems += unfit.problems
    first, around = made[0]
    handles = await asyncio.to_thread(mentions_in, first)
    mentioned = await instance.look(
        lambda rx: {each: _known(rx, instance, each) for each in handles}
    )
    known = {handle: actor for handle, actor in mentioned.items() if actor is not None}
    return Preview(
        publication=await _composed(instance, first, around, known),
        author=author,
        parent=around.parent,
        starts=tuple(
            draft.details.starts_at for draft, _ in made if isinstance(draft.details, EventDetails)
        ),
        mentioned=mentioned,
        problems=tuple(problems),
        notices=tuple(reading.notices),
    )


async def make_more(instance: Instance, series: Series) -> int:
    """Publish the times of what repeats that have come near; how many. What cannot go out any more ends the series."""
    made = 0
    today = instance.clock.now().date()
    for day, order in recurring.next_orders(series, today):

        def note(unit: Unit, publications: Sequence[Publication], day: str = day) -> None:
            now = recurrence.find(unit.tx, series.id)
            if now is None or not now.is_open or now.day >= day:
                raise Conflict("desk.changed_meanwhile", detail=series.id)
            recurrence.add_time(unit, series.id, publications[0].uri, day)
            recurrence.put_off(unit, series.id, day, unit.now)

        await publish(instance, order, note)
        made += 1

    def rest(unit: Unit) -> None:
        now = recurrence.find(unit.tx, series.id)
        if now is not None and now.is_open:
            again = unit.now if made == recurring.AT_ONCE else recurring.moment_again(unit.now)
            recurrence.put_off(unit, series.id, now.day, again)

    await instance.change(rest)
    return made


async def edit(instance: Instance, order: EditOrder, also: Also | None = None) -> Published:
    """Change something of ours and tell everybody who was told, with all later times if that is wished.

    Raises like `publish`, and Conflict when it changed meanwhile.
    """
    done = await _edit(instance, order, also)
    if not order.is_following:
        return done
    series, day, later = await instance.look(lambda rx: _following(rx, done.uri))
    others = []
    for uri, own_day in later:
        # one after the other: each is an event of its own, and what went out is not taken back for the next one's sake
        changed = await _edit(instance, recurring.later_order(order, day, own_day, uri))
        others.append(changed.uri)
    if series is not None:
        kept = series
        await instance.change(lambda unit: recurring.change_template(unit, kept, order, day))
    return msgspec.structs.replace(done, others=tuple(others))


def _following(rx: Reader, uri: str) -> tuple[Series | None, str, list[tuple[str, str]]]:
    series, day = recurrence.find_of(rx, uri), recurrence.day_of(rx, uri)
    if series is None or day is None:
        return None, "", []
    later = recurrence.list_after(rx, series.id, day)
    return series, day, [(each, recurrence.day_of(rx, each) or day) for each in later]


async def _edit(instance: Instance, order: EditOrder, also: Also | None = None) -> Published:
    config = instance.config.instance
    author, before = await instance.look(
        lambda rx: _load_own(rx, instance, order.which, order.actor)
    )
    if isinstance(before.details, DatesDetails):
        raise Invalid("dates.no_change", field="which")
    reading = Reading()
    order = await instance.look(lambda rx: _for_event(rx, instance, author, order, reading))
    language = before.language if before.language != "und" else config.language
    draft = drafts.changed_draft(reading, order, before, language, config.timezone)
    new_pictures = order.pictures or ()
    pictures.check(reading, new_pictures, order.kept or ())
    if order.pictures is not None:
        draft = replace(draft, attachments=())
    if order.kept is not None:
        draft = replace(
            draft, attachments=await _kept(instance, reading, author, draft, order.kept)
        )
    around = await _around_again(instance, author, before)
    await _refuse_unfit(instance, reading, [(draft, around)], new_pictures)
    mentioned = await _mentioned(instance, draft, reading)
    has_banner = draft.kind == "event" and not order.kept
    kept = await pictures.keep(instance, author, new_pictures, has_banner=has_banner)
    draft = replace(draft, attachments=(*draft.attachments, *(each.attachment for each in kept)))
    try:
        publication = await _composed(instance, draft, around, mentioned)

        def go_out(unit: Unit) -> Published:
            if publication_store.load(unit.tx, before.uri) != before:
                raise Conflict("desk.changed_meanwhile", detail=before.uri)
            _keep_files(unit, kept)
            changed = update(unit, author, publication)
            if not order.is_quiet:
                say_change(unit, author, before, changed)
            if also is not None:
                also(unit, [changed])
            return _told(unit, [changed], reading)

        return await instance.change(go_out)
    except BaseException:
        await pictures.forget(instance, kept)
        raise


async def delete(instance: Instance, order: DeleteOrder, also: Also | None = None) -> Done:
    """Withdraw something of ours everywhere. Raises NotFound, Gone, Forbidden."""

    def withdraw(unit: Unit) -> Done:
        author, publication = _load_own(unit.tx, instance, order.which, order.actor)
        send_delete(unit, author, publication.uri)
        if also is not None:
            also(unit, [publication])
        return Done()

    return await instance.change(withdraw)


def _for_event(
    rx: Reader, instance: Instance, author: Actor, order: _Wanted, reading: Reading
) -> _Wanted:
    """The order with the id of the event for which something is needed: one that this collective organises."""
    which = order.aid.event
    if not which:
        return order
    event = _own_event(rx, instance, author, which)
    if event is None:
        reading.wrong("for_event", "aid.event_unknown")
        return order
    if not event.visibility.is_public:
        # what everybody may read would tell everybody that it takes place
        reading.wrong("for_event", "aid.event_private")
        return order
    return msgspec.structs.replace(order, aid=msgspec.structs.replace(order.aid, event=event.uri))


def _own_event(rx: Reader, instance: Instance, author: Actor, which: str) -> Publication | None:
    """An event that this collective organises, alone or with others."""
    try:
        found = lookup.load_for(rx, instance.urls, author.uri, which)
    except FediError:
        return None
    if found.kind != "event":
        return None
    return found if author.uri in (found.author, *found.event.organisers) else None


def _page_of(publication: Publication) -> str:
    """Its page for people."""
    url = publication.url or ""
    return url if url.startswith(("https://", "http://")) else publication.uri


async def _quoted(
    instance: Instance, author: Actor, order: PublishOrder
) -> tuple[Publication | None, Consent]:
    """What is quoted, and what that takes. Raises Unfit for what is not for everybody, and like `lookup.find_or_fetch`."""
    if not order.quotes:
        return None, Consent.NONE
    quoted = await lookup.find_or_fetch(instance, order.quotes)
    if order.visibility not in ("public", "quiet") or not quoted.visibility.is_public:
        raise Unfit([Problem("quotes", "desk.quote_private")])
    return quoted, await consent_of(instance, author, quoted)


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

    def look_quote(rx: Reader) -> Quote | None:
        if not before.quote:
            return None
        quoted = publication_store.find(rx, before.quote)
        address = _page_of(quoted) if quoted is not None else before.quote
        return Quote(before.quote, address, before.quote_stamp)

    parent, answered = await instance.look(look)
    return _Around(
        quote=await instance.look(look_quote),
        author=author,
        uri=before.uri,
        published_at=before.published_at,
        zone=instance.config.instance.timezone,
        parent=parent,
        answered=answered,
        updated_at=instance.told_now,
    )


async def _made(
    instance: Instance, author: Actor, order: PublishOrder, reading: Reading
) -> list[tuple[Draft, _Around]]:
    """A draft for each time, each with its own id. Mistakes of the first are told; of the others only those it has not."""
    config = instance.config.instance
    language = drafts.usual_language(author, config.language)
    now = instance.told_now
    first, *others = spread(reading, order, instance.clock.now().date())
    draft = drafts.draft_of(reading, first, language, config.timezone)
    draft = replace(draft, attachments=await _kept(instance, reading, author, draft, order.kept))
    made = [draft]
    for each in others:
        own = Reading()
        other = drafts.draft_of(own, each, language, config.timezone)
        if own.problems and not reading.problems:
            reading.problems += own.problems[:1]
        # the words are the same each time, so they are not kept fifty times
        made.append(replace(draft, details=other.details))
    return [
        (
            each,
            _Around(
                author,
                instance.urls.publication(each.kind, new_public_id(now)),
                now,
                config.timezone,
            ),
        )
        for each in made
    ]


async def _kept(
    instance: Instance,
    reading: Reading,
    author: Actor,
    draft: Draft,
    kept: Sequence[KeptPicture],
) -> tuple[Attachment, ...]:
    has_banner = draft.kind == "event"
    return await instance.look(
        lambda rx: pictures.attached(
            rx, reading, author, instance.urls, kept, has_banner=has_banner
        )
    )


def _known(rx: Reader, instance: Instance, handle: str) -> Actor | None:
    try:
        return load_known(rx, instance.urls, handle)
    except FediError:
        return None


async def _refuse_unfit(
    instance: Instance,
    reading: Reading,
    made: Sequence[tuple[Draft, _Around]],
    new_pictures: Sequence[Picture],
) -> None:
    """Everything that can be said without asking anybody, said at once. Raises Unfit."""
    draft, around = made[0]
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
        quote=around.quote,
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


def _told(unit: Unit, publications: Sequence[Publication], reading: Reading) -> Published:
    waiting = [
        each
        for publication in publications
        for each in outbox_store.list_deliveries(unit.tx, publication.uri)
        if each.state == outbox_store.WAITING
    ]
    first, *others = publications
    return Published(
        uri=first.uri,
        id=first.uri.rpartition("/")[2],
        kind=first.kind,
        visibility=first.visibility.value,
        deliveries=len(waiting),
        others=tuple(each.uri for each in others),
        notices=tuple(reading.notices),
    )
