"""What we send: golden documents, every term defined, and what each known reader needs, in our words (wire.md 5.2)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld
from pyld.documentloader.frozen import FrozenDocumentLoader

from fedi.publications.activitystreams import build_object, parse_publication
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication, Text
from fedi.text.html import paragraphs_of, sanitise
from fedi.vocab.strict import dump, parse_document
from fedi.vocab.terms import CONTEXT, PUBLIC
from tests.peers.samples import AID_REQUEST, EVENT, FOLLOWERS, NOW, SAMPLES, STATEMENT
from tests.peers.shared import SEEDS, need

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(SAMPLES)
RELATIVE = "relative://x/"  # what a relative address becomes, so that it shows


def sent(publication: Publication) -> dict[str, Any]:
    """The document as it arrives elsewhere."""
    found: dict[str, Any] = json.loads(dump(build_object(publication, with_context=True)))
    return found


def event_with(**changes: Any) -> Publication:
    details = replace(EVENT.event, **changes)
    return replace(EVENT, details=details)


@pytest.mark.parametrize("name", NAMES)
def test_the_document_sent_is_the_golden_one(name: str) -> None:
    golden = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert json.loads(dump(build_object(SAMPLES[name]))) == golden


@pytest.mark.parametrize("name", NAMES)
def test_the_golden_document_is_read_as_what_was_written(name: str) -> None:
    document = parse_document((GOLDEN / f"{name}.json").read_bytes())
    assert parse_publication(document, now=NOW, followers_uri=FOLLOWERS) == SAMPLES[name]


@pytest.mark.parametrize("name", NAMES)
def test_languages_travel_in_the_order_of_the_author(name: str) -> None:
    document = sent(SAMPLES[name])
    assert list(document["contentMap"]) == list(SAMPLES[name].texts)


@pytest.mark.parametrize("name", NAMES)
def test_content_is_the_original(name: str) -> None:
    document = sent(SAMPLES[name])
    assert document["content"] == next(iter(document["contentMap"].values()))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_sent_is_null_or_an_empty_address(name: str) -> None:
    def values(value: Any) -> Iterator[Any]:
        if isinstance(value, dict | list):
            for inner in value.values() if isinstance(value, dict) else value:
                yield from values(inner)
        else:
            yield value

    document = sent(SAMPLES[name])
    assert None not in values(document)
    assert "" not in values(document)


@pytest.mark.parametrize("name", NAMES)
def test_every_term_sent_is_defined(name: str) -> None:
    strays = list(strays_of(expanded(sent(SAMPLES[name]))))
    assert strays == []


def test_an_undefined_term_would_be_noticed() -> None:
    document = sent(STATEMENT) | {"neverDefined": "x"}
    assert list(strays_of(expanded(document))) == ["_:neverDefined"]


def test_an_address_that_is_relative_would_be_noticed() -> None:
    document = sent(STATEMENT) | {"inReplyTo": "7"}
    assert list(strays_of(expanded(document))) == [f"{RELATIVE}7"]


@pytest.mark.parametrize(
    "document",
    [
        {
            "type": "Group",
            "id": "https://h.example/a",
            "manuallyApprovesFollowers": False,
            "discoverable": True,
            "indexable": True,
            "featured": "https://h.example/a/featured",
            "alsoKnownAs": ["https://old.example/a"],
            "movedTo": "https://new.example/a",
            "webfinger": "a@h.example",
            "endpoints": {"sharedInbox": "https://h.example/inbox"},
            "publicKey": {
                "id": "https://h.example/a#main-key",
                "owner": "https://h.example/a",
                "publicKeyPem": "-",
            },
            "assertionMethod": [
                {
                    "type": "Multikey",
                    "id": "https://h.example/a#ed25519",
                    "controller": "https://h.example/a",
                    "publicKeyMultibase": "z6Mk",
                }
            ],
            "attachment": [{"type": "PropertyValue", "name": "Site", "value": "<a>x</a>"}],
        },
        {
            "type": "Accept",
            "id": "https://h.example/1",
            "actor": "https://h.example/a",
            "object": {"type": "QuoteRequest", "id": "https://x.example/1"},
            "result": "https://h.example/stamps/1",
        },
        {
            "type": "Offer",
            "id": "https://h.example/2",
            "actor": "https://h.example/a",
            "object": {
                "type": "Agreement",
                "stipulates": {
                    "type": "Commitment",
                    "satisfies": "https://x.example/1#primary",
                    "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "5"},
                },
            },
        },
        {"type": "EmojiReact", "id": "https://h.example/3", "content": "🫒"},
        {
            "type": "Create",
            "id": "https://h.example/4",
            "proof": {
                "type": "DataIntegrityProof",
                "cryptosuite": "eddsa-jcs-2022",
                "verificationMethod": "https://h.example/a#ed25519",
                "proofPurpose": "assertionMethod",
                "proofValue": "z3",
                "created": "2026-11-21T07:04:52Z",
            },
        },
    ],
    ids=["actor", "quote", "pledge", "reaction", "proof"],
)
def test_terms_of_actors_and_answers_are_defined_too(document: dict[str, Any]) -> None:
    assert list(strays_of(expanded({"@context": CONTEXT} | document))) == []


def expanded(document: dict[str, Any]) -> Any:
    return jsonld.expand(document, {"documentLoader": FrozenDocumentLoader(), "base": RELATIVE})


def strays_of(value: Any) -> Iterator[str]:
    """Names that a processor in safe mode would refuse: terms without definition, addresses without a host.

    The ActivityStreams context maps every unknown term to a blank one, so that nothing is dropped in silence.
    """
    if isinstance(value, list):
        for item in value:
            yield from strays_of(item)
    elif isinstance(value, dict):
        names = [key for key in value if not key.startswith("@")]
        kinds = value.get("@type", [])
        names += kinds if isinstance(kinds, list) else [kinds]
        names += [value["@id"]] if "@id" in value else []
        yield from (
            name
            for name in names
            if name.startswith("_:") or ":" not in name or name.startswith(RELATIVE)
        )
        for key, inner in value.items():
            if key not in ("@id", "@type", "@value", "@language"):
                yield from strays_of(inner)


def test_mobilizon_finds_text_time_and_place() -> None:
    event = sent(EVENT)
    assert isinstance(event["attributedTo"], str)
    assert event["name"]
    assert event["startTime"]
    assert isinstance(event["location"], dict)
    assert isinstance(event["status"], str)
    assert event["to"] == [PUBLIC]


@pytest.mark.parametrize("member", ["tag", "attachment", "contacts", "to", "cc"])
def test_lists_are_lists_even_when_empty(member: str) -> None:
    bare = replace(event_with(online_url=None), tags=(), attachments=())
    assert isinstance(sent(bare)[member], list)


def test_mobilizon_gets_coordinates_with_a_decimal_point() -> None:
    assert b'"latitude":36.0,' in dump(build_object(EVENT))


def test_mobilizon_knows_the_banner_and_the_website_by_name() -> None:
    names = [attachment["name"] for attachment in sent(EVENT)["attachment"]]
    assert names == ["Banner", "Website"]


def test_gancio_finds_a_media_type_on_every_attachment_and_the_picture_first() -> None:
    attachments = sent(EVENT)["attachment"]
    assert attachments[0]["mediaType"].startswith("image/")
    assert all(isinstance(attachment["mediaType"], str) for attachment in attachments)
    assert isinstance(attachments[0]["url"], str)


def test_gancio_finds_a_place_with_a_name_even_when_it_has_none() -> None:
    assert EVENT.event.place is not None
    nameless = replace(EVENT.event.place, name=None)
    assert sent(event_with(place=nameless))["location"]["name"] == "12 نهج الزيتونة, 1000 تونس, TN"


def test_gancio_finds_the_sign_of_hashtags() -> None:
    assert all(tag["name"].startswith("#") for tag in sent(EVENT)["tag"])


def test_event_bridge_finds_id_start_and_name_and_the_full_public_address() -> None:
    event = sent(EVENT)
    assert {"id", "startTime", "name"} <= event.keys()
    assert PUBLIC in event["to"]


def test_friendica_finds_the_title_and_an_address_as_text() -> None:
    event = sent(EVENT)
    assert event["name"]
    assert event["location"]["name"]


def test_mastodon_reads_when_and_where_in_the_summary() -> None:
    summary = sent(EVENT)["summary"]
    assert "2026" in summary
    assert "<" not in summary


def test_mastodon_may_let_people_quote_what_is_public() -> None:
    assert sent(STATEMENT)["interactionPolicy"]["canQuote"]["automaticApproval"] == [PUBLIC]


def test_mastodon_sees_the_sentence_of_an_aid_request_in_its_text() -> None:
    request = sent(AID_REQUEST)
    assert request["type"] == "Note"
    assert request["content"].startswith("<p>مطلوب")


def test_mitra_finds_amounts_as_strings() -> None:
    measure = sent(AID_REQUEST)["publishes"]["availableQuantity"]
    assert measure == {"hasUnit": "one", "hasNumericalValue": "28.5"}


def test_a_cancelled_event_says_so_in_all_spellings() -> None:
    event = sent(event_with(status="cancelled"))
    assert (event["status"], event["ical:status"], event["eventStatus"]) == (
        "CANCELLED",
        "CANCELLED",
        "EventCancelled",
    )


def test_an_open_end_is_written_as_a_plausible_one_that_is_not_shown() -> None:
    event = sent(event_with(ends_at=None))
    assert (event["endTime"], event["displayEndTime"]) == ("2026-12-05T21:00:00+01:00", False)


def test_nowhere_to_sign_up_is_written_so_that_mobilizon_understands() -> None:
    event = sent(event_with(join_mode="none"))
    assert (event["joinMode"], event["externalParticipationUrl"]) == ("external", event["url"])


@pytest.mark.parametrize("mode", ["free", "restricted", "invite", "none", "external"])
def test_ways_to_sign_up_come_back_as_they_were(mode: Any) -> None:
    external = "https://forms.example/1" if mode == "external" else None
    there = parse_publication(sent(event_with(join_mode=mode, external_url=external)), now=NOW)
    assert (there.event.join_mode, there.event.external_url) == (mode, external)


def test_an_event_only_online_has_one_room_and_no_list_of_places() -> None:
    event = sent(event_with(place=None, is_online=True))
    assert event["location"] == {
        "type": "VirtualLocation",
        "name": "hadiqa.example",
        "url": "https://hadiqa.example/winter",
    }


def test_unknown_numbers_are_left_out() -> None:
    bare = EventDetails(starts_at=EVENT.event.starts_at)
    event = sent(replace(EVENT, details=bare))
    unknown = {"remainingAttendeeCapacity", "participantCount", "location", "category", "timezone"}
    assert not unknown & event.keys()


def seeds() -> list[str]:
    return sorted(path.name for path in SEEDS.glob("*.txt")) or ["(none)"]


@pytest.mark.parametrize("name", seeds())
def test_a_long_arabic_text_survives_the_journey(name: str) -> None:
    text = need(SEEDS / name).read_text(encoding="utf-8")
    content = sanitise(paragraphs_of(text))
    statement = replace(STATEMENT, texts={"ar": Text("بيان", None, content)}, attachments=())
    there = parse_publication(
        parse_document(dump(build_object(statement, with_context=True))),
        now=NOW,
        followers_uri=FOLLOWERS,
    )
    assert there == statement
