"""May we quote this? What its author promised everybody, or us, decides whether it is asked at all (FEP-044f).

Servers that know quotes show one only with the author's consent, and take silence for a no. So where nothing is promised our
words carry a link, which everybody can follow, and nothing that looks like a quote.
"""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from actors import follows
from actors import store as actor_store
from actors.model import Actor
from fedi.db.engine import Reader
from fedi.errors import FediError
from fedi.instance import Instance
from fedi.publications.model import Publication
from fedi.vocab.read import as_list, id_of
from fedi.vocab.terms import PUBLIC_SPELLINGS

LOOK_S: Final = 10.0


class Consent(StrEnum):
    """What stands between us and a quote."""

    OWN = "own"  # our own words: nothing
    ASK = "ask"  # we may ask, and are answered at once or by a person
    NONE = "none"  # it is not allowed, or nobody said that it is


async def consent_of(instance: Instance, author: Actor, quoted: Publication) -> Consent:
    """What it takes for `author`, of ours, to quote something."""
    if not quoted.visibility.is_public:
        return Consent.NONE
    if quoted.author == author.uri:
        return Consent.OWN
    if instance.urls.is_ours(quoted.author):
        return Consent.ASK
    try:
        # a policy changes, so what is said today counts
        async with asyncio.timeout(LOOK_S):
            document = (await instance.http.fetch_document(quoted.uri)).document
    except (FediError, TimeoutError):
        return Consent.NONE
    named = named_in(document)
    allowed = await instance.look(lambda rx: _is_among(rx, named, author, quoted))
    return Consent.ASK if allowed else Consent.NONE


def named_in(document: object) -> frozenset[str]:
    """Who may quote a document, by itself or after its author looked: ids of actors and of their collections."""
    found: Any = document
    for member in ("interactionPolicy", "canQuote"):
        found = found.get(member) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        return frozenset()
    listed = [
        each
        for member in ("automaticApproval", "manualApproval")
        for each in as_list(found.get(member))[:50]
    ]
    spelled = {each for each in listed if isinstance(each, str) and each in PUBLIC_SPELLINGS}
    return frozenset(spelled | {uri for each in listed if (uri := id_of(each)) is not None})


def _is_among(rx: Reader, named: frozenset[str], author: Actor, quoted: Publication) -> bool:
    if author.uri in named or not PUBLIC_SPELLINGS.isdisjoint(named):
        return True
    they = actor_store.find(rx, quoted.author)
    if they is None:
        return False
    if they.followers in named and follows.is_follower(rx, author.uri, they.uri):
        return True
    return they.following in named and follows.is_follower(rx, they.uri, author.uri)
