"""Invitations that arrive, and what becomes of ours (wire 5.4): accepted, refused, a vote in the poll that came with one."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from actors import blocks, notifications
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE, Actor
from fedi.canonical import same_origin
from fedi.publications import shelf, store
from fedi.publications.event import invitations, invited
from fedi.publications.event.admission import Wish
from fedi.publications.event.invitations import Invitation
from fedi.publications.event.invited import Invited
from fedi.publications.model import Publication
from fedi.publications.visibility import may_read_here
from fedi.text.direction import clean_text
from fedi.text.html import text_of
from fedi.unit import Unit
from fedi.vocab.read import id_of, type_of
from fedi.vocab.read import text_of as text_in
from inbox import attending
from inbox.contract import Done, Ignored, Incoming, Outcome, Refused
from inbox.strangers import must_wait, why_wait
from outbox.inviting import WORDS_MAX, wish_of

# From one host in a day, for the whole instance.
PER_HOST: Final = 50
DAY: Final = timedelta(days=1)
_HTML_MAX: Final = 20_000
_OPTION_MAX: Final = 200


def names_guests(unit: Unit, incoming: Incoming) -> list[str]:
    """Our collectives that an Invite is for: its `target`, never merely whoever it is addressed to."""
    target = incoming.activity.target
    if target is None or not unit.urls.is_ours(target):
        return []
    actor = actor_store.find(unit.tx, target)
    is_guest = actor is not None and actor.role == ROLE_COLLECTIVE and actor.deleted_at is None
    return [target] if is_guest else []


def receive(unit: Unit, incoming: Incoming, publication: Publication, guest_uri: str) -> Outcome:
    """Somebody invites a collective of ours to an event of theirs."""
    sender = incoming.sender.actor
    refusal = _refusal(unit, sender, publication, guest_uri)
    if refusal is not None:
        return refusal
    stranger = must_wait(unit, sender.uri, [guest_uri])
    if store.find_row_id(unit.tx, publication.uri) is None:
        # what comes from people whom nobody knows waits like any word of theirs (S107)
        why = why_wait(unit, sender.uri, [guest_uri], publication)
        if shelf.put(unit, publication, is_local=False, held_why=why) is None:
            return Ignored("invite.dead_event")
    is_new = invited.put(
        unit,
        Invited(
            actor_uri=guest_uri,
            event_uri=publication.uri,
            from_uri=sender.uri,
            host=sender.host,
            activity_uri=incoming.activity.uri,
            message=words_of(incoming),
            state="open",
            over_at=publication.event.over_at,
            came_at=unit.now,
        ),
    )
    # neither whom nobody knows nor what waits for a decision makes a noise; both stand on the page of invitations in time
    guest = actor_store.load(unit.tx, guest_uri)
    if is_new and not stranger and may_read_here(unit.tx, guest, publication):
        notifications.add(unit, guest_uri, "invite", sender.uri, publication.uri)
    return Done("invite.stored" if is_new else "invite.known", is_private=True)


def _refusal(
    unit: Unit, sender: Actor, publication: Publication, guest_uri: str
) -> Refused | Ignored | None:
    """Why an Invite is not written down."""
    details = publication.event
    is_ours = unit.urls.is_ours(publication.uri)
    # somebody else of its origin may speak for a group elsewhere; here everybody speaks for themselves
    is_theirs = publication.author == sender.uri or (
        not is_ours and same_origin(publication.uri, sender.uri)
    )
    shut_out = any(
        blocks.is_blocked_by(unit.tx, guest_uri, uri) for uri in (sender.uri, publication.author)
    )
    many = invited.count_from(unit.tx, sender.host, unit.now - DAY) >= PER_HOST
    reasons = (
        (Refused("invite.not_theirs"), not is_theirs),
        (Ignored("invite.over"), details.over_at <= unit.now or details.status == "cancelled"),
        (Ignored("invite.own"), publication.author == guest_uri),
        (Ignored("invite.shut_out"), shut_out),
        (Refused("invite.too_many"), many),
    )
    return next((outcome for outcome, holds in reasons if holds), None)


def taken_back(unit: Unit, incoming: Incoming) -> bool:
    """An `Undo` of an Invite; whether there was one."""
    uri = incoming.activity.object_uri
    if uri is None:
        return False
    found = invited.list_by_activity(unit.tx, uri)
    if not invited.take_back(unit, incoming.sender.actor.uri, uri):
        return False
    for each in found:
        notifications.take_back(unit, each.actor_uri, "invite", each.from_uri, each.event_uri)
    return True


def answered(unit: Unit, incoming: Incoming, wish: Wish) -> Outcome | None:
    """An `Accept`, `TentativeAccept` or `Reject` whose object is an Invite of ours; None when it is about something else."""
    uri, sender = incoming.activity.object_uri, incoming.sender.actor
    found = invitations.find_by_invite(unit.tx, uri) if uri is not None else None
    inner = incoming.activity.embedded
    if found is None and inner is not None and type_of(inner) == "Invite":
        event_uri = id_of(inner.get("object"))
        found = invitations.find(unit.tx, event_uri, sender.uri) if event_uri else None
    if found is None:
        return None
    if found.who != sender.uri:
        return Refused("invite.not_the_guest")
    publication = attending.find_event(unit, found.event_uri, incoming)
    if publication is None:
        return Ignored("invite.no_event")
    return attending.answer(
        unit, incoming, publication, wish, "accept", activity_uri=incoming.activity.uri
    )


def voted(unit: Unit, incoming: Incoming) -> Outcome | None:
    """A vote in a poll that we sent to somebody about an event (wire 3.4); None when it is any other message."""
    found, option = _vote_in(unit, incoming.activity.embedded)
    if found is None:
        return None
    if found.who != incoming.sender.actor.uri:
        return Refused("invite.not_the_guest")
    wish = wish_of(option)
    publication = attending.find_event(unit, found.event_uri, incoming)
    if wish is None or publication is None:
        return Ignored("invite.no_such_option")
    if not invitations.note_vote(unit, found):
        return Ignored("attendance.known")
    return attending.answer(
        unit,
        incoming,
        publication,
        wish,
        "poll",
        activity_uri=found.message_uri,
        language=found.language,
    )


def _vote_in(unit: Unit, note: Mapping[str, Any] | None) -> tuple[Invitation | None, str]:
    """What was asked with the poll that a note votes in, and the option: a vote has a name and no content."""
    if note is None or note.get("content") or type_of(note) != "Note":
        return None, ""
    option, question_uri = text_in(note.get("name")), id_of(note.get("inReplyTo"))
    if not option or question_uri is None or not unit.urls.is_ours(question_uri):
        return None, ""
    return invitations.find_by_message(unit.tx, question_uri), option[:_OPTION_MAX].strip()


def words_of(incoming: Incoming) -> str:
    """What somebody wrote with an Invite, as plain text."""
    found = text_in(incoming.activity.raw.get("content"))
    return clean_text(text_of(found[:_HTML_MAX]), WORDS_MAX) if found else ""
