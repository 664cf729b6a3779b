"""What a form of the house sends: texts by field and files by field, within bounds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import FormParserError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive

from fedi.errors import Invalid, TooLarge
from fedi.house.parts import NOTHING, Brings, Claim, Part, read_parts

FIELDS_MAX: Final = 400
TEXT_BYTES_MAX: Final = 1024 * 1024
# Of files that are larger than they may be, or of somebody who is not signed in: read, so that the words beside them come back
# with what is wrong, and dropped.
DROPPED_BYTES_MAX: Final = 32 * 1024 * 1024
_WHOLE: Final = re.compile(r"-?[0-9]{1,19}")
TOKEN: Final = "form_token"  # noqa: S105 - the name of a field


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came. `name` is for messages only and is never kept."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, each with every value it was sent with; an absent field reads as empty."""

    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, tuple[Upload, ...]] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """The last value of a field."""
        values = self.texts.get(name)
        return values[-1] if values else default

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field, in order."""
        return self.texts.get(name, ())

    def has(self, name: str) -> bool:
        """Whether the field was sent with something in it: a box that was ticked, a button that was pressed."""
        return bool(self.get(name))

    def number(self, name: str) -> int | None:
        """A whole number, or None when there is none. Raises Invalid for anything else."""
        text = self.get(name).strip()
        if not text:
            return None
        if not _WHOLE.fullmatch(text) or abs(int(text)) >= 2**63:
            raise Invalid("house.number", field=name)
        return int(text)

    def pairs(self) -> list[tuple[str, str]]:
        """Every text as it was sent, but the word that proves the form."""
        return [
            (name, value)
            for name, values in self.texts.items()
            if name != TOKEN
            for value in values
        ]


async def read(request: Request, *, brings: Brings = NOTHING, claim: Claim | None = None) -> Form:
    """The form in a request. Raises TooLarge, Unavailable, Invalid when it cannot be read as one.

    `brings`: the files that may come with it. `claim`: room for them; without it, as for strangers, it is only known that
    they came, and nothing of them is kept anywhere.
    """
    most = TEXT_BYTES_MAX * 2
    if brings is not NOTHING:
        most += DROPPED_BYTES_MAX + (brings.all_bytes if claim is not None else 0)
    _check_announced(request, most)
    bounded = Request(request.scope, _bounded(request.receive, most))
    kind = request.headers.get("content-type", "")
    try:
        if kind.partition(";")[0].strip().lower() == "multipart/form-data":
            parts = await read_parts(kind, bounded.stream(), brings, claim)
        else:
            parts = await _fields(bounded)
        texts, uploads = _sorted(parts)
    except (HTTPException, MultiPartException, FormParserError, LookupError, ValueError) as problem:
        raise Invalid("house.form", detail="form") from problem
    if sum(len(value) for values in texts.values() for value in values) > TEXT_BYTES_MAX:
        raise TooLarge("house.form_large", detail="form")
    return Form(
        {name: tuple(values) for name, values in texts.items()},
        {name: tuple(values) for name, values in uploads.items()},
    )


async def _fields(request: Request) -> list[Part]:
    """The fields of a form without files."""
    async with request.form(
        max_files=0, max_fields=FIELDS_MAX, max_part_size=TEXT_BYTES_MAX
    ) as sent:
        return [Part(name, None, str(value).encode()) for name, value in sent.multi_items()]


def _sorted(parts: list[Part]) -> tuple[dict[str, list[str]], dict[str, list[Upload]]]:
    texts: dict[str, list[str]] = {}
    uploads: dict[str, list[Upload]] = {}
    for part in parts:
        if part.file_name is None:
            # browsers send the end of a line as two characters
            texts.setdefault(part.name, []).append(part.content.decode().replace("\r\n", "\n"))
        elif part.content or part.file_name:
            uploads.setdefault(part.name, []).append(Upload(part.file_name, part.content))
    return texts, uploads


def _check_announced(request: Request, most: int) -> None:
    """Refuse by what a request says of itself, before one byte of it is read. Raises TooLarge."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:19]) > most:
        raise TooLarge("house.form_large", detail="announced")


def _bounded(receive: Receive, most: int) -> Receive:
    came = 0

    async def limited() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > most:
            raise TooLarge("house.form_large", detail="form")
        return message

    return limited
