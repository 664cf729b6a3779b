"""`POST /language`: remember the language of the interface and go back to where one was, which is always here (S76)."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match

from fedi.i18n.catalog import LANGUAGES
from fedi.instance import Instance
from fedi.web.pages.forms import read_form
from fedi.web.visitor import COOKIE

# Long enough for an address with another one, or a message, encoded in it.
_PATH_LENGTH_MAX: Final = 8_000
_YEAR_S: Final = 365 * 86_400
_SAFE: Final = "/@:.,-_~!$&'()*+;=%"


async def choose(instance: Instance, request: Request) -> Response:
    """Set the cookie, go back."""
    form = await read_form(request)
    language = form.get("to", "")
    target = local_target(form.get("next", "/"), request.app.routes)
    answer = RedirectResponse(target, 303, {"cache-control": "no-store"})
    if language in LANGUAGES:
        answer.set_cookie(
            COOKIE,
            language,
            max_age=_YEAR_S,
            httponly=True,
            secure=instance.urls.is_https(request.headers.get("host", "")),
            samesite="lax",
        )
    return answer


def local_target(address: str, routes: Sequence[BaseRoute]) -> str:
    """The address when it is a path of ours that can be read, encoded; else the first page."""
    path, mark, query = address.partition("?")
    if not is_local_path(address) or not _is_readable(path, routes):
        return "/"
    return quote(path, safe=_SAFE) + (mark and f"?{quote(query, safe=_SAFE)}")


def is_local_path(address: str) -> bool:
    """Whether it is a path and nothing else: no scheme, no host, no trick that a browser reads as one."""
    path = address.partition("?")[0]
    return (
        address.startswith("/")
        # also not in the middle: going up from there would leave two slashes at the beginning
        and "//" not in path
        and ".." not in path.split("/")
        and "\\" not in address
        and address.isprintable()
        and len(address) <= _PATH_LENGTH_MAX
    )


def _is_readable(path: str, routes: Sequence[BaseRoute]) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in routes)
