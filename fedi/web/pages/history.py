"""`/{kind}/{id}/history`: what a publication of ours said before it was changed."""

from starlette.requests import Request
from starlette.responses import Response

from actors.store import list_collectives
from fedi.errors import NotFound
from fedi.instance import Instance
from fedi.publications.kinds import KIND_NAMES
from fedi.views.history import look_history
from fedi.web.pages.frame import show, visitor_here
from fedi.web.shown.cards import moment_of, page_href
from fedi.web.shown.history import versions_of
from fedi.web.shown.people import who_of
from fedi.web.shown.words import chosen_text, title_of
from fedi.web.site import Head, site_of


async def history(instance: Instance, request: Request) -> Response:
    """Every earlier version, each with its dates. Raises NotFound where there is none."""
    kind, public_id = request.path_params["kind"], request.path_params["id"]
    if kind not in KIND_NAMES:
        raise NotFound(detail="no such kind")
    uri = instance.urls.publication(kind, public_id)
    visitor = visitor_here(instance, request)
    collectives, found = await instance.look(
        lambda rx: (list_collectives(rx), look_history(rx, uri))
    )
    if found is None:
        raise NotFound(detail="no earlier version")
    publication = found.listed.publication
    title = title_of(chosen_text(publication, visitor))
    name = visitor.t("web.history.title")
    head = Head(title=f"{name}: {title.text}", canonical=f"{uri}/history", is_indexed=False)
    return show(
        request,
        "history.html",
        visitor,
        site_of(instance.config, instance.urls, collectives),
        head,
        title=title,
        href=page_href(found.listed, instance.urls),
        by=who_of(found.listed.author, publication.author, instance.urls),
        edited=moment_of(publication.updated_at or found.edits[0].replaced_at, visitor),
        versions=versions_of(found, visitor),
    )
