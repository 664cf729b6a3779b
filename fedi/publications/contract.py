"""Kind: what a kind of publication must provide. Each folder's `kind.py` fills one in; `kinds.py` lists them."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fedi.publications.model import Attachment, Details, Publication

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a publication from going out: the field of the form, and the key of what to say."""

    field: str
    message_key: str
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def _owns_none(_attachment: Attachment) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. All functions are pure.

    `claims`: whether a document of one of `types` is of this kind. `parse_details`: its own members, raises Invalid.
    `build_details`: the same back; an `attachment` list in it is added to the others. `check`: what a person must
    still mend before it may be published. `owns`: attachments that are part of the details and not listed twice.
    """

    name: str
    types: frozenset[str]
    claims: Callable[[Json], bool]
    parse_details: Callable[[Json], Details]
    build_details: Callable[[Publication], dict[str, Any]]
    check: Callable[[Publication], tuple[Problem, ...]]
    owns: Callable[[Attachment], bool] = _owns_none
