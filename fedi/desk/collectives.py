"""The collectives of this instance: making one, listing them, changing what one says of itself."""

from dataclasses import replace
from typing import Any

from actors import follows, store
from actors.births import NewCollective, add_collective
from actors.model import Actor
from fedi.config import LANGUAGES
from fedi.db.engine import Reader
from fedi.desk.details import Reading
from fedi.desk.order import Order, Result, Unfit, choice
from fedi.desk.speaker import load_speaker
from fedi.errors import Invalid
from fedi.instance import Instance
from fedi.text.markup import render
from fedi.text.subset import TEXT_BYTES_MAX
from fedi.unit import Unit
from outbox.actions.update import update_actor

TYPES = ("Group", "Organization")
NAME_MAX = 200
SUMMARY_BYTES_MAX = min(20_000, TEXT_BYTES_MAX)
FIRST_USERNAME = "collective"


class AddOrder(Order, frozen=True, kw_only=True):
    """A new collective. `summary` is Markdown; `type` and `approves_followers` None: as the settings say."""

    username: str
    name: str = ""
    summary: str = ""
    language: str = ""
    type: str = ""
    approves_followers: bool | None = None


class SetOrder(Order, frozen=True, kw_only=True):
    """Change a collective; None leaves it as it is. The user name cannot be changed: addresses were built from it."""

    actor: str = ""
    name: str | None = None
    summary: str | None = None
    language: str | None = None
    type: str | None = None
    approves_followers: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None


class NoOrder(Order, frozen=True, kw_only=True):
    """Nothing more to say."""


class Collective(Result, frozen=True, kw_only=True):
    """A collective of ours."""

    username: str
    handle: str
    uri: str
    url: str
    name: str
    type: str
    language: str
    approves_followers: bool
    followers: int


class Collectives(Result, frozen=True, kw_only=True):
    """All of ours, the oldest first."""

    collectives: list[Collective]


async def add(instance: Instance, order: AddOrder) -> Collective:
    """A new collective with its keys. Raises Unfit, Invalid, Conflict when the user name is taken."""
    reading = Reading()
    name = reading.line(order.name, "name", NAME_MAX) or order.username
    summary = _summary(reading, instance, order.summary)
    language = _language(reading, order.language)
    if reading.problems:
        raise Unfit(reading.problems)
    settings = instance.config.instance
    approves = order.approves_followers
    wanted = NewCollective(
        username=order.username,
        name=name,
        summary=summary,
        summary_source=order.summary or None,
        language=language or settings.language,
        type=choice(order.type or settings.actor_type, TYPES, "type"),
        approves_followers=settings.posture != "open" if approves is None else approves,
    )
    actor = await add_collective(instance, wanted)
    return await instance.look(lambda rx: _shown(rx, actor))


async def add_first(instance: Instance) -> Collective | None:
    """The collective that an instance begins with; None when there is one already."""
    if await instance.look(store.list_collectives):
        return None
    return await add(
        instance, AddOrder(username=FIRST_USERNAME, name=instance.config.instance.name)
    )


async def list_all(instance: Instance, _order: NoOrder) -> Collectives:
    """Every collective of ours."""
    return await instance.look(
        lambda rx: Collectives(
            collectives=[_shown(rx, actor) for actor in store.list_collectives(rx)]
        )
    )


async def change(instance: Instance, order: SetOrder) -> Collective:
    """Change what a collective says of itself, and tell its followers. Raises Unfit, NotFound."""
    reading = Reading()
    changes = _changes(reading, instance, order)
    if reading.problems:
        raise Unfit(reading.problems)
    if not changes:
        raise Invalid("desk.nothing_to_change")

    def work(unit: Unit) -> Collective:
        actor = load_speaker(unit.tx, order.actor)
        return _shown(unit.tx, update_actor(unit, replace(actor, **changes)))

    return await instance.change(work)


def _changes(reading: Reading, instance: Instance, order: SetOrder) -> dict[str, Any]:
    changes: dict[str, Any] = {
        name: getattr(order, name)
        for name in ("approves_followers", "discoverable", "indexable")
        if getattr(order, name) is not None
    }
    if order.name is not None:
        changes["name"] = reading.line(order.name, "name", NAME_MAX)
        if not changes["name"] and not reading.problems:
            reading.wrong("name", "actor.name_missing")
    if order.summary is not None:
        changes["summary"] = _summary(reading, instance, order.summary)
        changes["summary_source"] = order.summary or None
    if order.language is not None:
        changes["language"] = _language(reading, order.language)
    if order.type is not None:
        changes["type"] = choice(order.type, TYPES, "type")
    return changes


def _summary(reading: Reading, instance: Instance, source: str) -> str:
    if "\x00" in source:
        reading.wrong("summary", "desk.not_text")
        return ""
    if len(source.encode()) > SUMMARY_BYTES_MAX:
        reading.wrong("summary", "desk.text_too_long", limit=SUMMARY_BYTES_MAX // 1000)
        return ""
    return render(source, mention_link=lambda _: None, hashtag_url=instance.urls.hashtag)


def _language(reading: Reading, language: str) -> str | None:
    if language and language not in LANGUAGES:
        reading.wrong("language", "desk.choice", value=language[:35], allowed=", ".join(LANGUAGES))
    return language or None


def _shown(rx: Reader, actor: Actor) -> Collective:
    return Collective(
        username=actor.username,
        handle=actor.handle,
        uri=actor.uri,
        url=actor.url or actor.uri,
        name=actor.name,
        type=actor.type,
        language=actor.language or "",
        approves_followers=actor.approves_followers,
        followers=follows.count_followers(rx, actor.uri),
    )
