"""Delete: somebody withdraws what they said, or leaves."""

from actors import follows, keys, notifications
from actors import store as actor_store
from fedi.publications import reactions, shelf, store
from fedi.publications.dates import answers as date_answers
from fedi.publications.event import coming, invited
from fedi.unit import Unit
from inbox import attending, quoted
from inbox.contract import Authority, Done, Handler, Incoming, Outcome
from outbox import organising
from outbox.attending import forget_participant


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Forget it and remember that its id is dead, even when it never arrived (S39)."""
    sender, uri = incoming.sender.actor, incoming.activity.object_uri
    assert uri is not None
    if uri == sender.uri:
        _forget_actor(unit, uri)
        return Done("delete.actor")
    if (outcome := quoted.taken_back(unit, incoming)) is not None:
        return outcome
    notifications.forget_about(unit, uri)
    attending.take_back(unit, sender.uri, uri, None)
    event = store.find(unit.tx, uri)
    going = coming.list_going(unit.tx, event, unit.now) if event is not None else ()
    if shelf.take_off(unit, uri, is_local=False, by=sender.uri):
        for each in going:
            notifications.add(unit, each, "attend_gone", sender.uri, uri)
        return Done("delete.publication")
    return Done("delete.remembered")


def _forget_actor(unit: Unit, uri: str) -> None:
    for publication_uri in store.list_uris_of_author(unit.tx, uri):
        shelf.take_off(unit, publication_uri, is_local=False)
    follows.forget_actor(unit, uri)
    reactions.forget_actor(unit, uri)
    forget_participant(unit, uri)
    organising.part_with(unit, uri)
    invited.forget_from(unit, uri)
    date_answers.forget_actor(unit, uri)
    notifications.forget_from(unit, uri)
    keys.replace_remote(unit, uri, ())
    actor_store.mark_deleted(unit, uri)


HANDLER = Handler(frozenset({"Delete"}), Authority.OBJECT_OWNER, apply)
