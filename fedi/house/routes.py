"""Every address of the house, and which page answers it."""

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fedi.house import address, first, me, offline
from fedi.house.attendance import going, guests, invitations
from fedi.house.attendance import sheet as attendance_sheet
from fedi.house.dates import finding
from fedi.house.entry import factor, invitation, lost, passkey, sign_in, sign_out, welcome
from fedi.house.factor import mine
from fedi.house.factor import passkeys as passkeys_of_mine
from fedi.house.gate import Door, routes_of, with_error_page
from fedi.house.intents import doors as intents_doors
from fedi.house.moderation import doors as moderation_doors
from fedi.house.organising import programme, together, tour
from fedi.house.people import doors as people_doors
from fedi.house.reading import calendar
from fedi.house.reading import doors as reading_doors
from fedi.house.settings import doors as settings_doors
from fedi.house.writing import doors as writing_doors
from fedi.instance import Instance

# Longer addresses before those that would swallow them.
DOORS: tuple[Door, ...] = (
    *reading_doors.DOORS,
    *first.DOORS,
    *me.DOORS,
    *mine.DOORS,
    *passkeys_of_mine.DOORS,
    *address.DOORS,
    *people_doors.DOORS,
    *writing_doors.DOORS,
    *finding.DOORS,
    *guests.DOORS,
    *invitations.DOORS,
    *attendance_sheet.DOORS,
    *going.DOORS,
    *together.DOORS,
    *programme.DOORS,
    *tour.DOORS,
    *moderation_doors.DOORS,
    *settings_doors.DOORS,
    *intents_doors.DOORS,
)

Answer = Callable[[Instance, Request], Awaitable[Response]]


def routes(instance: Instance) -> list[Route]:
    """Mount these before routes whose first segment can be anything."""
    before: tuple[tuple[str, str, Answer], ...] = (
        ("/sign-in", "GET", sign_in.ask),
        ("/sign-in", "POST", sign_in.tell),
        ("/sign-in/code", "GET", factor.ask),
        ("/sign-in/code", "POST", factor.tell),
        ("/sign-in/passkey", "POST", passkey.tell),
        ("/sign-in/code/passkey", "POST", passkey.tell_second),
        ("/sign-in/lost", "GET", lost.ask),
        ("/sign-in/lost", "POST", lost.tell),
        ("/welcome/{token}", "GET", welcome.ask),
        ("/welcome/{token}", "POST", welcome.tell),
        ("/sign-out", "POST", sign_out.tell),
        ("/calendar/{token}.ics", "GET", calendar.calendar),
        ("/invitation/{token}", "GET", invitation.ask),
        ("/invitation/{token}", "POST", invitation.tell),
        ("/worker.js", "GET", offline.worker),
        (offline.PAGE, "GET", offline.page),
    )
    found = [
        Route(path, with_error_page(instance, partial(answer, instance)), methods=[method])
        for path, method, answer in before
    ]
    return [*found, *routes_of(instance, DOORS)]
