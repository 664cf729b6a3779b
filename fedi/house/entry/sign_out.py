"""`/sign-out`: the session ends here and now."""

from starlette.requests import Request
from starlette.responses import Response

from actors import sessions
from fedi.errors import Forbidden
from fedi.house import cookies, forms
from fedi.house.frame import go
from fedi.instance import Instance


async def tell(instance: Instance, request: Request) -> Response:
    """End the session of this browser. Without one there is nothing to do, and it is done."""
    if not cookies.is_from_here(request):
        raise Forbidden("house.from_elsewhere", detail="form from elsewhere")
    form = await forms.read(request)
    secret = cookies.secret_in(instance, request, cookies.SESSION)
    answer = go("/")
    if cookies.is_token(instance, secret, form.get(forms.TOKEN)):
        await instance.change(lambda unit: sessions.end_secret(unit, secret))
        # whatever the browser kept of pages that are not for everybody goes with it
        answer.headers["clear-site-data"] = '"cache", "storage"'
        cookies.drop(instance, request, answer, cookies.SESSION)
    return answer
