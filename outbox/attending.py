"""Answers to events of ours: one entry each, never more people than places, and word to whoever it concerns.

Every road ends here, inside one transaction: what arrives by ActivityPub, the form on the page, the organisers' own page.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from actors import blocks, notifications
from actors import store as actor_store
from fedi import chores
from fedi.canonical import host_of
from fedi.publications import store as publication_store
from fedi.publications.dates import answers
from fedi.publications.event import admission, attendance, gathering, invitations, invited
from fedi.publications.event.admission import Asked, Refusal, Situation, Wish
from fedi.publications.event.attendance import Entry, Road, State
from fedi.publications.event.gathering import Gathering
from fedi.publications.event.parts import are_moved
from fedi.publications.model import Publication
from fedi.unit import Unit
from outbox import participants
from outbox.actions.attendance import ignore_join

WAITING_AT_ONCE: Final = 200
PROGRAMME_AFTER: Final = timedelta(minutes=15)
GONE_MAX: Final = 500
# Of which people without an account get a share.
_HELD: Final[tuple[State, State]] = ("coming", "waiting")
# A reminder comes within the day before.
REMINDED_BEFORE: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody says about coming. `is_known`: whether it counts before a person looked at it; `is_heard`: whether the
    organisers are told that it came, which they are not of what limited actors do."""

    who: str
    wish: Wish
    road: Road
    activity_uri: str | None = None
    name: str = ""
    people: int = 1
    message: str = ""
    language: str = ""
    is_known: bool = True
    is_heard: bool = True


def answer(unit: Unit, publication: Publication, said: Answer) -> Entry | Refusal:
    """Write the answer down and tell whoever said it; or why not.

    `publication` is an event of ours that they may see. The same answer again is answered again and changes nothing.
    """
    details = publication.event
    at_event = gathering.lock(unit, publication.uri, details.over_at)
    before = attendance.find(unit.tx, publication.uri, said.who)
    situation = _situation(unit, publication, at_event, before)
    is_guest = invitations.is_guest(unit.tx, publication.uri, said.who)
    asked = Asked(said.wish, said.road, said.people, said.is_known, is_guest)
    state, refusal = admission.decide(asked, before, situation)
    if refusal is not None:
        _say_no(unit, publication, said, refusal)
        return refusal
    assert state is not None
    invitations.note_answer(unit, publication.uri, said.who, comes=said.wish != "not_coming")
    if before is None and state == "not_coming":
        # who never said that they come need not be remembered for not coming
        return Entry(0, publication.uri, said.who, state, said.road, "", 1, "", "", None, False, False, unit.now)  # fmt: skip
    entry = attendance.put(unit, _entry(unit, publication, said, before, state))
    if said.is_heard:
        _told_of(unit, publication, before, entry)
    participants.tell_state(unit, publication, at_event, entry, before)
    unit.touched.add(publication.uri)
    if before is not None and before.state == "coming":
        move_up(unit, publication)
    return entry


def remind(unit: Unit, publication: Publication, said: Answer) -> Entry | Refusal:
    """Somebody wants to be reminded the day before, whether they answered or not; told that they will be, or why not.

    Who did not answer is not counted as coming. What begins within a day they are reminded of now.
    """
    details = publication.event
    at_event = gathering.lock(unit, publication.uri, details.over_at)
    before = attendance.find(unit.tx, publication.uri, said.who)
    refusal = admission.check_reminder(details, before, unit.now, is_known=said.is_known)
    if refusal is not None:
        _say_no(unit, publication, said, refusal)
        return refusal
    if before is not None and before.state in attendance.CONCERNED:
        entry = replace(before, language=said.language or before.language)
        attendance.set_reminder(unit, entry, is_wanted=True, word_uri=said.activity_uri)
    else:
        wanted = _entry(unit, publication, replace(said, people=1, message=""), before, "reminder")
        wanted = replace(wanted, wants_reminder=True, reminder_uri=said.activity_uri)
        entry = attendance.put(unit, wanted)
    is_near = details.starts_at <= unit.now + REMINDED_BEFORE
    if is_near:
        attendance.note_reminded(unit, entry)
    participants.tell(unit, publication, at_event, entry, "reminder" if is_near else "remind")
    return entry


def unremind(unit: Unit, publication: Publication, said: Answer) -> bool:
    """They want no reminder any more, and are told so; whether they had wanted one. Who only wanted that is forgotten."""
    entry = attendance.find(unit.tx, publication.uri, said.who)
    if entry is None or not entry.wants_reminder:
        return False
    take_back_reminder(unit, entry)
    language = said.language or entry.language
    participants.tell_plainly(
        unit, publication, said.who, "attendance.tell.unremind", language, said.activity_uri
    )
    return True


def take_back_reminder(unit: Unit, entry: Entry) -> None:
    """They deleted the word with which they asked to be reminded; whether they come is another matter."""
    if entry.state == attendance.REMINDER:
        attendance.forget(unit, entry)
    else:
        attendance.set_reminder(unit, entry, is_wanted=False)


def withdraw(unit: Unit, entry: Entry) -> bool:
    """They do not come after all; whoever waits moves up. False when they were not expected anyway."""
    now = attendance.find_by_id(unit.tx, entry.event_uri, entry.id)
    if now is not None and now.state == attendance.REMINDER:
        attendance.forget(unit, now)
        return True
    if now is None or now.state not in attendance.CONCERNED:
        return False
    publication = publication_store.find(unit.tx, entry.event_uri)
    attendance.set_state(unit, now, "cancelled")
    unit.touched.add(entry.event_uri)
    if publication is not None and now.state == "coming":
        move_up(unit, publication)
    return True


def approve(unit: Unit, publication: Publication, entry: Entry) -> Entry:
    """An organiser lets somebody come: there is a place, or they wait for one."""
    at_event = gathering.lock(unit, publication.uri, publication.event.over_at)
    now = attendance.find_by_id(unit.tx, publication.uri, entry.id) or entry
    if now.state not in ("asked", "waiting", "refused"):
        return now
    situation = _situation(unit, publication, at_event, now)
    has_room = admission.has_room(now.people, situation)
    changed = attendance.set_state(unit, now, "coming" if has_room else "waiting")
    unit.touched.add(publication.uri)
    if changed.state != now.state:
        participants.tell_state(unit, publication, at_event, changed, now)
    return changed


def refuse(unit: Unit, publication: Publication, entry: Entry) -> Entry:
    """An organiser does not let somebody come, or no longer; whoever waits moves up."""
    at_event = gathering.lock(unit, publication.uri, publication.event.over_at)
    now = attendance.find_by_id(unit.tx, publication.uri, entry.id) or entry
    if now.state in ("refused", attendance.REMINDER):
        return now
    changed = attendance.set_state(unit, now, "refused")
    unit.touched.add(publication.uri)
    participants.tell_state(unit, publication, at_event, changed, now)
    if now.state == "coming":
        move_up(unit, publication)
    return changed


def move_up(unit: Unit, publication: Publication) -> int:
    """Give free places to those who wait, in the order in which they asked; a group that is too large lets others pass."""
    details = publication.event
    if details.over_at <= unit.now or details.status == "cancelled":
        return 0
    at_event = gathering.lock(unit, publication.uri, details.over_at)
    situation = _situation(unit, publication, at_event, None)
    moved, after = 0, (0, 0)
    while details.capacity is None or situation.taken < details.capacity:
        some = attendance.list_of(unit.tx, publication.uri, "waiting", WAITING_AT_ONCE, after)
        if not some:
            break
        for entry in some:
            if admission.has_room(entry.people, situation):
                changed = attendance.set_state(unit, entry, "coming")
                situation = replace(situation, taken=situation.taken + entry.people)
                participants.tell_state(unit, publication, at_event, changed, entry)
                moved += 1
        after = attendance.stands_at(some[-1])
    return moved


def event_changed(unit: Unit, before: Publication, after: Publication) -> None:
    """An event of ours was edited: participants are told what concerns them, and more places are given out."""
    if after.kind != "event" or not attendance.count(unit.tx, after.uri):
        return
    was, now = before.event, after.event
    if now.over_at <= unit.now:
        return
    if now.status == "cancelled" and was.status != "cancelled":
        chores.add(unit, chores.PARTICIPANTS, f"called_off {after.uri}")
    elif (was.starts_at, was.ends_at, was.place, was.online_url, was.status) != (
        now.starts_at, now.ends_at, now.place, now.online_url, now.status,
    ):  # fmt: skip
        chores.add(unit, chores.PARTICIPANTS, f"changed {after.uri}")
    elif are_moved(was.parts, now.parts):
        # a while later, so that several changes are told once
        chores.add(unit, chores.PARTICIPANTS, f"programme {after.uri}", PROGRAMME_AFTER)
    if was.starts_at != now.starts_at:
        attendance.remind_again(unit, after.uri)
    move_up(unit, after)


def event_gone(unit: Unit, publication: Publication) -> None:
    """An event of ours is withdrawn: whoever is concerned and can be written to is told before it is forgotten."""
    if publication.kind != "event" or publication.event.over_at <= unit.now:
        return
    at_event = gathering.find(unit.tx, publication.uri, unit.posture)
    for state in attendance.CONCERNED:
        for entry in attendance.list_of(unit.tx, publication.uri, state, GONE_MAX):
            participants.tell_gone(unit, publication, at_event, entry)


def part_with(unit: Unit, who: str, organiser_uri: str = "") -> None:
    """Somebody is shut out, by one organiser or by all: their places are free, their links end, and they are not told."""
    for asked in invitations.list_by_actor(unit.tx, who):
        if organiser_uri in ("", asked.organiser_uri):
            invitations.remove(unit, asked.event_uri, who)
    for entry in attendance.list_by_actor(unit.tx, who):
        publication = publication_store.find(unit.tx, entry.event_uri)
        if publication is None or (organiser_uri and publication.author != organiser_uri):
            continue
        if entry.state == attendance.REMINDER:
            attendance.forget(unit, entry)
            continue
        attendance.end_links(unit, entry)
        attendance.set_state(unit, entry, "refused")
        unit.touched.add(publication.uri)
        if entry.state == "coming":
            move_up(unit, publication)


def part_with_host(unit: Unit, host: str) -> None:
    """The same for everybody of a host and of what is below it; invitations from there, and when they can, are forgotten."""
    everybody = {*attendance.list_everybody(unit.tx), *invitations.list_everybody(unit.tx)}
    for who in sorted(everybody):
        if blocks.covers(host, host_of(who)):
            part_with(unit, who)
    for who in answers.list_everybody(unit.tx):
        if blocks.covers(host, host_of(who)):
            answers.forget_actor(unit, who)
    for other in invited.list_hosts(unit.tx):
        if blocks.covers(host, other):
            invited.forget_host(unit, other)


def forget_participant(unit: Unit, actor_uri: str) -> None:
    """Somebody is gone, and with them their answers; whoever waits moves up."""
    for entry in attendance.list_by_actor(unit.tx, actor_uri):
        withdraw(unit, entry)
        attendance.forget(unit, entry)
    invitations.forget_actor(unit, actor_uri)


def _say_no(unit: Unit, publication: Publication, said: Answer, refusal: Refusal) -> None:
    if said.road == "join" and refusal == "elsewhere" and said.activity_uri:
        organiser = actor_store.load(unit.tx, publication.author)
        ignore_join(unit, organiser, said.who, said.activity_uri)
    elif said.is_heard:
        participants.tell_refusal(
            unit, publication, said.who, said.road, refusal, said.language, said.activity_uri
        )


def _entry(
    unit: Unit, publication: Publication, said: Answer, before: Entry | None, state: State
) -> Entry:
    is_again = before is not None and before.state in attendance.QUEUED
    return Entry(
        id=before.id if before is not None else 0,
        event_uri=publication.uri,
        who=said.who,
        state=state,
        road=said.road,
        name=said.name[: attendance.NAME_MAX],
        people=said.people,
        message=said.message[: attendance.MESSAGE_MAX],
        language=said.language or (before.language if before else "") or publication.language,
        activity_uri=said.activity_uri,
        wants_reminder=before.wants_reminder if before is not None else False,
        has_mail=before.has_mail if before is not None else False,
        # who changes their mind keeps their place in the queue only while they were in it
        asked_at=before.asked_at if before is not None and is_again else unit.now,
        reminder_uri=before.reminder_uri if before is not None else None,
    )


def _situation(
    unit: Unit, publication: Publication, at_event: Gathering, but: Entry | None
) -> Situation:
    taken = attendance.count(unit.tx, publication.uri).get("coming", 0)
    if but is not None and but.state == "coming":
        taken -= but.people
    held: dict[State, tuple[int, int]] = {}
    if publication.event.capacity is not None and but is None:
        hour, day = unit.now - timedelta(hours=1), unit.now - timedelta(days=1)
        for state in _HELD:
            held[state] = (
                attendance.count_lately(unit.tx, publication.uri, state, "form", hour),
                attendance.count_lately(unit.tx, publication.uri, state, "form", day),
            )
    by_form, waiting = (held.get(state, (0, 0)) for state in _HELD)
    return Situation(publication.event, at_event, taken, unit.now, by_form, waiting)


def _told_of(unit: Unit, publication: Publication, before: Entry | None, entry: Entry) -> None:
    """Tell the organisers that there is something new; who it is stands on their page alone."""
    if before is not None and before.state == entry.state:
        return
    if entry.state == "asked":
        notifications.again(unit, publication.author, "attendance_asked", publication.uri)
    elif entry.state in ("coming", "waiting", "maybe"):
        notifications.again(unit, publication.author, "attendance", publication.uri)
