"""The smallest `@context` that defines every term a document of ours uses. Pure.

The whole table is five kilobytes; a delivery carries it thousands of times, a proof once more.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fedi.vocab.terms import AS2, CONTEXT, SECURITY_V1

_TERMS: dict[str, Any] = CONTEXT[2]
# Terms of security/v1 that our documents use; without them that context is left out.
_SECURITY_TERMS = frozenset({"publicKey", "owner", "publicKeyPem", "signature", "creator"})


def with_context(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its `@context` first. One that was there is replaced; inner ones are not expected."""
    bare = {name: value for name, value in document.items() if name != "@context"}
    return {"@context": context_for(bare), **bare}


def context_for(document: Mapping[str, Any]) -> list[Any]:
    """ActivityStreams first, as a string, because Mastodon asks for it (wire 1.5); then what the words need."""
    words = set(_words_of(document))
    used = {word: _TERMS[word] for word in _TERMS if word in words}
    prefixes = {_prefix_of(value) for value in used.values()} | {
        word.partition(":")[0] for word in words if ":" in word
    }
    terms = {word: _TERMS[word] for word in _TERMS if word in used or word in prefixes}
    context: list[Any] = [AS2]
    if words & _SECURITY_TERMS:
        context.append(SECURITY_V1)
    if terms:
        context.append(terms)
    return context


def _words_of(value: object) -> Iterator[str]:
    """Every member name and every type in a document."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "@context":
                continue
            yield name
            if name in ("type", "proofPurpose"):
                yield from ([inner] if isinstance(inner, str) else [])
            elif not name.endswith("Map"):
                yield from _words_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _words_of(inner)


def _prefix_of(definition: object) -> str:
    """The prefix with which a term is defined: `toot` of `toot:featured`."""
    name = definition.get("@id", "") if isinstance(definition, Mapping) else str(definition)
    return str(name).partition(":")[0]
