"""Images that come with a publication: prepared, then kept, then attached. Nothing is kept when one of them is refused."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from actors.model import Actor
from fedi.db.engine import Reader
from fedi.desk.details import Reading
from fedi.desk.order import Notice, Unfit
from fedi.desk.wishes import KeptPicture, Picture
from fedi.errors import Invalid, Unavailable
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.media import store as media_store
from fedi.media.intake import Prepared, prepare
from fedi.media.places import aside
from fedi.media.shape import Shape
from fedi.media.store import MediaFile
from fedi.publications.model import Attachment, Role
from fedi.text.direction import clean_line
from fedi.urls import Urls

PICTURES_MAX: Final = 8
PICTURES_BYTES_MAX: Final = 20 * 1024 * 1024
ALT_MAX: Final = 1500


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture in the storage, not yet in the database."""

    file: MediaFile
    attachment: Attachment


def check(
    reading: Reading, pictures: Sequence[Picture], already: Sequence[KeptPicture] = ()
) -> None:
    """Number and size, before anything is decoded; tells which have no description. `already`: those kept before."""
    if len(pictures) + len(already) > PICTURES_MAX:
        reading.wrong("pictures", "desk.pictures_many", limit=PICTURES_MAX)
    if sum(len(each.content) for each in pictures) > PICTURES_BYTES_MAX:
        reading.wrong("pictures", "desk.pictures_heavy", limit=PICTURES_BYTES_MAX // 1024 // 1024)
    told = [(each.alt, f"#{number}") for number, each in enumerate(already, 1)]
    told += [(each.alt, _name(each, number)) for number, each in enumerate(pictures, len(told) + 1)]
    for alt, name in told:
        reading.line(alt, "alt", ALT_MAX)
        if not alt.strip():
            reading.notices.append(Notice("desk.alt_missing", {"name": name}, "alt"))


def attached(
    rx: Reader,
    reading: Reading,
    owner: Actor,
    urls: Urls,
    kept: Sequence[KeptPicture],
    *,
    has_banner: bool,
) -> tuple[Attachment, ...]:
    """Pictures that are kept here already, as attachments. One that is not there, or not of this owner, is a mistake."""
    found: list[Attachment] = []
    for number, each in enumerate(kept):
        file = media_store.find(rx, each.key[:100])
        if file is None or file.owner_uri != owner.uri:
            reading.wrong("pictures", "desk.picture_absent", n=number + 1)
            continue
        found.append(
            Attachment(
                url=urls.media(file.key),
                media_type=file.media_type,
                alt=clean_line(each.alt, ALT_MAX) or None,
                width=file.width,
                height=file.height,
                blurhash=file.blurhash,
                focal=_within(each.focal),
                role="banner" if has_banner and number == 0 else "image",
            )
        )
    return tuple(found)


async def keep(
    instance: Instance,
    owner: Actor,
    pictures: Sequence[Picture],
    *,
    has_banner: bool,
    shapes: Mapping[str, Shape] | None = None,
) -> list[Kept]:
    """Decode, write anew and store every picture. Raises Unfit naming those that cannot be read, Unavailable.

    `shapes`: what is cut out, by the names of the pictures.
    """
    prepared: list[Prepared] = []
    reading = Reading()
    for number, picture in enumerate(pictures, 1):
        try:
            prepared.append(await prepare(picture.content, (shapes or {}).get(picture.name)))
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


async def keep_for_draft(
    instance: Instance, owner: Actor, pictures: Sequence[Picture], already: int
) -> list[Kept]:
    """The same for a draft that has so many `already`: their descriptions may come later. Raises Unfit, Unavailable."""
    reading = Reading()
    check(reading, pictures, [KeptPicture(key="")] * already if pictures else ())
    if reading.problems:
        raise Unfit(reading.problems)
    return await keep(instance, owner, pictures, has_banner=False)


async def forget(instance: Instance, kept: Sequence[Kept]) -> None:
    """Take pictures out of the storage again: what they belonged to did not come about."""
    for each in kept:
        # what cannot be reached now is found among what nobody refers to
        with suppress(Unavailable):
            await aside(instance.media.delete, each.file.key)
            if each.file.small_key:
                await aside(instance.media.delete, each.file.small_key)


async def _store(
    instance: Instance, owner: Actor, picture: Picture, prepared: Prepared, role: Role
) -> Kept:
    public_id = new_public_id(instance.told_now)
    key = f"{public_id}.{prepared.extension}"
    small = prepared.previews[0]
    small_key = f"{public_id}-small.{small.extension}"
    await aside(instance.media.put, key, prepared.content, prepared.media_type)
    await aside(instance.media.put, small_key, small.content, small.media_type)
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
        focal=_within(picture.focal),
        role=role,
    )
    return Kept(file, attachment)


def _within(focal: tuple[float, float] | None) -> tuple[float, float] | None:
    return focal if focal is not None and all(-1 <= part <= 1 for part in focal) else None


def _name(picture: Picture, number: int) -> str:
    return clean_line(picture.name, 60) or f"#{number}"
