"""What people see when something cannot be shown. Needs no database, because that may be what is broken."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fedi.errors import FediError
from fedi.instance import Instance
from fedi.web.pages.frame import show, visitor_here
from fedi.web.site import Head, site_of

# Those with a title and an explanation of their own; others get those of their hundred.
_EXPLAINED: Final = frozenset({400, 401, 403, 404, 405, 410, 429, 500, 503})


async def error_page(instance: Instance, request: Request, error: FediError) -> Response:
    """A page that says what happened and what to do next, in the visitor's language."""
    visitor = visitor_here(instance, request)
    t = visitor.t
    status = error.status
    shown = status if status in _EXPLAINED else (400 if status < 500 else 500)
    site = site_of(instance.config, instance.urls)
    retry_after_s = getattr(error, "retry_after_s", None)
    head = Head(
        title=t(f"web.error.{shown}.title"), canonical=f"{instance.urls.base}/", is_indexed=False
    )
    return show(
        request,
        "error.html",
        visitor,
        site,
        head,
        status=status,
        headers={"retry-after": str(retry_after_s)} if retry_after_s else None,
        code=t.number(status),
        explanation=t(f"web.error.{shown}.text"),
    )
