"""Which hashtags a collective follows, as its people decide it. Nobody else is told."""

from actors import followed_tags
from fedi.db.engine import Reader
from fedi.desk.order import Done, Order, Result
from fedi.desk.speaker import load_speaker
from fedi.errors import NotFound
from fedi.instance import Instance
from fedi.publications import tagged, timeline
from fedi.text.hashtags import normalise_hashtag
from fedi.unit import Unit


class FollowOrder(Order, frozen=True, kw_only=True):
    """A hashtag, with or without '#'. `on_agenda`: whether its events stand in the agenda that everybody sees."""

    name: str
    on_agenda: bool = False
    actor: str = ""


class TagOrder(Order, frozen=True, kw_only=True):
    """A hashtag, in any spelling of it."""

    name: str
    actor: str = ""


class ListOrder(Order, frozen=True, kw_only=True):
    """The hashtags that this collective follows."""

    actor: str = ""


class Tag(Result, frozen=True, kw_only=True):
    """A hashtag that is followed, as it was typed. `changed`: whether it was not followed before."""

    name: str
    on_agenda: bool
    changed: bool = False


class Tags(Result, frozen=True, kw_only=True):
    """The hashtags that a collective follows."""

    tags: list[Tag]


async def follow(instance: Instance, order: FollowOrder) -> Tag:
    """Follow a hashtag; once more, to show its events to everybody or no longer. Raises Invalid, NotFound, Conflict."""
    label = followed_tags.label_of(order.name)

    def work(unit: Unit) -> Tag:
        ours = load_speaker(unit.tx, order.actor)
        is_new = followed_tags.follow(unit, ours.uri, label, on_agenda=order.on_agenda)
        if is_new:
            tagged.bring_stored(unit, ours, normalise_hashtag(label))
        kept = followed_tags.find(unit.tx, ours.uri, normalise_hashtag(label))
        assert kept is not None
        return Tag(name=kept.label, on_agenda=kept.on_agenda, changed=is_new)

    return await instance.change(work)


async def unfollow(instance: Instance, order: TagOrder) -> Done:
    """No longer follow a hashtag; what it alone brought leaves the timeline. Raises Invalid, NotFound when it was not followed."""
    name = normalise_hashtag(followed_tags.label_of(order.name))

    def work(unit: Unit) -> Done:
        ours = load_speaker(unit.tx, order.actor)
        if not followed_tags.unfollow(unit, ours.uri, name):
            raise NotFound("tags.not_followed", name=order.name[:100])
        timeline.forget_tag(unit, ours.uri, name)
        return Done()

    return await instance.change(work)


async def list_all(instance: Instance, order: ListOrder) -> Tags:
    """What a collective follows. Raises NotFound."""

    def look(rx: Reader) -> Tags:
        ours = load_speaker(rx, order.actor)
        return Tags(
            tags=[
                Tag(name=each.label, on_agenda=each.on_agenda)
                for each in followed_tags.list_of(rx, ours.uri)
            ]
        )

    return await instance.look(look)
