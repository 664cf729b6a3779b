"""New keys: announced with the old one, believed everywhere afterwards."""

import asyncio
from typing import Any

import pytest

from actors import refresh
from actors.keys import RSA
from actors.model import Actor
from fedi.desk.keys import RotateOrder, rotate_keys
from fedi.http.transport import Request
from outbox.seal import current_key
from tests.harness.world import World, a_note, world


async def _friends(made: World) -> tuple[Actor, Actor]:
    agora = await made.collective("agora.test", "agora")
    beirut = await made.collective("beirut.test", "beirut")
    await made.follow(beirut, agora)
    return agora, beirut


def _watch_keys(made: World) -> list[str]:
    """The key of every letter from now on."""
    seen: list[str] = []

    def watch(request: Request) -> None:
        if request.method == "POST":
            said = request.headers.get("Signature-Input", request.headers["Signature"]).lower()
            seen.append(said.partition('keyid="')[2].partition('"')[0])

    made.wire.watchers.append(watch)
    return seen


async def test_the_announcement_is_signed_with_the_old_key_and_everything_later_with_the_new_one() -> (
    None
):
    async with world("agora.test", "beirut.test") as made:
        agora, _ = await _friends(made)
        seen = _watch_keys(made)
        await rotate_keys(made["agora.test"], RotateOrder(actor="agora"))
        await made.settle()
        await made.publish(agora, a_note("words"))
        await made.settle()
        [announced, said] = seen
        assert announced == f"{agora.uri}#main-key"
        assert said.startswith(f"{agora.uri}#main-key-")


async def test_followers_believe_the_new_key() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, _ = await _friends(made)
        await rotate_keys(made["agora.test"], RotateOrder(actor="agora"))
        await made.settle()
        await made.publish(agora, a_note("words"))
        await made.settle()
        assert len(await made.titles("beirut.test")) == 1


async def test_a_follower_that_missed_the_announcement_asks_for_the_new_key() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, _ = await _friends(made)
        await rotate_keys(made["agora.test"], RotateOrder(actor="agora"))
        await made["agora.test"].change(
            lambda unit: unit.tx.run("DELETE FROM delivery WHERE state = 'waiting'")
        )
        await made.publish(agora, a_note("words"))
        await made.settle()
        assert len(await made.titles("beirut.test")) == 1


async def test_the_old_key_is_listed_no_more_and_destroyed_in_time() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, _ = await _friends(made)
        here = made["agora.test"]
        await rotate_keys(here, RotateOrder(actor="agora"))
        document = (await made["beirut.test"].http.fetch_document(agora.uri)).document
        assert document["publicKey"]["id"] != f"{agora.uri}#main-key"
        assert [key["id"] for key in document["assertionMethod"]] != [f"{agora.uri}#ed25519-key"]
        made.clock.advance(days=61)
        from fedi.jobs.retention import forget

        await forget(here)
        kept = await here.look(
            lambda rx: rx.all("SELECT uri FROM actor_key WHERE owner_uri = ?", agora.uri)
        )
        assert len(kept) == 2


async def test_fetches_go_on_with_new_keys_of_the_server_actor() -> None:
    async with world(
        "agora.test", "beirut.test", settings='[instance]\nposture = "guarded"\n'
    ) as made:
        agora = await made.collective("agora.test", "agora")
        before = await made["beirut.test"].http.fetch_document(agora.uri)
        await rotate_keys(made["beirut.test"], RotateOrder(server=True))
        after = await made["beirut.test"].http.fetch_document(agora.uri)
        assert before.document["name"] == after.document["name"] == "Agora"


async def test_who_knows_only_the_new_key_believes_the_announcement_and_holds_nothing_up() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, _ = await _friends(made)
        made.wire.cut.add("beirut.test")
        await rotate_keys(made["agora.test"], RotateOrder(actor="agora"))
        await made.settle()
        # it read the document of its own accord before the announcement came
        await refresh.fetch_actor(made["beirut.test"], agora.uri)
        made.wire.cut.clear()
        await made.publish(agora, a_note("words"))
        made.clock.advance(minutes=2)
        await made.settle()
        states = await made["agora.test"].look(
            lambda rx: rx.all(
                "SELECT state, last_status, attempts FROM delivery WHERE attempts > 0"
            )
        )
        assert {row[0] for row in states} == {"sent"}
        assert len(await made.titles("beirut.test")) == 1


async def test_who_asks_for_new_keys_and_leaves_gets_them_all_the_same() -> None:
    async with world("agora.test") as made:
        agora, here = await made.collective("agora.test", "agora"), made["agora.test"]
        before = await current_key(here, agora.uri, RSA)
        asked: list[object] = []
        real = here.db.write

        async def write(work: Any) -> Any:
            done = await real(work)
            asked.append(done)
            # its connection broke off just when it was on disk
            raise asyncio.CancelledError

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(here.db, "write", write)
            with pytest.raises(asyncio.CancelledError):
                await rotate_keys(here, RotateOrder(actor="agora"))
        assert asked
        assert await current_key(here, agora.uri, RSA) != before
