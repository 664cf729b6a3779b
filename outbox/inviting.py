"""Inviting to events of ours: an Invite, and for whoever's server has no such word a message that can be answered (wire 5.4)."""

from datetime import timedelta
from typing import Final, Literal

from actors import blocks
from actors import store as actor_store
from actors.model import ROLE_SERVER, Actor
from fedi.errors import Conflict, Forbidden, Invalid
from fedi.i18n.catalog import LANGUAGES, translator
from fedi.publications.event import gathering, invitations
from fedi.publications.event.admission import Wish
from fedi.publications.event.invitations import Invitation
from fedi.publications.model import Publication
from fedi.publications.summaries import event_summary
from fedi.publications.visibility import may_come
from fedi.unit import Unit
from outbox.actions.attendance import Poll, withdraw_message, write_to
from outbox.actions.invite import send_invite, undo_invite
from outbox.participants import title_in

# How somebody is spoken to beside the Invite: not at all, in words, in words with a poll.
Aside = Literal["", "words", "poll"]

GUESTS_MAX: Final = 300
PER_DAY: Final = 60
WORDS_MAX: Final = 500
_WISHES: Final[tuple[Wish, ...]] = ("coming", "maybe", "not_coming")
# Software that shows an Invite to an event as one, or at least the event with its own buttons.
_KNOW_INVITES: Final = frozenset({"mujawara", "friendica", "hubzilla"})
# Software whose people can answer a poll that was sent to them alone.
_KNOW_POLLS: Final = frozenset(
    {"mastodon", "hometown", "glitch", "gotosocial", "pleroma", "akkoma", "misskey", "sharkey", "firefish", "iceshrimp",
     "foundkey", "calckey", "mitra", "smithereen"}
)  # fmt: skip


def aside_for(software: str) -> Aside:
    """How people of this software are spoken to; those of an unknown one in words, which everybody reads."""
    if software in _KNOW_INVITES:
        return ""
    return "poll" if software in _KNOW_POLLS else "words"


def invite(
    unit: Unit,
    organiser: Actor,
    publication: Publication,
    who: Actor,
    aside: Aside,
    words: str = "",
) -> Invitation:
    """Invite somebody. Raises Invalid, Forbidden, and Conflict when they are invited already."""
    _check(unit, organiser, publication, who)
    before = invitations.find(unit.tx, publication.uri, who.uri)
    if before is not None and before.is_guest:
        raise Conflict("invite.already", detail=who.uri)
    language = _language_of(publication)
    invite_uri = send_invite(unit, organiser, who.uri, publication.uri, words)
    message_uri = ""
    if aside:
        message_uri = _write(unit, organiser, publication, who, aside, language, words)
    found = Invitation(
        event_uri=publication.uri,
        who=who.uri,
        organiser_uri=organiser.uri,
        is_guest=True,
        state="open" if before is None else before.state,
        has_voted=False,
        invite_uri=invite_uri,
        message_uri=message_uri,
        language=language,
        sent_at=unit.now,
    )
    invitations.put(unit, found)
    return found


def ask(
    unit: Unit,
    organiser: Actor,
    publication: Publication,
    who: Actor,
    *,
    answering: str | None,
    language: str = "",
) -> Invitation:
    """Ask somebody who wrote about an event whether they come, by a poll for them alone, once.

    Raises Invalid, Forbidden, and Conflict when they were asked or invited before.
    """
    _check(unit, organiser, publication, who)
    if not _takes_answers(unit, publication):
        raise Invalid("invite.no_answers", field="who")
    if invitations.find(unit.tx, publication.uri, who.uri) is not None:
        raise Conflict("invite.already", detail=who.uri)
    language = language if language in LANGUAGES else _language_of(publication)
    message_uri = _write(
        unit, organiser, publication, who, "poll", language, "", answering=answering
    )
    found = Invitation(
        event_uri=publication.uri,
        who=who.uri,
        organiser_uri=organiser.uri,
        is_guest=False,
        state="open",
        has_voted=False,
        invite_uri="",
        message_uri=message_uri,
        language=language,
        sent_at=unit.now,
    )
    invitations.put(unit, found)
    return found


def withdraw(unit: Unit, organiser: Actor, found: Invitation) -> None:
    """They are invited no more. Whoever is on the list already stays there: that is decided with the list."""
    if found.invite_uri:
        undo_invite(unit, organiser, found.who, found.event_uri, found.invite_uri)
    if found.message_uri:
        withdraw_message(unit, organiser, found.who, found.message_uri)
    invitations.take_back(unit, found.event_uri, found.who)


def wish_of(option: str) -> Wish | None:
    """What an option of our polls means, in whichever of our languages it was offered."""
    for language in LANGUAGES:
        t = translator(language)
        for wish in _WISHES:
            if option == t(f"invite.option.{wish}"):
                return wish
    return None


def _check(unit: Unit, organiser: Actor, publication: Publication, who: Actor) -> None:
    details = publication.event
    # what is kept about the event is forgotten with it
    gathering.lock(unit, publication.uri, details.over_at)
    if who.uri in (organiser.uri, publication.author):
        raise Invalid("invite.own", field="who")
    if details.over_at <= unit.now:
        raise Invalid("attend.over", field="which")
    if details.status == "cancelled":
        raise Invalid("attend.called_off", field="which")
    if who.deleted_at is not None or who.role == ROLE_SERVER:
        raise Invalid("invite.gone", field="who")
    if blocks.is_actor_blocked(unit.tx, who.uri, who.host) or blocks.is_blocked_by(
        unit.tx, organiser.uri, who.uri
    ):
        raise Forbidden("invite.shut_out", detail="blocked")
    if not may_come(unit.tx, who, publication):
        raise Invalid("invite.not_for_them", field="who")
    if invitations.count_of(unit.tx, publication.uri) >= GUESTS_MAX:
        raise Invalid("invite.many_guests", field="who", most=GUESTS_MAX)
    since = unit.now - timedelta(days=1)
    if invitations.count_by(unit.tx, organiser.uri, since) >= PER_DAY:
        raise Invalid("invite.many_today", field="who", most=PER_DAY)


def _write(
    unit: Unit,
    organiser: Actor,
    publication: Publication,
    who: Actor,
    aside: Aside,
    language: str,
    words: str,
    *,
    answering: str | None = None,
) -> str:
    t = translator(language)
    details = publication.event
    takes = _takes_answers(unit, publication)
    lines = [
        t(
            "invite.tell.asked" if answering else "invite.tell.invited",
            organiser=actor_store.load(unit.tx, organiser.uri).title,
            title=title_in(publication, language),
            when=event_summary(details, language),
        ),
        *([words] if words else []),
        *([t("invite.tell.how")] if takes and aside == "words" else []),
    ]
    poll = None
    if takes and aside == "poll":
        options = tuple(t(f"invite.option.{wish}") for wish in _WISHES)
        # whoever comes late may still vote
        poll = Poll(options, max(details.starts_at, min(details.over_at, unit.now + _LATE)))
    return write_to(
        unit,
        organiser,
        who,
        language,
        "\n\n".join(lines),
        link=publication.url or publication.uri,
        answering=answering,
        poll=poll,
    )


_LATE: Final = timedelta(hours=1)


def _takes_answers(unit: Unit, publication: Publication) -> bool:
    at_event = gathering.find(unit.tx, publication.uri, unit.posture)
    return publication.event.join_mode in ("free", "restricted") and not at_event.is_closed


def _language_of(publication: Publication) -> str:
    """The language of the event where it is one of ours, else the first of its translations that is."""
    return next((each for each in publication.texts if each in LANGUAGES), LANGUAGES[0])
