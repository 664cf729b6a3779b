"""How every page is put together: visitor and site around what the page itself shows."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from fedi.instance import Instance
from fedi.media.seen import Seen
from fedi.views.paging import Page, seal_cursor
from fedi.web.answer import answer_page
from fedi.web.render import render
from fedi.web.site import Head, Site, link_header
from fedi.web.visitor import Visitor, visitor_of


def visitor_here(instance: Instance, request: Request, own: str = "") -> Visitor:
    """The visitor of a request, at this moment. `own`: the language a person who is known reads in."""
    return visitor_of(
        request, instance.config, instance.clock.now(), own, secret=instance.keyring.secret
    )


def later_href(instance: Instance, path: str, found: Page[Any]) -> str | None:
    """The address of what comes after a page of a list, if anything does."""
    if found.next is None:
        return None
    mark = "&" if "?" in path else "?"
    return f"{path}{mark}after={seal_cursor(instance.keyring.secret, found.next)}"


def seen_here(instance: Instance) -> Seen:
    """Makes the addresses under which pages show pictures from elsewhere."""
    return Seen.of(instance.config, instance.urls, instance.keyring.secret)


def show(
    request: Request,
    template: str,
    visitor: Visitor,
    site: Site,
    head: Head,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> Response:
    """The page as an answer. Templates know the visitor as `v` and the words as `t`."""
    values.setdefault("names_authors", len(site.collectives) > 1)
    html = render(template, v=visitor, t=visitor.t, site=site, head=head, **values)
    link = link_header(head)
    sent = {"content-language": visitor.language, **(headers or {})}
    if link:
        sent["link"] = link
    return answer_page(request, html, status=status, headers=sent)
