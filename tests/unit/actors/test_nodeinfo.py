"""NodeInfo: documents that the published schemas accept, and a list whose first link everybody can follow."""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from actors import nodeinfo
from fedi.config import parse_config
from fedi.urls import Urls
from tests.peers.shared import VECTORS, need

URLS = Urls.of("https://agora.test")
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"


def described(version: str, settings: str = "") -> dict[str, Any]:
    return nodeinfo.document(parse_config(settings, {}), version, "1.2.3", "Agora")


@pytest.mark.parametrize("version", nodeinfo.VERSIONS)
@pytest.mark.parametrize(
    "settings",
    [
        "",
        '[instance]\nposture = "closed"',
        '[instance]\nposture = "guarded"\ncontact = "people@agora.test"',
    ],
)
def test_the_published_schema_accepts_the_document(version: str, settings: str) -> None:
    schema = json.loads(need(VECTORS / "nodeinfo" / version / "schema.json").read_bytes())
    document = json.loads(json.dumps(described(version, settings)))
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert list(validator.iter_errors(document)) == []


@pytest.mark.parametrize("version", nodeinfo.VERSIONS)
def test_the_document_says_the_version_it_was_asked_for(version: str) -> None:
    assert described(version)["version"] == version


def test_activitypub_is_the_protocol() -> None:
    assert described("2.1")["protocols"] == ["activitypub"]


def test_numbers_of_people_and_posts_are_not_told() -> None:
    assert described("2.1")["usage"] == {"users": {}}


@pytest.mark.parametrize(
    ("posture", "told"), [("open", "1.2.3"), ("guarded", "0"), ("closed", "0")]
)
def test_the_version_is_told_only_where_all_is_open(posture: str, told: str) -> None:
    settings = f'[instance]\nposture = "{posture}"'
    assert described("2.0", settings)["software"] == {"name": "mujawara", "version": told}


def test_a_contact_is_told_when_there_is_one() -> None:
    settings = '[instance]\ncontact = "people@agora.test"'
    assert described("2.1", settings)["metadata"]["contact"] == "people@agora.test"


def test_without_a_contact_nothing_is_said_of_it() -> None:
    assert described("2.1")["metadata"] == {"nodeName": "Agora"}


def test_the_first_link_leads_to_a_schema() -> None:
    assert nodeinfo.links(URLS)["links"][0] == {
        "rel": f"{SCHEMA}2.0",
        "href": "https://agora.test/nodeinfo/2.0",
    }


def test_every_version_is_listed_under_its_schema() -> None:
    found = {link["rel"]: link["href"] for link in nodeinfo.links(URLS)["links"]}
    for version in nodeinfo.VERSIONS:
        assert found[f"{SCHEMA}{version}"] == URLS.nodeinfo(version)


def test_the_server_actor_is_listed_as_the_application() -> None:
    applications = [
        link["href"]
        for link in nodeinfo.links(URLS)["links"]
        if link["rel"] == "https://www.w3.org/ns/activitystreams#Application"
    ]
    assert applications == ["https://agora.test/actor"]


@pytest.mark.parametrize("version", nodeinfo.VERSIONS)
def test_the_content_type_carries_the_profile_of_the_schema(version: str) -> None:
    assert nodeinfo.media_type(version) == f'application/json; profile="{SCHEMA}{version}#"'
