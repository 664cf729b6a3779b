"""What arrives about coming to events of ours, in whichever words a peer has for it (wire 5.4)."""

from typing import Final

from actors import blocks
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE
from fedi.publications import store
from fedi.publications.event import attendance, invitations
from fedi.publications.event.admission import Wish
from fedi.publications.event.attendance import Entry, Road
from fedi.publications.event.words import Spoken, read_word
from fedi.publications.model import Publication
from fedi.publications.visibility import may_come
from fedi.text.direction import clean_text
from fedi.text.html import text_of
from fedi.unit import Unit
from fedi.vocab.read import text_of as text_in
from inbox.contract import Done, Ignored, Incoming, Outcome, Refused
from inbox.strangers import must_wait
from outbox import attending
from outbox.attending import Answer

_HTML_MAX: Final = 20_000
# What Friendica and Hubzilla say of an event (wire 5.4).
WISHES: Final[dict[str, Wish]] = {
    "Accept": "coming",
    "TentativeAccept": "maybe",
    "Reject": "not_coming",
    "TentativeReject": "not_coming",
}


def find_event(unit: Unit, uri: str | None, incoming: Incoming) -> Publication | None:
    """The event of ours that is meant, when its sender may know that it exists (S81)."""
    if uri is None or not unit.urls.is_ours(uri):
        return None
    publication = store.find(unit.tx, uri)
    if publication is None or publication.kind != "event":
        return None
    author = actor_store.find(unit.tx, publication.author)
    if author is None or author.role != ROLE_COLLECTIVE or author.deleted_at is not None:
        return None
    return publication if may_come(unit.tx, incoming.sender.actor, publication) else None


def answer(
    unit: Unit,
    incoming: Incoming,
    publication: Publication,
    wish: Wish,
    road: Road,
    *,
    activity_uri: str,
    language: str = "",
    people: int = 1,
) -> Outcome:
    """Take the answer of the sender."""
    sender = incoming.sender.actor
    if publication.author == sender.uri:
        return Ignored("attendance.own_event")
    found = attending.answer(
        unit,
        publication,
        Answer(
            who=sender.uri,
            wish=wish,
            road=road,
            activity_uri=activity_uri,
            people=people,
            message=message_of(incoming),
            language=language,
            is_known=not must_wait(unit, sender.uri, [publication.author]),
            is_heard=not blocks.standing(unit, sender.uri).is_limited,
        ),
    )
    if isinstance(found, Entry):
        return Done(f"attendance.{found.state}", is_private=True)
    return Refused(f"attendance.{found}")


def about_event(unit: Unit, incoming: Incoming, wish: Wish) -> Outcome | None:
    """An `Accept`, `Reject` … whose object is an event of ours; None when it is about something else."""
    publication = find_event(unit, incoming.activity.object_uri, incoming)
    if publication is None:
        return None
    return answer(unit, incoming, publication, wish, "accept", activity_uri=incoming.activity.uri)


def word_in(unit: Unit, said: Publication) -> tuple[Publication, Spoken] | None:
    """The event of ours that is answered, and how, by a reply that is nothing but an agreed word; None for anything else."""
    parent = _meant(unit, said)
    if parent is None or parent.kind != "event" or said.kind != "note" or said.attachments:
        return None
    spoken = read_word(said.original.content, said.language, parent.language)
    return (parent, spoken) if spoken is not None and unit.urls.is_ours(parent.uri) else None


def _meant(unit: Unit, said: Publication) -> Publication | None:
    """What is answered: a publication, or the event about which we wrote to the author of this answer."""
    if not said.in_reply_to:
        return None
    asked = invitations.find_by_message(unit.tx, said.in_reply_to)
    if asked is not None:
        return store.find(unit.tx, asked.event_uri) if asked.who == said.author else None
    return store.find(unit.tx, said.in_reply_to)


def word_about_event(
    unit: Unit, incoming: Incoming, said: Publication, *, is_edited: bool = False
) -> Outcome | None:
    """Take such a word as the answer that it is; None when it is any other message. `is_edited`: they said something else."""
    found = word_in(unit, said)
    publication = find_event(unit, found[0].uri, incoming) if found is not None else None
    if found is None or publication is None or said.author != incoming.sender.actor.uri:
        return None
    spoken = found[1]
    known = attendance.find_by_activity(unit.tx, said.author, said.uri)
    is_old = known is not None and not is_edited
    if is_old or store.find_tombstone(unit.tx, said.uri) is not None:
        return Ignored("attendance.known")
    if spoken.wish == "remind":
        if known is not None:
            # they said with it that they come, and say now something else in its place
            attending.withdraw(unit, known)
        return _remind(unit, incoming, publication, said, spoken)
    if spoken.wish == "unremind":
        return _unremind(unit, incoming, publication, said, spoken)
    return answer(
        unit,
        incoming,
        publication,
        spoken.wish,
        "word",
        activity_uri=said.uri,
        language=spoken.language,
        people=spoken.people,
    )


def _remind(
    unit: Unit, incoming: Incoming, publication: Publication, said: Publication, spoken: Spoken
) -> Outcome:
    """The sender wants to be reminded."""
    if publication.author == incoming.sender.actor.uri:
        return Ignored("attendance.own_event")
    asked = _asking(unit, incoming, publication, said, spoken)
    found = attending.remind(unit, publication, asked)
    if isinstance(found, Entry):
        return Done("attendance.reminder", is_private=True)
    return Refused(f"attendance.{found}")


def _unremind(
    unit: Unit, incoming: Incoming, publication: Publication, said: Publication, spoken: Spoken
) -> Outcome:
    """The sender wants no reminder any more."""
    asked = _asking(unit, incoming, publication, said, spoken)
    if attending.unremind(unit, publication, asked):
        return Done("attendance.unreminded", is_private=True)
    return Ignored("attendance.known")


def _asking(
    unit: Unit, incoming: Incoming, publication: Publication, said: Publication, spoken: Spoken
) -> Answer:
    sender = incoming.sender.actor
    return Answer(
        who=sender.uri,
        wish="maybe",
        road="word",
        activity_uri=said.uri,
        language=spoken.language,
        is_known=not must_wait(unit, sender.uri, [publication.author]),
        is_heard=not blocks.standing(unit, sender.uri).is_limited,
    )


def leave(unit: Unit, incoming: Incoming, event_uri: str | None) -> Outcome:
    """The sender does not come after all."""
    entry = (
        attendance.find(unit.tx, event_uri, incoming.sender.actor.uri)
        if event_uri is not None
        else None
    )
    if entry is None:
        return Ignored("attendance.unknown")
    return Done("attendance.cancelled") if attending.withdraw(unit, entry) else Ignored("attendance.known")  # fmt: skip


def take_back(unit: Unit, actor_uri: str, activity_uri: str | None, event_uri: str | None) -> bool:
    """An `Undo` of what was said about coming, or the word itself deleted; whether there was something."""
    entry = None
    if activity_uri is not None:
        entry = attendance.find_by_activity(unit.tx, actor_uri, activity_uri)
        reminder = attendance.find_by_reminder(unit.tx, actor_uri, activity_uri)
        if entry is None and reminder is not None:
            attending.take_back_reminder(unit, reminder)
            return True
    if entry is None and event_uri is not None:
        entry = attendance.find(unit.tx, event_uri, actor_uri)
    return entry is not None and attending.withdraw(unit, entry)


def message_of(incoming: Incoming) -> str:
    """What somebody wrote with a Join, as plain text."""
    found = text_in(incoming.activity.raw.get("participationMessage"))
    return clean_text(text_of(found[:_HTML_MAX]), attendance.MESSAGE_MAX) if found else ""
