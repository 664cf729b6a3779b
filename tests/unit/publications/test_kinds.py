"""KINDS: which document is of which kind, and that each kind fills in its part of the contract."""

from typing import Any

import pytest

from fedi.publications.kinds import KINDS, kind_of

INTENT = {"type": "Intent", "action": "transfer"}


def test_the_kinds_have_the_names_used_everywhere() -> None:
    assert [kind.name for kind in KINDS] == [
        "event",
        "statement",
        "aid_request",
        "aid_offer",
        "note",
    ]


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"type": "Event"}, "event"),
        ({"type": ["Odd", "Event"]}, "event"),
        ({"type": "Article"}, "statement"),
        ({"type": "Page"}, "statement"),
        ({"type": "Note"}, "note"),
        ({"type": "Note", "publicationKind": "statement"}, "statement"),
        ({"type": "Note", "mj:publicationKind": "statement"}, "statement"),
        ({"type": "Note", "publicationKind": ["statement"]}, "note"),
        ({"type": "Note", "purpose": "request", "publishes": INTENT}, "aid_request"),
        ({"type": "Note", "purpose": "offer", "publishes": [INTENT]}, "aid_offer"),
        ({"type": "Note", "purpose": "request"}, "note"),
        ({"type": "Note", "purpose": "sale", "publishes": INTENT}, "note"),
        ({"type": "Note", "purpose": {}, "publishes": INTENT}, "note"),
        ({"type": "ValueFlows:Proposal", "purpose": "offer"}, "aid_offer"),
        ({"type": "vf:Proposal", "purpose": "request"}, "aid_request"),
        ({"type": "Proposal"}, None),
        ({"type": "Question"}, "note"),
        ({"type": "Video"}, "note"),
        ({"type": "Person"}, None),
        ({"type": "Tombstone"}, None),
        ({"type": "Agreement"}, None),
        ({"type": None}, None),
        ({}, None),
    ],
)
def test_a_document_has_one_kind_or_none(document: dict[str, Any], name: str | None) -> None:
    kind = kind_of(document)
    assert (kind.name if kind else None) == name
