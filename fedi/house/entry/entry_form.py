"""Forms before the door. Nobody is signed in there: a cookie of its own ties the form to the browser that asked for it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from fedi.errors import Forbidden
from fedi.house import cookies, forms
from fedi.house.frame import door_page
from fedi.instance import Instance
from fedi.publications.contract import Problem
from fedi.web.visitor import Visitor

STALE = (Problem("", "house.sign_in.stale"),)


async def entry_page(
    instance: Instance,
    request: Request,
    visitor: Visitor,
    template: str,
    title: str,
    *,
    secret: str = "",
    **values: Any,
) -> Response:
    """A page with a form. `secret`: of this browser's cookie, where the page needs it; `values` as in `door_page`."""
    secret = secret or cookies.entry_secret(instance, request)
    token = cookies.form_token(instance, secret)
    answer = await door_page(instance, request, visitor, template, title, token=token, **values)
    cookies.keep(instance, request, answer, cookies.ENTRY, secret)
    return answer


async def read_entry(instance: Instance, request: Request) -> tuple[forms.Form, bool]:
    """What was sent, and whether this browser had asked for the form. Raises Forbidden when another page sent it."""
    if not cookies.is_from_here(request):
        raise Forbidden("house.from_elsewhere", detail="form from elsewhere")
    form = await forms.read(request)
    secret = cookies.secret_in(instance, request, cookies.ENTRY)
    return form, cookies.is_token(instance, secret, form.get(forms.TOKEN))
