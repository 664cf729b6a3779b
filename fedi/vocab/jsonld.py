"""JSON-LD by pyld with bundled contexts only: documents in, expanded, compacted or canonical forms out. Never fetches.

Importing pyld costs a tenth of a second and 12 MB, so nothing imports this module when the server starts. pyld's caches
are not locked: one thread at a time. Canonicalisation is for our own documents, never for what came from outside (S48).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from pyld import FrozenDocumentLoader, jsonld
from pyld.canon import URDNA2015
from pyld.identifier_issuer import IdentifierIssuer

from fedi.errors import Invalid
from fedi.vocab.strict import dump

DEPTH_MAX: Final = 20
BYTES_MAX: Final = 100 * 1024
BLANK_NODES_MAX: Final = 30
STEPS_MAX: Final = 20_000

_T = TypeVar("_T")


class _BundledLoader(FrozenDocumentLoader):  # type: ignore[misc]
    """Serves pyld's own copies of contexts and refuses every other address, files included."""

    def __call__(self, url: str, options: Any) -> dict[str, Any]:
        # The tag lets pyld keep the resolved context between calls, which halves the time of `expand`.
        return {**super().__call__(url, options), "tag": "static"}


_loader: Final = _BundledLoader()
# Passed with every call too, but what pyld does by itself must not reach the network either.
jsonld.set_document_loader(_loader)


def expand(document: Mapping[str, Any]) -> list[Any]:
    """The expanded form. Raises Invalid beyond the limits, for foreign contexts and for what is no JSON-LD."""
    _check_limits(document)
    expanded: list[Any] = _run(lambda: jsonld.expand(document, _options()))
    return expanded


def compact(
    document: Mapping[str, Any], context: str | list[Any] | dict[str, Any]
) -> dict[str, Any]:
    """`document` in the words of `context`. Raises Invalid as `expand` does."""
    _check_limits(document)
    compacted: dict[str, Any] = _run(lambda: jsonld.compact(document, context, _options()))
    return compacted


def canonicalise(document: Mapping[str, Any]) -> str:
    """The canonical N-Quads (URDNA2015, also called RDFC-1.0) of one of our own documents.

    Raises Invalid as `expand` and `canonicalise_quads` do.
    """
    _check_limits(document)
    return _canonical(_run(lambda: jsonld.to_rdf(document, _options())))


def canonicalise_quads(quads: str) -> str:
    """The canonical form of N-Quads. Raises Invalid beyond BYTES_MAX, BLANK_NODES_MAX and STEPS_MAX."""
    if len(quads) > BYTES_MAX:
        raise Invalid("jsonld.limits", "bytes")
    return _canonical(_run(lambda: jsonld.JsonLdProcessor.parse_nquads(quads)))


class _TooManySteps(Exception):
    """Canonicalisation was given up."""


class _CountingIssuer(IdentifierIssuer):  # type: ignore[misc]
    """Is asked about every node of every permutation that is tried: the one place from which they can be counted.

    Counting blank nodes is not enough: eight that are alike and linked take 40 s, thirty that differ a millisecond.
    """

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix)
        self._steps = 0

    def has_id(self, old: str) -> bool:
        self._steps += 1
        if self._steps > STEPS_MAX:
            raise _TooManySteps
        return bool(super().has_id(old))


def _canonical(dataset: dict[str, list[dict[str, Any]]]) -> str:
    algorithm = URDNA2015()
    algorithm.canonical_issuer = _CountingIssuer("_:c14n")
    parts = (part for quads in dataset.values() for quad in quads for part in quad.values())
    blank_nodes = {part["value"] for part in parts if part["type"] == "blank node"}
    if len(blank_nodes) > BLANK_NODES_MAX:
        raise Invalid("jsonld.limits", "blank nodes")
    try:
        canonical: str = _run(lambda: algorithm.main(dataset, {"format": "application/n-quads"}))
    except _TooManySteps as problem:
        raise Invalid("jsonld.limits", "steps") from problem
    return canonical


def _options() -> dict[str, Any]:
    return {"documentLoader": _loader}


def _run(work: Callable[[], _T]) -> _T:
    """pyld trips over odd values in many ways; all of them mean that the document is not JSON-LD."""
    try:
        return work()
    except jsonld.JsonLdError as problem:
        raise Invalid("jsonld.refused", str(problem.code or problem.type)) from problem
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        raise Invalid("jsonld.refused", type(problem).__name__) from problem


def _check_limits(document: Mapping[str, Any]) -> None:
    """Depth first, since everything else that looks at the document recurses."""
    blank_nodes = 0
    waiting: list[tuple[Any, int]] = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise Invalid("jsonld.limits", "depth")
        if isinstance(value, Mapping):
            blank_nodes += _may_be_blank(value)
            waiting.extend((inner, depth + 1) for key, inner in value.items() if key != "@context")
            waiting.append((value.get("@context"), depth + 1))
        elif isinstance(value, list):
            waiting.extend((inner, depth + 1) for inner in value)
    if blank_nodes > BLANK_NODES_MAX:
        raise Invalid("jsonld.limits", "blank nodes")
    try:
        size = len(dump(document))
    except (TypeError, ValueError) as problem:
        raise Invalid("jsonld.refused", type(problem).__name__) from problem
    if size > BYTES_MAX:
        raise Invalid("jsonld.limits", "bytes")


def _may_be_blank(value: Mapping[str, Any]) -> bool:
    """Counts too much rather than too little: language maps and contexts are among what it counts."""
    name = value.get("@id", value.get("id"))
    return "@value" not in value and (not isinstance(name, str) or name.startswith("_:"))
