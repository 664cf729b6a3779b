"""The peer by itself: two of them converse, so a failure elsewhere is not the peer's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from tests.peers.live.fedify_peer import FedifyPeer

pytestmark = pytest.mark.peer

Pair = tuple[FedifyPeer, FedifyPeer]


@pytest.fixture
async def pair(fedify_home: Path, authority: trustme.CA) -> AsyncIterator[Pair]:
    async with (
        FedifyPeer("fedify-a.test", home=fedify_home, authority=authority) as a,
        FedifyPeer("fedify-b.test", home=fedify_home, authority=authority, user="bo") as b,
    ):
        await a.route(b.host, b.port)
        await b.route(a.host, a.port)
        yield a, b


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
