"""Whether the proof that a document elsewhere carries holds (FEP-8b32). It gives no authority here (security.md D2); people
look at it to find out why another server refuses what this one reads."""

from typing import Any

from actors.documents import parse_keys
from actors.keys import ED25519, public_key_of
from fedi.canonical import same_origin
from fedi.doctor.finding import Finding, Verdict
from fedi.doctor.judging import say
from fedi.errors import Invalid, RemoteError
from fedi.instance import Instance
from fedi.signatures.keys import PublicKey
from fedi.signatures.proofs import check_proof
from fedi.signatures.verdict import Refused, UnknownKey
from fedi.vocab.read import id_of
from fedi.vocab.terms import ACTOR_TYPES


async def judge_proof(instance: Instance, document: dict[str, Any]) -> list[Finding]:
    """One finding when there is a proof, none otherwise. The author is asked for the keys, once."""
    if document.get("proof") is None:
        return []
    uri = id_of(document.get("id")) or ""
    if document.get("type") in ACTOR_TYPES:
        author, listed = uri, document
    else:
        author = id_of(document.get("attributedTo")) or id_of(document.get("actor")) or ""
        try:
            if not same_origin(author, uri):
                return [say(Verdict.FAULT, "proof.nobody", author=author[:200] or "–")]
            listed = (await instance.http.fetch_document(author)).document
        except (Invalid, RemoteError):
            return [say(Verdict.FAULT, "proof.nobody", author=author[:200] or "–")]
    known = {
        key.uri: public_key_of(key) for key in parse_keys(listed, author) if key.kind == ED25519
    }

    def load_key(uri: str) -> PublicKey | None:
        return known.get(uri)

    verdict = check_proof(document, load_key, now=instance.clock.now())
    if isinstance(verdict, Refused):
        return [say(Verdict.FAULT, "proof.broken", reason=verdict.reason.value)]
    if isinstance(verdict, UnknownKey):
        return [say(Verdict.FAULT, "proof.unknown_key", key=verdict.key_id[:200], author=author)]
    return [say(Verdict.OK, "proof.holds", key=verdict.key_id)]
