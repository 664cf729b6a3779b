"""The way to others is opened by who goes it first."""

import asyncio

from fedi.http.transport import Limits, Request, Response, TransportOnDemand

ASK = Request("GET", "https://agora.test/")
LIMITS = Limits(100)


class Spy:
    def __init__(self) -> None:
        self.is_closed = False

    async def send(self, request: Request, limits: Limits) -> Response:
        return Response(200, {}, b"", request.url)

    async def close(self) -> None:
        self.is_closed = True


def opened_by(*actions: str) -> list[Spy]:
    """What was opened when all of `actions` were done, one after the other; `together` stands for five requests."""
    opened: list[Spy] = []

    def open_transport() -> Spy:
        opened.append(Spy())
        return opened[-1]

    async def act() -> None:
        transport = TransportOnDemand(open_transport)
        for action in actions:
            if action == "close":
                await transport.close()
            else:
                await asyncio.gather(*(transport.send(ASK, LIMITS) for _ in range(5)))

    asyncio.run(act())
    return opened


def test_what_is_never_asked_is_never_opened() -> None:
    assert opened_by("close") == []


def test_requests_at_once_and_later_ones_go_one_way() -> None:
    assert len(opened_by("together", "together")) == 1


def test_what_was_opened_is_closed() -> None:
    assert [each.is_closed for each in opened_by("together", "close")] == [True]
