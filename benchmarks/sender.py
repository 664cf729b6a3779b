"""Sends activities: `python -m benchmarks.sender FOLDER PORT KIND COUNT CONNECTIONS TO START [PER_S]`.

Everything is signed first; then it says `signed`, waits for a line, sends, and prints what was answered as JSON.
`KIND` is Follow or Create, `TO` our collective's id, `START` the number of the first activity; or Fetch, and `TO` is what is
asked for; PER_S how many a second at most. Requests take turns among one actor of each of the hundred hosts.
"""

import asyncio
import statistics
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, repeat
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.town import HOSTS, OWN_HOST, key_file, neighbour
from fedi.clock import SystemClock, iso
from fedi.http.server import new_event_loop
from fedi.signatures.cavage import sign_cavage
from fedi.signatures.keys import SigningKey, read_private_pem

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
TEXT = (
    "<p>To everybody in the neighbourhood: the kitchen opens at six, bring a bowl and a friend. "
    "We still look for two people with a cargo bicycle and for somebody who writes well in three languages.</p>"
)


def activity(kind: str, number: int, to: str, now: str) -> dict[str, Any]:
    """What a neighbour says, in the shape and size that microblogging servers send."""
    author = neighbour(number % HOSTS)
    if kind == "Follow":
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{author}/follow/{number}",
            "type": "Follow",
            "actor": author,
            "object": to,
        }
    note = f"{author}/statuses/{number}"
    return {
        "@context": [
            "https://www.w3.org/ns/activitystreams",
            {
                "ostatus": "http://ostatus.org#",
                "atomUri": "ostatus:atomUri",
                "inReplyToAtomUri": "ostatus:inReplyToAtomUri",
                "conversation": "ostatus:conversation",
                "sensitive": "as:sensitive",
                "toot": "http://joinmastodon.org/ns#",
                "votersCount": "toot:votersCount",
                "Hashtag": "as:Hashtag",
            },
        ],
        "id": f"{note}/activity",
        "type": "Create",
        "actor": author,
        "published": now,
        "to": [PUBLIC],
        "cc": [f"{author}/followers", to],
        "object": {
            "id": note,
            "type": "Note",
            "summary": None,
            "inReplyTo": None,
            "published": now,
            "url": f"{note}/page",
            "attributedTo": author,
            "to": [PUBLIC],
            "cc": [f"{author}/followers", to],
            "sensitive": False,
            "atomUri": note,
            "inReplyToAtomUri": None,
            "conversation": f"tag:neighbour.test,2026-01-01:objectId={number}:objectType=Conversation",
            "content": TEXT,
            "contentMap": {"en": TEXT},
            "attachment": [],
            "tag": [
                {"type": "Mention", "href": to, "name": f"@bench@{OWN_HOST}"},
                {
                    "type": "Hashtag",
                    "href": "https://neighbour.test/tags/kitchen",
                    "name": "#kitchen",
                },
            ],
            "replies": {
                "id": f"{note}/replies",
                "type": "Collection",
                "first": {
                    "type": "CollectionPage",
                    "next": f"{note}/replies?only_other_accounts=true&page=true",
                    "partOf": f"{note}/replies",
                    "items": [],
                },
            },
        },
    }


def signed(folder: Path, kind: str, how_many: int, to: str, start: int) -> list[bytes]:
    """Whole requests, ready to be written."""
    clock = SystemClock()
    keys = [
        SigningKey(
            f"{neighbour(number)}#main-key", read_private_pem(key_file(folder, number).read_bytes())
        )
        for number in range(HOSTS)
    ]
    requests = []
    for number in range(start, start + how_many):
        if kind == "Fetch":
            # another second for each round, so that no two signatures are the same
            moment = clock.now() - timedelta(seconds=number // HOSTS % 120)
            requests.append(_fetch(to, keys[number % HOSTS], moment))
            continue
        now = clock.now()
        body = msgspec.json.encode(activity(kind, number, to, iso(now)))
        headers = sign_cavage(
            "POST",
            f"https://{OWN_HOST}/inbox",
            body,
            keys[number % HOSTS],
            now,
            content_type="application/activity+json",
        )
        lines = [
            "POST /inbox HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
            "User-Agent: neighbour",
            "Accept-Encoding: gzip",
            f"Content-Length: {len(body)}",
        ]
        requests.append("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return requests


def _fetch(url: str, key: SigningKey, moment: datetime) -> bytes:
    """A signed GET, as servers in secure mode ask."""
    headers = sign_cavage("GET", url, None, key, moment)
    lines = [
        f"GET {url.removeprefix(f'https://{OWN_HOST}')} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
        "User-Agent: neighbour",
        "Accept: application/activity+json",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


class Connection(asyncio.Protocol):
    """Takes one request after another and notes when and how it was answered. Answers have no body."""

    def __init__(
        self, waiting: deque[bytes], answers: list[tuple[int, float]], pace: Iterator[float]
    ) -> None:
        self.waiting = waiting
        self.pace = pace
        self.answers = answers
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self.next()

    def next(self) -> None:
        if not self.waiting:
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        letter = self.waiting.popleft()
        rest_s = next(self.pace) - time.monotonic()
        if rest_s > 0:
            asyncio.get_running_loop().call_later(rest_s, self.send, letter)
        else:
            self.send(letter)

    def send(self, letter: bytes) -> None:
        self.since = time.perf_counter()
        self.transport.write(letter)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        start = head.find(b"content-length: ")
        length = int(head[start + 16 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
        if len(self.buffer) < end + 4 + length:
            return
        self.answers.append((int(head[9:12]), time.perf_counter() - self.since))
        self.buffer = b""
        self.next()

    def connection_lost(self, problem: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(problem or ConnectionResetError("closed by the server"))


async def main(
    port: int, requests: list[bytes], connections: int, per_s: float = 0.0
) -> dict[str, Any]:
    """Send everything over so many connections, as fast as they are answered or so many a second."""
    waiting = deque(requests)
    answers: list[tuple[int, float]] = []
    loop = asyncio.get_running_loop()
    start = time.monotonic()
    pace = count(start, 1 / per_s) if per_s else repeat(0.0)
    made = [
        await loop.create_connection(lambda: Connection(waiting, answers, pace), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in made))
    end = time.monotonic()
    times = sorted(seconds for _, seconds in answers)
    return {
        "start": start,
        "end": end,
        "per_s": len(answers) / (end - start),
        "p50_ms": statistics.median(times) * 1000,
        "p99_ms": times[int(len(times) * 0.99)] * 1000,
        "accepted": Counter(status for status, _ in answers)[202],
        "statuses": {str(status): n for status, n in Counter(s for s, _ in answers).items()},
    }


if __name__ == "__main__":
    place, port_, kind_, count_, connections_, to_, start_, *per_s_ = sys.argv[1:]
    letters = signed(Path(place), kind_, int(count_), to_, int(start_))
    print("signed", flush=True)
    sys.stdin.readline()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        result = runner.run(
            main(int(port_), letters, int(connections_), float(per_s_[0]) if per_s_ else 0.0)
        )
    print(msgspec.json.encode(result).decode(), flush=True)
