"""What participants of an event of ours are told, each on the road by which they came, in the language they used.

What only those who come may know (the exact place, the room online) is in the message for them and nowhere else.
"""

from typing import Final

from actors import store as actor_store
from fedi.i18n.catalog import translator
from fedi.publications.event import attendance, farewell
from fedi.publications.event.admission import Refusal
from fedi.publications.event.attendance import Entry, Road, State, Told
from fedi.publications.event.gathering import Gathering
from fedi.publications.model import Publication
from fedi.publications.place import Place
from fedi.publications.summaries import event_summary
from fedi.publications.visibility import may_come
from fedi.unit import Unit
from outbox.actions.attendance import accept_join, reject_join, write_to

# On these roads what we answer on the wire says it already.
_SAID_ON_THE_WIRE: Final = {
    "join": frozenset({"asked", "refused", "maybe", "not_coming"}),
    "accept": frozenset({"maybe", "not_coming"}),
}


# On these roads nothing is answered on the wire: who sent a word or a vote is always answered in words.
_IN_WORDS: Final = frozenset({"word", "poll"})


def tell_state(
    unit: Unit, publication: Publication, at_event: Gathering, entry: Entry, before: Entry | None
) -> None:
    """Tell a participant how it stands now."""
    organiser = actor_store.load(unit.tx, publication.author)
    if entry.road == "join" and entry.activity_uri and entry.state == "coming":
        accept_join(unit, organiser, entry)
    elif entry.road == "join" and entry.activity_uri and entry.state == "refused":
        reject_join(unit, organiser, entry.who, entry.activity_uri, entry.event_uri)
    was: State | None = before.state if before is not None else None
    if was == entry.state and entry.road not in _IN_WORDS:
        return
    if entry.state == "cancelled" or entry.state in _SAID_ON_THE_WIRE.get(entry.road, ()):
        return
    if entry.state == "coming" and entry.road in _SAID_ON_THE_WIRE and not at_event.has_secret:
        return
    moved = entry.state == "coming" and was in ("waiting", "asked")
    tell(unit, publication, at_event, entry, "moved_up" if moved else entry.state)


def tell(
    unit: Unit,
    publication: Publication,
    at_event: Gathering,
    entry: Entry,
    what: Told,
    word: str = "",
    *,
    has_link: bool = True,
) -> bool:
    """A message, or a letter where an address was given; whether there was a way. `word`: what the organisers wrote."""
    if not entry.is_actor:
        attendance.want_letter(unit, entry, what)
        return entry.has_mail
    reader = actor_store.find(unit.tx, entry.who)
    if reader is None or reader.deleted_at is not None:
        return False
    now = attendance.find_by_id(unit.tx, entry.event_uri, entry.id)
    if now is None or now.state != entry.state or not may_come(unit.tx, reader, publication):
        # shut out, or decided otherwise, since somebody looked
        return False
    organiser = actor_store.load(unit.tx, publication.author)
    words = words_of(publication, at_event, entry, what, word)
    has_link = has_link and entry.id != 0 and entry.state in (*attendance.CONCERNED, "reminder")
    link = unit.urls.attendance(attendance.make_link(unit, entry)) if has_link else ""
    if link:
        words = f"{words}\n\n{translator(entry.language)('attendance.tell.link')}"
    answering = entry.activity_uri if entry.road in _IN_WORDS else None
    write_to(unit, organiser, reader, entry.language, words, link=link, answering=answering)
    return True


def tell_gone(unit: Unit, publication: Publication, at_event: Gathering, entry: Entry) -> None:
    """The event will not be there when the message arrives: nothing in it needs it, and there is nothing left to undo."""
    if entry.is_actor:
        tell(unit, publication, at_event, entry, "called_off", has_link=False)
        return
    t = translator(entry.language)
    words = words_of(publication, Gathering(), entry, "called_off")
    farewell.keep(unit, entry, t("attendance.mail.subject", host=unit.urls.host), words)


def tell_refusal(
    unit: Unit,
    publication: Publication,
    who: str,
    road: Road,
    refusal: Refusal,
    language: str,
    activity_uri: str | None,
) -> None:
    """Tell somebody why they are not written down."""
    organiser = actor_store.load(unit.tx, publication.author)
    if road == "join":
        if activity_uri:
            reject_join(unit, organiser, who, activity_uri, publication.uri)
        return
    if road != "form":
        answering = activity_uri if road in _IN_WORDS else None
        tell_plainly(unit, publication, who, f"attendance.no.{refusal}", language, answering)


def tell_plainly(
    unit: Unit, publication: Publication, who: str, key: str, language: str, answering: str | None
) -> None:
    """Write a sentence about the event to somebody who need not be on its list. `answering`: the id of what they said."""
    reader = actor_store.find(unit.tx, who)
    if reader is None or reader.deleted_at is not None:
        return
    t = translator(language or publication.language)
    words = t(
        key,
        title=title_in(publication, t.language),
        when=event_summary(publication.event, t.language),
    )
    organiser = actor_store.load(unit.tx, publication.author)
    write_to(unit, organiser, reader, t.language, words, answering=answering)


def words_of(
    publication: Publication, at_event: Gathering, entry: Entry, what: Told, word: str = ""
) -> str:
    """The message in the language of the participant, without the link. Plain text."""
    t = translator(entry.language)
    details = publication.event
    lines = [
        t(
            f"attendance.tell.{what}",
            title=title_in(publication, t.language),
            when=event_summary(details, t.language),
            word=word,
        )
    ]
    if what == "reminder" and entry.state in ("asked", "waiting"):
        # who has no place must not think that they have
        lines.append(t(f"attendance.stands.{entry.state}"))
    if entry.state == "coming" and what != "called_off":
        if at_event.place is not None:
            lines.append(t("attendance.tell.place", place=place_line(at_event.place, t.language)))
        if at_event.online_url is not None:
            lines.append(t("attendance.tell.online", url=at_event.online_url))
    return "\n\n".join(lines)


def title_in(publication: Publication, language: str) -> str:
    """The title in this language, else as it was first written."""
    text = publication.texts.get(language) or publication.original
    return text.name or publication.original.name or publication.uri


def place_line(place: Place, language: str) -> str:
    """The whole address on one line."""
    comma = "، " if language == "ar" else ", "
    lines = [place.name or "", *place.address_lines]
    return comma.join(dict.fromkeys(line for line in lines if line))
