"""The types between the rooms of the inbox: what a handler is given, what it must name, what it may answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from actors.model import Actor
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.activity import Activity


class Authority(StrEnum):
    """On what ground an actor may do what it says. Every handler names one; there is no default."""

    SENDER_ONLY = "sender_only"  # speaks of itself alone: follow, like, announce, flag
    OBJECT_ORIGIN = (
        "object_origin"  # the embedded object lies at its origin and is attributed to it (S24)
    )
    OBJECT_OWNER = "object_owner"  # owns what is stored under the object's id (S25, S26)
    OWN_ACTIVITY = "own_activity"  # the inner activity is its own (S27)
    ANSWER_TO_US = "answer_to_us"  # answers something that we asked of it (S27)
    OWN_COLLECTION = "own_collection"  # the target is a collection of its own (S29)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who really spoke. Made by `inbox/authenticate.py` alone. `proof` says how that is known."""

    actor: Actor
    proof: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """One activity to act upon. `came_at`: when it was let in. `recipient`: the owner of the personal inbox it came through, if it did.

    `publication`: the embedded object, read before the transaction because reading may be slow. `found`: publications
    fetched beforehand because the handler said it needs them, by id.
    """

    activity: Activity
    sender: Sender
    recipient: Actor | None
    came_at: datetime
    publication: Publication | None = None
    found: Mapping[str, Publication] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """It had its effect. `is_private`: it is between the sender and us, whatever its addresses say."""

    reason: str
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    """It is understood and concerns nobody here, or happened before."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not do this, or says something impossible."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """It cannot be judged yet."""

    reason: str
    after: timedelta


Outcome = Done | Ignored | Refused | Later


def nothing(_activity: Activity) -> frozenset[str]:
    """A handler that needs nothing fetched."""
    return frozenset()


def never(_activity: Activity) -> bool:
    """A handler that never needs its sender's document fetched again."""
    return False


@dataclass(frozen=True, slots=True)
class Handler:
    """What we do when a verb arrives.

    `activities`: the verbs. `reads_publication`: the embedded object is one. `needs`: ids to fetch before the
    transaction. `refreshes`: whether the sender's own document must be fetched before it. `actors`: others whose
    documents must be.
    """

    activities: frozenset[str]
    authority: Authority
    apply: Callable[[Unit, Incoming], Outcome]
    reads_publication: bool = False
    needs: Callable[[Activity], frozenset[str]] = nothing
    refreshes: Callable[[Activity], bool] = never
    actors: Callable[[Activity], frozenset[str]] = nothing

    def asks_others(self, activity: Activity) -> bool:
        """Whether anything must be fetched before the transaction."""
        return bool(self.refreshes(activity) or self.actors(activity) or self.needs(activity))
