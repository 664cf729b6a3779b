"""Writing together: drafts are begun, saved, asked for, sent back, scheduled and published by people who act as a collective.

Who may publish comes with the hand (the gate of the house knows roles); what a collective agreed on for itself is asked here,
in the transaction that publishes.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from actors import journal, people
from actors import store as actor_store
from actors.model import Actor
from actors.rules import rule_of
from fedi.db.engine import Reader
from fedi.desk import lookup, pictures, publishing
from fedi.desk.order import Done, Unfit
from fedi.desk.publishing import Preview
from fedi.desk.wishes import DeleteOrder, Picture, Published
from fedi.desk.written import edit_order, publish_order, written_of
from fedi.errors import Conflict, FediError, Forbidden, Invalid, NotFound, Unavailable
from fedi.instance import Instance
from fedi.media import store as media_store
from fedi.publications import drafts, store
from fedi.publications.dates.model import DatesDetails
from fedi.publications.drafts import Draft, KeptFile, Written
from fedi.publications.kinds import KIND_NAMES
from fedi.publications.model import Publication
from fedi.publications.visibility import may_read_here
from fedi.text.direction import clean_line
from fedi.unit import Unit

log = logging.getLogger("fedi.desk")

NOTE_MAX: Final = 1000
ONCE_MAX: Final = 100
AT_ONCE: Final = 20
# Roles that may publish, for what goes out when nobody is at a page.
PUBLISHING_ROLES: Final = frozenset({"editor", "steward"})


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand it is: the person, and whether they may publish for the collective."""

    person_id: int
    may_publish: bool


@dataclass(frozen=True, slots=True)
class Slip:
    """A form that was sent: which draft it is of (empty: a new one), and what was typed.

    `version`: of the draft when the form was opened. `once`: the same for the same form, however often it is sent.
    """

    kind: str
    written: Written
    draft_id: str = ""
    version: int = 0
    once: str = ""


async def save(
    instance: Instance, actor: Actor, hand: Hand, slip: Slip, files: Sequence[Picture] = ()
) -> Draft:
    """Keep what was typed. Raises drafts.Overtaken when somebody else saved meanwhile, NotFound, Unfit for a picture."""
    if slip.kind not in KIND_NAMES:
        raise Invalid("writing.kind", field="kind")
    if not slip.draft_id and not 16 <= len(slip.once) <= ONCE_MAX:
        raise Invalid("house.form", detail="once")
    kept = await pictures.keep_for_draft(instance, actor, files, len(slip.written.files))
    added = tuple(KeptFile(each.file.key, each.file.alt or "") for each in kept)
    written = replace(slip.written, files=(*slip.written.files, *added))

    def work(unit: Unit) -> Draft:
        for each in kept:
            media_store.insert(unit, each.file)
        if slip.draft_id:
            draft = drafts.load(unit.tx, actor.uri, slip.draft_id)
            return drafts.change(unit, draft, slip.version, hand.person_id, written)
        before = drafts.find_once(unit.tx, actor.uri, slip.once)
        if before is not None:
            return drafts.change(unit, before, slip.version or 1, hand.person_id, written)
        return drafts.add(unit, actor.uri, hand.person_id, slip.once, slip.kind, written)

    try:
        return await instance.change(work)
    except BaseException:
        await pictures.forget(instance, kept)
        raise


async def begin_change(
    instance: Instance, actor: Actor, hand: Hand, which: str, once: str
) -> Draft:
    """The draft that changes a publication of this collective: the one under way, or a new one. Raises NotFound, Gone."""

    def work(unit: Unit) -> Draft:
        publication = load_own(unit.tx, instance, actor, which)
        before = drafts.find_changing(unit.tx, publication.uri)
        if before is not None:
            return before
        if isinstance(publication.details, DatesDetails):
            # what people voted for stays what it was
            raise Invalid("dates.no_change", field="which")
        return drafts.add(
            unit,
            actor.uri,
            hand.person_id,
            once[:ONCE_MAX],
            publication.kind,
            written_of(publication, instance.config.instance.timezone),
            changes_uri=publication.uri,
            base_version=store.version_of(unit.tx, publication.uri),
        )

    return await instance.change(work)


async def preview(instance: Instance, actor: Actor, kind: str, written: Written) -> Preview:
    """What would go out. Raises NotFound for what is answered."""
    await _refuse_unreadable(instance, actor, written)
    return await publishing.preview(instance, publish_order(kind, actor.username, written))


async def publish(
    instance: Instance, actor: Actor, hand: Hand, draft_id: str, version: int
) -> tuple[str, Published | None]:
    """Let it go out, exactly as it stands in `version`: its address, and what came of it; None when it went out before.

    Raises Overtaken, Forbidden when another person is needed, and what publishing raises.
    """
    draft = await instance.look(lambda rx: drafts.load(rx, actor.uri, draft_id))
    if draft.state == drafts.DONE:
        return draft.published_uri or "", None
    _refuse_overtaken(draft, version)
    published = await _go_out(instance, actor, draft, hand)
    return published.uri, published


async def ask(instance: Instance, actor: Actor, hand: Hand, draft_id: str, version: int) -> None:
    """Ask somebody who may to publish it. Raises Overtaken, Conflict, NotFound."""

    def work(unit: Unit) -> None:
        draft = _still(unit, actor, draft_id, version, drafts.OPEN)
        drafts.ask(unit, draft)
        journal.note(unit, actor.uri, hand.person_id, "journal.asked", draft.id)

    await instance.change(work)


async def send_back(instance: Instance, actor: Actor, hand: Hand, draft_id: str, note: str) -> None:
    """It is written on: with a note from who looked, or taken back by who wrote it. Raises Conflict, NotFound."""
    cleaned = clean_line(note, NOTE_MAX)

    def work(unit: Unit) -> None:
        draft = drafts.load(unit.tx, actor.uri, draft_id)
        if draft.state not in (drafts.ASKED, drafts.DUE):
            raise Conflict("writing.closed", detail=draft.id)
        if draft.state == drafts.DUE and not hand.may_publish:
            raise Forbidden("house.not_your_role", detail="unschedule")
        done = "journal.unscheduled" if draft.state == drafts.DUE else "journal.sent_back"
        drafts.open_again(unit, draft, cleaned)
        journal.note(unit, actor.uri, hand.person_id, done, draft.id)

    await instance.change(work)


async def schedule(
    instance: Instance, actor: Actor, hand: Hand, draft_id: str, version: int, at: datetime
) -> None:
    """Let it go out at a later moment, as it stands now; by chance a little after it if that is set (S92). Raises Overtaken, Forbidden, Invalid, Unfit."""
    if at <= instance.clock.now():
        raise Invalid("writing.past", field="at_day")
    draft = await instance.look(lambda rx: drafts.load(rx, actor.uri, draft_id))
    found = await preview(instance, actor, draft.kind, draft.written)
    if found.problems:
        raise Unfit(found.problems)

    # in whole minutes, as everything that is read here
    minutes = instance.config.instance.spread // timedelta(minutes=1)
    due = at + timedelta(minutes=round(minutes * instance.chance()))

    def work(unit: Unit) -> None:
        draft = _still(unit, actor, draft_id, version, drafts.OPEN, drafts.ASKED)
        _refuse_alone(unit.tx, draft, hand)
        drafts.schedule(unit, draft, due, hand.person_id)
        journal.note(unit, actor.uri, hand.person_id, "journal.scheduled", draft.id)

    await instance.change(work)


async def discard(instance: Instance, actor: Actor, draft_id: str) -> None:
    """Throw a draft away. Raises Conflict when it is about to go out, NotFound."""

    def work(unit: Unit) -> None:
        draft = drafts.load(unit.tx, actor.uri, draft_id)
        if draft.state not in (drafts.OPEN, drafts.ASKED):
            raise Conflict("writing.closed", detail=draft.id)
        drafts.remove(unit, draft)

    await instance.change(work)


async def delete(instance: Instance, actor: Actor, hand: Hand, which: str) -> Done:
    """Withdraw a publication of this collective. Raises NotFound, Gone, Forbidden."""

    def also(unit: Unit, publications: Sequence[Publication]) -> None:
        for each in publications:
            before = drafts.find_changing(unit.tx, each.uri)
            if before is not None:
                drafts.remove(unit, before)
            journal.note(unit, actor.uri, hand.person_id, "journal.deleted", each.uri)

    uri = await instance.look(lambda rx: load_own(rx, instance, actor, which).uri)
    return await publishing.delete(instance, DeleteOrder(which=uri, actor=actor.username), also)


async def publish_due(instance: Instance) -> int:
    """Let everything go out whose moment has come; how many went or failed. What fails says why to who wrote it."""
    now = instance.clock.now()
    due = await instance.look(lambda rx: drafts.list_due(rx, now, AT_ONCE))
    done = 0
    for draft in due:
        try:
            actor, hand = await instance.look(partial(_hand_of, draft=draft))
            await _go_out(instance, actor, draft, hand)
        except Unavailable:
            # no room, or closing: its moment has come and stays
            continue
        except FediError as problem:
            many = getattr(problem, "problems", None)
            key = many[0].message_key if many else problem.message_key
            values = many[0].values if many else problem.values
            await instance.change(partial(drafts.fail, draft=draft, key=key, values=values))
        except Exception:
            log.exception("scheduled publication failed", extra={"draft": draft.id})
            failed = partial(drafts.fail, draft=draft, key=FediError.default_key, values={})
            await instance.change(failed)
        done += 1
    return done


def load_own(rx: Reader, instance: Instance, actor: Actor, which: str) -> Publication:
    """A publication of this collective. Raises NotFound, alike for one of another (S81), and Gone."""
    publication = lookup.load_for(rx, instance.urls, actor.uri, which)
    if publication.author != actor.uri:
        raise NotFound("error.publication_not_found", detail="desk")
    return publication


def load_answered(rx: Reader, instance: Instance, actor: Actor, which: str) -> Publication:
    """What is to be answered, when it is here and this collective may read it. Raises NotFound, Gone."""
    publication = lookup.load_for(rx, instance.urls, actor.uri, which)
    if not may_read_here(rx, actor, publication):
        raise NotFound("error.publication_not_found", detail="desk")
    return publication


def needs_another(rx: Reader, draft: Draft, person_id: int) -> bool:
    """Whether this person may not let it go out because they changed it last and the collective wants two."""
    return draft.changed_by == person_id and rule_of(rx, draft.actor_uri).two_people


async def _go_out(instance: Instance, actor: Actor, draft: Draft, hand: Hand) -> Published:
    """Publish or change, and close the draft in the same transaction: never twice."""

    def also(unit: Unit, publications: Sequence[Publication]) -> None:
        now = drafts.load(unit.tx, actor.uri, draft.id)
        _refuse_overtaken(now, draft.version)
        _refuse_alone(unit.tx, now, hand)
        first = publications[0].uri
        if now.state != draft.state or not drafts.finish(unit, now, first):
            raise Conflict("writing.closed", detail=draft.id)
        if draft.changes_uri is not None:
            if store.version_of(unit.tx, first) != draft.base_version + 1:
                raise Conflict("writing.changed_elsewhere", detail=first)
            journal.note(unit, actor.uri, hand.person_id, "journal.edited", first)
            return
        is_consent = draft.changed_by != hand.person_id
        done = "journal.consented" if is_consent else "journal.published"
        for each in publications:
            journal.note(unit, actor.uri, hand.person_id, done, each.uri)

    if not hand.may_publish:
        raise Forbidden("house.not_your_role", detail="publish")
    # asked before anything is looked up elsewhere, and again when it is done
    await instance.look(lambda rx: _refuse_alone(rx, draft, hand))
    await _refuse_unreadable(instance, actor, draft.written)
    if draft.changes_uri is None:
        order = publish_order(draft.kind, actor.username, draft.written)
        return await publishing.publish(instance, order, also)
    uri = draft.changes_uri
    before = await instance.look(lambda rx: lookup.load(rx, instance.urls, uri))
    return await publishing.edit(instance, edit_order(actor.username, before, draft.written), also)


async def _refuse_unreadable(instance: Instance, actor: Actor, written: Written) -> None:
    """Nobody answers, and so learns of, what their collective may not read."""
    which = written.get("reply_to")
    if which:
        await instance.look(lambda rx: load_answered(rx, instance, actor, which))


def _still(unit: Unit, actor: Actor, draft_id: str, version: int, *states: str) -> Draft:
    draft = drafts.load(unit.tx, actor.uri, draft_id)
    _refuse_overtaken(draft, version)
    if draft.state not in states:
        raise Conflict("writing.closed", detail=draft.id)
    return draft


def _refuse_overtaken(draft: Draft, version: int) -> None:
    if draft.version != version:
        raise drafts.Overtaken(draft)


def _refuse_alone(rx: Reader, draft: Draft, hand: Hand) -> None:
    # a role may have been taken away since the form was sent, while other servers were asked who is named
    if not hand.may_publish or not _still_publishes(rx, draft.actor_uri, hand.person_id):
        raise Forbidden("house.not_your_role", detail="publish")
    if needs_another(rx, draft, hand.person_id):
        raise Forbidden("writing.second_person", detail=draft.id)


def _hand_of(rx: Reader, draft: Draft) -> tuple[Actor, Hand]:
    """Whose word it goes out on, as it counts today: who was removed lets nothing go out any more."""
    actor = actor_store.load(rx, draft.actor_uri)
    person_id = draft.due_by or 0
    if not _still_publishes(rx, actor.uri, person_id):
        raise Forbidden("writing.no_longer", detail=draft.id)
    return actor, Hand(person_id, may_publish=True)


def _still_publishes(rx: Reader, actor_uri: str, person_id: int) -> bool:
    person = people.find_by_id(rx, person_id)
    return person is not None and person.roles.get(actor_uri) in PUBLISHING_ROLES
