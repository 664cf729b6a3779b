"""Tolerant readers of single members: any JSON value in, a plain typed value or None out. They never raise.

Peers send one value where others send a list, an object where others send its id, null, and dates that do not
exist (wire.md 10.4). Identity is the exception: an id that is not canonical is treated as absent (S21).
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from math import isfinite
from typing import Any, Final
from zoneinfo import ZoneInfo

from fedi.canonical import canonical
from fedi.errors import Invalid
from fedi.vocab.terms import PUBLIC, PUBLIC_SPELLINGS, TYPE_PREFIXES

AUDIENCE_MAX: Final = 1000
LANGUAGES_MAX: Final = 40
URL_BYTES_MAX: Final = 2048

_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,12})?)?)"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,5}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,18})?")


@dataclass(frozen=True, slots=True)
class Link:
    """A `Link`, or a bare address, as found in `url` or `attachment`."""

    href: str
    media_type: str | None
    name: str | None
    rel: tuple[str, ...]


def as_list(value: object) -> list[Any]:
    """A list as it is, nothing for null, one item for anything else."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def one_of(value: object) -> Any:
    """The value, or the only element of a list; a list with several counts as absent (S36)."""
    if isinstance(value, list):
        return value[0] if len(value) == 1 else None
    return value


def id_of(value: object) -> str | None:
    """The canonical http(s) id that a string holds, or that an embedded object carries."""
    if isinstance(value, dict):
        value = value.get("id")
    if not isinstance(value, str) or not value or len(value) > URL_BYTES_MAX:
        return None
    try:
        return value if canonical(value) == value else None
    except Invalid:
        return None


def ids_of(value: object, most: int = AUDIENCE_MAX) -> tuple[str, ...]:
    """The ids of a single value or of a list, without doubles, in their order; only the first `most` are looked at."""
    found = (id_of(item) for item in as_list(value)[:most])
    return tuple(dict.fromkeys(uri for uri in found if uri is not None))


def audience_of(value: object) -> tuple[str, ...]:
    """The members of `to` or `cc`; each of the three spellings of Public becomes the full address."""
    found: dict[str, None] = {}
    for item in as_list(value)[:AUDIENCE_MAX]:
        uri = PUBLIC if isinstance(item, str) and item in PUBLIC_SPELLINGS else id_of(item)
        if uri is not None:
            found[uri] = None
    return tuple(found)


def type_of(document: object, known: Container[str] | None = None) -> str | None:
    """The type without its prefix; of a list the first that is known, or with no `known` the first."""
    if not isinstance(document, dict):
        return None
    names = [
        _bare_type(name) for name in as_list(document.get("type"))[:8] if isinstance(name, str)
    ]
    if known is None:
        return names[0] if names else None
    return next((name for name in names if name in known), names[0] if names else None)


def _bare_type(name: str) -> str:
    for prefix in TYPE_PREFIXES:
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name


def text_of(value: object) -> str | None:
    """A text with something in it. Of a list the first text; of an expanded value (`@value`) what it holds."""
    for item in as_list(value)[:8]:
        text = item.get("@value") if isinstance(item, dict) else item
        if isinstance(text, str) and text.strip():
            return text
    return None


def language_tag(text: object) -> str | None:
    """`text` as a BCP-47 tag in the usual casing (`ar`, `zh-CN`, `sr-Latn`); None if it cannot be one."""
    if not isinstance(text, str) or len(text) > 35:
        return None
    if not _LANGUAGE.fullmatch(text := text.strip().replace("_", "-")):
        return None
    primary, *rest = text.split("-")
    return "-".join([primary.lower(), *(_subtag(part) for part in rest)])


def _subtag(part: str) -> str:
    if len(part) == 4 and part.isalpha():
        return part.title()
    return part.upper() if len(part) == 2 else part.lower()


def language_map_of(document: object, member: str) -> dict[str, str]:
    """Language → text of `<member>Map`, in the order of the document (its first is the original: Mastodon)."""
    texts = document.get(f"{member}Map") if isinstance(document, dict) else None
    if not isinstance(texts, dict):
        return {}
    found: dict[str, str] = {}
    for key, text in texts.items():
        language = language_tag(key)
        if language is not None and isinstance(text, str) and language not in found:
            found[language] = text
            if len(found) == LANGUAGES_MAX:
                break
    return found


def moment_of(value: object) -> datetime | None:
    """An aware UTC moment; None for days that do not exist, `24:00`, years off the scale and times without a zone."""
    local = local_moment_of(value)
    return None if local is None else local.astimezone(UTC)


def local_moment_of(value: object, zone: tzinfo | None = None) -> datetime | None:
    """An aware moment that keeps its own offset; a time without one is read in `zone`, or not at all."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) and len(value) <= 64 else None
    if match is None:
        return None
    day, time, offset = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time}{(offset or '').upper()}")
    except ValueError:
        return None
    if not 1 < moment.year < 9999:  # astimezone overflows at both ends
        return None
    if moment.tzinfo is None:
        return None if zone is None else moment.replace(tzinfo=zone)
    return moment


def offset_of(moment: datetime) -> timedelta:
    """How far `moment`'s own clock is ahead of UTC."""
    return moment.utcoffset() or timedelta()


def zone_of(value: object) -> ZoneInfo | None:
    """The IANA time zone of that name, if there is one."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]{1,63}", value):
        return None
    try:
        return ZoneInfo(value)
    except (
        ValueError,
        OSError,
    ):  # ZoneInfoNotFoundError is a KeyError, a folder of zones an OSError
        return None
    except KeyError:
        return None


def number_of(value: object) -> float | None:
    """A finite number; also one written as a string (Friendica's coordinates). Booleans are none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) <= 2**53 and isfinite(value) else None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()[:40]):
        return float(value)
    return None


def count_of(value: object) -> int | None:
    """A whole number of at least nought."""
    number = number_of(value)
    return int(number) if number is not None and number >= 0 and number.is_integer() else None


def bool_of(value: object) -> bool | None:
    """true or false, also when written as a string."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def href_of(value: object) -> str | None:
    """A canonical http(s) address to show or to link to (S69); unlike an id it may come in another spelling."""
    if not isinstance(value, str) or not value or len(value) > URL_BYTES_MAX:
        return None
    try:
        return canonical(value)
    except Invalid:
        return None


def link_list_of(value: object, most: int = 64) -> tuple[Link, ...]:
    """The links of a member that holds addresses, `Link`s, objects with a `url`, or a list of these."""
    found: list[Link] = []
    for item in as_list(value)[:most]:
        link = _link(item)
        if link is not None:
            found.append(link)
    return tuple(found)


def _link(item: object) -> Link | None:
    if not isinstance(item, dict):
        href = href_of(item)
        return None if href is None else Link(href, None, None, ())
    address = item.get("href") or item.get("url")
    href = href_of(next((part for part in as_list(address)[:8] if isinstance(part, str)), None))
    if href is None:
        return None
    rel = tuple(word for word in as_list(item.get("rel"))[:8] if isinstance(word, str))
    return Link(href, media_type_of(item.get("mediaType")), text_of(item.get("name")), rel)


def media_type_of(value: object) -> str | None:
    """`type/subtype` in lower case, without parameters."""
    if not isinstance(value, str) or len(value) > 255:
        return None
    essence = value.partition(";")[0].strip().lower()
    return essence if re.fullmatch(r"[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,128}", essence) else None


def url_of(value: object) -> str | None:
    """The page for people: of a list the `text/html` link, else the first address."""
    links = link_list_of(value)
    pages = (link.href for link in links if link.media_type == "text/html")
    return next(pages, links[0].href if links else None)
