"""Block: a collective of ours shuts an actor out. Kept private: telling the blocked protects nobody."""

from actors import blocks, follows, notifications
from actors.model import Actor
from fedi.publications.dates import answers as date_answers
from fedi.publications.event import invited
from fedi.unit import Unit
from outbox import organising
from outbox.actions.reject import reject_follow
from outbox.attending import part_with


def block(unit: Unit, blocker: Actor, target_uri: str) -> bool:
    """Shut out and end both relations; False when it was so already."""
    added = blocks.add(unit, blocker.uri, target_uri, blocks.ACTOR)
    following = follows.find(unit.tx, target_uri, blocker.uri)
    if following is not None:
        follows.remove(unit, target_uri, blocker.uri)
        reject_follow(unit, blocker, target_uri, following.activity_uri)
    follows.remove(unit, blocker.uri, target_uri)
    notifications.forget_between(unit, blocker.uri, target_uri)
    invited.forget_between(unit, blocker.uri, target_uri)
    date_answers.forget_between(unit, blocker.uri, target_uri)
    part_with(unit, target_uri, blocker.uri)
    organising.part_with(unit, target_uri, blocker.uri)
    return added
