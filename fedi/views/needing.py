"""What needs a collective, and what its network is about to do: the first page of its members."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actors import follows, notifications
from actors.model import Actor
from actors.notifications import Notification
from actors.store import list_by_uri
from fedi.db.engine import Reader
from fedi.moderation import flags
from fedi.moderation.flags import Flag
from fedi.publications import store
from fedi.publications.visibility import may_read_here
from fedi.views.listed import LISTED_COLUMNS, Listed, listed_of
from fedi.views.thread import Said, find_said
from fedi.views.timeline import Wanted, look_timeline

NOTICES_MAX: Final = 6
ASKING_MAX: Final = 5
HELD_MAX: Final = 5
FLAGS_MAX: Final = 5
COMING_MAX: Final = 5
LATELY_MAX: Final = 4
# Of what is held, so much is looked at to find what concerns one collective.
_HELD_LOOKED_AT: Final = 200
# What asks for an answer; the rest is told on the page of notifications.
_ANSWERED: Final = frozenset({"mention", "reply", "quote", "invite"})
_UNREAD_LOOKED_AT: Final = 60


@dataclass(frozen=True, slots=True)
class Told:
    """Words to the collective that nobody marked as seen. `kind`: mention, reply, quote or invite."""

    notice: Notification
    kind: str
    said: Said


@dataclass(frozen=True, slots=True)
class Needing:
    """What waits for people. The `has_more_…`: whether there is more than is listed."""

    told: Sequence[Told]
    has_more_told: bool
    asking: Sequence[Actor]
    has_more_asking: bool
    held: Sequence[Said]
    flags: Sequence[tuple[Flag, Actor | None, Sequence[Said]]]

    def __bool__(self) -> bool:
        return bool(self.told or self.asking or self.held or self.flags)


@dataclass(frozen=True, slots=True)
class Network:
    """What those say whom the collective follows. `has_spoken`: whether the collective itself ever published."""

    coming: Sequence[Listed]
    statements: Sequence[Listed]
    needs: Sequence[Listed]
    follows_somebody: bool
    has_spoken: bool


def look_needing(rx: Reader, reader: Actor, *, decides: bool, is_house_steward: bool) -> Needing:
    """What waits. `decides`: also what is held; `is_house_steward`: also reports."""
    told, more_told = _told(rx, reader)
    asked = follows.list_followers(rx, reader.uri, follows.ASKED, ASKING_MAX + 1)
    known = list_by_uri(rx, [each.follower_uri for each in asked])
    open_flags = flags.list_open(rx, FLAGS_MAX) if is_house_steward else ()
    senders = list_by_uri(rx, list({each.actor_uri for each in open_flags}))
    return Needing(
        told=told,
        has_more_told=more_told,
        asking=[
            known[each.follower_uri] for each in asked[:ASKING_MAX] if each.follower_uri in known
        ],
        has_more_asking=len(asked) > ASKING_MAX,
        held=_held(rx, reader, everything=is_house_steward) if decides else (),
        flags=[
            (each, senders.get(each.actor_uri), _meant(rx, reader, each)) for each in open_flags
        ],
    )


def look_network(rx: Reader, reader: Actor, now_ms: int) -> Network:
    """What the network publishes: events to come, the latest statements and needs."""

    def latest(kind: str) -> list[Listed]:
        found = look_timeline(rx, reader, Wanted(kind=kind), most=LATELY_MAX + 2).items
        return [each.listed for each in found if each.listed.publication.author != reader.uri][
            :LATELY_MAX
        ]

    needs = sorted(
        [*latest("aid_request"), *latest("aid_offer")],
        key=lambda each: each.publication.published_at,
        reverse=True,
    )
    return Network(
        coming=_coming(rx, reader, now_ms),
        statements=latest("statement"),
        needs=needs[:LATELY_MAX],
        follows_somebody=follows.follows_somebody(rx, reader.uri),
        has_spoken=rx.one("SELECT 1 FROM publication WHERE author_uri = ? LIMIT 1", reader.uri)
        is not None,
    )


def concerns(rx: Reader, reader: Actor, said: Said) -> bool:
    """Whether what is held was said to this collective: it is named, or its words are answered."""
    publication = said.listed.publication
    if store.is_addressed(rx, publication.uri, reader.uri):
        return True
    if any(tag.kind == "mention" and tag.href == reader.uri for tag in publication.tags):
        return True
    return answers(rx, reader, said)


def answers(rx: Reader, reader: Actor, said: Said) -> bool:
    """Whether words of this collective are answered: whoever answers mentions it too, and that is what was noted."""
    above = said.listed.publication.in_reply_to
    parent = store.find(rx, above) if above else None
    return parent is not None and parent.author == reader.uri


def _meant(rx: Reader, reader: Actor, flag: Flag) -> list[Said]:
    """The publications that a report is about."""
    found = (find_said(rx, reader, uri) for uri in flag.objects[:3])
    return [each for each in found if each is not None]


def _told(rx: Reader, reader: Actor) -> tuple[list[Told], bool]:
    found: list[Told] = []
    unread = notifications.list_newest(rx, reader.uri, _UNREAD_LOOKED_AT, unread_only=True)
    for notice in unread:
        if notice.kind not in _ANSWERED or any(
            each.notice.about_uri == notice.about_uri for each in found
        ):
            continue
        said = find_said(rx, reader, notice.about_uri)
        if said is None:
            continue
        if len(found) == NOTICES_MAX:
            return found, True
        kind = "reply" if answers(rx, reader, said) else notice.kind
        found.append(Told(notice, kind, said))
    return found, False


def _held(rx: Reader, reader: Actor, *, everything: bool) -> list[Said]:
    found: list[Said] = []
    for each in store.list_held(rx, _HELD_LOOKED_AT):
        said = find_said(rx, reader, each.uri, held_too=True)
        if said is not None and (everything or concerns(rx, reader, said)):
            found.append(said)
        if len(found) == HELD_MAX:
            break
    return found


def _coming(rx: Reader, reader: Actor, now_ms: int) -> list[Listed]:
    rows = rx.all(
        f"SELECT {LISTED_COLUMNS} FROM event e JOIN publication p ON p.id = e.publication_id "
        "WHERE e.is_listed AND e.ends_at >= ? AND NOT p.is_held AND p.author_uri <> ? AND EXISTS "
        "(SELECT 1 FROM timeline_entry t WHERE t.actor_uri = ? AND t.publication_id = e.publication_id) "
        "ORDER BY e.ends_at, e.publication_id LIMIT ?",
        now_ms,
        reader.uri,
        reader.uri,
        COMING_MAX * 2,
    )
    readable = [each for each in listed_of(rx, rows) if may_read_here(rx, reader, each.publication)]
    return readable[:COMING_MAX]
