"""The moment somebody is let in: a new session with a new secret, in the place of whatever the browser had (S79, S80)."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from actors import factors, people, sessions
from fedi.house import cookies, forms
from fedi.house.frame import door_page, go
from fedi.instance import Instance
from fedi.unit import Unit
from fedi.web.pages.frame import visitor_here
from fedi.web.pages.language import is_local_path

HOME = "/house"
# Fields of the form that was being sent when the session was over, carried through signing in.
KEPT = "kept."
LOST_FILES = "lost_files"


async def enter(
    instance: Instance, request: Request, person: people.Person, form: forms.Form
) -> Response:
    """Begin a session for this person, who has proved everything there is to prove, and lead them where they were going.

    Whose second factor a steward took away is led there first, to know of it.
    """
    old = cookies.secret_in(instance, request, cookies.SESSION)

    def begin(unit: Unit) -> tuple[str, bool]:
        if old:
            sessions.end_secret(unit, old)
        is_taken = factors.taken_at(unit.tx, person.id) is not None
        return sessions.begin(unit, person.id, label=form.get("device")), is_taken

    secret, is_taken = await instance.change(begin)
    target = target_of(form.get("next"))
    kept = kept_in(form)
    if is_taken and not kept:
        target = "/me/factor"
    if kept:
        visitor = visitor_here(instance, request)
        answer = await door_page(
            instance,
            request,
            visitor,
            "go_on.html",
            visitor.t("house.again.title"),
            token=cookies.form_token(instance, secret),
            kept=kept,
            lost_files=form.has(LOST_FILES),
            address=target,
        )
    else:
        answer = go(target)
    cookies.keep(instance, request, answer, cookies.SESSION, secret)
    cookies.drop(instance, request, answer, cookies.ENTRY)
    return answer


def target_of(address: str) -> str:
    """Where to go on: a path of ours, never another place (S76)."""
    return address if address and is_local_path(address) else HOME


def kept_in(form: forms.Form) -> Sequence[tuple[str, str]]:
    """The fields that were on their way."""
    return [
        (name.removeprefix(KEPT), value) for name, value in form.pairs() if name.startswith(KEPT)
    ]
