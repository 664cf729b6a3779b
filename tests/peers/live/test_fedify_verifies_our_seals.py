"""The signatures inside our public activities, held by Fedify against the key in our actor, for each verb that is sealed."""

import pytest

from tests.peers.live.fedify_peer import FedifyPeer, Json
from tests.peers.live.our_server import Collective

pytestmark = [pytest.mark.peer, pytest.mark.asyncio(loop_scope="module")]

VERBS = ("Create", "Update", "Announce", "Undo", "Delete")


async def speak(agora: Collective, fedify: FedifyPeer) -> None:
    """One public activity of each verb, to a follower."""
    await fedify.follow(agora.handle)
    await agora.server.settle()
    await fedify.wait("Accept", actor=agora.uri)
    theirs = await fedify.note("<p>words</p>", mentions=[agora.uri])
    await agora.server.settle()
    assert theirs.error is None
    [uri] = (await fedify.state())["notes"][-1:]
    ours = await agora.publish_statement("بيان")
    await agora.edit(ours, "بيان معدّل")
    await agora.boost(uri)
    await agora.unboost(uri)
    await agora.delete(ours)


async def test_each_seal_on_what_we_say_in_public_is_verified_by_others(
    agora: Collective, fedify: FedifyPeer
) -> None:
    await speak(agora, fedify)
    seen: dict[str, Json] = {}
    for verb in VERBS:
        [heard] = await fedify.wait(verb, actor=agora.uri)
        verdict = await fedify.examine(heard["arrival"])
        seen[verb] = {name: verdict[name] for name in ("linkedDataSignature", "proof")}
    assert seen == {verb: {"linkedDataSignature": True, "proof": True} for verb in VERBS}
