"""`/house/{username}/notifications`: what happened to the collective, the same kind about the same thing told as one.

What somebody of the collective marked as seen is seen for all of them: they answer with one voice. Who marked it stands in
the internal log.
"""

from dataclasses import dataclass, replace
from typing import Final

from starlette.responses import Response

from actors import journal, notifications
from actors.model import Actor
from actors.notifications import Notification
from actors.store import list_by_uri
from fedi import settings
from fedi.db.engine import Reader
from fedi.desk.held import row_of
from fedi.errors import Invalid
from fedi.house.forms import Form
from fedi.house.frame import go, page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.spoken import Spoken, spoken_of, who_in_house
from fedi.house.rights import Right
from fedi.publications.event import coming
from fedi.unit import Unit
from fedi.views.needing import answers
from fedi.views.thread import Said, find_said
from fedi.web.shown.cards import Moment, moment_of
from fedi.web.shown.people import Who

PAGE: Final = 40
NAMED_MAX: Final = 3
# Of these a collective may say that it does not want to be told on this page; the others ask for an answer.
OPTIONAL: Final = (
    "like",
    "announce",
    "follow",
    "follow_accepted",
    "follow_refused",
    "attend_reminder",
    "attend_changed",
)
# What is only told where it is wished.
NEAR: Final = "attend_near"
_QUIET: Final = "notices.quiet:"


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind about one publication. `who`: the first few; `others`: how many more."""

    kind: str
    who: list[Who]
    others: int
    about: Spoken | None
    when: Moment
    is_new: bool
    ids: list[int]


async def show(visit: Visit) -> Response:
    """The page, newest first."""
    before = row_of(visit.request.query_params.get("before", "")[:30])
    uri = visit.actor.uri

    def look(
        rx: Reader,
    ) -> tuple[list[Notification], bool, dict[str, Actor], dict[str, Said], frozenset[str], bool]:
        quiet = quiet_kinds(rx, uri)
        found = list(notifications.list_newest(rx, uri, PAGE + 1, before=before))
        has_more, found = len(found) > PAGE, found[:PAGE]
        abouts = {each.about_uri for each in found}
        said = {about: find_said(rx, visit.actor, about) for about in abouts}
        replies = {about for about, each in said.items() if each and answers(rx, visit.actor, each)}
        return (
            [
                replace(each, kind="reply")
                if each.kind == "mention" and each.about_uri in replies
                else each
                for each in found
            ],
            has_more,
            list_by_uri(rx, list({each.from_uri for each in found})),
            {about: each for about, each in said.items() if each is not None},
            quiet,
            coming.wishes_near(rx, uri),
        )

    found, has_more, people, said, quiet, is_near = await visit.instance.look(look)
    groups = _groups(visit, [each for each in found if each.kind not in quiet], people, said)
    here = f"/house/{visit.username}/notifications"
    return page(
        visit,
        "reading/notices.html",
        visit.visitor.t("reading.notices.title"),
        section="home",
        groups=groups,
        new_ids=[n for group in groups if group.is_new for n in group.ids],
        next_href=f"{here}?before={found[-1].id}" if has_more else "",
        first_href=here,
        is_later=before is not None,
        here_href=here,
        optional=[
            *(
                (kind, visit.visitor.t(f"reading.kind.{kind}"), kind not in quiet)
                for kind in OPTIONAL
            ),
            (NEAR, visit.visitor.t(f"reading.kind.{NEAR}"), is_near),
        ],
        names_authors=True,
    )


async def choose(visit: Visit, form: Form) -> Response:
    """Which kinds the collective wants to read of here."""
    wanted = set(form.all("kind"))
    if not wanted <= {*OPTIONAL, NEAR}:
        raise Invalid("reading.choice", field="kind")
    quiet = [kind for kind in OPTIONAL if kind not in wanted]

    def work(unit: Unit) -> None:
        settings.put(unit, _QUIET + visit.actor.uri, " ".join(quiet))
        coming.set_wish(unit, visit.actor.uri, is_wished=NEAR in wanted)
        journal.note(unit, visit.actor.uri, visit.member.person.id, "journal.notices_chosen")

    await visit.instance.change(work)
    return go(f"/house/{visit.username}/notifications", "saved")


def quiet_kinds(rx: Reader, actor_uri: str) -> frozenset[str]:
    """What this collective does not want to be told."""
    return frozenset((settings.find(rx, _QUIET + actor_uri) or "").split())


def _groups(
    visit: Visit,
    found: list[Notification],
    people: dict[str, Actor],
    said: dict[str, Said],
) -> list[Group]:
    """The newest of a group says where it stands."""
    together: dict[tuple[str, str, bool], list[Notification]] = {}
    for each in found:
        # follows are about the collective itself
        about = "" if each.kind.startswith("follow") else each.about_uri
        alone = each.from_uri if each.kind in ("follow_request", "moved") else ""
        together.setdefault((each.kind, about + alone, each.is_read), []).append(each)
    groups = []
    for (kind, _, is_read), some in together.items():
        uris = list(dict.fromkeys(each.from_uri for each in some))
        meant = said.get(some[0].about_uri)
        groups.append(
            Group(
                kind=kind,
                who=[who_in_house(visit, people.get(uri), uri) for uri in uris[:NAMED_MAX]],
                others=max(0, len(uris) - NAMED_MAX),
                about=spoken_of(visit, meant.listed, is_held=meant.is_held) if meant else None,
                when=moment_of(some[0].created_at, visit.visitor),
                is_new=not is_read,
                ids=[each.id for each in some],
            )
        )
    return groups


DOORS = (
    Door("/house/{username}/notifications", Right.READ, ask=show),
    Door("/house/{username}/notifications/kinds", Right.STEWARD, tell=choose),
)
