"""Who reads, as far as we need to know: the language of the interface, the digits, the time, what the address asks for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

from fedi.config import Config
from fedi.i18n.catalog import Digits, Translator, known_language, translator
from fedi.i18n.negotiate import choose_language
from fedi.text.direction import Direction
from fedi.views.paging import Cursor, open_cursor, parse_cursor
from fedi.web import asked

COOKIE: Final = "lang"
_VALUE_LENGTH_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class Visitor:
    """`text_language`: the language a publication is asked in, if any. `here`: path and query without the language."""

    t: Translator
    language: str
    dir: Direction
    digits: Digits
    zone: str
    now: datetime
    text_language: str | None = None
    after: Cursor | None = None
    here: str = "/"

    @property
    def comma(self) -> str:
        """What separates the parts of a line in this script."""
        return "، " if self.language == "ar" else ", "


def visitor_of(
    request: Request, config: Config, now: datetime, own: str = "", *, secret: bytes
) -> Visitor:
    """The visitor behind a request. Whatever makes no sense in the address is as good as absent. `own`: the language that
    somebody who is known has asked for, once and for all. `secret`: opens the places in lists."""
    query = request.query_params
    chosen = (
        known_language(query.get("lang", "")[:_VALUE_LENGTH_MAX])
        or own
        or request.cookies.get(COOKIE, "")
    )
    language = choose_language(
        request.headers.get("accept-language"), chosen, config.instance.language
    )
    digits: Digits = "arab" if config.instance.digits == "arabic" and language == "ar" else "latn"
    t = translator(language, digits)
    return Visitor(
        t=t,
        language=language,
        dir=t.direction,
        digits=digits,
        zone=config.instance.timezone,
        now=now,
        text_language=query.get("text", "")[:_VALUE_LENGTH_MAX] or None,
        after=_place(request, config, secret),
        here=_here(request),
    )


def _place(request: Request, config: Config, secret: bytes) -> Cursor | None:
    """Where a list goes on. A place that is not sealed is for members, and for all where times are exact anyway: whoever may
    name any place finds the moment of each row by halving (S92)."""
    text = request.query_params.get("after")
    is_plain = not config.instance.grain or request.url.path.startswith(_MEMBERS)
    return open_cursor(secret, text) or (parse_cursor(text) if is_plain else None)


def _here(request: Request) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name in _KEPT]
    # The path as it was asked for, still encoded: it goes back into an address.
    raw = request.scope.get("raw_path") or b"/"
    path = raw.decode("ascii", "replace").partition("?")[0]
    return f"{path}?{urlencode(kept)}" if kept else path


_MEMBERS: Final = ("/house/", "/steward/")
_KEPT: Final = frozenset({"text", "after", *asked.NAMES})
