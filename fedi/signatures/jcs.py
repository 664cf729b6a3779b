"""The JSON Canonicalization Scheme (RFC 8785): a JSON value goes in, the only bytes that spell it come out."""

from typing import Any

import rfc8785

from fedi.errors import Invalid


def canonical_json(value: Any) -> bytes:
    """The canonical form of `value`. Raises Invalid for what has none.

    That is: integers beyond 2**53, which a reader would silently change; NaN and infinity; lone surrogates; keys that
    are no text; nesting beyond what can be walked. Duplicate keys must have been refused when the text was parsed.
    """
    try:
        return rfc8785.dumps(value)
    except (ValueError, RecursionError) as problem:
        raise Invalid("json.no_canonical_form", type(problem).__name__) from problem
