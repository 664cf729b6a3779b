"""Public activities carry a proof and a signature of their author; private ones carry neither."""

import json
from typing import Any

from actors import keys
from fedi.signatures.keys import PublicKey
from fedi.signatures.proofs import check_proof
from fedi.signatures.request import Verified
from fedi.urls import ed25519_key
from fedi.vocab.audience import Visibility
from tests.harness.world import World, a_note, world


async def _sent(made: World, host: str) -> list[dict[str, Any]]:
    rows = await made[host].look(
        lambda rx: rx.all("SELECT body FROM inbox_activity WHERE type = 'Create' ORDER BY id")
    )
    return [json.loads(row[0]) for row in rows]


async def _heard(made: World, visibility: Visibility) -> dict[str, Any]:
    agora = await made.collective("agora.test", "agora")
    beirut = await made.collective("beirut.test", "beirut")
    await made.follow(beirut, agora)
    await made.publish(agora, a_note("words", visibility=visibility))
    await made.settle()
    [activity] = await _sent(made, "beirut.test")
    return activity


async def test_a_public_activity_arrives_with_a_proof_that_its_authors_key_made() -> None:
    async with world("agora.test", "beirut.test") as made:
        activity = await _heard(made, Visibility.PUBLIC)
        listed = await made["beirut.test"].look(lambda rx: keys.list_keys(rx, activity["actor"]))
        [proving] = [key for key in listed if key.uri == ed25519_key(activity["actor"])]

        def load(key_id: str) -> PublicKey | None:
            return keys.public_key_of(proving) if key_id == proving.uri else None

        verdict = check_proof(activity, load)
        assert isinstance(verdict, Verified)
        assert verdict.owner == activity["actor"]
        assert activity["signature"]["type"] == "RsaSignature2017"
        assert activity["signature"]["creator"] == activity["actor"] + "#main-key"


async def test_words_for_followers_carry_nothing_that_proves_them() -> None:
    async with world("agora.test", "beirut.test") as made:
        activity = await _heard(made, Visibility.FOLLOWERS)
        assert "proof" not in activity
        assert "signature" not in activity


async def test_every_follower_gets_the_same_bytes_and_the_outbox_shows_them_too() -> None:
    async with world("agora.test", "beirut.test", "tunis.test") as made:
        agora = await made.collective("agora.test", "agora")
        for host in ("beirut.test", "tunis.test"):
            await made.follow(await made.collective(host, "reader"), agora)
        await made.publish(agora, a_note("words"))
        await made.settle()
        [one], [other] = await _sent(made, "beirut.test"), await _sent(made, "tunis.test")
        kept = await made["agora.test"].look(
            lambda rx: rx.one("SELECT body FROM outbox_activity WHERE type = 'Create'")
        )
        assert kept is not None
        assert one == other == json.loads(kept[0])
