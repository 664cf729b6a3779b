"""A conversation between our server and Fedify, over TLS, with each of the two signature schemes.

Fedify looks our actor up, follows, reads an event, a statement and an aid request, replies, likes, boosts, reacts,
takes all of it back and leaves; our actor follows it, reads its note, thanks for it and passes it on.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
import trustme

from fedi.vocab.audience import Visibility
from tests.harness.chance import first_of
from tests.peers.live.conftest import open_fedify
from tests.peers.live.fedify_peer import Deed, FedifyPeer, Json
from tests.peers.live.our_server import Collective, OurServer

pytestmark = [pytest.mark.peer, pytest.mark.asyncio(loop_scope="module")]

Publish = Callable[[Collective, str], Awaitable[str]]

KINDS: dict[str, Publish] = {
    "Event": Collective.publish_event,
    "Article": Collective.publish_statement,
    "Note": Collective.publish_aid_request,
}
SCHEMES = ("cavage", "rfc9421")


@pytest.fixture(scope="module", params=first_of(SCHEMES))
def scheme(request: pytest.FixtureRequest) -> str:
    """The only signature scheme that is spoken in a test, by both sides."""
    chosen: str = request.param
    return chosen


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    scheme: str, our_server: OurServer, fedify_home: Path, authority: trustme.CA
) -> AsyncIterator[FedifyPeer]:
    """The peer of all tests with one scheme."""
    host = f"{scheme}.fedify.test"
    async with open_fedify(host, our_server, fedify_home, authority) as peer:
        yield peer


@pytest_asyncio.fixture(loop_scope="module")
async def fedify(scheme: str, running: FedifyPeer) -> FedifyPeer:
    """A peer that signs in one scheme and refuses the other; a 404 makes it try the other later, so it starts anew."""
    await running.mode(signature=scheme, understands=scheme)
    return running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def other_running(
    our_server: OurServer, fedify_home: Path, authority: trustme.CA
) -> AsyncIterator[FedifyPeer]:
    host = "stranger.test"
    async with open_fedify(host, our_server, fedify_home, authority, user="bo") as peer:
        yield peer


@pytest_asyncio.fixture(loop_scope="module")
async def stranger(other_running: FedifyPeer) -> FedifyPeer:
    """Another peer, whom the words of a test may not be for."""
    await other_running.mode(signature="default", understands="both", authorized_fetch=False)
    return other_running


async def delivered(agora: Collective, deed: Deed, scheme: str) -> None:
    """The peer's first try was taken, so it did not have to fall back to the other scheme."""
    assert deed.error is None, deed
    assert {post.scheme for post in deed.posts} == {scheme}, deed.posts
    assert all(200 <= (post.status or 0) < 300 for post in deed.posts), deed.posts
    await agora.server.settle()


async def follow(agora: Collective, peer: FedifyPeer, scheme: str) -> None:
    await delivered(agora, await peer.follow(agora.handle), scheme)
    await peer.wait("Accept", actor=agora.uri)


async def be_followed(agora: Collective, peer: FedifyPeer) -> None:
    """We follow, and the peer's answer, which it sends when it likes, has arrived."""
    posts = [one for one in await peer.ask("sent") if one["method"] == "POST" and one["status"]]
    await agora.follow(peer.actor)
    await peer.wait("Follow", actor=agora.uri)
    await peer.wait_sent(agora.server.host, count=len(posts) + 1)
    await agora.server.settle()


async def types_from(peer: FedifyPeer, agora: Collective) -> list[str]:
    """What the peer verified and read of ours."""
    return [entry["type"] for entry in await peer.received() if entry["actor"] == agora.uri]


async def newest_note(peer: FedifyPeer) -> str:
    uri: str = (await peer.state())["notes"][-1]
    return uri


async def test_a_peer_finds_our_actor_by_its_handle_and_follows_it(
    agora: Collective, fedify: FedifyPeer, scheme: str
) -> None:
    found = await fedify.lookup(agora.handle)
    await follow(agora, fedify, scheme)
    assert found.error is None
    assert (found.result["id"], found.result["type"]) == (agora.uri, "Group")
    assert await agora.followers() == [fedify.actor]
    assert (await fedify.state())["following"][agora.uri] == {"accepted": True}


@pytest.mark.parametrize("kind", KINDS)
async def test_each_publication_reaches_a_follower_with_every_signature_verified(
    agora: Collective, fedify: FedifyPeer, scheme: str, kind: str
) -> None:
    await follow(agora, fedify, scheme)
    uri = await KINDS[kind](agora, "اجتماع الحي")
    [created] = await fedify.wait("Create", object=uri)
    verdict = await fedify.examine(created["arrival"])

    assert (created["readAs"], created["scheme"]) == ("Create", scheme)
    assert created["document"]["object"]["type"] == kind
    assert "اجتماع الحي" in str(created["compact"])
    assert verdict["http"] == f"{agora.uri}#main-key", verdict["httpReason"]
    assert verdict["linkedDataSignature"] == verdict["hasLinkedDataSignature"]
    assert verdict["proof"] == verdict["hasProof"]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_peer_says_about_a_publication_arrives_and_can_be_taken_back(
    agora: Collective, fedify: FedifyPeer, scheme: str, kind: str
) -> None:
    uri = await KINDS[kind](agora, "Assembly")

    await delivered(agora, await fedify.reply(uri, "<p>We come.</p>"), scheme)
    await delivered(agora, await fedify.like(uri), scheme)
    await delivered(agora, await fedify.boost(uri), scheme)
    assert await agora.replies(uri) == [(1, "We come.")]
    assert (await agora.likes(uri), await agora.boosts(uri)) == ([fedify.actor], [fedify.actor])

    await delivered(agora, await fedify.delete(await newest_note(fedify)), scheme)
    await delivered(agora, await fedify.unlike(uri), scheme)
    await delivered(agora, await fedify.unboost(uri), scheme)
    assert await agora.replies(uri) == []
    assert (await agora.likes(uri), await agora.boosts(uri)) == ([], [])


@pytest.mark.parametrize("kind", ["EmojiReact", "Like"])
async def test_a_peer_reacts_with_a_sign_and_takes_it_back(
    agora: Collective, fedify: FedifyPeer, scheme: str, kind: str
) -> None:
    uri = await agora.publish_event("Assembly")
    await delivered(agora, await fedify.react(uri, "🌱", kind), scheme)
    assert await agora.likes(uri) == [fedify.actor]
    await delivered(agora, await fedify.do("unreact", uri=uri, **{"as": kind}), scheme)
    assert await agora.likes(uri) == []


async def test_an_answer_to_an_answer_stands_below_it(
    agora: Collective, fedify: FedifyPeer, scheme: str
) -> None:
    uri = await agora.publish_event("Assembly")
    await delivered(agora, await fedify.reply(uri, "<p>We come.</p>"), scheme)
    answer = await newest_note(fedify)
    ours = await agora.publish_note("Good.", Visibility.PUBLIC, to=fedify.actor, in_reply_to=answer)
    [created] = await fedify.wait("Create", object=ours)
    await delivered(agora, await fedify.reply(ours, "<p>Ten of us.</p>"), scheme)

    assert created["document"]["object"]["inReplyTo"] == answer
    assert await agora.replies(uri) == [
        (1, "We come."),
        (2, "Good. @ada"),
        (3, "Ten of us."),
    ]


async def test_an_edited_answer_of_a_peer_replaces_the_first(
    agora: Collective, fedify: FedifyPeer, scheme: str
) -> None:
    uri = await agora.publish_event("Assembly")
    await delivered(agora, await fedify.reply(uri, "<p>We come.</p>"), scheme)
    changed = await fedify.update(await newest_note(fedify), "<p>We come, ten of us.</p>")
    await delivered(agora, changed, scheme)
    assert await agora.replies(uri) == [(1, "We come, ten of us.")]


async def test_a_peer_that_leaves_hears_no_more(
    agora: Collective, fedify: FedifyPeer, scheme: str
) -> None:
    await follow(agora, fedify, scheme)
    await delivered(agora, await fedify.unfollow(agora.handle), scheme)
    assert await agora.followers() == []
    await agora.publish_event("Assembly")
    assert await types_from(fedify, agora) == ["Accept"]


async def test_our_changes_and_removals_reach_a_follower(
    agora: Collective, fedify: FedifyPeer, scheme: str
) -> None:
    await follow(agora, fedify, scheme)
    uri = await agora.publish_event("Assembly")
    await agora.edit(uri, "Assembly in the garden")
    [changed] = await fedify.wait("Update", object=uri)
    fetched = await fedify.fetch(uri)
    await agora.delete(uri)
    [removed] = await fedify.wait("Delete", object=uri)
    gone = await fedify.fetch(uri)

    assert changed["document"]["object"]["name"] == "Assembly in the garden"
    assert fetched.result["document"]["name"] == "Assembly in the garden"
    assert (changed["scheme"], removed["scheme"]) == (scheme, scheme)
    assert gone.attempts[-1].status == 410


async def test_words_for_followers_reach_and_are_shown_to_followers_only(
    agora: Collective, fedify: FedifyPeer, stranger: FedifyPeer, scheme: str
) -> None:
    await follow(agora, fedify, scheme)
    public = await agora.publish_note("For all.", Visibility.PUBLIC, to=stranger.actor)
    uri = await agora.publish_note("For friends.", Visibility.FOLLOWERS)
    [created] = await fedify.wait("Create", object=uri)
    fetched = [await peer.fetch(uri) for peer in (fedify, stranger)]

    assert created["document"]["to"] == [f"{agora.uri}/followers"]
    assert [deed.attempts[-1].status for deed in fetched] == [200, 404]
    assert [entry["object"] for entry in await stranger.wait("Create", actor=agora.uri)] == [public]


async def test_words_for_one_reach_and_are_shown_to_that_one_only(
    agora: Collective, fedify: FedifyPeer, stranger: FedifyPeer, scheme: str
) -> None:
    await follow(agora, fedify, scheme)
    uri = await agora.publish_note("Between us.", Visibility.DIRECT, to=stranger.actor)
    [created] = await stranger.wait("Create", object=uri)
    fetched = [await peer.fetch(uri) for peer in (fedify, stranger)]

    assert created["document"]["to"] == [stranger.actor]
    assert created["recipient"] == "bo"
    assert [deed.attempts[-1].status for deed in fetched] == [404, 200]
    assert await types_from(fedify, agora) == ["Accept"]


@pytest.mark.parametrize("audience", ["followers", "direct"])
async def test_what_a_peer_says_to_few_is_read_by_us_and_shown_to_no_visitor(
    agora: Collective, fedify: FedifyPeer, scheme: str, audience: str
) -> None:
    uri = await agora.publish_event("Assembly")
    await delivered(agora, await fedify.reply(uri, "<p>Between us.</p>", to=audience), scheme)
    assert (await agora.read())[0] == "Between us."
    assert await agora.replies(uri) == []


async def test_our_actor_follows_a_peer_and_reads_its_note_until_it_is_deleted(
    agora: Collective, fedify: FedifyPeer, scheme: str
) -> None:
    await be_followed(agora, fedify)
    assert await agora.following() == [fedify.actor]

    await delivered(agora, await fedify.note("<p>سلام من تونس</p>", language="ar"), scheme)
    assert await agora.read() == ["سلام من تونس"]
    note = await newest_note(fedify)
    await delivered(agora, await fedify.update(note, "<p>سلام من صفاقس</p>"), scheme)
    assert await agora.read() == ["سلام من صفاقس"]
    await delivered(agora, await fedify.delete(note), scheme)
    assert await agora.read() == []


async def test_our_actor_that_leaves_is_forgotten_by_the_peer(
    agora: Collective, fedify: FedifyPeer, scheme: str
) -> None:
    await be_followed(agora, fedify)
    assert agora.uri in (await fedify.state())["followers"]
    await agora.unfollow(fedify.actor)
    await fedify.wait("Undo", actor=agora.uri)
    assert agora.uri not in (await fedify.state())["followers"]


async def test_a_peer_reads_our_thanks_and_our_passing_on_and_that_we_take_them_back(
    agora: Collective, fedify: FedifyPeer, scheme: str
) -> None:
    await be_followed(agora, fedify)
    await delivered(agora, await fedify.note("<p>Bread for all.</p>"), scheme)
    note = await newest_note(fedify)
    await agora.like(note)
    await agora.boost(note)
    await agora.unlike(note)
    await agora.unboost(note)
    entries = await fedify.wait(actor=agora.uri, count=5)

    assert [entry["type"] for entry in entries] == ["Follow", "Like", "Announce", "Undo", "Undo"]
    assert [entry["object"] for entry in entries[1:3]] == [note, note]
    assert [undone(entry) for entry in entries[3:]] == [entries[1]["id"], entries[2]["id"]]
    assert {entry["scheme"] for entry in entries} == {scheme}


def undone(entry: Json) -> str:
    uri: str = entry["document"]["object"]["id"]
    return uri


async def test_a_peer_that_demands_signed_requests_is_still_followed(
    agora: Collective, our_server: OurServer, fedify_home: Path, authority: trustme.CA, scheme: str
) -> None:
    mode = {"signature": scheme, "understands": scheme, "authorizedFetch": True}
    host = f"{scheme}.careful.test"
    async with open_fedify(host, our_server, fedify_home, authority, mode=mode) as careful:
        await be_followed(agora, careful)
        assert await agora.following() == [careful.actor]


@pytest.mark.parametrize("first", SCHEMES)
async def test_a_peer_that_demands_signed_requests_shows_us_an_address_with_a_query(
    our_server: OurServer, stranger: FedifyPeer, first: str
) -> None:
    await stranger.note("<p>one</p>")
    note = await newest_note(stranger)
    await stranger.mode(understands=first, authorized_fetch=True)
    await our_server.fetch(stranger.actor)
    await stranger.mode(understands="both")
    fetched = await our_server.fetch(f"{note}?from=%D8%B3")
    assert fetched["content"] == "<p>one</p>"


CLAIMS: dict[str, Callable[[Collective, FedifyPeer], str]] = {
    "an actor of ours": lambda agora, _: agora.uri,
    "another actor of its own host": lambda _, fedify: f"https://{fedify.host}/users/someone",
    "an actor of another host": lambda *_: "https://elsewhere.test/users/x",
}


async def post_like(agora: Collective, fedify: FedifyPeer, actor: str, uri: str) -> int:
    """The peer signs, with its own key, a Like that `actor` is said to have made; the status of the answer."""
    inbox = (await fedify.lookup(agora.uri)).result["inbox"]
    like = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{actor}#likes/{uri}",
        "type": "Like",
        "actor": actor,
        "object": uri,
    }
    posted = await fedify.post(inbox, json.dumps(like))
    assert posted.error is None
    await agora.server.settle()
    status: int = posted.result["status"]
    return status


async def test_a_peer_speaks_for_itself(agora: Collective, fedify: FedifyPeer) -> None:
    uri = await agora.publish_event("Assembly")
    assert 200 <= await post_like(agora, fedify, fedify.actor, uri) < 300
    assert await agora.likes(uri) == [fedify.actor]


@pytest.mark.parametrize("claim", CLAIMS)
async def test_a_peer_cannot_speak_for_another(
    agora: Collective, fedify: FedifyPeer, claim: str
) -> None:
    uri = await agora.publish_event("Assembly")
    await post_like(agora, fedify, CLAIMS[claim](agora, fedify), uri)
    assert await agora.likes(uri) == []
