"""The collectives of this instance: making one, listing them, changing what one says of itself."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any

from actors import follows, journal, store
from actors.births import NewCollective, add_collective
from actors.model import Actor, ActorImage, ProfileField
from fedi.config import LANGUAGES
from fedi.db.engine import Reader
from fedi.desk import pictures
from fedi.desk.details import Reading
from fedi.desk.order import Order, Result, Unfit, choice
from fedi.desk.pictures import ALT_MAX, Kept
from fedi.desk.speaker import load_speaker
from fedi.desk.wishes import Picture
from fedi.errors import Invalid
from fedi.instance import Instance
from fedi.media import store as media_store
from fedi.media.shape import Shape
from fedi.text.links import checked_link
from fedi.text.subset import TEXT_BYTES_MAX
from fedi.unit import Unit
from outbox.actions.update import update_actor

TYPES = ("Group", "Organization")
NAME_MAX = 200
SUMMARY_BYTES_MAX = min(20_000, TEXT_BYTES_MAX)
FIRST_USERNAME = "collective"
FIELDS_MAX = 8
FIELD_NAME_MAX = 60
FIELD_VALUE_MAX = 300
MIDDLE = (0.0, 0.0)
# rel=me: whoever is linked and links back is the same (as Mastodon checks it)
_LINK_REL = "me nofollow noopener noreferrer"


class AddOrder(Order, frozen=True, kw_only=True):
    """A new collective. `summary` is Markdown; `type` and `approves_followers` None: as the settings say."""

    username: str
    name: str = ""
    summary: str = ""
    language: str = ""
    type: str = ""
    approves_followers: bool | None = None


class SetOrder(Order, frozen=True, kw_only=True):
    """Change a collective; None leaves it as it is. The user name cannot be changed: addresses were built from it.

    `avatar`, `header`: a new picture, empty to take it away; `avatar_alt`, `header_alt`: what the pictures show; `avatar_focal`,
    `header_focal`: the point around which a new one is cut, to a square and to three times as wide as high. `fields`:
    all lines of the profile, name and value. `person`: who asks, by number, 0 for the command line.
    """

    actor: str = ""
    name: str | None = None
    summary: str | None = None
    language: str | None = None
    type: str | None = None
    approves_followers: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    avatar: bytes | None = None
    avatar_alt: str | None = None
    header: bytes | None = None
    header_alt: str | None = None
    avatar_focal: tuple[float, float] | None = None
    header_focal: tuple[float, float] | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    person: int = 0


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
    """Change what a collective says of itself, and tell its followers. Raises Unfit, NotFound, Unavailable."""
    reading = Reading()
    changes = _changes(reading, instance, order)
    for name in ("avatar", "header"):
        reading.line(getattr(order, f"{name}_alt") or "", f"{name}_alt", ALT_MAX)
    if reading.problems:
        raise Unfit(reading.problems)
    if not changes and not _has_images(order):
        raise Invalid("desk.nothing_to_change")
    ours = await instance.look(lambda rx: load_speaker(rx, order.actor))
    kept = await _keep_images(instance, ours, order)

    def work(unit: Unit) -> Collective:
        actor = replace(load_speaker(unit.tx, order.actor), **changes)
        actor = _with_images(unit, actor, order, kept)
        if order.person:
            journal.note(unit, actor.uri, order.person, "journal.profile_changed", actor.username)
        return _shown(unit.tx, update_actor(unit, actor))

    try:
        return await instance.change(work)
    except BaseException:
        await pictures.forget(instance, list(kept.values()))
        raise


def _has_images(order: SetOrder) -> bool:
    return any(
        each is not None
        for each in (order.avatar, order.avatar_alt, order.header, order.header_alt)
    )


async def _keep_images(instance: Instance, ours: Actor, order: SetOrder) -> dict[str, Kept]:
    """The new pictures in the storage, by name. Raises Unfit."""
    wanted = [
        Picture(content=content, alt=alt or "", name=name)
        for name, content, alt in (
            ("avatar", order.avatar, order.avatar_alt),
            ("header", order.header, order.header_alt),
        )
        if content
    ]
    shapes = {
        "avatar": Shape(1, 1, order.avatar_focal or MIDDLE),
        "header": Shape(3, 1, order.header_focal or MIDDLE),
    }
    kept = await pictures.keep(instance, ours, wanted, has_banner=False, shapes=shapes)
    return {each.name: one for each, one in zip(wanted, kept, strict=True)}


def _with_images(unit: Unit, actor: Actor, order: SetOrder, kept: dict[str, Kept]) -> Actor:
    """The actor with its new pictures; the old ones are noted as no longer shown."""
    found: dict[str, ActorImage | None] = {"avatar": actor.icon, "header": actor.image}
    for name, before in list(found.items()):
        alt = getattr(order, f"{name}_alt")
        if name in kept:
            one = kept[name]
            media_store.insert(unit, one.file)
            found[name] = ActorImage(one.attachment.url, one.file.media_type, one.file.alt)
        elif getattr(order, name) is not None:
            found[name] = None
        elif before is not None and alt is not None:
            found[name] = replace(before, alt=alt.strip() or None)
        if before is not None and (now := found[name]) is not None and now.url == before.url:
            continue
        if before is not None:
            media_store.note_withdrawn(unit, [before.url])
    return replace(actor, icon=found["avatar"], image=found["header"])


def field_of(name: str, value: str) -> ProfileField:
    """A line of a profile: an address becomes a link that says it is ours too."""
    link = checked_link(value)
    if link is None or link.lower().startswith("mailto:"):
        return ProfileField(name, escape(value))
    text = escape(link)
    return ProfileField(name, f'<a href="{text}" rel="{_LINK_REL}">{text}</a>')


def _fields(reading: Reading, wanted: Sequence[tuple[str, str]]) -> tuple[ProfileField, ...]:
    found: list[ProfileField] = []
    for number, (name, value) in enumerate(wanted, 1):
        said = reading.line(name, f"field_name_{number}", FIELD_NAME_MAX)
        meant = reading.line(value, f"field_value_{number}", FIELD_VALUE_MAX)
        if said and meant:
            found.append(field_of(said, meant))
        elif said or meant:
            missing = f"field_value_{number}" if said else f"field_name_{number}"
            reading.wrong(missing, "profile.field_half")
    if len(found) > FIELDS_MAX:
        reading.wrong("fields", "profile.fields_many", limit=FIELDS_MAX)
    return tuple(found)


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
    if order.fields is not None:
        changes["fields"] = _fields(reading, order.fields)
    return changes


def _summary(reading: Reading, instance: Instance, source: str) -> str:
    if "\x00" in source:
        reading.wrong("summary", "desk.not_text")
        return ""
    if len(source.encode()) > SUMMARY_BYTES_MAX:
        reading.wrong("summary", "desk.text_too_long", limit=SUMMARY_BYTES_MAX // 1000)
        return ""
    from fedi.text.markup import render  # noqa: PLC0415 - a server that starts has nobody's words to set yet

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
