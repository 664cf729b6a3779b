"""From a function of (instance, request) to what the router calls. Errors are not caught here: the application does."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from fedi.instance import Instance

Answering = Callable[[Instance, Request], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(instance: Instance) -> Callable[[Answering], Endpoint]:
    """Binds answering functions to an instance."""

    def bind(answering: Answering) -> Endpoint:
        async def called(request: Request) -> Response:
            return await answering(instance, request)

        return called

    return bind
