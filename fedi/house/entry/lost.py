"""`/sign-in/lost`: a link for a new password, by mail. The answer is the same whether anybody has that address or not.

Nothing is looked up here: the question itself is put into the queue, so that not even the time it takes tells anything.
"""

from starlette.requests import Request
from starlette.responses import Response

from actors import mail
from fedi.errors import FediError, NotFound
from fedi.house.entry.entry_form import STALE, entry_page, read_entry
from fedi.house.frame import problems_of
from fedi.instance import Instance
from fedi.publications.contract import Problem
from fedi.web.pages.frame import visitor_here


async def ask(instance: Instance, request: Request) -> Response:
    """The form. Raises NotFound where no mail is sent."""
    _check_offered(instance)
    return await _form(instance, request)


async def tell(instance: Instance, request: Request) -> Response:
    """Take the address."""
    _check_offered(instance)
    form, is_ours = await read_entry(instance, request)
    if not is_ours:
        return await _form(instance, request, status=403, problems=STALE)
    source = request.client.host if request.client else ""
    now = instance.clock.monotonic()
    try:
        address = mail.check_address(form.get("address"))
        known_as = f"lost {address.casefold()}"
        instance.letters.begin(known_as, source, now)
    except FediError as problem:
        found = problems_of(problem)
        return await _form(
            instance, request, form.get("address"), status=problem.status, problems=found
        )
    sealing = instance.keyring.secret
    await instance.change(lambda unit: mail.wish(unit, sealing, "lost", address))
    return await _form(instance, request, is_sent=True)


def _check_offered(instance: Instance) -> None:
    if not instance.config.mail.host:
        raise NotFound(detail="mail")


async def _form(
    instance: Instance,
    request: Request,
    address: str = "",
    *,
    is_sent: bool = False,
    status: int = 200,
    problems: tuple[Problem, ...] = (),
) -> Response:
    visitor = visitor_here(instance, request)
    return await entry_page(
        instance,
        request,
        visitor,
        "lost.html",
        visitor.t("mail.lost.title"),
        status=status,
        problems=problems,
        address=address,
        is_sent=is_sent,
    )
