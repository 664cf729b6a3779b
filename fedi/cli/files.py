"""What commands read: texts and images from files or standard input, with limits and clear refusals."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import click

from fedi.cli.speech import t
from fedi.desk.pictures import PICTURES_BYTES_MAX
from fedi.desk.wishes import Picture, Words
from fedi.errors import Invalid
from fedi.media.intake import UPLOAD_BYTES_MAX
from fedi.text.subset import TEXT_BYTES_MAX

STANDARD_INPUT: Final = "-"
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_TAGGED: Final = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4})=(.*)", re.DOTALL)


@dataclass(slots=True)
class _Group:
    title: str | None = None
    source: str | None = None
    abstract: str | None = None


@dataclass(slots=True)
class _Groups:
    """Words by language in the order they were named; "" is the language of `--lang`."""

    found: dict[str, _Group] = field(default_factory=dict)

    def put(self, part: str, option: str, values: Sequence[str]) -> None:
        for value in values:
            language, rest = split_language(value)
            group = self.found.setdefault(language, _Group())
            if getattr(group, part) is not None:
                raise click.UsageError(t("cli.usage.twice", option=option))
            setattr(group, part, rest)


def split_language(value: str) -> tuple[str, str]:
    """`ar=نص` → ("ar", "نص"); anything else belongs to the usual language."""
    found = _TAGGED.fullmatch(value)
    return (found[1], found[2]) if found else ("", value)


def read_words(
    *,
    titles: Sequence[str],
    texts: Sequence[str],
    summaries: Sequence[str],
    language: str,
    is_plain: bool,
    takes_input: bool,
) -> tuple[Words, ...]:
    """The words of `--title`, `--text` and `--summary`, the first language of a text first.

    Without any `--text`, and when `takes_input`, the text comes from standard input unless that is a terminal.
    """
    if not texts and takes_input and not _is_terminal():
        texts = (STANDARD_INPUT,)
    if sum(split_language(each)[1] == STANDARD_INPUT for each in texts) > 1:
        raise click.UsageError(t("cli.usage.input_once"))
    groups = _Groups()
    groups.put("source", "--text", texts)
    groups.put("title", "--title", titles)
    groups.put("abstract", "--summary", summaries)
    return tuple(
        Words(
            language=tag or language,
            title=group.title,
            source=None if group.source is None else read_text(group.source),
            abstract=group.abstract,
            is_plain=is_plain,
        )
        for tag, group in groups.found.items()
    )


def read_text(name: str) -> str:
    """The text of a file, or of standard input for `-`. Raises Invalid; reads no more than may be published."""
    raw = _read(name, TEXT_BYTES_MAX + len(BYTE_ORDER_MARK))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Invalid("cli.file_encoding", file=name, position=problem.start) from problem
    if "\x00" in text:
        raise Invalid("cli.file_not_text", file=name)
    return text


def read_pictures(
    images: Sequence[str], alts: Sequence[str], focals: Sequence[str] = ()
) -> tuple[Picture, ...]:
    """Images with the descriptions and the points to keep (`0.5,-1`) in the same order. Raises Invalid before more is read than one order may carry."""
    if len(alts) > len(images) or len(focals) > len(images):
        raise click.UsageError(t("cli.usage.alts"))
    padded = [*alts, *[""] * (len(images) - len(alts))]
    pictures: list[Picture] = []
    room = PICTURES_BYTES_MAX
    points = [*(_focal(each) for each in focals), *[None] * (len(images) - len(focals))]
    for image, alt, focal in zip(images, padded, points, strict=True):
        content = _read(image, UPLOAD_BYTES_MAX)
        room -= len(content)
        if room < 0:
            limit = PICTURES_BYTES_MAX // 1024 // 1024
            raise Invalid("desk.pictures_heavy", field="pictures", limit=limit)
        pictures.append(Picture(content=content, alt=alt, name=Path(image).name, focal=focal))
    return tuple(pictures)


def _focal(text: str) -> tuple[float, float]:
    try:
        across, up = (float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(t("cli.usage.focal"), param_hint="--focal") from None
    if not all(-1 <= part <= 1 for part in (across, up)):
        raise click.BadParameter(t("cli.usage.focal"), param_hint="--focal")
    return across, up


def _read(name: str, most: int) -> bytes:
    if name == STANDARD_INPUT:
        return _bounded(sys.stdin.buffer, name, most)
    try:
        with Path(name).open("rb") as file:
            return _bounded(file, name, most)
    except IsADirectoryError as problem:
        raise Invalid("cli.file_folder", file=name) from problem
    except FileNotFoundError as problem:
        raise Invalid("cli.file_missing", file=name) from problem
    except (OSError, ValueError) as problem:
        raise Invalid("cli.file_unreadable", file=name) from problem


def _bounded(file: BinaryIO, name: str, most: int) -> bytes:
    raw = file.read(most + 1)
    if len(raw) > most:
        raise Invalid("cli.file_large", file=name, limit=most // 1000)
    return raw


def _is_terminal() -> bool:
    return sys.stdin is None or sys.stdin.closed or sys.stdin.isatty()
