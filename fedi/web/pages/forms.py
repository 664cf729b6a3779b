"""Reading the small forms of public pages: a body goes in, one value per field comes out."""

from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request

from fedi.errors import TooLarge

BODY_BYTES_MAX: Final = 8_192


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form; whatever cannot be read is as good as absent. Raises TooLarge."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES_MAX:
            raise TooLarge(detail="form")
    fields = _fields(body.decode("utf-8", "replace"))
    return {name: values[0] for name, values in fields.items()}


def _fields(body: str) -> dict[str, list[str]]:
    try:
        return parse_qs(body, max_num_fields=10, errors="replace")
    except ValueError:
        return {}
