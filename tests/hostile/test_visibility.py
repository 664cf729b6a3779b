"""Who may read what: every visibility asked for by nobody, a stranger, a follower and somebody addressed."""

import json
from typing import Any

from actors import refresh
from fedi.signatures.cavage import sign_cavage
from fedi.vocab.audience import Visibility
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import AS2, Heard, Person, deliver, say, send_raw, stranger

HERE = "agora.test"
SECRET = "xyzzy"
READERS = ("nobody", "stranger", "follower", "addressed")
MAY_READ = {
    Visibility.PUBLIC: READERS,
    Visibility.QUIET: READERS,
    Visibility.FOLLOWERS: ("follower", "addressed"),
    Visibility.DIRECT: ("addressed",),
    Visibility.LOCAL: (),
}


async def asked(made: World, reader: Person | None, path: str, accept: str = AS2) -> Heard:
    headers = {"host": HERE}
    if reader is not None:
        url = f"https://{HERE}{path}"
        headers |= sign_cavage("GET", url, None, reader.key, made.clock.now())
    named = [(name.lower(), value) for name, value in headers.items()]
    unique = list(dict(named).items())
    return await send_raw(made, HERE, path, [*unique, ("accept", accept)], b"", "GET")


async def test_each_visibility_shows_itself_to_those_it_is_for_and_by_no_other_road() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        people: dict[str, Any] = {name: mars.person(name, key) for key, name in enumerate(READERS)}
        people["nobody"] = None
        follower, addressed = people["follower"], people["addressed"]
        await deliver(made, HERE, follower.key, say(follower, "Follow", agora.uri))
        await made.settle()
        known = await refresh.fetch_actor(made[HERE], addressed.uri)
        wrong = []
        for visibility, allowed in MAY_READ.items():
            draft = a_note(f"{known.handle} {SECRET}{visibility}", visibility=visibility)
            note = await made.publish(agora, draft, answered=known)
            row = await made[HERE].look(
                lambda rx, uri=note.uri: rx.one(
                    "SELECT uri FROM outbox_activity WHERE object_uri = ?", uri
                )
            )
            addresses = [note.uri, *([row[0]] if row else [])]
            for name, reader in people.items():
                for uri in addresses:
                    heard = await asked(made, reader, uri.removeprefix(f"https://{HERE}"))
                    shown = SECRET.encode() in heard.body
                    if (heard.status, shown) != ((200, True) if name in allowed else (404, False)):
                        wrong.append((visibility.value, name, uri.split("/")[3], heard.status))
            page = await asked(made, None, note.uri.removeprefix(f"https://{HERE}"), "text/html")
            if (page.status == 200) != visibility.is_public:
                wrong.append((visibility.value, "page", "", page.status))
        assert wrong == []
        hidden = [each.value for each in MAY_READ if not each.is_public]
        outbox = f"{agora.outbox}/page".removeprefix(f"https://{HERE}")
        roads = [
            "/",
            "/feed.atom",
            "/feed.rss",
            "/archive/note",
            "/@agora",
            "/@agora/feed.atom",
            outbox,
        ]
        for path in roads:
            for accept in (AS2, "text/html"):
                heard = await asked(made, None, path, accept)
                leaked = [each for each in hidden if f"{SECRET}{each}".encode() in heard.body]
                assert leaked == [], path
        total = await asked(made, None, (agora.outbox or "").removeprefix(f"https://{HERE}"))
        assert json.loads(total.body)["totalItems"] == 2
