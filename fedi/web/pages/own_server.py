"""`POST /own-server`: from a name such as `@name@host` to the page of that host where its owner can follow or answer.

What was typed is asked of that host once and kept nowhere. Without a script, and without leaving the visitor alone when it
does not work: the address to copy is always there.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from actors import blocks
from actors.intents import Door, Wish, find_door
from actors.store import list_collectives
from actors.webfinger import fetch_jrd, split_handle
from fedi.db.engine import Reader
from fedi.errors import Forbidden, Invalid, NotFound, RemoteError, RemoteGone, RemoteRefused
from fedi.instance import Instance
from fedi.urls import Urls
from fedi.views.conversation import find_readable
from fedi.views.profile import find_collective
from fedi.web.pages.forms import read_form
from fedi.web.pages.frame import show, visitor_here
from fedi.web.site import Head, site_of
from inbox.limits import HostLimits

PER_MINUTE: Final = 60
PER_HOST_AND_MINUTE: Final = 12
WAIT_S: Final = 10.0
_EVERYBODY: Final = "*"


@dataclass(frozen=True, slots=True)
class Subject:
    """What somebody wants to follow or answer. `path`: its page here; `kind` names the words of the button.

    `attends`: whether they want to come to it.
    """

    uri: str
    path: str
    kind: str
    copied: str
    attends: bool = False

    @property
    def wish(self) -> Wish:
        if self.kind == "actor":
            return "follow"
        return "attend" if self.attends else "answer"


class OwnServer:
    """The page, with what it remembers: how often it asked lately, nothing of whom."""

    def __init__(self, *, wait_s: float = WAIT_S) -> None:
        self._all = HostLimits(PER_MINUTE)
        self._each = HostLimits(PER_HOST_AND_MINUTE)
        self._wait_s = wait_s

    async def __call__(self, instance: Instance, request: Request) -> Response:
        """Lead to the visitor's own server, or say why not."""
        check_same_site(request, instance.urls)
        form = await read_form(request)
        path = form.get("about", "")
        subject = await instance.look(lambda rx: find_subject(rx, instance.urls.base, path))
        if subject is None:
            raise NotFound(detail="nothing to follow or answer")
        subject = replace(subject, attends=form.get("wish") == "attend" and subject.kind == "event")
        typed = form.get("handle", "").strip()
        try:
            username, host = split_handle(typed)
        except Invalid:
            return await _failed(instance, request, subject, typed, "handle", status=400)
        if host in instance.urls.own_hosts:
            return await _failed(instance, request, subject, typed, "here")
        if await instance.look(lambda rx: blocks.is_host_blocked(rx, host)):
            return await _failed(instance, request, subject, typed, "blocked", host=host)
        now = instance.clock.monotonic()
        self._each.check(host, now)
        self._all.check(_EVERYBODY, now)
        door, problem = await self._ask(instance, username, host, subject)
        if door is None:
            return await _failed(instance, request, subject, typed, problem, host=host)
        return await _lead(instance, request, subject, door, is_other=door.host != host)

    async def _ask(
        self, instance: Instance, username: str, host: str, subject: Subject
    ) -> tuple[Door | None, str]:
        try:
            async with asyncio.timeout(self._wait_s):
                jrd = await fetch_jrd(instance, username, host)
        except (RemoteGone, RemoteRefused):
            return None, "unknown"
        except (RemoteError, TimeoutError):
            return None, "unreachable"
        allows_http = instance.config.network.unsafe_allow_http
        return find_door(jrd, subject.wish, subject.uri, allows_http=allows_http), "silent"


def check_same_site(request: Request, urls: Urls) -> None:
    """Raises Forbidden when another site sent the form. Nothing changes here, but we ask nobody because a stranger wants it.

    Our pages send no referrer, and then browsers name no origin either ("null").
    """
    origin = request.headers.get("origin", "null")
    sent_from = request.headers.get("sec-fetch-site", "same-origin")
    ours = {"null", urls.base, *([f"http://{urls.onion}"] if urls.onion else [])}
    if origin not in ours or sent_from not in ("same-origin", "none"):
        raise Forbidden(detail="form of another site")


def find_subject(rx: Reader, base: str, path: str) -> Subject | None:
    """Our collective or publication with this page, if anybody may see it."""
    if path.startswith("/@"):
        actor = find_collective(rx, path.removeprefix("/@"))
        if actor is None:
            return None
        return Subject(actor.uri, f"/@{actor.username}", "actor", actor.handle)
    listed = find_readable(rx, base + path)
    if listed is None or not listed.is_local:
        return None
    uri = listed.publication.uri
    return Subject(uri, path, listed.publication.kind, uri)


async def _lead(
    instance: Instance, request: Request, subject: Subject, door: Door, *, is_other: bool
) -> Response:
    """A page that goes on by itself, or asks first when another host than the one typed is meant.

    A redirect would not do: browsers count it as part of the form, which our content policy keeps at home.
    """
    return await _page(
        instance,
        request,
        subject,
        "onward.html",
        "web.own.onward",
        onward=None if is_other else door.href,
        door=door,
        is_other=is_other,
    )


async def _failed(
    instance: Instance,
    request: Request,
    subject: Subject,
    typed: str,
    problem: str,
    *,
    status: int = 200,
    host: str = "",
) -> Response:
    return await _page(
        instance,
        request,
        subject,
        "own_server.html",
        f"web.own.{subject.wish}",
        status=status,
        typed=typed[:200],
        problem=f"web.own.problem.{problem}",
        host=host,
    )


async def _page(
    instance: Instance,
    request: Request,
    subject: Subject,
    template: str,
    title_key: str,
    *,
    status: int = 200,
    onward: str | None = None,
    **values: object,
) -> Response:
    # Whoever changes the language here goes back to what it was about.
    visitor = replace(visitor_here(instance, request), here=quote(subject.path, safe="/@"))
    site = site_of(instance.config, instance.urls, await instance.look(list_collectives))
    head = Head(
        title=visitor.t(title_key),
        canonical=f"{instance.urls.base}{subject.path}",
        is_indexed=False,
        onward=onward,
    )
    return show(
        request,
        template,
        visitor,
        site,
        head,
        status=status,
        headers={"cache-control": "no-store"},
        subject=subject,
        **values,
    )
