"""The gate: who may speak here at all, and what concerns somebody here. One place, before any handler (S40, S49)."""

from actors import blocks, follows
from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.publications import store as publication_store
from fedi.publications.activitystreams import authors_of
from fedi.unit import Unit
from fedi.urls import Urls
from fedi.vocab.activity import Activity
from fedi.vocab.read import as_list, id_of
from fedi.vocab.terms import PUBLIC_SPELLINGS

# Verbs that only ever concern what we already hold of their sender.
_ABOUT_OWN = frozenset({"Update", "Delete", "Undo", "Accept", "Reject", "Add", "Remove", "Move"})


def is_welcome(rx: Reader, actor_uri: str, host: str) -> bool:
    """Whether this host and this actor may speak to us."""
    return not blocks.is_actor_blocked(rx, actor_uri, host)


def is_stranger(rx: Reader, actor_uri: str) -> bool:
    """Whether nobody here follows this actor and it follows nobody here (S107)."""
    return not follows.has_ties(rx, actor_uri)


def concerns_us(unit: Unit, activity: Activity) -> bool:
    """Whether an activity is about somebody or something here: else it is not even stored."""
    if _names_us(activity, unit.urls) or follows.is_followed_here(unit.tx, activity.actor):
        return True
    is_for_all = not PUBLIC_SPELLINGS.isdisjoint((*activity.to, *activity.cc))
    may_wait = activity.type == "Create" and not is_for_all
    if may_wait and follows.is_awaited_here(unit.tx, activity.actor):
        # it may be for followers and have overtaken the answer that makes us one
        return True
    if activity.type in _ABOUT_OWN:
        return actor_store.find(unit.tx, activity.actor) is not None
    inner = activity.embedded or {}
    if any(follows.is_followed_here(unit.tx, uri) for uri in authors_of(inner)[:3]):
        return True
    answered = id_of(inner.get("inReplyTo"))
    return answered is not None and publication_store.find_row_id(unit.tx, answered) is not None


def _names_us(activity: Activity, urls: Urls) -> bool:
    mentioned = [activity.object_uri, activity.target, *activity.to, *activity.cc]
    if isinstance(activity.raw.get("object"), list):
        mentioned += [id_of(item) for item in activity.raw["object"][:50]]
    inner = activity.embedded
    if inner is not None:
        mentioned += [id_of(inner.get(name)) for name in ("object", "inReplyTo", "actor")]
        mentioned += [
            id_of(item.get("href"))
            for item in as_list(inner.get("tag"))[:100]
            if isinstance(item, dict)
        ]
    return any(uri is not None and urls.is_ours(uri) for uri in mentioned)
