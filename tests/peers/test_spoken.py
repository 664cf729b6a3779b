"""A whole life of an instance: what it sends and serves is what is kept as golden, and nothing is missing."""

import pytest

from tests.house.test_documents import verbs_that_leave
from tests.peers.spoken import Document, documents, golden

GOLDEN = dict(golden())


@pytest.fixture(scope="module")
def spoken() -> dict[str, Document]:
    """One life, lived once."""
    import asyncio

    return asyncio.run(documents())


@pytest.mark.parametrize("name", GOLDEN)
def test_what_is_said_is_the_golden_document(spoken: dict[str, Document], name: str) -> None:
    assert spoken[name] == GOLDEN[name], "python -m tests.peers.spoken"


def test_every_document_said_is_kept(spoken: dict[str, Document]) -> None:
    assert set(spoken) == set(GOLDEN), "python -m tests.peers.spoken"


def test_every_verb_that_leaves_is_among_them() -> None:
    assert verbs_that_leave() - {document["type"] for document in GOLDEN.values()} == set()


def test_the_original_language_comes_first_wherever_two_are_sent() -> None:
    words = GOLDEN["create-event"]["object"]
    orders = {tuple(words[name]) for name in ("nameMap", "summaryMap", "contentMap")}
    assert orders == {("ar", "en")}


@pytest.mark.parametrize("name", GOLDEN)
def test_followers_only_words_carry_no_lasting_proof(name: str) -> None:
    document = GOLDEN[name]
    is_public = "https://www.w3.org/ns/activitystreams#Public" in str(document)
    assert is_public or not {"proof", "signature"} & document.keys()
