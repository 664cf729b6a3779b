"""The table of actors, ours and others'. Owner of `actor`."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from actors.model import ROLE_COLLECTIVE, ROLE_REMOTE, ROLE_SERVER, Actor, ActorImage, ProfileField
from fedi import chores
from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row, marks
from fedi.errors import NotFound
from fedi.ids import new_row_id
from fedi.unit import Unit

_WRITTEN = (
    "uri, host, role, type, username, name, summary, inbox, summary_source, url, shared_inbox, outbox, followers, "
    "following, featured, icon, image, fields, aliases, moved_to, language, discoverable, indexable, "
    "approves_followers, published_at, updated_at, fetched_at, deleted_at, followers_told"
)
# A handle is confirmed apart from what a document says.
COLUMNS = f"{_WRITTEN}, handle, former_handle"
_fields = msgspec.json.Decoder(tuple[tuple[str, str], ...])
_aliases = msgspec.json.Decoder(tuple[str, ...])
_NAMES = tuple(name.strip() for name in _WRITTEN.split(","))
_UPSERT = (
    f"INSERT INTO actor (id, seen_at, {_WRITTEN}) VALUES ({marks(len(_NAMES) + 2)}) ON CONFLICT (uri) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name not in ("uri", "role"))
    # another name is nobody's handle until it is confirmed
    + ", handle = CASE WHEN actor.username = excluded.username THEN actor.handle END"
    ", former_handle = CASE WHEN actor.username = excluded.username THEN actor.former_handle "
    "ELSE COALESCE(actor.handle, actor.former_handle) END"
    ", handle_due_at = CASE WHEN actor.username = excluded.username THEN actor.handle_due_at ELSE 0 END"
)
# A name is asked for again ever more seldom; a host that answers and says no is not asked for a day at least.
_HANDLE_AGAIN: Final = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=7),
    timedelta(days=30),
)
_REFUSED_FROM: Final = 2
HANDLES_WAITING_MAX: Final = 2_000


def actor_of(row: Row) -> Actor:
    """The actor of a row selected with `COLUMNS`."""
    return Actor(
        uri=row[0],
        host=row[1],
        role=row[2],
        type=row[3],
        username=row[4],
        name=row[5],
        summary=row[6],
        inbox=row[7],
        summary_source=row[8],
        url=row[9],
        shared_inbox=row[10],
        outbox=row[11],
        followers=row[12],
        following=row[13],
        featured=row[14],
        icon=_image_of(row[15]),
        image=_image_of(row[16]),
        fields=tuple(ProfileField(name, value) for name, value in _fields.decode(row[17])),
        aliases=_aliases.decode(row[18]),
        moved_to=row[19],
        language=row[20],
        discoverable=bool(row[21]),
        indexable=bool(row[22]),
        approves_followers=bool(row[23]),
        published_at=_moment(row[24]),
        updated_at=_moment(row[25]),
        fetched_at=_moment(row[26]),
        deleted_at=_moment(row[27]),
        followers_told=row[28],
        confirmed=row[29] or "",
        formerly=row[30] or "",
    )


def find(rx: Reader, uri: str) -> Actor | None:
    """The actor with this id, deleted or not."""
    row = rx.one(f"SELECT {COLUMNS} FROM actor WHERE uri = ?", uri)
    return actor_of(row) if row else None


def is_known(rx: Reader, uri: str) -> bool:
    """Whether there is an actor with this id, deleted or not."""
    return rx.one("SELECT 1 FROM actor WHERE uri = ?", uri) is not None


def is_host_known(rx: Reader, host: str) -> bool:
    """Whether anybody of this host is known."""
    return rx.one("SELECT 1 FROM actor WHERE host = ? LIMIT 1", host) is not None


def load(rx: Reader, uri: str) -> Actor:
    """Like `find`; raises NotFound."""
    actor = find(rx, uri)
    if actor is None:
        raise NotFound("error.actor_not_found", detail=uri)
    return actor


def find_local(rx: Reader, username: str) -> Actor | None:
    """Our actor with this user name, in any case of letters."""
    row = rx.one(
        f"SELECT {COLUMNS} FROM actor WHERE username = ? AND role <> 'remote'", username.lower()
    )
    return actor_of(row) if row else None


def load_server_actor(rx: Reader) -> Actor:
    """The actor that signs our fetches."""
    row = rx.one(f"SELECT {COLUMNS} FROM actor WHERE role = ?", ROLE_SERVER)
    if row is None:
        raise NotFound("error.actor_not_found", detail="server actor")
    return actor_of(row)


def find_by_handle(rx: Reader, username: str, host: str) -> Actor | None:
    """Who bears this handle, as both hosts said; of this instance, whose user name it is."""
    row = rx.one(
        f"SELECT {COLUMNS} FROM actor WHERE handle = ? AND deleted_at IS NULL LIMIT 1",
        f"{username}@{host}".lower(),
    ) or rx.one(
        f"SELECT {COLUMNS} FROM actor WHERE username = ? AND host = ? AND role <> 'remote' AND deleted_at IS NULL",
        username.lower(),
        host.lower(),
    )
    return actor_of(row) if row else None


def list_bearers(rx: Reader, handle: str) -> Sequence[str]:
    """The ids of those elsewhere under whose name this handle is noted."""
    return [row[0] for row in rx.all("SELECT uri FROM actor WHERE handle = ?", handle.lower())]


def list_unnamed(rx: Reader, now: datetime, most: int) -> Sequence[str]:
    """Those with a relation to one of ours whose handle is not confirmed and may be asked for."""
    rows = rx.all(
        "SELECT a.uri FROM actor a WHERE a.handle IS NULL AND a.handle_due_at <= ? AND a.role = 'remote' "
        "AND a.deleted_at IS NULL AND (EXISTS (SELECT 1 FROM follow f WHERE f.follower_uri = a.uri) "
        "OR EXISTS (SELECT 1 FROM follow f WHERE f.followed_uri = a.uri)) ORDER BY a.handle_due_at LIMIT ?",
        to_ms(now),
        most,
    )
    return [row[0] for row in rows]


def want_handle(unit: Unit, uri: str) -> None:
    """Have the handle of somebody elsewhere asked for when there is time, unless it is known or may not be asked for yet."""
    if uri in unit.named:
        return
    unit.named.add(uri)
    row = unit.tx.one(
        "SELECT 1 FROM actor WHERE uri = ? AND role = 'remote' AND handle IS NULL AND deleted_at IS NULL "
        "AND handle_due_at <= ?",
        uri,
        unit.now_ms,
    )
    if row is not None:
        chores.add_if_few(unit, chores.HANDLE, uri, HANDLES_WAITING_MAX, unit.spread())


def confirm_handle(unit: Unit, uri: str, handle: str, quiet: timedelta) -> bool:
    """Note the handle that both hosts confirmed. Whether it is another than before, and none was another lately (`quiet`)."""
    unit.named.discard(uri)
    new = handle.lower()
    row = unit.tx.one(
        "SELECT handle, former_handle, handle_changed_at FROM actor WHERE uri = ?", uri
    )
    before = (row[0] or row[1]) if row is not None else None
    is_changed = before is not None and before != new
    unit.tx.run(
        "UPDATE actor SET handle = ?, former_handle = ?, handle_changed_at = ?, handle_due_at = 0, handle_failures = 0 "
        "WHERE uri = ?",
        new,
        before if is_changed else row[1] if row is not None and row[1] != new else None,
        unit.now_ms if is_changed else row[2] if row is not None else None,
        uri,
    )
    unit.touched.add(uri)
    is_first = row is None or row[2] is None or row[2] <= to_ms(unit.now - quiet)
    return is_changed and is_first


def lose_handle(unit: Unit, uri: str) -> None:
    """Somebody else bears the name now: this one goes by its address until its own host says how it is called."""
    unit.named.discard(uri)
    unit.tx.run(
        "UPDATE actor SET former_handle = COALESCE(handle, former_handle), handle = NULL, handle_due_at = 0 WHERE uri = ?",
        uri,
    )
    unit.touched.add(uri)


def fail_handle(unit: Unit, uri: str, *, is_refused: bool) -> None:
    """The handle could not be confirmed: a while until it is asked for again. `is_refused`: its hosts answered, and said no."""
    unit.named.discard(uri)
    row = unit.tx.one("SELECT handle_failures FROM actor WHERE uri = ?", uri)
    step = max(int(row[0]) if row else 0, _REFUSED_FROM if is_refused else 0)
    after = _HANDLE_AGAIN[min(step, len(_HANDLE_AGAIN) - 1)]
    unit.tx.run(
        "UPDATE actor SET handle_failures = ?, handle_due_at = ? WHERE uri = ?",
        min(step + 1, len(_HANDLE_AGAIN)),
        to_ms(unit.now + after),
        uri,
    )


def list_collectives(rx: Reader) -> Sequence[Actor]:
    """Our living collectives, oldest first."""
    rows = rx.all(
        f"SELECT {COLUMNS} FROM actor WHERE role = ? AND deleted_at IS NULL ORDER BY COALESCE(published_at, 0), id",
        ROLE_COLLECTIVE,
    )
    return [actor_of(row) for row in rows]


def list_by_uri(rx: Reader, uris: Sequence[str]) -> dict[str, Actor]:
    """The actors among `uris` that are known, by id."""
    if not uris:
        return {}
    rows = rx.all(f"SELECT {COLUMNS} FROM actor WHERE uri IN ({marks(len(uris))})", *uris)
    return {row[0]: actor_of(row) for row in rows}


def collectives_among(rx: Reader, uris: Sequence[str]) -> set[str]:
    """Which of `uris` are collectives of ours."""
    if not uris:
        return set()
    rows = rx.all(
        f"SELECT uri FROM actor WHERE uri IN ({marks(len(uris))}) AND role = 'collective'", *uris
    )
    return {row[0] for row in rows}


def save(unit: Unit, actor: Actor) -> None:
    """Insert the actor or replace what is known of it. A local row is never overwritten by a remote document (S31)."""
    assert actor.role != ROLE_REMOTE or not unit.urls.is_ours(actor.uri)
    unit.named.discard(actor.uri)
    unit.tx.run(_UPSERT, new_row_id(unit.now), unit.now_ms, *_values_of(actor))
    unit.touched.add(actor.uri)


def mark_deleted(unit: Unit, uri: str) -> None:
    """Keep the row, so that the id stays dead; forget what it said of itself."""
    unit.touched.add(uri)
    unit.tx.run(
        "UPDATE actor SET deleted_at = ?, name = '', summary = '', summary_source = NULL, icon = NULL, image = NULL, "
        "fields = '[]' WHERE uri = ?",
        unit.now_ms,
        uri,
    )


def forget(unit: Unit, uri: str) -> None:
    """Nothing here is about this actor elsewhere any more: as if it had never been heard of."""
    unit.touched.add(uri)
    unit.tx.run("DELETE FROM actor WHERE uri = ? AND role = 'remote'", uri)


def _values_of(actor: Actor) -> tuple[Any, ...]:
    return (
        actor.uri,
        actor.host,
        actor.role,
        actor.type,
        actor.username,
        actor.name,
        actor.summary,
        actor.inbox,
        actor.summary_source,
        actor.url,
        actor.shared_inbox,
        actor.outbox,
        actor.followers,
        actor.following,
        actor.featured,
        _image_text(actor.icon),
        _image_text(actor.image),
        json.dumps([(each.name, each.value) for each in actor.fields], ensure_ascii=False),
        json.dumps(actor.aliases),
        actor.moved_to,
        actor.language,
        actor.discoverable,
        actor.indexable,
        actor.approves_followers,
        _ms(actor.published_at),
        _ms(actor.updated_at),
        _ms(actor.fetched_at),
        _ms(actor.deleted_at),
        actor.followers_told,
    )


def _image_of(text: str | None) -> ActorImage | None:
    return ActorImage(*json.loads(text)) if text else None


def _image_text(image: ActorImage | None) -> str | None:
    return (
        json.dumps((image.url, image.media_type, image.alt), ensure_ascii=False) if image else None
    )


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)
