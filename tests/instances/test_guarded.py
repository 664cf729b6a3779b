"""Two careful instances: documents for known servers only, followers by hand. They must not wait for each other."""

import asyncio
from dataclasses import replace

import aiohttp
import pytest

from actors import blocks, follows, store
from fedi.instance import Instance
from fedi.publications.model import Text
from fedi.signatures.cavage import sign_cavage
from fedi.signatures.keys import SigningKey
from fedi.unit import Unit
from outbox.actions.accept import accept_follow
from tests.harness.world import World, a_note, an_event, world
from tests.hostile.stranger import AS2, Heard, Person, exchange_alone, rsa, send_raw, stranger

GUARDED = '[instance]\nposture = "guarded"\n'


async def _ask(made: World, url: str, accept: str) -> tuple[int, dict[str, object]]:
    """What a stranger who signs nothing is told."""
    host = url.split("/")[2]
    connector = aiohttp.TCPConnector(ssl=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        address = url.replace(host, f"127.0.0.1:{made.wire.ports[host]}", 1)
        async with session.get(address, headers={"Host": host, "Accept": accept}) as answer:
            is_json = "json" in answer.headers["content-type"]
            return answer.status, await answer.json(content_type=None) if is_json else {}


async def _approve_all(instance: Instance) -> None:
    """Accept whoever asked."""

    def work(unit: Unit) -> None:
        for followed in store.list_collectives(unit.tx):
            for asked in follows.list_followers(unit.tx, followed.uri, follows.ASKED):
                follows.decide(unit, asked.follower_uri, followed.uri, follows.ACCEPTED)
                accept_follow(unit, followed, asked.follower_uri, asked.activity_uri)

    await instance.change(work)


async def test_two_guarded_instances_meet_and_hear_one_another() -> None:
    async with world("agora.test", "beirut.test", settings=GUARDED) as made:
        agora = await made.collective("agora.test", "agora", approves_followers=True)
        beirut = await made.collective("beirut.test", "beirut", approves_followers=True)
        await made.follow(beirut, agora)
        assert await made.followers(agora) == []
        await _approve_all(made["agora.test"])
        await made.settle()
        assert await made.followers(agora) == [beirut.uri]
        await made.publish(agora, an_event("Assembly"))
        await made.settle()
        assert await made.titles("beirut.test") == ["Assembly"]


async def test_a_guarded_instance_shows_a_stranger_only_what_checks_a_signature() -> None:
    async with world("agora.test", settings=GUARDED) as made:
        agora = await made.collective("agora.test", "agora", "ساحة الجيران")
        note = await made.publish(agora, a_note("words"))
        status, stub = await _ask(made, agora.uri, "application/activity+json")
        assert status == 200
        assert "publicKey" in stub
        assert "name" not in stub
        for path in (note.uri, agora.outbox, agora.followers, f"{note.uri}/replies"):
            assert path is not None
            assert (await _ask(made, path, "application/activity+json"))[0] == 401


async def test_a_guarded_instance_still_has_pages_and_can_be_found() -> None:
    async with world("agora.test", settings=GUARDED) as made:
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("words"))
        assert (await _ask(made, note.uri, "text/html"))[0] == 200
        found = "https://agora.test/.well-known/webfinger?resource=acct:agora@agora.test"
        assert (await _ask(made, found, "application/jrd+json"))[0] == 200
        assert (await _ask(made, "https://agora.test/actor", "application/activity+json"))[0] == 200


async def _signed(made: World, who: Person, uri: str, **headers: str) -> Heard:
    signing = sign_cavage("GET", uri, None, who.key, made.clock.now())
    lines = {**{name.lower(): value for name, value in signing.items()}, "accept": AS2, **headers}
    return await send_raw(
        made, "agora.test", uri.partition("agora.test")[2], list(lines.items()), b"", "GET"
    )


async def _signed_alone(made: World, who: Person, uri: str) -> Heard:
    """The same on a connection of its own, which others need not wait for."""
    signing = sign_cavage("GET", uri, None, who.key, made.clock.now())
    lines = {**{name.lower(): value for name, value in signing.items()}, "accept": AS2}
    head = f"GET {uri.partition('agora.test')[2]} HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return await exchange_alone(made, "agora.test", f"{head}\r\n".encode(), "127.0.1.1")


async def test_words_kept_for_who_proves_it_are_told_to_nobody_else_and_never_old() -> None:
    async with world("agora.test", settings=GUARDED) as made, stranger(made, "mars.test") as there:
        agora = await made.collective("agora.test", "agora", "ساحة الجيران")
        note = await made.publish(agora, a_note("words"))
        here = made["agora.test"]
        ada, ben = there.person("ada"), there.person("ben", 1)
        for uri in (note.uri, agora.uri):
            first = await _signed(made, ada, uri)
            from_memory = here.documents.from_memory
            for who in (ada, ben, ben):
                again = await _signed(made, who, uri)
                assert (again.status, again.body) == (200, first.body)
                assert again.headers["cache-control"] == "private, no-store"
                assert again.headers["vary"] == first.headers["vary"]
            # of whom nothing is known yet, the long way finds out first
            assert here.documents.from_memory in (from_memory + 2, from_memory + 3)
            same = await _signed(made, ada, uri, **{"if-none-match": first.headers["etag"]})
            assert (same.status, same.body) == (304, b"")
            assert (await _ask(made, note.uri, AS2))[0] == 401
            forged = replace(ada, key=replace(ben.key, key_id=ada.key.key_id))
            assert (await _signed(made, forged, uri)).status in (
                401,
                200 if uri == agora.uri else 401,
            )
            assert (await _signed(made, forged, uri)).body != first.body
        await made.edit(agora, replace(note, texts={"en": Text(None, None, "<p>other words</p>")}))
        assert b"other words" in (await _signed(made, ada, note.uri)).body
        assert b"other words" in (await _signed(made, ada, note.uri)).body
        await here.change(lambda unit: blocks.add(unit, agora.uri, ben.uri, blocks.ACTOR))
        assert (await _signed(made, ben, note.uri)).status == 404
        assert (await _signed(made, ada, note.uri)).status == 200
        await here.change(lambda unit: blocks.add(unit, "", "mars.test", blocks.HOST))
        for uri in (note.uri, agora.outbox, f"{note.uri}/replies"):
            assert uri is not None
            assert (await _signed(made, ada, uri)).status == 403
        assert b"other words" not in (await _signed(made, ada, agora.uri)).body


async def test_words_that_are_withdrawn_while_a_key_is_looked_up_are_not_told_any_more() -> None:
    """Whoever asks chooses how long looking up their key takes."""
    async with world("agora.test", settings=GUARDED) as made, stranger(made, "mars.test") as there:
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("words"))
        ada = there.person("ada")
        for _ in range(3):
            assert b"words" in (await _signed(made, ada, note.uri)).body
        assert made["agora.test"].documents.from_memory > 0
        ada = replace(ada, key=SigningKey(f"{ada.uri}#second", rsa(2)))
        there.show(ada.uri, ada.document())
        there.asked.clear()
        there.hold_pages = asyncio.Event()
        asking = asyncio.create_task(_signed(made, ada, note.uri))
        while not there.asked:
            await asyncio.sleep(0)
        await made.delete(agora, note)
        there.hold_pages.set()
        heard = await asking
        assert heard.status == 410
        assert b"words" not in heard.body


async def test_whose_key_hangs_keeps_nobody_waiting_for_what_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fedi.faces.fast.MAKING_S", 60.0)
    async with (
        world("agora.test", settings=GUARDED) as made,
        stranger(made, "mars.test") as there,
        stranger(made, "tar.test") as hanging,
    ):
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("words"))
        ada, eve = there.person("ada"), hanging.person("eve", 1)
        for _ in range(2):
            assert (await _signed(made, ada, note.uri)).status == 200
        hanging.hold_pages = asyncio.Event()
        asking = asyncio.create_task(_signed_alone(made, eve, note.uri))
        while not hanging.asked:
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            assert (await _signed(made, ada, note.uri)).status == 200
        hanging.hold_pages.set()
        assert (await asking).status == 200
