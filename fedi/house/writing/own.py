"""`/house/NAME/publications`: what waits for consent, what is scheduled, what is being written, what went out."""

from typing import Any, Final

from starlette.responses import Response

from actors import people
from fedi.db.engine import Reader
from fedi.house.frame import page
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.house.writing.languages import name_of
from fedi.i18n.dates import moment_line, relative
from fedi.publications import drafts, featured
from fedi.publications.drafts import Draft
from fedi.text.direction import clean_line, direction_of
from fedi.text.excerpt import excerpt
from fedi.views.listed import Listed
from fedi.views.own import list_own

DRAFTS_MAX: Final = 100
TITLE_MAX: Final = 120


async def show(visit: Visit) -> Response:
    """The page."""
    actor, may_draft = visit.actor, visit.member.may(Right.DRAFT)

    def look(rx: Reader) -> dict[str, Any]:
        names = {each.id: each.name for each in people.list_all(rx)} if may_draft else {}
        found = {
            state: [
                _draft(visit, each, names)
                for each in drafts.list_of(rx, actor.uri, state, DRAFTS_MAX)
            ]
            for state in (drafts.ASKED, drafts.DUE, drafts.OPEN)
            if may_draft
        }
        pinned = set(featured.list_uris(rx, actor.uri))
        listed = list_own(rx, actor.uri, visit.visitor.after)
        return {
            "groups": found,
            "published": [
                _published(visit, each, each.publication.uri in pinned) for each in listed.items
            ],
            "older": str(listed.next) if listed.next else "",
        }

    found = await visit.instance.look(look)
    return page(
        visit,
        "writing/own.html",
        visit.visitor.t("writing.own.title"),
        section="write",
        is_first=visit.visitor.after is None,
        **found,
    )


def _draft(visit: Visit, draft: Draft, names: dict[int, str]) -> dict[str, Any]:
    visitor, written = visit.visitor, draft.written
    title = next((each.title for each in written.texts if each.title.strip()), "") or next(
        (each.source for each in written.texts if each.source.strip()), ""
    )
    title = clean_line(title[: TITLE_MAX * 4], TITLE_MAX)
    return {
        "id": draft.id,
        "kind": draft.kind,
        "title": title,
        "dir": direction_of(title, None),
        "languages": [name_of(each.language) for each in written.texts if each],
        "changed": relative(draft.changed_at, visitor.now, visitor.language, digits=visitor.digits),
        "by": names.get(draft.changed_by, ""),
        "is_change": draft.changes_uri is not None,
        "note": draft.note,
        "failed": draft.failure is not None,
        "due": moment_line(draft.due_at, visitor.zone, visitor.language, digits=visitor.digits)
        if draft.due_at
        else "",
    }


def _published(visit: Visit, listed: Listed, is_pinned: bool) -> dict[str, Any]:
    visitor, publication = visit.visitor, listed.publication
    title = publication.original.name or excerpt(publication.original.content[:3000], TITLE_MAX)
    return {
        "id": publication.uri.rpartition("/")[2],
        "kind": publication.kind,
        "title": clean_line(title, TITLE_MAX),
        "dir": direction_of(title, None),
        "visibility": publication.visibility.value,
        "languages": [name_of(each) for each in publication.texts]
        if len(publication.texts) > 1
        else [],
        "at": moment_line(
            publication.published_at, visitor.zone, visitor.language, digits=visitor.digits
        ),
        "is_edited": listed.version > 1,
        "is_pinned": is_pinned,
        "is_reply": publication.in_reply_to is not None,
    }
