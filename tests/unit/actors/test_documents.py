"""Documents of actors as other servers write them, and what a hostile one may not claim."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from actors.documents import parse_actor, understands_rfc9421
from actors.keys import ED25519, RSA, public_key_of
from actors.model import Actor
from fedi.canonical import origin_of
from fedi.errors import Invalid
from tests.peers.shared import fixture

NOW = datetime(2027, 1, 1, tzinfo=UTC)
URI = "https://h.example/users/a"


def as_served(name: str) -> dict[str, Any]:
    """A fixture with the addresses that a living server would have."""
    text = json.dumps(fixture(f"{name}.json"))
    document = json.loads(
        text.replace("http://example.org", "https://example.org").replace(
            "{{DOMAIN}}", "peer.example"
        )
    )
    assert isinstance(document, dict)
    return document


# name of the fixture, type, user name, whether it has a shared inbox
FIXTURES = [
    ("mastodon/person", "Person", "mastodon", True),
    ("mastodon/instance-actor", "Application", "peer.example", True),
    ("mobilizon/group", "Group", "contribateliers", True),
    ("mobilizon/person", "Person", "sanof44", True),
    ("gancio/actor", "Application", "gancio", False),
    ("lemmy/group", "Group", "tenforward", True),
    ("lemmy/person", "Person", "picard", True),
    ("lemmy/instance", "Application", "enterprise.lemmy.ml", False),
    ("misskey/person", "Person", "mkljczk", True),
    ("pleroma/person", "Person", "lanodan", True),
    ("pleroma/relay-actor", "Application", "relay", True),
    ("friendica/person", "Person", "jakob", True),
    ("peertube/group-channel", "Group", "thelinuxexperiment_channel", True),
    ("peertube/person", "Person", "thelinuxexperiment", True),
    ("wordpress/person", "Person", "matthias", True),
    ("wordpress/group-blog", "Group", "dbzer0.com", True),
    ("takahe/person", "Person", "vote", True),
    ("hubzilla/person", "Person", "testc6", True),
    ("discourse/group", "Group", "threadiverse-wg", False),
    ("guppe/group", "Group", "Bernie2020", False),
    ("nodebb/group-category", "Group", "general", True),
    ("nodebb/person", "Person", "julian", True),
    ("gotosocial/person-with-fields", "Person", "1happyturtle", False),
]
each_fixture = pytest.mark.parametrize(("name", "kind", "username", "shares"), FIXTURES)


@each_fixture
def test_an_actor_of_a_peer_is_read(name: str, kind: str, username: str, shares: bool) -> None:
    document = as_served(name)
    actor, _ = parse_actor(document, now=NOW)
    assert (actor.uri, actor.type, actor.username) == (document["id"], kind, username)


@each_fixture
def test_its_doors_are_found(name: str, kind: str, username: str, shares: bool) -> None:
    document = as_served(name)
    actor, _ = parse_actor(document, now=NOW)
    expected = document["endpoints"]["sharedInbox"] if shares else None
    assert (actor.inbox, actor.shared_inbox) == (document["inbox"], expected)


@each_fixture
def test_its_rsa_key_is_found(name: str, kind: str, username: str, shares: bool) -> None:
    document = as_served(name)
    _, keys = parse_actor(document, now=NOW)
    found = [(key.uri, key.owner_uri, key.public_text) for key in keys if key.kind == RSA]
    told = document["publicKey"]
    assert found == [(told["id"], document["id"], told["publicKeyPem"])]


def test_multikeys_are_found_beside_the_rsa_key() -> None:
    document = as_served("tootik/portable-actor-ed25519-proof")
    _, keys = parse_actor(document, now=NOW)
    told = [each["publicKeyMultibase"] for each in document["assertionMethod"]]
    assert [key.public_text for key in keys if key.kind != RSA] == told


def test_of_the_multikeys_of_a_peer_the_ed25519_one_is_used() -> None:
    _, keys = parse_actor(as_served("tootik/portable-actor-ed25519-proof"), now=NOW)
    usable = [key.uri for key in keys if key.kind == ED25519 and public_key_of(key) is not None]
    assert [uri.rpartition("#")[2] for uri in usable] == ["ed25519-key"]


@pytest.mark.parametrize("name", ["gotosocial/actor-key-stub", "fep/ef61-actor"])
def test_who_has_no_door_that_can_be_reached_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        parse_actor(as_served(name), now=NOW)


def test_the_sign_of_rfc9421_is_seen_where_a_peer_gives_it() -> None:
    assert understands_rfc9421(as_served("bonfire/application-implements-rfc9421"))


def test_profile_fields_of_a_peer_are_kept_in_order() -> None:
    document = as_served("gotosocial/person-with-fields")
    actor, _ = parse_actor(document, now=NOW)
    assert [each.name for each in actor.fields] == [each["name"] for each in document["attachment"]]


def minimal(**more: object) -> dict[str, Any]:
    """The least that is an actor; None takes a member away."""
    document: dict[str, Any] = {
        "id": URI,
        "type": "Group",
        "inbox": f"{URI}/inbox",
        "preferredUsername": "a",
        **more,
    }
    return {name: value for name, value in document.items() if value is not None}


def read(**more: object) -> Actor:
    return parse_actor(minimal(**more), now=NOW)[0]


@pytest.mark.parametrize("document", [None, "text", 5, [], [minimal()], True])
def test_what_is_no_object_is_no_actor(document: object) -> None:
    with pytest.raises(Invalid) as caught:
        parse_actor(document, now=NOW)
    assert caught.value.message_key == "actor.not_object"


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ({"type": None}, "actor.type"),
        ({"type": "Note"}, "actor.type"),
        ({"type": ["Note", "Create"]}, "actor.type"),
        ({"type": {"a": 1}}, "actor.type"),
        ({"id": None}, "actor.id"),
        ({"id": ""}, "actor.id"),
        ({"id": "urn:uuid:1"}, "actor.id"),
        ({"id": "https://H.example/users/a"}, "actor.id"),
        ({"id": "https://h.example:443/users/a"}, "actor.id"),
        ({"id": "https://me@h.example/users/a"}, "actor.id"),
        ({"id": [URI]}, "actor.id"),
        ({"inbox": None}, "actor.inbox"),
        ({"inbox": 5}, "actor.inbox"),
        ({"inbox": "/inbox"}, "actor.inbox"),
        ({"inbox": "https://evil.example/inbox"}, "actor.inbox"),
        ({"inbox": "http://h.example/inbox"}, "actor.inbox"),
        ({"inbox": "https://h.example:8443/inbox"}, "actor.inbox"),
        ({"preferredUsername": "a@b"}, "actor.username"),
        ({"preferredUsername": "a/b"}, "actor.username"),
        ({"preferredUsername": "a b"}, "actor.username"),
        ({"preferredUsername": "\u202e"}, "actor.username"),
    ],
)
def test_a_wrong_member_is_refused_by_name(members: dict[str, object], key: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(**members)
    assert caught.value.message_key == key


@pytest.mark.parametrize("member", ["outbox", "followers", "following", "featured"])
def test_a_collection_elsewhere_is_as_good_as_absent(member: str) -> None:
    assert getattr(read(**{member: "https://evil.example/c"}), member) is None


@pytest.mark.parametrize(
    "members",
    [
        {"endpoints": {"sharedInbox": "https://evil.example/inbox"}},
        {"sharedInbox": "https://evil.example/inbox"},
        {"endpoints": None},
        {"endpoints": {"sharedInbox": ["x"]}},
    ],
)
def test_a_shared_inbox_elsewhere_is_as_good_as_absent(members: dict[str, object]) -> None:
    assert read(**members).shared_inbox is None


def test_an_actor_without_a_name_is_called_by_its_host() -> None:
    assert read(preferredUsername=None).username == "h.example"


def test_a_summary_loses_what_could_act() -> None:
    summary = read(summary='<p onclick="x()">Hi<script>alert(1)</script></p>').summary
    assert summary == "<p>Hi</p>"


def rsa(**more: object) -> dict[str, object]:
    return {"id": f"{URI}#main-key", "owner": URI, "publicKeyPem": "PEM", **more}


def multi(**more: object) -> dict[str, object]:
    return {"id": f"{URI}#ed", "controller": URI, "publicKeyMultibase": "z6Mk", **more}


@pytest.mark.parametrize(
    "members",
    [
        {"publicKey": rsa(owner="https://h.example/users/b")},
        {"publicKey": rsa(owner="https://evil.example/users/a")},
        {"publicKey": rsa(id="https://evil.example/users/a#main-key")},
        {"publicKey": rsa(id=None)},
        {"publicKey": rsa(publicKeyPem=["PEM"])},
        {"publicKey": rsa(publicKeyPem="x" * 10_000)},
        {"publicKey": "https://h.example/key"},
        {"assertionMethod": multi(controller="https://h.example/users/b")},
        {"assertionMethod": multi(controller=None)},
        {"assertionMethod": multi(id="https://evil.example/users/a#ed")},
        {"assertionMethod": multi(publicKeyMultibase=5)},
        {"assertionMethod": [f"{URI}#ed"]},
    ],
)
def test_a_key_that_is_not_the_actors_own_is_left_out(members: dict[str, object]) -> None:
    assert parse_actor(minimal(**members), now=NOW)[1] == ()


def test_no_more_keys_are_read_than_anybody_needs() -> None:
    many = [rsa(id=f"{URI}#{number}") for number in range(1_000)]
    assert len(parse_actor(minimal(publicKey=many), now=NOW)[1]) == 10


def test_everything_an_actor_owns_is_at_its_own_origin() -> None:
    actor = read(outbox=f"{URI}/outbox", endpoints={"sharedInbox": "https://h.example/inbox"})
    doors = [actor.inbox, actor.outbox, actor.shared_inbox]
    assert {origin_of(door) for door in doors if door} == {"https://h.example"}
    assert all(doors)
