"""What a form of the house sends: texts by field and files by field, within bounds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive

from fedi.errors import Invalid, TooLarge

FIELDS_MAX: Final = 400
FILES_MAX: Final = 16
TEXT_BYTES_MAX: Final = 1024 * 1024
# sixteen pictures of the largest size an upload may have, and the words
BODY_BYTES_MAX: Final = 136 * 1024 * 1024
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


async def read(request: Request, *, files: bool = True, keeps_files: bool = True) -> Form:
    """The form in a request. Raises TooLarge, Invalid when it cannot be read as one.

    `keeps_files`: false for strangers, of whose files it is only known that they came.
    """
    most = BODY_BYTES_MAX if files else TEXT_BYTES_MAX * 2
    bounded = Request(request.scope, _bounded(request.receive, most))
    try:
        async with bounded.form(
            max_files=FILES_MAX if files else 0,
            max_fields=FIELDS_MAX,
            max_part_size=TEXT_BYTES_MAX,
        ) as sent:
            texts, uploads = await _sorted(sent, keeps_files=keeps_files)
    except (HTTPException, MultiPartException, FormParserError, LookupError, ValueError) as problem:
        raise Invalid("house.form", detail="form") from problem
    if sum(len(value) for values in texts.values() for value in values) > TEXT_BYTES_MAX:
        raise TooLarge("house.form_large", detail="form")
    return Form(
        {name: tuple(values) for name, values in texts.items()},
        {name: tuple(values) for name, values in uploads.items()},
    )


async def _sorted(
    sent: FormData, *, keeps_files: bool
) -> tuple[dict[str, list[str]], dict[str, list[Upload]]]:
    texts: dict[str, list[str]] = {}
    uploads: dict[str, list[Upload]] = {}
    for name, value in sent.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read() if keeps_files else b""
            if content or value.filename:
                file_name = _checked(value.filename or "")
                uploads.setdefault(_checked(name), []).append(Upload(file_name, content))
        else:
            # browsers send the end of a line as two characters
            texts.setdefault(_checked(name), []).append(_checked(value.replace("\r\n", "\n")))
    return texts, uploads


def _checked(text: str) -> str:
    """The text, unless it holds halves of characters, which some encodings can spell and nothing can keep. Raises ValueError."""
    text.encode()
    return text


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
