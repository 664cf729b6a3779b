"""The form to sign in, as every page shows it that has to ask for the password."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from fedi.house import cookies, forms
from fedi.house.entry.enter import HOME, KEPT, LOST_FILES, kept_in, target_of
from fedi.house.entry.entry_form import entry_page
from fedi.house.factor import ceremony
from fedi.instance import Instance
from fedi.publications.contract import Problem
from fedi.web.pages.frame import visitor_here


@dataclass(frozen=True, slots=True)
class Typed:
    """What is not to be typed again. `kept`: the fields of the form that was on its way."""

    kept: Sequence[tuple[str, str]] = ()
    lost_files: bool = False
    name: str = ""


async def ask_again(instance: Instance, request: Request, form: forms.Form) -> Response:
    """The form, after a session ended in the middle of something: what was typed stays in the page."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return await show_form(
        instance,
        request,
        target,
        status=401,
        problems=(Problem("", "house.sign_in.ended"),),
        typed=Typed(form.pairs(), bool(form.files)),
    )


async def begin_again(instance: Instance, request: Request, form: forms.Form) -> Response:
    """The form, after the step behind it took too long: whatever that page carried goes on from here."""
    return await show_form(
        instance,
        request,
        target_of(form.get("next")),
        status=403,
        problems=(Problem("", "house.sign_in.stale"),),
        typed=Typed(kept_in(form), form.has(LOST_FILES)),
    )


async def show_form(
    instance: Instance,
    request: Request,
    target: str,
    *,
    status: int = 200,
    problems: tuple[Problem, ...] = (),
    typed: Typed | None = None,
) -> Response:
    """The form to sign in and go on to `target`."""
    typed = typed or Typed()
    visitor = visitor_here(instance, request)
    secret = cookies.entry_secret(instance, request)
    return await entry_page(
        instance,
        request,
        visitor,
        "sign_in.html",
        visitor.t("house.sign_in.title"),
        secret=secret,
        status=status,
        problems=problems,
        next=target if target != HOME else "",
        kept=[(KEPT + field, value) for field, value in typed.kept],
        lost_files=typed.lost_files,
        name=typed.name,
        asked=ceremony.ask_to_use(instance, request, "sign in", secret),
        mails=bool(instance.config.mail.host),
    )
