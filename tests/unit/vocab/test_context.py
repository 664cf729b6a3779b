"""The context of a document defines every word in it, and nothing else."""

from typing import Any

from fedi.vocab.context import with_context
from fedi.vocab.terms import AS2, CONTEXT

PUBLIC_KEY = {
    "id": "https://a.test/actor/1#main-key",
    "owner": "https://a.test/actor/1",
    "publicKeyPem": "PEM",
}
EVENT = {
    "id": "https://a.test/event/1",
    "type": "Event",
    "name": "Assembly",
    "joinMode": "free",
    "location": {"type": "Place", "address": {"type": "PostalAddress", "addressLocality": "Tunis"}},
    "ical:status": "CONFIRMED",
    "tag": [{"type": "Hashtag", "name": "#x", "href": "https://a.test/tag/x"}],
}


def test_a_plain_note_needs_only_activitystreams() -> None:
    assert with_context({"id": "https://a.test/note/1", "type": "Note", "content": "x"})[
        "@context"
    ] == [AS2]


def test_the_context_of_a_document_comes_first_and_replaces_another() -> None:
    made = with_context({"type": "Note", "@context": "https://elsewhere.test/"})
    assert list(made) == ["@context", "type"]
    assert made["@context"] == [AS2]


def test_terms_of_other_vocabularies_come_with_their_prefixes() -> None:
    terms = with_context(EVENT)["@context"][1]
    assert set(terms) == {
        "mz", "sc", "ical", "Hashtag", "joinMode", "PostalAddress", "address", "addressLocality"
    }  # fmt: skip


def test_keys_bring_the_security_vocabulary() -> None:
    assert CONTEXT[1] in with_context({"type": "Group", "publicKey": PUBLIC_KEY})["@context"]


def test_names_of_languages_are_not_taken_for_terms() -> None:
    made: dict[str, Any] = with_context(
        {"type": "Note", "contentMap": {"draft": "x", "value": "y"}}
    )
    assert made["@context"] == [AS2]


def test_expansion_is_the_same_as_with_the_whole_table() -> None:
    from fedi.vocab.jsonld import expand

    small, whole = with_context(EVENT), {**EVENT, "@context": CONTEXT}
    assert expand(small) == expand(whole)
    assert "https://joinmobilizon.org/ns#joinMode" in expand(small)[0]
