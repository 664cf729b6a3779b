"""JSON-LD never reaches the network, keeps its limits, and canonicalises as the W3C says."""

from collections.abc import Callable
from typing import Any

import pytest
from pyld import jsonld as pyld

from fedi.errors import Invalid
from fedi.vocab.jsonld import canonicalise, canonicalise_quads, compact, expand
from tests.harness.work import calls_of
from tests.unit.signatures.makers import VECTORS, vector_text

AS2 = "https://www.w3.org/ns/activitystreams"
TERM = "https://x.test/term"
NOT_PYLD = {
    "test060": "pyld leaves \\u escapes in addresses as they are",
    "test075": "SHA-384 is used by nobody here",
}
QUADS = sorted(
    file.name.removesuffix("-in.nq")
    for file in (VECTORS / "rdfc10").glob("*-in.nq")
    if file.with_name(file.name.replace("-in", "-rdfc10")).exists()
)


def nested(depth: int) -> dict[str, Any]:
    document: dict[str, Any] = {"@id": "https://x.test/"}
    for _ in range(depth):
        document = {"@id": "https://x.test/", TERM: document}
    return document


def clique(size: int) -> dict[str, Any]:
    names = [f"_:n{number}" for number in range(size)]
    return {
        "@context": {"links": {"@id": TERM, "@type": "@id"}},
        "@graph": [
            {"@id": name, "links": [other for other in names if other != name]} for name in names
        ],
    }


def alike(count: int) -> dict[str, Any]:
    """Two trees that nobody can tell apart, with `count` leaves each."""
    return {TERM: [{TERM: [{} for _ in range(count)]} for _ in range(2)]}


TOO_MUCH: dict[str, Callable[[], dict[str, Any]]] = {
    "nested beyond the limit": lambda: nested(25),
    "nested beyond the stack": lambda: nested(50_000),
    "a deep context": lambda: {"@context": {"x": nested(30)}},
    "thirty-one blank nodes": lambda: {TERM: [{} for _ in range(31)]},
    "a hundred kilobytes": lambda: {TERM: "x" * 103_000},
}
NOT_JSON_LD: dict[str, Callable[[], dict[str, Any]]] = {
    "a context of somebody": lambda: {"@context": "https://evil.test/context", "a": 1},
    "a context in a file": lambda: {"@context": "file:///etc/passwd", "a": 1},
    "a number for a context": lambda: {"@context": 5},
    "a lone surrogate": lambda: {TERM: "\ud800"},
    "an import": lambda: {"@context": {"@version": 1.1, "@import": "https://evil.test/"}},
}


@pytest.mark.parametrize("name", [*TOO_MUCH, *NOT_JSON_LD])
@pytest.mark.parametrize("work", [expand, canonicalise])
def test_what_is_too_much_or_no_json_ld_is_invalid(work: Callable[[Any], Any], name: str) -> None:
    document = {**TOO_MUCH, **NOT_JSON_LD}[name]()
    with pytest.raises(Invalid):
        work(document)


@pytest.mark.parametrize("document", [clique(8), alike(9)], ids=["a clique", "trees alike"])
def test_a_small_document_that_would_take_minutes_is_given_up(document: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="steps"):
        calls_of(lambda: canonicalise(document), most=10_000_000)


def test_pyld_itself_has_forgotten_how_to_fetch() -> None:
    with pytest.raises(pyld.JsonLdError):
        pyld.expand({"@context": "https://evil.test/context", "a": 1})


def test_the_words_of_activitystreams_are_known() -> None:
    assert expand({"@context": AS2, "type": "Note"}) == [{"@type": [f"{AS2}#Note"]}]


def test_compacting_gives_the_words_of_the_context() -> None:
    document = {"@type": f"{AS2}#Note", f"{AS2}#content": "سلام"}
    assert compact(document, AS2) == {"@context": AS2, "type": "Note", "content": "سلام"}


def test_the_canonical_form_does_not_depend_on_order() -> None:
    one = {"@context": AS2, "type": "Note", "tag": [{"name": "a"}, {"name": "b"}]}
    other = {"tag": [{"name": "b"}, {"name": "a"}], "type": "Note", "@context": AS2}
    assert canonicalise(one) == canonicalise(other) != ""


@pytest.mark.parametrize("name", QUADS or ["absent"])
def test_quads_come_out_as_the_w3c_says(name: str) -> None:
    if name in NOT_PYLD:
        pytest.skip(f"{name}: {NOT_PYLD[name]}")
    quads = vector_text(f"rdfc10/{name}-in.nq")
    assert canonicalise_quads(quads) == vector_text(f"rdfc10/{name}-rdfc10.nq")


def test_the_poisonous_clique_of_the_w3c_is_given_up() -> None:
    with pytest.raises(Invalid, match="steps"):
        canonicalise_quads(vector_text("rdfc10/test074-in.nq"))


@pytest.mark.parametrize("quads", ["no quads", "<a> <b>", "\0", "_:a <b> _:c .\n" * 10_000])
def test_what_are_no_quads_is_invalid(quads: str) -> None:
    with pytest.raises(Invalid):
        canonicalise_quads(quads)
