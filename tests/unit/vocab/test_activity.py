"""The envelope of activities: shapes are tolerated, identity is not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fedi.errors import Invalid
from fedi.vocab.activity import parse_activity
from fedi.vocab.terms import PUBLIC

ACTOR = "https://x.example/u/1"
LIKE: dict[str, Any] = {
    "id": "https://x.example/likes/1",
    "type": "Like",
    "actor": ACTOR,
    "object": "https://h.example/p/1",
}


def test_an_ordinary_activity_is_read_whole() -> None:
    activity = parse_activity(
        LIKE | {"to": "as:Public", "cc": None, "published": "2026-11-21T07:00:00Z"}
    )
    assert (activity.uri, activity.type, activity.actor) == (LIKE["id"], "Like", ACTOR)
    assert (activity.object, activity.object_uri, activity.object_type) == (LIKE["object"],) * 2 + (
        None,
    )
    assert (activity.to, activity.cc) == ((PUBLIC,), ())
    assert activity.published == datetime(2026, 11, 21, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "actor", [ACTOR, [ACTOR], {"id": ACTOR, "type": "Person"}, [{"id": ACTOR}]]
)
def test_an_actor_may_be_embedded_or_alone_in_a_list(actor: object) -> None:
    assert parse_activity(LIKE | {"actor": actor}).actor == ACTOR


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"id": None}, "activity.id"),
        ({"id": ""}, "activity.id"),
        ({"id": 7}, "activity.id"),
        ({"id": {"id": "https://x.example/1"}}, "activity.id"),
        ({"id": "https://X.example/1"}, "activity.id"),
        ({"id": "urn:uuid:1"}, "activity.id"),
        ({"type": None}, "activity.type"),
        ({"type": ""}, "activity.type"),
        ({"type": ["Like", "Create"]}, "activity.type"),
        ({"type": "x" * 101}, "activity.type"),
        ({"actor": None}, "activity.actor"),
        ({"actor": [ACTOR, "https://x.example/u/2"]}, "activity.actor"),
        ({"actor": "u/1"}, "activity.actor"),
        ({"actor": {}}, "activity.actor"),
    ],
)
def test_wrong_identity_is_refused_with_a_name(change: dict[str, Any], key: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_activity(LIKE | change)
    assert refusal.value.message_key == key


@pytest.mark.parametrize("document", [None, [], "x", 1, [LIKE]])
def test_what_is_no_object_is_no_activity(document: object) -> None:
    with pytest.raises(Invalid, match=r"activity\.not_object"):
        parse_activity(document)


def test_an_embedded_object_gives_its_id_and_type() -> None:
    activity = parse_activity(LIKE | {"object": {"id": "https://x.example/n/1", "type": "as:Note"}})
    assert (activity.object_uri, activity.object_type) == ("https://x.example/n/1", "Note")
    assert activity.embedded == {"id": "https://x.example/n/1", "type": "as:Note"}


@pytest.mark.parametrize("several", [["https://x.example/1", "https://x.example/2"], 7, [], None])
def test_an_object_that_is_not_one_is_left_to_the_raw_document(several: object) -> None:
    activity = parse_activity(LIKE | {"object": several})
    assert (activity.object, activity.object_uri, activity.raw["object"]) == (None, None, several)


def test_hidden_addressees_are_not_kept() -> None:
    activity = parse_activity(LIKE | {"bto": [ACTOR], "bcc": [ACTOR], "to": [], "cc": []})
    assert (activity.to, activity.cc) == ((), ())
