"""The network between the instances: it loses, delays, doubles, cuts off and refuses, as its weather has it.

Everything that crosses is written down: what was asked, by whom, what was answered, and whose words were in it.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from random import Random
from typing import Any
from urllib.parse import urlsplit

from fedi.errors import RemoteUnreachable
from fedi.http.transport import Limits, Request, Response
from tests.simulation.loop import OWNER, Owner, running

ODD_WAITS = ("0", "7", "120", "86400", "-5", "soon", "Sun, 06 Nov 1994 08:49:37 GMT", "")
TROUBLES = (500, 502, 503, 504, 520)


@dataclass(slots=True)
class Weather:
    """How likely each mishap is, and how long things take."""

    lost: float = 0.0
    answer_lost: float = 0.0
    doubled: float = 0.0
    refused: float = 0.0
    told_to_wait: float = 0.0
    hangs: float = 0.0
    slow: float = 0.0
    half: float = 0.0
    delay_s: float = 0.05

    @classmethod
    def drawn(cls, chance: Random) -> "Weather":
        """Some mishaps are frequent in some worlds and unknown in others."""

        def rate(most: float) -> float:
            return chance.choice((0.0, 0.0, most / 4, most)) * chance.random()

        return cls(
            rate(0.4), rate(0.4), rate(0.4), rate(0.3), rate(0.2), rate(0.15), rate(0.2), rate(0.2),
            chance.choice((0.01, 0.1, 1.0, 4.0)),
        )  # fmt: skip


@dataclass(slots=True)
class Exchange:
    """One request under way."""

    number: int
    source: str
    target: str
    request: Request
    answer: "asyncio.Future[Response]"
    label: str
    asker: Owner | None


@dataclass(slots=True)
class Door:
    """Where a host listens: its application, and to whom its steps belong."""

    app: Any
    context: Context
    owner: Owner
    now: Callable[[], datetime]


@dataclass
class Network:
    """`cut`: pairs of hosts that do not reach each other now, in this direction. `watch`: hears of every byte that is
    sent to a host, with who asked. `arrived`: hears of each delivery that was accepted."""

    chance: Random
    note: Callable[[str], None]
    name_of: Callable[[str], str]
    watch: Callable[[str, str, bytes], None]
    arrived: Callable[[str, str, dict[str, Any]], None]
    weather: Weather = field(default_factory=Weather)
    doors: dict[str, Door] = field(default_factory=dict)
    cut: set[tuple[str, str]] = field(default_factory=set)
    context: Context = field(default_factory=Context)
    in_flight: int = 0
    posting: Counter[tuple[Owner | None, str]] = field(default_factory=Counter)
    posting_most: int = 0
    asked: dict[Owner, list[Exchange]] = field(default_factory=dict)
    served: dict[Owner, list[Exchange]] = field(default_factory=dict)
    later: list[float] = field(default_factory=list)
    _count: int = 0

    def transport(self, host: str) -> "SimTransport":
        """The way out of a host."""
        return SimTransport(self, host)

    def take(self, source: str, request: Request) -> "asyncio.Future[Response]":
        """A request leaves; what becomes of it is decided now, by chance."""
        loop = running()
        self._count += 1
        target = urlsplit(request.url).netloc
        exchange = Exchange(
            self._count,
            source,
            target,
            request,
            loop.create_future(),
            self._label(request),
            OWNER.get(),
        )
        self.in_flight += 1
        if exchange.asker is not None:
            self.asked.setdefault(exchange.asker, []).append(exchange)
        if request.method == "POST":
            self.posting[exchange.asker, target] += 1
            self.posting_most = max(self.posting_most, self.posting[exchange.asker, target])
        exchange.answer.add_done_callback(lambda _: self._over(exchange), context=self.context)
        weather, chance = self.weather, self.chance
        delay = chance.random() * weather.delay_s
        if chance.random() < weather.slow:
            delay += chance.uniform(5.0, 25.0)
        self.note(f"#{exchange.number} {source} > {target} {exchange.label}")
        if (source, target) in self.cut or chance.random() < weather.lost:
            self._fail(exchange, chance.choice(("connect", "dns", "tls", "timeout")), delay)
        elif chance.random() < weather.hangs:
            self.note(f"#{exchange.number} hangs")
        else:
            self._after(delay, lambda: self._arrive(exchange))
            if request.method == "POST" and chance.random() < weather.doubled:
                again = delay + chance.choice((0.0, 3.0, 1000.0)) * chance.random()
                self._after(again, lambda: self._arrive(exchange, is_double=True))
        return exchange.answer

    def die(self, owner: Owner) -> None:
        """Whatever a process was answering when it died breaks off, and what it asked is heard by nobody."""
        for exchange in self.asked.pop(owner, []):
            exchange.answer.cancel()
        for exchange in self.served.pop(owner, []):
            self._fail(exchange, "reset", 0.01)

    def _over(self, exchange: Exchange) -> None:
        self.in_flight -= 1
        if exchange.asker in self.asked:
            self.asked[exchange.asker].remove(exchange)
        if exchange.request.method == "POST":
            self.posting[exchange.asker, exchange.target] -= 1

    def _after(self, delay: float, call: Callable[[], None]) -> None:
        loop = running()
        self.later.append(loop.time() + delay)
        loop.call_later(delay, call, context=self.context)

    def _fail(self, exchange: Exchange, detail: str, delay: float) -> None:
        def fail() -> None:
            if not exchange.answer.done():
                self.note(f"#{exchange.number} fails: {detail}")
                exchange.answer.set_exception(RemoteUnreachable(detail=detail))
                exchange.answer.exception()

        self._after(delay, fail)

    def _answer(self, exchange: Exchange, response: Response, delay: float = 0.0) -> None:
        def tell() -> None:
            if not exchange.answer.done():
                self.note(f"#{exchange.number} < {response.status}")
                exchange.answer.set_result(response)

        self._after(delay, tell)

    def _arrive(self, exchange: Exchange, *, is_double: bool = False) -> None:
        weather, chance = self.weather, self.chance
        door = self.doors.get(exchange.target)
        if door is None:
            self._fail(exchange, "connect", 0.01)
            return
        url = exchange.request.url
        if chance.random() < weather.refused:
            self._answer(exchange, Response(chance.choice(TROUBLES), {}, b"", url))
            return
        if chance.random() < weather.told_to_wait:
            wait = chance.choice(ODD_WAITS)
            headers = {"retry-after": wait} if wait else {}
            self._answer(exchange, Response(429, headers, b"", url))
            return
        if exchange.request.body is not None:
            self.watch(exchange.target, exchange.source, exchange.request.body)
        if is_double:
            self.note(f"#{exchange.number} comes again")
        self.served.setdefault(door.owner, []).append(exchange)
        task = running().create_task(_serve(door, exchange), context=door.context.copy())
        task.add_done_callback(
            lambda done: self._served(exchange, door, done), context=self.context
        )

    def _served(self, exchange: Exchange, door: Door, done: "asyncio.Task[Response]") -> None:
        weather, chance = self.weather, self.chance
        if exchange in self.served.get(door.owner, []):
            self.served[door.owner].remove(exchange)
        problem = done.exception()
        if problem is not None:
            self.note(f"#{exchange.number} DEFECT {type(problem).__name__}: {problem}")
            self._answer(exchange, Response(500, {}, b"", exchange.request.url))
            return
        response = done.result()
        self.watch(exchange.source, exchange.target, response.body)
        if exchange.request.method == "POST":
            self.note(f"#{exchange.number} was answered {response.status}")
            if response.status < 300:
                self.arrived(
                    exchange.source,
                    exchange.request.url,
                    json.loads(exchange.request.body or b"{}"),
                )
        delay = chance.random() * weather.delay_s
        if chance.random() < weather.answer_lost:
            self._fail(exchange, chance.choice(("reset", "timeout")), delay)
        elif chance.random() < weather.half:
            if exchange.request.method == "POST":
                self._answer(
                    exchange, Response(response.status, response.headers, b"", response.url), delay
                )
            else:
                self._fail(exchange, "reset", delay)
        else:
            self._answer(exchange, response, delay)

    def _label(self, request: Request) -> str:
        path = urlsplit(request.url).path
        if request.body is None:
            return f"{request.method} {self.name_of(request.url)}"
        activity = json.loads(request.body)
        about = activity.get("object")
        about = about.get("id", about.get("object", "")) if isinstance(about, dict) else about
        kind = "shared" if path == "/inbox" else "personal"
        return f"POST {kind} {activity['type']} {self.name_of(str(about))} by {self.name_of(activity['actor'])}"


class SimTransport:
    """The mouth of one host."""

    def __init__(self, network: Network, host: str) -> None:
        self._network = network
        self._host = host

    async def send(self, request: Request, limits: Limits) -> Response:
        """As any transport: bounded in time, and only with errors that are foreseen."""
        answer = self._network.take(self._host, request)
        try:
            async with asyncio.timeout(limits.total_s):
                return await answer
        except TimeoutError:
            raise RemoteUnreachable(detail="timeout") from None
        finally:
            # whoever asked does not wait any longer
            answer.cancel()

    async def close(self) -> None:
        """Nothing is open."""


async def _serve(door: Door, exchange: Exchange) -> Response:
    """One request as the application of a host sees it."""
    request = exchange.request
    parts = urlsplit(request.url)
    headers = [] if "Host" in request.headers else [(b"host", parts.netloc.encode())]
    if "Accept-Encoding" not in request.headers:
        headers.append((b"accept-encoding", b"identity"))
    headers += [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
    if request.body is not None:
        headers.append((b"content-length", b"%d" % len(request.body)))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method,
        "scheme": "https", "path": parts.path, "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(), "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": (parts.netloc, 443), "state": {},
    }  # fmt: skip
    told: dict[str, Any] = {"status": 0, "headers": {}, "body": b""}
    asked = [{"type": "http.request", "body": request.body or b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if asked:
            return asked.pop()
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            told["status"] = message["status"]
            told["headers"] = {
                name.decode().lower(): value.decode() for name, value in message["headers"]
            }
        else:
            told["body"] += message.get("body", b"")

    await door.app(scope, receive, send)
    told["headers"].setdefault("date", format_datetime(door.now(), usegmt=True))
    return Response(told["status"], told["headers"], told["body"], request.url)


def context_of(owner: Owner) -> Context:
    """A context in which every step belongs to somebody."""
    context = Context()
    context.run(OWNER.set, owner)
    return context
