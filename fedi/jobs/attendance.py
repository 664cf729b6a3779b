"""What participants of our events, and our collectives that go elsewhere, are told in the background: that something changed, a reminder, letters to who gave an address."""

import logging
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from typing import Final

from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.errors import FediError
from fedi.http.post import hand_over, letter_of
from fedi.i18n.catalog import translator
from fedi.ids import new_token
from fedi.instance import Instance
from fedi.publications import store as publication_store
from fedi.publications.event import attendance, coming, farewell, gathering, participation
from fedi.publications.event.attendance import Entry, Letter, Told
from fedi.publications.event.gathering import Gathering
from fedi.publications.model import Publication
from fedi.publications.summaries import event_summary
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from outbox import participants
from outbox.actions.announce import announce
from outbox.attending import REMINDED_BEFORE

log = logging.getLogger("fedi.jobs")

PORTION: Final = 50
LETTERS_AT_ONCE: Final = 5
LEASE: Final = timedelta(minutes=2)
AGAIN: Final = timedelta(minutes=15)
_EVENTS_AT_ONCE: Final = 200
_WHAT: Final[dict[str, Told]] = {"called_off": "called_off", "programme": "programme"}
_STATES: Final = frozenset({"asked", "waiting", "coming", "refused"})


async def tell_all(instance: Instance, subject: str) -> int:
    """Tell everybody concerned what changed; how many. `subject`: changed, programme or called_off, a space, the event."""
    what, _, uri = subject.partition(" ")
    told: Told = _WHAT.get(what, "changed")
    count = 0
    for state in attendance.CONCERNED:
        after = (0, 0)
        while True:
            some = await instance.look(partial(_portion, uri=uri, state=state, after=after))
            if not some:
                break
            count += await instance.change(partial(_tell, uri=uri, entries=some, what=told))
            after = attendance.stands_at(some[-1])
    return count


async def remind(instance: Instance) -> int:
    """Remind those who wished it of what begins within a day; how many."""
    now, count = instance.clock.now(), 0
    uris = await instance.look(
        lambda rx: gathering.list_beginning(rx, now, now + REMINDED_BEFORE, _EVENTS_AT_ONCE)
    )
    for uri in uris:
        count += await instance.change(partial(_remind, uri=uri))
    return count


async def remind_ourselves(instance: Instance) -> int:
    """Remind our collectives of events elsewhere that they come to, and of those of whom they follow where they wish that."""
    now, count = instance.clock.now(), 0
    found = await instance.look(
        lambda rx: [
            each.event_uri
            for each in participation.list_beginning(rx, now, now + coming.BEFORE, _EVENTS_AT_ONCE)
            if not coming.is_reminded(rx, each)
        ]
    )
    for uri in dict.fromkeys(found):
        count += await instance.change(partial(_remind_ourselves, uri=uri))
    wishing = await instance.look(
        lambda rx: [
            each for each in actor_store.list_collectives(rx) if coming.wishes_near(rx, each.uri)
        ]
    )
    for actor in wishing:
        count += await instance.change(partial(coming.remind_follower, actor=actor))
    return count


async def send_letters(instance: Instance) -> int:
    """Write some of the letters that wait; how many. Without a mail server nothing is touched."""
    if not instance.config.mail.host:
        return 0
    secret = instance.keyring.secret
    claimed = await instance.claim(
        lambda unit: attendance.claim_letters(unit, secret, LETTERS_AT_ONCE, LEASE)
    )
    began = instance.clock.monotonic()
    for letter in claimed:
        if _is_late(instance, began):
            break
        is_sent = await _succeeds(_send(instance, letter))
        await instance.change(
            partial(attendance.settle_letter, letter=letter, is_sent=is_sent, after=AGAIN)
        )
    return len(claimed) + await _send_farewells(instance)


async def _send_farewells(instance: Instance) -> int:
    secret = instance.keyring.secret
    claimed = await instance.claim(
        lambda unit: farewell.claim(unit, secret, LETTERS_AT_ONCE, LEASE)
    )
    began = instance.clock.monotonic()
    for letter in claimed:
        if _is_late(instance, began):
            break
        sending = _hand_over(instance, letter.address, letter.subject, letter.text)
        is_sent = await _succeeds(sending)
        await instance.change(partial(farewell.settle, letter=letter, is_sent=is_sent, after=AGAIN))
    return len(claimed)


def _is_late(instance: Instance, began: float) -> bool:
    """Whether the mail server is so slow that the rest had better come back later, before anybody could have it twice."""
    return instance.clock.monotonic() - began > LEASE.total_seconds() / 2


async def _succeeds(sending: Awaitable[None]) -> bool:
    try:
        await sending
    except FediError as problem:
        log.warning("letter waits", extra={"reason": problem.detail})
        return False
    return True


def _portion(rx: Reader, uri: str, state: str, after: tuple[int, int]) -> Sequence[Entry]:
    return attendance.list_of(rx, uri, state, PORTION, after)


def _tell(unit: Unit, uri: str, entries: Sequence[Entry], what: Told) -> int:
    publication = publication_store.find(unit.tx, uri)
    if publication is None:
        return 0
    found = gathering.find(unit.tx, uri, unit.posture)
    return sum(participants.tell(unit, publication, found, each, what) for each in entries)


def _remind_ourselves(unit: Unit, uri: str) -> int:
    event = publication_store.find(unit.tx, uri)
    return 0 if event is None or event.kind != "event" else coming.remind(unit, event)


def _remind(unit: Unit, uri: str) -> int:
    publication = publication_store.find(unit.tx, uri)
    if publication is None:
        return 0
    details = publication.event
    is_near = unit.now < details.starts_at <= unit.now + REMINDED_BEFORE
    if not is_near or details.status == "cancelled":
        return 0
    entries = attendance.list_to_remind(unit.tx, uri, PORTION)
    for entry in entries:
        attendance.note_reminded(unit, entry)
    _announce_again(unit, publication)
    return _tell(unit, uri, entries, "reminder")


def _announce_again(unit: Unit, publication: Publication) -> None:
    """Pass an event of ours on to those who follow its organiser, where the organisers wish it. That wish is for one time."""
    found = gathering.find(unit.tx, publication.uri, unit.posture)
    if not found.announces_again or publication.visibility is not Visibility.PUBLIC:
        return
    announce(unit, actor_store.load(unit.tx, publication.author), publication.uri)
    # who takes it back meant it
    done = replace(found, announces_again=False)
    gathering.save(unit, publication.uri, done, publication.event.over_at)


async def _send(instance: Instance, letter: Letter) -> None:
    """Written only now, so no link lies on disk. What only those who come may know is behind the link (S83)."""
    secretless = Gathering()

    def write(unit: Unit) -> tuple[str, str] | None:
        entry = attendance.find_by_id(unit.tx, letter.entry.event_uri, letter.entry.id)
        publication = publication_store.find(unit.tx, letter.entry.event_uri)
        if entry is None or publication is None:
            return None
        if letter.what in _STATES and entry.state != letter.what:
            return None
        t = translator(entry.language)
        if letter.what == "word":
            words = t(
                "attendance.mail.word",
                title=participants.title_in(publication, t.language),
                when=event_summary(publication.event, t.language),
            )
        else:
            words = participants.words_of(publication, secretless, entry, letter.what)
        link = unit.urls.attendance(attendance.make_link(unit, entry))
        subject = t("attendance.mail.subject", host=unit.urls.host)
        return subject, f"{words}\n\n{t('attendance.tell.link')}\n{link}"

    written = await instance.change(write)
    if written is None:
        return
    subject, text = written
    await _hand_over(instance, letter.address, subject, text)


async def _hand_over(instance: Instance, address: str, subject: str, text: str) -> None:
    host = instance.urls.host.partition(":")[0]
    await hand_over(
        instance.config,
        host,
        letter_of(
            instance.config.mail.sender,
            address,
            subject,
            text + "\n",
            f"<{new_token()}@{host}>",
            format_datetime(instance.clock.now()),
        ),
    )
