"""Images that come with a publication: prepared, then kept, then attached. Nothing is kept when one of them is refused."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actors.model import Actor
from fedi.desk.details import Reading
from fedi.desk.order import Notice, Unfit
from fedi.desk.wishes import Picture
from fedi.errors import Invalid
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.media.intake import Prepared, prepare
from fedi.media.store import MediaFile
from fedi.publications.model import Attachment, Role
from fedi.text.direction import clean_line

PICTURES_MAX: Final = 8
PICTURES_BYTES_MAX: Final = 20 * 1024 * 1024
ALT_MAX: Final = 1500


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture in the storage, not yet in the database."""

    file: MediaFile
    attachment: Attachment


def check(reading: Reading, pictures: Sequence[Picture]) -> None:
    """Number and size, before anything is decoded; tells which have no description."""
    if len(pictures) > PICTURES_MAX:
        reading.wrong("pictures", "desk.pictures_many", limit=PICTURES_MAX)
    if sum(len(each.content) for each in pictures) > PICTURES_BYTES_MAX:
        reading.wrong("pictures", "desk.pictures_heavy", limit=PICTURES_BYTES_MAX // 1024 // 1024)
    for number, picture in enumerate(pictures, 1):
        reading.line(picture.alt, "alt", ALT_MAX)
        if not picture.alt.strip():
            name = _name(picture, number)
            reading.notices.append(Notice("desk.alt_missing", {"name": name}, "alt"))


async def keep(
    instance: Instance, owner: Actor, pictures: Sequence[Picture], *, has_banner: bool
) -> list[Kept]:
    """Decode, write anew and store every picture. Raises Unfit naming those that cannot be read, Unavailable."""
    prepared: list[Prepared] = []
    reading = Reading()
    for number, picture in enumerate(pictures, 1):
        try:
            prepared.append(await prepare(picture.content))
        except Invalid as refusal:
            reading.wrong(_name(picture, number), refusal.message_key, **refusal.values)
    if reading.problems:
        raise Unfit(reading.problems)
    kept: list[Kept] = []
    try:
        for number, (picture, each) in enumerate(zip(pictures, prepared, strict=True)):
            role: Role = "banner" if has_banner and number == 0 else "image"
            kept.append(await _store(instance, owner, picture, each, role))
    except BaseException:
        await forget(instance, kept)
        raise
    return kept


async def forget(instance: Instance, kept: Sequence[Kept]) -> None:
    """Take pictures out of the storage again: what they belonged to did not come about."""
    for each in kept:
        await asyncio.to_thread(instance.media.delete, each.file.key)
        if each.file.small_key:
            await asyncio.to_thread(instance.media.delete, each.file.small_key)


async def _store(
    instance: Instance, owner: Actor, picture: Picture, prepared: Prepared, role: Role
) -> Kept:
    public_id = new_public_id(instance.clock.now())
    key = f"{public_id}.{prepared.extension}"
    small = prepared.previews[0]
    small_key = f"{public_id}-small.{small.extension}"
    await asyncio.to_thread(instance.media.put, key, prepared.content, prepared.media_type)
    await asyncio.to_thread(instance.media.put, small_key, small.content, small.media_type)
    alt = clean_line(picture.alt, ALT_MAX) or None
    file = MediaFile(
        key=key,
        small_key=small_key,
        owner_uri=owner.uri,
        media_type=prepared.media_type,
        size_bytes=len(prepared.content) + len(small.content),
        width=prepared.width,
        height=prepared.height,
        blurhash=prepared.blurhash,
        alt=alt,
    )
    attachment = Attachment(
        url=instance.urls.media(key),
        media_type=prepared.media_type,
        alt=alt,
        width=prepared.width,
        height=prepared.height,
        blurhash=prepared.blurhash,
        role=role,
    )
    return Kept(file, attachment)


def _name(picture: Picture, number: int) -> str:
    return clean_line(picture.name, 60) or f"#{number}"
