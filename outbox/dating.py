"""Finding a date: answers to questions of ours, answers of ours to questions of others, and what came of one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from actors import blocks, notifications
from actors import store as actor_store
from actors.model import Actor
from fedi.errors import Forbidden, Invalid
from fedi.i18n.catalog import LANGUAGES, translator
from fedi.publications.dates import answers
from fedi.publications.dates.model import DatesDetails, Wish
from fedi.publications.model import Publication
from fedi.publications.visibility import may_come
from fedi.unit import Unit
from outbox.actions.attendance import for_one, write_to
from outbox.actions.update import update
from outbox.activities import envelope
from outbox.send import send

_VERBS: Final[dict[Wish, str]] = {
    "coming": "Accept",
    "maybe": "TentativeAccept",
    "not_coming": "Reject",
}


def take(unit: Unit, poll: Publication, who: str, slot_uri: str, wish: Wish) -> bool | None:
    """Somebody answers a question of ours; False when that is known, None when it is not taken."""
    details = poll.details
    assert isinstance(details, DatesDetails)
    if not details.is_open(unit.now) or slot_uri not in {each.uri for each in details.slots}:
        return None
    is_new = not answers.of(unit.tx, poll.uri, who)
    if is_new and answers.count_voters(unit.tx, poll.uri) >= answers.VOTERS_MAX:
        return None
    if not answers.put(unit, poll.uri, slot_uri, who, wish, details.over_at):
        return False
    unit.touched.add(poll.uri)
    if is_new:
        notifications.again(unit, poll.author, "dates", poll.uri)
    return True


def answer(unit: Unit, actor: Actor, poll: Publication, wishes: Mapping[str, Wish]) -> bool:
    """A collective of ours says when it can: what is new of it goes out. Raises Invalid, Forbidden."""
    details = poll.details
    if not isinstance(details, DatesDetails):
        raise Invalid("dates.no_question", field="which")
    if poll.author == actor.uri:
        raise Invalid("dates.own", field="which")
    if not details.is_open(unit.now):
        raise Invalid("dates.closed", field="which")
    author = actor_store.load(unit.tx, poll.author)
    if blocks.is_actor_blocked(unit.tx, author.uri, author.host):
        raise Forbidden("follow.blocked", detail=author.host)
    changed = False
    for slot in details.slots:
        wish = wishes.get(slot.uri)
        if wish is None or not answers.put(
            unit, poll.uri, slot.uri, actor.uri, wish, details.over_at
        ):
            continue
        changed = True
        activity = envelope(unit, actor, _VERBS[wish], slot.uri, (poll.author,))
        send(unit, actor, activity, for_one(poll.author))
    return changed


def close(unit: Unit, author: Actor, poll: Publication, event: Publication | None) -> Publication:
    """No more answers; who answered is told which date it is, and forgotten. `event`: what came of it."""
    voters = list(answers.everybody(unit.tx, poll.uri))
    details = replace(
        answers.counted(unit.tx, poll),
        closed_at=unit.told,
        event_uri=event.uri if event is not None else None,
    )
    newer = update(unit, author, replace(poll, details=details))
    if event is not None:
        _tell(unit, author, event, voters)
    answers.forget(unit, poll.uri)
    return newer


def _tell(unit: Unit, author: Actor, event: Publication, voters: list[str]) -> None:
    language = event.language if event.language in LANGUAGES else LANGUAGES[0]
    t = translator(language)
    title, summary = event.original.name or "", event.original.summary or ""
    known = actor_store.list_by_uri(unit.tx, voters)
    for reader in known.values():
        if reader.deleted_at is not None or reader.uri == author.uri:
            continue
        # shut out, or no follower any more, since they answered
        if may_come(unit.tx, reader, event):
            words = t("dates.tell.found", title=title, when=summary)
            write_to(unit, author, reader, language, words, link=event.url or event.uri)
