"""Sessions and stops ⇄ `subEvent` (schema.org). Pure.

A session is embedded in its event and has no address of its own but a fragment, so a follower gets one post for a programme,
and a change of it is one `Update`. A stop has the address of the event that it is, and enough to be shown beside the others.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from html import escape
from typing import Any, Final

from fedi.publications.event.particulars import languages_in
from fedi.publications.event.parts import (
    LINE_MAX,
    NAME_MAX,
    PARTS_MAX,
    TEXT_MAX,
    Part,
    by_room,
    in_order,
)
from fedi.publications.place import line_of
from fedi.text.direction import clean_text
from fedi.text.html import text_of as plain_of
from fedi.vocab.read import (
    as_list,
    bool_of,
    id_of,
    ids_of,
    language_map_of,
    local_moment_of,
    text_of,
)

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
_LANGUAGES_MAX: Final = 8
_HTML_MAX: Final = 10_000
UNKNOWN: Final = "und"


def parse_parts(document: Mapping[str, Any], zone: tzinfo | None) -> tuple[Part, ...]:
    """By when they begin. What has no moment or no name is left out, and so is what comes twice."""
    own = id_of(document) or ""
    found: dict[str, Part] = {}
    for number, item in enumerate(as_list(document.get("subEvent"))[: 2 * PARTS_MAX]):
        part = _parse(item, own, zone, number) if isinstance(item, dict) else None
        if part is not None:
            found.setdefault(part.uri or f"#{part.key}", part)
    return in_order(tuple(found.values())[:PARTS_MAX])


def parse_rooms(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The rooms of a programme: whoever wrote it lists the sessions in the order of their rooms."""
    own = id_of(document) or ""
    sessions = [
        item
        for item in as_list(document.get("subEvent"))[: 2 * PARTS_MAX]
        if isinstance(item, dict) and (id_of(item) or own).partition("#")[0] == own
    ]
    return tuple(dict.fromkeys(room for item in sessions if (room := _room(item))))[:PARTS_MAX]


def build_parts(
    parts: tuple[Part, ...], rooms: Sequence[str], event_uri: str, zone: tzinfo
) -> list[dict[str, Any]]:
    """Each as a small `Event`; no nulls. Where an order of rooms was chosen they come in it."""
    return [_build(each, event_uri, zone) for each in by_room(parts, rooms)]


def _parse(item: Mapping[str, Any], own: str, zone: tzinfo | None, number: int) -> Part | None:
    starts = local_moment_of(item.get("startTime"), zone)
    names = _lines(item, "name", NAME_MAX)
    if starts is None or not names:
        return None
    ends = local_moment_of(item.get("endTime"), zone)
    uri = id_of(item)
    base, _, fragment = (uri or "").partition("#")
    is_stop = uri is not None and base != own
    key = fragment if _KEY.fullmatch(fragment) else f"n{number}"
    hosts = ids_of(item.get("attributedTo"), 1)
    return Part(
        key="" if is_stop else key,
        starts_at=starts.astimezone(UTC),
        ends_at=None if ends is None or ends <= starts else ends.astimezone(UTC),
        names=names,
        texts=_contents(item),
        room=_room(item),
        who=line_of(item.get("performer"), LINE_MAX) or "",
        spoken=languages_in(line_of(item.get("inLanguage"), LINE_MAX) or "")[0][:_LANGUAGES_MAX],
        status="cancelled" if _is_off(item) else "confirmed",
        uri=uri if is_stop else None,
        host=hosts[0] if is_stop and hosts else None,
        is_agreed=is_stop and bool_of(item.get("agreed")) is True,
    )


def _room(item: Mapping[str, Any]) -> str:
    location = item.get("location")
    place = location.get("name") if isinstance(location, dict) else location
    return line_of(place, LINE_MAX) or ""


def _is_off(item: Mapping[str, Any]) -> bool:
    said = text_of(item.get("eventStatus")) or text_of(item.get("status")) or ""
    return said.lower().endswith(("cancelled", "canceled"))


def _lines(item: Mapping[str, Any], member: str, most: int) -> dict[str, str]:
    maps = list(language_map_of(item, member).items())[:_LANGUAGES_MAX]
    found = {tag: line for tag, text in maps if (line := line_of(text, most))}
    bare = line_of(item.get(member), most)
    return found or ({UNKNOWN: bare} if bare else {})


def _contents(item: Mapping[str, Any]) -> dict[str, str]:
    maps = list(language_map_of(item, "content").items())[:_LANGUAGES_MAX]
    bare = text_of(item.get("content"))
    told = maps or ([(UNKNOWN, bare)] if bare else [])
    return {
        tag: text
        for tag, html in told
        if (text := clean_text(plain_of(html[:_HTML_MAX]), TEXT_MAX))
    }


def _build(part: Part, event_uri: str, zone: tzinfo) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": "Event",
        "id": part.uri or f"{event_uri}#{part.key}",
        "name": next(iter(part.names.values())),
        "startTime": _local(part.starts_at, zone),
    }
    names = {tag: name for tag, name in part.names.items() if tag != UNKNOWN}
    texts = {tag: _html(text) for tag, text in part.texts.items()}
    known = {tag: html for tag, html in texts.items() if tag != UNKNOWN}
    optional = {
        "nameMap": names,
        "content": next(iter(texts.values()), None),
        "contentMap": known,
        "endTime": None if part.ends_at is None else _local(part.ends_at, zone),
        "location": {"type": "Place", "name": part.room} if part.room else None,
        "performer": part.who,
        "inLanguage": ", ".join(part.spoken),
        "eventStatus": "EventCancelled" if part.status == "cancelled" else "EventScheduled",
        "attributedTo": part.host,
        "agreed": True if part.is_agreed else None,
    }
    return document | {member: value for member, value in optional.items() if value}


def _html(text: str) -> str:
    lines = "<br>".join(escape(line, quote=False) for line in text.split("\n"))
    return f"<p>{lines}</p>"


def _local(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds")
