"""Actors of any shape are read or refused, never more than that; what we write of ours reads back the same."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.documents import build_actor, build_server_actor, build_stub, parse_actor
from actors.keys import ED25519, RSA, ActorKey
from actors.model import ROLE_COLLECTIVE, Actor, ActorImage, ProfileField
from fedi.canonical import origin_of
from fedi.errors import Invalid
from fedi.text.direction import clean_line
from fedi.text.html import sanitise
from fedi.urls import ed25519_key, main_key, part
from fedi.vocab.strict import dump, parse_document
from tests.harness.chance import examples

NOW = datetime(2027, 1, 1, tzinfo=UTC)
URI = "https://h.example/users/a"
MEMBERS = [
    "id",
    "type",
    "inbox",
    "outbox",
    "followers",
    "following",
    "featured",
    "url",
    "name",
    "summary",
    "summaryMap",
    "preferredUsername",
    "endpoints",
    "sharedInbox",
    "publicKey",
    "assertionMethod",
    "owner",
    "controller",
    "publicKeyPem",
    "publicKeyMultibase",
    "icon",
    "image",
    "attachment",
    "tag",
    "alsoKnownAs",
    "movedTo",
    "discoverable",
    "indexable",
    "manuallyApprovesFollowers",
    "published",
    "updated",
    "value",
    "mediaType",
    "href",
    "@value",
]

likely = st.sampled_from(
    [
        URI,
        f"{URI}/inbox",
        f"{URI}#main-key",
        "https://evil.example/",
        "https://[::1",
        "https://h.example:x/",
        "Group",
        "as:Person",
        "PropertyValue",
        "2027-02-30T25:61:00Z",
        "9999-12-31T23:59:59-23:59",
        "image/png",
        "\ud800",
        "\x00",
        "",
    ]
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | likely
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(MEMBERS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=15,
)
objects = st.dictionaries(st.sampled_from(MEMBERS) | st.text(max_size=5), values, max_size=12)

# an address where one belongs, so that many of them are somebody else's
addresses = likely | st.fixed_dictionaries({"id": likely}) | values
keys_claimed = st.fixed_dictionaries(
    {"id": addresses, "publicKeyPem": st.just("PEM"), "publicKeyMultibase": st.just("z6Mk")},
    optional={"owner": addresses, "controller": addresses},
)
claims = st.fixed_dictionaries(
    {
        **dict.fromkeys(("outbox", "followers", "following", "featured"), addresses),
        "endpoints": st.fixed_dictionaries({"sharedInbox": addresses}) | values,
        "publicKey": keys_claimed | st.lists(keys_claimed, max_size=3),
        "assertionMethod": keys_claimed | st.lists(keys_claimed, max_size=3),
    }
)


def read(document: object) -> tuple[Actor, tuple[ActorKey, ...]] | None:
    try:
        return parse_actor(document, now=NOW)
    except Invalid:
        return None


@examples(200)
@given(values | objects)
def test_any_value_is_read_or_refused(document: object) -> None:
    read(document)


@examples(150)
@given(objects, claims)
def test_an_actor_keeps_to_its_origin_whatever_it_claims(
    more: dict[str, Any], claimed: dict[str, Any]
) -> None:
    document = {**more, **claimed, "id": URI, "type": "Group", "inbox": f"{URI}/inbox"}
    document["preferredUsername"] = "a"
    found = read(document)
    assert found is not None
    actor, keys = found
    doors = [actor.inbox, actor.shared_inbox, actor.outbox, actor.followers, actor.following]
    named = [each for each in [*doors, actor.featured, *(key.uri for key in keys)] if each]
    assert {origin_of(each) for each in named} == {"https://h.example"}
    assert all(key.owner_uri == URI for key in keys)


names = st.from_regex(r"[a-z0-9_]{1,30}", fullmatch=True)
hosts = st.from_regex(r"[a-z]{1,8}\.example(:8[0-9]{3})?", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
lines = texts.map(lambda text: clean_line(text, 100)).filter(bool)
urls = st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9/]{0,12}", fullmatch=True)
moments = st.datetimes(datetime(2001, 1, 1), datetime(2026, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
images = st.builds(ActorImage, urls, st.sampled_from([None, "image/png"]), st.none() | lines)


@st.composite
def actors(draw: st.DrawFn) -> Actor:
    """A collective of ours with anything said of it."""
    host, username = draw(hosts), draw(names)
    uri = f"https://{host}/actor/{draw(names)}"
    return Actor(
        uri=uri,
        host=host,
        role=ROLE_COLLECTIVE,
        type=draw(st.sampled_from(["Group", "Organization"])),
        username=username,
        name=draw(lines),
        summary=draw(texts.map(sanitise)),
        inbox=part(uri, "inbox"),
        outbox=part(uri, "outbox"),
        followers=part(uri, "followers"),
        following=part(uri, "following"),
        featured=part(uri, "featured"),
        shared_inbox=f"https://{host}/inbox",
        url=f"https://{host}/@{username}",
        icon=draw(st.none() | images),
        image=draw(st.none() | images),
        fields=tuple(draw(st.lists(st.builds(ProfileField, lines, st.just("v")), max_size=4))),
        aliases=tuple(draw(st.lists(urls, max_size=3, unique=True))),
        moved_to=draw(st.none() | urls),
        discoverable=draw(st.booleans()),
        indexable=draw(st.booleans()),
        approves_followers=draw(st.booleans()),
        published_at=draw(moments),
        updated_at=draw(st.none() | moments),
    )


def keys_of(actor: Actor) -> tuple[ActorKey, ...]:
    return (
        ActorKey(actor.uri, main_key(actor.uri), RSA, "PEM of it\n"),
        ActorKey(actor.uri, ed25519_key(actor.uri), ED25519, "z6MkOfIt"),
    )


def back(document: dict[str, Any]) -> tuple[Actor, tuple[ActorKey, ...]]:
    """What a peer that reads like us makes of it, over the wire."""
    return parse_actor(parse_document(dump(document)), now=NOW)


KEPT = [
    "uri",
    "host",
    "type",
    "username",
    "name",
    "inbox",
    "outbox",
    "followers",
    "following",
    "featured",
    "shared_inbox",
    "url",
    "icon",
    "image",
    "fields",
    "aliases",
    "moved_to",
    "discoverable",
    "indexable",
    "approves_followers",
    "published_at",
    "updated_at",
]


@examples(100)
@given(actors())
def test_what_is_said_of_ours_reads_back_the_same(actor: Actor) -> None:
    found, _ = back(build_actor(actor, keys_of(actor), f"https://{actor.host}/actor"))
    assert {name: getattr(found, name) for name in KEPT} == {
        name: getattr(actor, name) for name in KEPT
    }


@examples(30)
@given(actors())
def test_every_document_of_ours_carries_its_keys(actor: Actor) -> None:
    keys = keys_of(actor)
    for document in (
        build_actor(actor, keys, f"https://{actor.host}/actor"),
        build_stub(actor, keys),
        build_server_actor(actor, keys),
    ):
        assert back(document)[1] == keys


@examples(30)
@given(actors())
def test_a_stub_tells_nothing_but_who_and_where(actor: Actor) -> None:
    document = build_stub(actor, keys_of(actor))
    assert set(document) == {
        "@context",
        "id",
        "type",
        "preferredUsername",
        "inbox",
        "publicKey",
        "assertionMethod",
    }
