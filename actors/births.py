"""Making actors of our own: the server actor and collectives. Keys are made before the transaction, slow as they are."""

import asyncio
import re
from dataclasses import dataclass, replace

from actors import keys, store
from actors.model import ROLE_COLLECTIVE, ROLE_SERVER, Actor
from fedi.db.engine import Reader
from fedi.errors import Conflict, Invalid
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.text.direction import clean_line
from fedi.unit import Unit
from fedi.urls import part

USERNAME = re.compile(r"[a-z0-9_]{1,30}")
# Names that would read as our own addresses, or as the instance itself.
RESERVED = frozenset(
    {
        "actor",
        "inbox",
        "outbox",
        "static",
        "media",
        "tag",
        "about",
        "admin",
        "api",
        "healthz",
        "readyz",
    }
)


@dataclass(frozen=True, slots=True)
class NewCollective:
    """What is asked about a new collective. `username` is for addresses, `name` for people, in any script."""

    username: str
    name: str
    summary: str = ""
    summary_source: str | None = None
    language: str | None = None
    type: str = "Group"
    approves_followers: bool = False


def check_username(username: str) -> str:
    """The user name as it will be stored. Raises Invalid when Mastodon could not read it (wire 1.2)."""
    name = username.strip().removeprefix("@").lower()
    if not USERNAME.fullmatch(name):
        raise Invalid("actor.username_form", field="username")
    if name in RESERVED:
        raise Invalid("actor.username_reserved", field="username")
    return name


async def add_collective(instance: Instance, wanted: NewCollective) -> Actor:
    """Create a collective with its keys. Raises Invalid for a bad name, Conflict when the name is taken."""
    username = check_username(wanted.username)
    name = clean_line(wanted.name, 200)
    if not name:
        raise Invalid("actor.name_missing", field="name")
    pair = await asyncio.to_thread(instance.new_keys)

    def create(unit: Unit) -> Actor:
        if store.find_local(unit.tx, username) is not None:
            raise Conflict("actor.username_taken", detail=username)
        uri = unit.urls.actor(new_public_id(unit.told))
        actor = Actor(
            uri=uri,
            host=unit.urls.host,
            role=ROLE_COLLECTIVE,
            type=wanted.type,
            username=username,
            name=name,
            summary=wanted.summary,
            summary_source=wanted.summary_source,
            url=unit.urls.actor_page(username),
            language=wanted.language,
            discoverable=True,
            indexable=True,
            approves_followers=wanted.approves_followers,
            published_at=unit.told,
            inbox=part(uri, "inbox"),
        )
        return _settle_in(unit, actor, instance.keyring.secret, pair)

    return await instance.change(create)


def is_unknown(rx: Reader, actor: Actor) -> bool:
    """Whether nobody can know this collective yet: it published nothing, follows nobody, and nobody follows it."""
    return (
        rx.one("SELECT 1 FROM publication WHERE author_uri = ? LIMIT 1", actor.uri) is None
        and rx.one("SELECT 1 FROM follow WHERE followed_uri = ? LIMIT 1", actor.uri) is None
        and rx.one("SELECT 1 FROM follow WHERE follower_uri = ? LIMIT 1", actor.uri) is None
    )


def name_anew(unit: Unit, actor: Actor, wanted: NewCollective) -> Actor:
    """Say everything of a collective again, its user name too. Raises Invalid, and Conflict once others can know the old name."""
    username = check_username(wanted.username)
    name = clean_line(wanted.name, 200)
    if not name:
        raise Invalid("actor.name_missing", field="name")
    if username != actor.username:
        if not is_unknown(unit.tx, actor):
            raise Conflict("actor.username_fixed", detail=username)
        if store.find_local(unit.tx, username) is not None:
            raise Conflict("actor.username_taken", detail=username)
    renamed = replace(
        actor,
        username=username,
        url=unit.urls.actor_page(username),
        name=name,
        summary=wanted.summary,
        summary_source=wanted.summary_source,
        language=wanted.language,
    )
    store.save(unit, renamed)
    unit.touched.add(actor.uri)
    return renamed


async def ensure_server_actor(instance: Instance) -> Actor:
    """The actor that signs our fetches, made on the first start."""

    def look(rx: Reader) -> bool:
        return rx.one("SELECT 1 FROM actor WHERE role = ?", ROLE_SERVER) is not None

    if await instance.look(look):
        return await instance.look(store.load_server_actor)
    pair = await asyncio.to_thread(instance.new_keys)

    def create(unit: Unit) -> Actor:
        uri = unit.urls.server_actor()
        actor = Actor(
            uri=uri,
            host=unit.urls.host,
            role=ROLE_SERVER,
            type="Application",
            username=unit.urls.host.partition(":")[0],
            name=unit.urls.host,
            summary="",
            url=f"{unit.urls.base}/about",
            approves_followers=True,
            published_at=unit.told,
            inbox=part(uri, "inbox"),
        )
        return _settle_in(unit, actor, instance.keyring.secret, pair)

    return await instance.change(create)


def _settle_in(unit: Unit, actor: Actor, secret: bytes, pair: tuple[bytes, bytes]) -> Actor:
    """Give an actor of ours its collections and keys, and store it."""
    settled = replace(
        actor,
        outbox=part(actor.uri, "outbox"),
        followers=part(actor.uri, "followers"),
        following=part(actor.uri, "following"),
        featured=part(actor.uri, "featured"),
        shared_inbox=unit.urls.shared_inbox(),
    )
    store.save(unit, settled)
    keys.save_pair(unit, secret, settled.uri, pair)
    return settled
