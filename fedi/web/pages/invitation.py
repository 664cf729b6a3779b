"""`/invitation/{token}`: who is invited here, as what, and until when. Opening it uses nothing up."""

from starlette.requests import Request
from starlette.responses import Response

from actors import people
from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.errors import NotFound
from fedi.i18n.dates import moment_line
from fedi.instance import Instance
from fedi.web.pages.frame import show, visitor_here
from fedi.web.shown.people import Who, who_of
from fedi.web.site import Head, site_of

TOKEN_MAX = 100


async def invitation(instance: Instance, request: Request) -> Response:
    """The page of an unused invitation. Raises NotFound for any other token."""
    token = request.path_params["token"]
    visitor = visitor_here(instance, request)

    def look(rx: Reader) -> tuple[people.Person, people.Invitation, list[tuple[Who, str]]]:
        found = people.find_invitation(rx, token, visitor.now) if len(token) <= TOKEN_MAX else None
        if found is None:
            raise NotFound("person.no_invitation", detail="invitation")
        person = people.load_by_id(rx, found.person_id)
        actors = actor_store.list_by_uri(rx, list(person.roles))
        roles = [
            (who_of(actors.get(uri), uri, instance.urls), role)
            for uri, role in person.roles.items()
        ]
        return person, found, roles

    person, found, roles = await instance.look(look)
    until = moment_line(found.expires_at, visitor.zone, visitor.language, digits=visitor.digits)
    site = site_of(instance.config, instance.urls)
    head = Head(
        title=visitor.t("web.invitation.title"),
        canonical=f"{instance.urls.base}/",
        is_indexed=False,
    )
    return show(
        request,
        "invitation.html",
        visitor,
        site,
        head,
        headers={"cache-control": "private, no-store"},
        name=person.name,
        until=until,
        roles=roles,
    )
