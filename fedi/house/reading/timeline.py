"""`/house/{username}/timeline`: what those say whom the collective follows."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from actors import follows
from actors import store as actor_store
from actors.model import Actor
from fedi.db.engine import Reader
from fedi.house.frame import page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.spoken import spoken_entries
from fedi.house.rights import Right
from fedi.publications.kinds import KIND_NAMES
from fedi.publications.model import UNKNOWN_LANGUAGE
from fedi.views.paging import Page
from fedi.views.timeline import Entry, Wanted, list_languages, look_timeline
from fedi.web.shown.words import language_name

_VALUE_MAX: Final = 2048


async def show(visit: Visit) -> Response:
    """A page of it, filtered. A filter that makes no sense is as good as none."""
    query = visit.request.query_params
    kind = query.get("kind", "")
    asked = Wanted(
        kind=kind if kind in KIND_NAMES else "",
        language=query.get("language", "")[:40],
        author=query.get("who", "")[:_VALUE_MAX],
    )

    def look(rx: Reader) -> tuple[Page[Entry], list[str], Actor | None, bool]:
        author = actor_store.find(rx, asked.author) if asked.author else None
        wanted = asked if author is not None else Wanted(asked.kind, asked.language)
        return (
            look_timeline(rx, visit.actor, wanted, visit.visitor.after),
            list(list_languages(rx, visit.actor.uri)),
            author,
            follows.follows_somebody(rx, visit.actor.uri),
        )

    found, languages, author, follows_somebody = await visit.instance.look(look)
    wanted = Wanted(
        asked.kind,
        asked.language if asked.language in languages else "",
        author.uri if author else "",
    )
    return page(
        visit,
        "reading/timeline.html",
        visit.visitor.t("reading.timeline.title"),
        section="timeline",
        entries=spoken_entries(visit, found.items),
        next_href=_address(visit, wanted, str(found.next)) if found.next else "",
        first_href=_address(visit, wanted),
        is_later=visit.visitor.after is not None,
        kinds=[(name, visit.visitor.t(f"kind.{name}.plural")) for name in KIND_NAMES],
        languages=[(tag, language_name(tag)) for tag in languages if tag != UNKNOWN_LANGUAGE],
        wanted=wanted,
        author=author,
        is_filtered=bool(wanted.kind or wanted.language or wanted.author),
        follows_somebody=follows_somebody,
        names_authors=True,
    )


def _address(visit: Visit, wanted: Wanted, after: str = "") -> str:
    values = {
        "kind": wanted.kind,
        "language": wanted.language,
        "who": wanted.author,
        "after": after,
    }
    query = urlencode({name: value for name, value in values.items() if value})
    return f"/house/{visit.username}/timeline" + (f"?{query}" if query else "")


DOORS = (Door("/house/{username}/timeline", Right.READ, ask=show),)
