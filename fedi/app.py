"""The roof: every room's routes become one application, and every error becomes an answer."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from fedi.doctor import probe
from fedi.errors import FediError, Forbidden, Invalid, NotFound, TooMany, Unavailable
from fedi.faces import actor, discovery, media, publication, remote_media
from fedi.faces.endpoint import endpoint
from fedi.faces.fast import KnownAnswers, with_memory, with_proof
from fedi.house.porch import Porch
from fedi.http.door import Shortcut
from fedi.http.rates import with_rates
from fedi.instance import Instance
from fedi.observe.families import DEFECTS, REFUSED
from fedi.web import routes as web_routes
from fedi.web.headers import headers_for_all, with_security_headers
from fedi.web.negotiate import wants_activity
from fedi.web.pages.errors import error_page
from inbox import routes as inbox_routes
from inbox import store as inbox_store
from inbox.limits import HostLimits
from outbox import store as outbox_store

log = logging.getLogger("fedi.app")

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]
_PROBES = ("/healthz", "/readyz")
MEMORY_AGAIN_S = 5


class _NotAllowed(Invalid):
    status = 405
    default_key = "error.method"


def assemble(instance: Instance, limits: HostLimits) -> ASGIApp:
    """The whole application of one instance."""
    at = endpoint(instance)
    routes = [
        Route("/healthz", at(_alive), methods=["GET"]),
        Route("/readyz", at(_ready), methods=["GET"]),
        *inbox_routes.routes(instance, limits),
        Porch(instance),
        *probe.routes(instance),
        *discovery.routes(instance),
        *actor.routes(instance),
        *publication.routes(instance),
        *media.routes(instance),
        *remote_media.routes(instance),
        *web_routes.routes(instance),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={
            FediError: _answering(instance, _expected),
            HTTPException: _answering(instance, _routing),
            MemoryError: _answering(instance, _no_memory),
            Exception: _answering(instance, _unexpected),
        },
    )
    app.router.redirect_slashes = False
    proved = _refused_in_words(with_proof(app, instance), instance)
    inbox_first = _inbox_first(proved, inbox_routes.shared_inbox(instance, limits), instance)
    limited = with_rates(
        _only_own_host(inbox_first, instance),
        per_source=instance.config.server.requests_per_source,
        proxies=instance.config.server.trusted_proxies,
        monotonic=instance.clock.monotonic,
        refuse=_refusing(instance),
    )
    # what is in memory costs nothing: a post that thousands of servers fetch at once is never refused (R17)
    inner = with_memory(limited, instance.documents)
    # also what is in memory is only told under our own name
    inner = _only_own_host(inner, instance)
    return with_security_headers(
        inner, https=instance.urls.scheme == "https", onion=instance.urls.onion
    )


def known_answers(instance: Instance) -> Shortcut:
    """What the door itself can answer: documents that are in memory, asked for under our first name."""
    always = headers_for_all(https=instance.urls.scheme == "https")
    return KnownAnswers(instance.documents, instance.urls.host.encode(), always)


def _refusing(instance: Instance) -> Callable[[Any, Any, Any, TooMany], Awaitable[None]]:
    async def refuse(scope: Any, receive: Any, send: Any, problem: TooMany) -> None:
        instance.metrics.count(REFUSED)
        response = await _expected(instance, Request(scope, receive), problem)
        await response(scope, receive, send)

    return refuse


async def _alive(_instance: Instance, _request: Request) -> Response:
    return PlainTextResponse("alive\n", headers={"cache-control": "no-store"})


async def _ready(instance: Instance, _request: Request) -> Response:
    """Whether the database answers and how much waits. Numbers only."""
    try:
        waiting_in = await instance.look(inbox_store.count_waiting)
        waiting_out = await instance.look(outbox_store.count_waiting)
        await instance.change(lambda unit: None)
    except FediError as problem:
        return JSONResponse({"ready": False, "why": problem.message_key}, status_code=503)
    document = {"ready": True, "inbox_waiting": waiting_in, "deliveries_waiting": waiting_out}
    return JSONResponse(document, headers={"cache-control": "no-store"})


def _is_probe(path: str) -> bool:
    """Whether this is asked by who looks after the machine, under whatever name; each of them tells strangers nothing."""
    return path in _PROBES or path.startswith(probe.PREFIX)


def _only_own_host(app: ASGIApp, instance: Instance) -> ASGIApp:
    """Requests for any other host are not ours to answer (S7, S73, S93)."""
    own = frozenset(name.encode() for name in instance.urls.own_hosts)

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not _is_probe(scope["path"]):
            asked = [value for name, value in scope["headers"] if name == b"host"]
            if len(asked) != 1 or asked[0].lower() not in own:
                # who tries out names or addresses is not told which name or place belongs to this one
                text = "There is nothing here under this name.\n"
                await PlainTextResponse(text, status_code=421)(scope, receive, send)
                return
        await app(scope, receive, send)

    return guarded


def _refused_in_words(app: ASGIApp, instance: Instance) -> ASGIApp:
    """What is refused before the router has seen it is answered as anything else."""

    async def answering(scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except FediError as problem:
            response = await _expected(instance, Request(scope, receive), problem)
            await response(scope, receive, send)

    return answering


def _inbox_first(app: ASGIApp, inbox: ASGIApp, instance: Instance) -> ASGIApp:
    """What other servers send takes the short way: no router, no request object (a sixth of what an activity costs)."""

    async def divided(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/inbox" or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        try:
            await inbox(scope, receive, send)
        except MemoryError:
            headers = {"retry-after": str(MEMORY_AGAIN_S)}
            await JSONResponse({"error": Unavailable.default_key}, 503, headers)(scope, receive, send)  # fmt: skip
        except Exception as problem:  # noqa: BLE001 - answered and logged like any other defect
            _note_defect(instance, "/inbox", problem)
            await JSONResponse({"error": "error.internal"}, 500)(scope, receive, send)

    return divided


def _answering(
    instance: Instance, answer: Callable[[Instance, Request, Any], Awaitable[Response]]
) -> Callable[[Request, Any], Awaitable[Response]]:
    async def handler(request: Request, problem: Any) -> Response:
        return await answer(instance, request, problem)

    return handler


async def _expected(instance: Instance, request: Request, problem: FediError) -> Response:
    """A refusal that was foreseen: a short document for programs, a page for people."""
    headers = {"cache-control": "no-store"}
    if isinstance(problem, TooMany | Unavailable):
        headers["retry-after"] = str(problem.retry_after_s)
    if (
        request.method not in ("GET", "HEAD")
        or wants_activity(request.headers.get("accept"))
        or _is_for_programs(request)
    ):
        response: Response = JSONResponse({"error": problem.message_key}, problem.status)
    else:
        response = await error_page(instance, request, problem)
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    return response


async def _routing(instance: Instance, request: Request, problem: HTTPException) -> Response:
    error: FediError
    if problem.status_code == 404:
        error = NotFound(detail="no such address")
    elif problem.status_code == 405:
        error = _NotAllowed(detail="method")
    elif problem.status_code in (401, 403):
        error = Forbidden(detail="framework")
    else:
        error = Invalid(detail=f"framework {problem.status_code}")
    response = await _expected(instance, request, error)
    if problem.headers:
        response.headers.update(problem.headers)
    return response


async def _unexpected(instance: Instance, request: Request, problem: Exception) -> Response:
    """A defect of ours. The log has the traceback, without the words of anybody."""
    _note_defect(instance, _without_secrets(request), problem)
    return await _expected(instance, request, FediError())


async def _no_memory(instance: Instance, request: Request, _: MemoryError) -> Response:
    """No defect, and in a moment there may be some again."""
    problem = Unavailable(detail="memory", retry_after_s=MEMORY_AGAIN_S)
    return await _expected(instance, request, problem)


def _without_secrets(request: Request) -> str:
    """Which address it was, without what opens it: some are known only to whom they were given."""
    token = request.path_params.get("token")
    return request.url.path.replace(str(token), "…") if token else request.url.path


def _note_defect(instance: Instance, path: str, problem: Exception) -> None:
    log.error("defect", extra={"path": path[:100]}, exc_info=problem)
    instance.metrics.count(DEFECTS)


def _is_for_programs(request: Request) -> bool:
    return request.url.path.startswith(("/.well-known/", "/nodeinfo/", "/media/"))
