"""Others as we see them: what is asked, what is judged, and that nothing anybody serves breaks the judging."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from actors import blocks
from actors.keys import ED25519
from fedi.doctor import judging
from fedi.doctor.commands import COMMANDS
from fedi.doctor.finding import Verdict
from fedi.doctor.inspect import inspect, understand
from fedi.doctor.inspected import Inspected, InspectOrder
from fedi.doctor.proofs import judge_proof
from fedi.doctor.seen import mastodon_view
from fedi.errors import Invalid
from fedi.signatures.keys import SigningKey
from fedi.signatures.proofs import add_proof
from fedi.vocab.terms import AS2
from outbox import store as outbox_store
from outbox.seal import current_key, signing_key
from tests.harness.chance import examples
from tests.harness.world import World, a_note, a_statement, an_event, world

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FIXTURES = Path(__file__).parents[3].parent / "shared" / "interop" / "fixtures"
URI = "https://beirut.test/actor/1"
ACTOR: dict[str, Any] = {
    "@context": [AS2],
    "id": URI,
    "type": "Group",
    "preferredUsername": "jiran",
    "inbox": f"{URI}/inbox",
    "publicKey": {"id": f"{URI}#key", "owner": URI, "publicKeyPem": "no key"},
}
NOTE: dict[str, Any] = {
    "@context": AS2,
    "id": "https://beirut.test/note/1",
    "type": "Note",
    "attributedTo": URI,
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
    "content": "<p>Hello</p>",
}


def keys(seen: Inspected) -> set[str]:
    return {each.key.removeprefix("inspect.") for each in seen.findings}


async def asked(made: World, address: str) -> Inspected:
    return await inspect(made["agora.test"], InspectOrder(address=address))


async def test_a_handle_is_followed_to_its_actor_and_back() -> None:
    async with world("agora.test", "beirut.test") as made:
        actor = await made.collective("beirut.test", "jiran", "جيران")
        seen = await asked(made, "@jiran@beirut.test")
    assert (seen.kind, seen.url) == ("actor", actor.uri)
    assert {"webfinger.answered", "handle.loop", "keys.usable", "inbox.same", "id.same"} <= keys(
        seen
    )
    assert all(each.verdict is Verdict.OK for each in seen.findings)


async def test_a_publication_is_shown_as_mastodon_would() -> None:
    async with world("agora.test", "beirut.test") as made:
        actor = await made.collective("beirut.test", "jiran")
        event = await made.publish(actor, an_event("Assembly"))
        seen = await asked(made, event.uri)
    assert seen.kind == "event"
    assert ("title", "Assembly") in seen.mastodon
    assert {part for part, _ in seen.mastodon} >= {"title", "text", "link"}


PROVED = {**NOTE, "published": "2026-11-21T12:00:00Z"}


async def test_the_proof_on_what_we_publish_holds() -> None:
    async with world("agora.test", "beirut.test") as made:
        actor = await made.collective("beirut.test", "jiran")
        await made.follow(await made.collective("agora.test", "agora"), actor)
        await made.publish(actor, a_statement())
        await made.settle()
        (_, create), *_ = await made["beirut.test"].look(
            lambda rx: outbox_store.list_public(rx, actor.uri, 1)
        )
        seen = await asked(made, create.uri)
    assert "proof.holds" in keys(seen)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "proof.holds"),
        ({"content": "<p>Other words</p>"}, "proof.broken"),
        ({"proof": ["not one"]}, "proof.broken"),
        ({"proof": {"type": "DataIntegrityProof"}}, "proof.broken"),
        ({"attributedTo": "https://agora.test/actor/1"}, "proof.nobody"),
        ({"attributedTo": "no address"}, "proof.nobody"),
        ({"attributedTo": "https://beirut.test/actor/none"}, "proof.nobody"),
    ],
)
async def test_the_proof_on_a_document_is_judged(change: dict[str, Any], verdict: str) -> None:
    async with world("agora.test", "beirut.test") as made:
        actor = await made.collective("beirut.test", "jiran")
        there = made["beirut.test"]
        key = await signing_key(there, await current_key(there, actor.uri, ED25519))
        note = add_proof(PROVED | {"attributedTo": actor.uri}, key, NOW)
        found = await judge_proof(made["agora.test"], note | change)
    assert [each.key for each in found] == [f"inspect.{verdict}"]


async def test_a_proof_by_a_key_that_the_author_does_not_list_is_named() -> None:
    async with world("agora.test", "beirut.test") as made:
        actor = await made.collective("beirut.test", "jiran")
        other = SigningKey(f"{actor.uri}#other", Ed25519PrivateKey.generate())
        found = await judge_proof(
            made["agora.test"], add_proof(PROVED | {"attributedTo": actor.uri}, other, NOW)
        )
    assert [each.key for each in found] == ["inspect.proof.unknown_key"]


async def test_looking_keeps_nothing() -> None:
    async with world("agora.test", "beirut.test") as made:
        actor = await made.collective("beirut.test", "jiran")
        statement = await made.publish(actor, a_statement())
        before = await made.rows("agora.test")
        await asked(made, statement.uri)
        await asked(made, "@jiran@beirut.test")
        assert await made.rows("agora.test") == before


async def test_a_host_that_is_shut_out_is_not_asked() -> None:
    async with world("agora.test", "beirut.test") as made:
        await made.collective("beirut.test", "jiran")
        await made["agora.test"].change(
            lambda unit: blocks.add(unit, blocks.INSTANCE, "beirut.test", blocks.HOST)
        )
        made.wire.sent.clear()
        seen = await asked(made, "@jiran@beirut.test")
    assert keys(seen) == {"blocked.yes"}
    assert made.wire.sent == []


async def test_a_host_that_does_not_answer_is_part_of_the_answer() -> None:
    async with world("agora.test") as made:
        made.wire.cut.add("beirut.test")
        seen = await asked(made, "https://beirut.test/note/1")
    assert [each.values["reason"] for each in seen.findings if each.verdict is Verdict.FAULT] == [
        "connect"
    ]


async def test_a_name_that_nobody_has_is_part_of_the_answer() -> None:
    async with world("agora.test", "beirut.test") as made:
        seen = await asked(made, "@nobody@beirut.test")
    assert "webfinger.failed" in keys(seen)
    assert seen.document is None


async def test_what_was_sent_to_the_host_is_told() -> None:
    async with world("agora.test", "beirut.test") as made:
        us = await made.collective("agora.test", "agora")
        them = await made.collective("beirut.test", "jiran")
        await made.follow(them, us)
        await made.publish(us, a_note())
        await made.settle()
        seen = await asked(made, "@jiran@beirut.test")
    assert [each.type for each in seen.deliveries] == ["Create", "Accept"]
    assert {each.state for each in seen.deliveries} == {"sent"}


@pytest.mark.parametrize(
    "address",
    ["", "jiran", "@jiran", "@@", "ftp://beirut.test/1", "https://", "https://x y/", "a@b@c", "@" + "x" * 3000],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        understand(address, frozenset({"agora.test"}))


@pytest.mark.parametrize(
    "address", ["https://agora.test/actor", "https://AGORA.test/x", "@agora@agora.test"]
)
def test_our_own_addresses_are_left_to_the_doctor(address: str) -> None:
    with pytest.raises(Invalid, match=r"inspect\.ours"):
        understand(address, frozenset({"agora.test"}))


def test_the_desk_finds_the_order_its_answer_and_who_does_it() -> None:
    order, result, run = COMMANDS["inspect"]
    assert (order, result, run) == (InspectOrder, Inspected, inspect)


async def test_the_answer_travels_as_json() -> None:
    async with world("agora.test", "beirut.test") as made:
        await made.collective("beirut.test", "jiran")
        seen = await asked(made, "@jiran@beirut.test")
    line = msgspec.json.encode(seen)
    assert msgspec.json.encode(msgspec.json.decode(line, type=Inspected)) == line


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"id.same", "context.ok"}),
        ({"@context": "https://schema.org"}, {"id.same", "context.missing"}),
        ({"@context": {"as": AS2}}, {"id.same", "context.missing"}),
        ({"id": f"{URI}/"}, {"id.other", "context.ok"}),
        ({"id": "https://elsewhere.test/1"}, {"id.elsewhere", "context.ok"}),
        ({"id": None}, {"id.unusable", "context.ok"}),
        ({"id": ["x"]}, {"id.unusable", "context.ok"}),
        ({"id": "https://BEIRUT.test/actor/1"}, {"id.unusable", "context.ok"}),
    ],
)
def test_identity_is_judged(changes: dict[str, Any], expected: set[str]) -> None:
    found = judging.judge_identity(ACTOR | changes, URI)
    assert {each.key.removeprefix("inspect.") for each in found} == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "keys.none"),
        ({"inbox": "https://elsewhere.test/inbox"}, "inbox.elsewhere"),
        ({"inbox": None}, "inbox.none"),
        ({"endpoints": {"sharedInbox": "https://beirut.test/inbox"}}, "shared_inbox.same"),
        ({"endpoints": {"sharedInbox": "https://elsewhere.test/inbox"}}, "shared_inbox.elsewhere"),
        ({"sharedInbox": "https://beirut.test/inbox"}, "shared_inbox.same"),
        ({"preferredUsername": "جيران"}, "username.odd"),
        ({"preferredUsername": "jiran.beirut"}, "username.plain"),
        ({"preferredUsername": None}, "username.odd"),
    ],
)
def test_an_actor_is_judged(changes: dict[str, Any], expected: str) -> None:
    found = judging.judge_actor(ACTOR | changes, URI)
    assert f"inspect.{expected}" in {each.key for each in found}


@pytest.mark.parametrize(
    ("document", "kind", "expected"),
    [
        (NOTE, "note", "kind.known"),
        (NOTE | {"contentMap": {"ar": "<p>سلام</p>"}}, "note", "language.is"),
        (NOTE, "note", "language.unknown"),
        (NOTE | {"attributedTo": "https://elsewhere.test/1"}, "note", "author.elsewhere"),
        (NOTE | {"url": "https://www.beirut.test/1"}, "note", "page.elsewhere"),
        (NOTE | {"type": "ChessGame"}, "", "kind.refused"),
        (NOTE | {"attributedTo": []}, "", "kind.refused"),
        ({"type": "Create", "id": URI, "actor": URI, "object": NOTE}, "activity", "kind.activity"),
        ({"type": "Create", "actor": URI, "object": NOTE}, "", "kind.refused"),
        (ACTOR, "actor", "kind.actor"),
        (ACTOR | {"inbox": 1}, "actor", "kind.refused"),
        ({}, "", "kind.refused"),
    ],
)
def test_kinds_are_recognised_or_refused_by_name(
    document: dict[str, Any], kind: str, expected: str
) -> None:
    found, _, findings = judging.judge_kind(document, NOW)
    assert found == kind
    assert f"inspect.{expected}" in {each.key for each in findings}


@pytest.mark.parametrize(
    ("webfinger", "expected"),
    [
        ({"links": [{"rel": "self", "type": "application/activity+json", "href": URI}]}, "loop"),
        ({"links": [{"rel": "self", "type": "text/html", "href": URI}]}, "elsewhere"),
        ({"links": [{"rel": "self", "type": "application/activity+json", "href": 1}]}, "elsewhere"),
        ({"links": {}}, "elsewhere"),
        ({"links": [None, 1, "x"]}, "elsewhere"),
        ({}, "elsewhere"),
    ],
)
def test_the_way_back_is_judged(webfinger: dict[str, Any], expected: str) -> None:
    finding = judging.judge_loop(webfinger, URI, "@jiran@beirut.test")
    assert finding.key == f"inspect.handle.{expected}"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [("text", "Hello")]),
        ({"summary": "Careful"}, [("warning", "Careful"), ("text", "Hello")]),
        (
            {"type": "Event", "name": "Meeting", "summary": "<p>Monday</p>"},
            [("title", "Meeting"), ("text", "Monday"), ("link", "https://beirut.test/note/1")],
        ),
        ({"type": "Proposal"}, []),
        (
            {"attachment": [{"mediaType": "image/png"}, {"mediaType": "text/html"}, 1]},
            [("text", "Hello"), ("pictures", "1")],
        ),
    ],
)
def test_what_mastodon_shows_depends_on_the_type(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert mastodon_view(NOTE | changes) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(URI),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
MEMBERS = [
    "id", "type", "@context", "inbox", "endpoints", "publicKey", "preferredUsername", "attributedTo", "content",
    "contentMap", "name", "summary", "url", "attachment", "tag", "to", "object", "actor", "startTime", "links",
]  # fmt: skip
documents = st.dictionaries(st.sampled_from(MEMBERS), json_values, max_size=10).flatmap(
    lambda made: st.sampled_from([made, ACTOR | made, NOTE | made, NOTE | {"type": "Event"} | made])
)


@given(documents)
@examples(150)
def test_no_document_breaks_the_judging(document: dict[str, Any]) -> None:
    kind, normal, findings = judging.judge_kind(document, NOW)
    judging.judge_identity(document, URI)
    judging.judge_loop(document, URI, "@a@b")
    mastodon_view(document)
    assert findings
    assert (normal is not None) <= bool(kind)


def fixtures() -> list[Path]:
    return sorted(FIXTURES.rglob("*.json")) if FIXTURES.is_dir() else []


def test_whatever_others_really_send_is_judged() -> None:
    if not fixtures():
        pytest.skip("no fixtures beside the checkout: documents of other servers are not looked at")
    judged = 0
    for path in fixtures():
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        if isinstance(document, dict):
            _, _, findings = judging.judge_kind(document, NOW)
            judged += bool(findings)
    assert judged > 20
