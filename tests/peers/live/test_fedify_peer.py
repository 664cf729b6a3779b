"""The peer by itself: two of them converse, so a failure elsewhere is not the peer's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import trustme

from tests.peers.live.fedify_peer import FedifyPeer

pytestmark = [pytest.mark.peer, pytest.mark.asyncio(loop_scope="module")]

Pair = tuple[FedifyPeer, FedifyPeer]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(fedify_home: Path, authority: trustme.CA) -> AsyncIterator[Pair]:
    async with (
        FedifyPeer("fedify-a.test", home=fedify_home, authority=authority) as a,
        FedifyPeer("fedify-b.test", home=fedify_home, authority=authority, user="bo") as b,
    ):
        await a.route(b.host, b.port)
        await b.route(a.host, a.port)
        yield a, b


@pytest_asyncio.fixture(loop_scope="module")
async def pair(running: Pair) -> Pair:
    """Two peers that have not met."""
    for peer in running:
        await peer.clear()
    return running


@pytest.mark.parametrize("scheme", ["rfc9421", "cavage"])
async def test_two_peers_follow_write_and_like_with_signatures_verified(
    pair: Pair, scheme: str
) -> None:
    a, b = pair
    await a.mode(signature=scheme)
    await b.mode(signature=scheme)
    assert (await a.lookup(b.handle)).result["preferredUsername"] == "bo"

    followed = await b.follow(a.actor)
    assert [(post.scheme, post.status) for post in followed.posts] == [(scheme, 202)]
    await b.wait("Accept", actor=a.actor)
    assert [answer.scheme for answer in await a.wait_sent(b.host)] == [scheme]
    assert (await b.state())["following"] == {a.actor: {"accepted": True}}

    written = await a.note("<p>سلام</p>", language="ar")
    assert written.error is None
    [created] = await b.wait("Create", objectType="Note")
    assert created["scheme"] == scheme
    assert created["document"]["object"]["contentMap"] == {"ar": "<p>سلام</p>"}
    assert (await b.examine(created["arrival"]))["http"] == f"{a.actor}#main-key"

    await b.like(created["object"])
    [liked] = await a.wait("Like", actor=b.actor)
    assert liked["object"] == created["object"]
    await b.unlike(created["object"])
    await a.wait("Undo", actor=b.actor)


async def test_a_peer_refuses_what_is_not_signed_and_says_so(pair: Pair) -> None:
    a, b = pair
    body = f'{{"@context":"https://www.w3.org/ns/activitystreams","id":"{b.actor}#1",'
    body += f'"type":"Like","actor":"{b.actor}","object":"{a.actor}"}}'
    unsigned = await b.post(f"{a.actor}/inbox", body, scheme="none")
    signed = await b.post(f"{a.actor}/inbox", body, scheme="cavage")
    assert (unsigned.result["status"], signed.result["status"]) == (401, 202)
    assert [entry["id"] for entry in await a.received()] == [f"{b.actor}#1"]


async def test_a_peer_with_authorised_fetch_shows_itself_to_signed_requests_only(
    pair: Pair,
) -> None:
    a, b = pair
    await a.mode(authorized_fetch=True)
    unsigned = await b.fetch(a.actor, signed=False)
    signed = await b.fetch(a.actor)
    assert [attempt.status for attempt in unsigned.attempts] == [401]
    assert signed.result["document"]["id"] == a.actor


async def test_a_peer_reaches_no_host_outside_its_map(pair: Pair) -> None:
    a, _ = pair
    looked_up = await a.lookup("@someone@elsewhere.test")
    assert looked_up.error is not None
    assert {attempt.status for attempt in looked_up.attempts} == {None}


async def test_a_peer_does_every_deed_the_conversations_need(pair: Pair) -> None:
    a, b = pair
    await b.follow(a.actor)
    await b.wait("Accept")
    written = await a.note("<p>one</p>")
    uri = written.result["object"]["id"]
    await b.wait("Create")

    deeds = [
        (await b.reply(uri, "<p>two</p>", to="direct"), "Create"),
        (await b.boost(uri), "Announce"),
        (await b.unboost(uri), "Undo"),
        (await b.react(uri, "🌱"), "EmojiReact"),
        (await b.send({"type": "Join", "object": uri}, to=a.actor), "Join"),
        (await b.unfollow(a.actor), "Undo"),
    ]
    assert [(deed.error, len(deed.posts)) for deed, _ in deeds] == [(None, 1)] * len(deeds)
    entries = await a.wait(actor=b.actor, count=len(deeds) + 1)
    assert [entry["type"] for entry in entries] == ["Follow", *(kind for _, kind in deeds)]
    assert entries[1]["document"]["object"]["inReplyTo"] == uri
    assert (await a.state())["followers"] == []


async def test_a_peer_tells_its_followers_of_changes_and_removals(pair: Pair) -> None:
    a, b = pair
    await b.follow(a.actor)
    await b.wait("Accept")
    uri = (await a.note("<p>one</p>")).result["object"]["id"]
    await a.update(uri, "<p>two</p>")
    assert (await b.fetch(uri)).result["document"]["content"] == "<p>two</p>"
    await a.delete(uri)
    entries = await b.wait(count=4)
    assert [entry["type"] for entry in entries] == ["Accept", "Create", "Update", "Delete"]
    assert (await b.fetch(uri)).result["document"]["type"] == "Tombstone"


async def test_a_peer_names_each_proof_an_arrival_carries(pair: Pair) -> None:
    a, b = pair
    await b.follow(a.actor)
    await b.wait("Accept")
    await a.note("<p>one</p>")
    [created] = await b.wait("Create")
    verdict = await b.examine(created["arrival"])
    assert (verdict["http"], verdict["linkedDataSignature"], verdict["proof"]) == (
        f"{a.actor}#main-key",
        True,
        True,
    )
