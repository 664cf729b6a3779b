"""The doors for other servers, tried from outside: a signature that must arrive whole, the inbox, a large body."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

from fedi.doctor import repairs
from fedi.doctor.examination import Examination
from fedi.doctor.finding import Finding, fault, well
from fedi.doctor.public import Arrived
from fedi.errors import RemoteUnreachable
from fedi.http.headers import ACCEPT_AS2
from fedi.http.transport import Response
from fedi.signatures.cavage import sign_cavage
from fedi.signatures.keys import PublicKey, SigningKey, new_rsa_private_pem, read_private_pem
from fedi.signatures.request import Reason, Refused, SignedRequest, Verified, verify
from fedi.signatures.rfc9421 import sign_rfc9421
from fedi.vocab.terms import ACTIVITY_JSON, AS2

BODY_BYTES: Final = 900_000
_SIGNED: Final = (("cavage", sign_cavage), ("rfc9421", sign_rfc9421))
_KEPT: Final = ("date", "digest", "content-digest", "content-type", "signature", "signature-input")
_FORWARDED: Final = {
    Reason.HOST: repairs.HOST,
    Reason.DIGEST: repairs.EVERYTHING,
    Reason.MISMATCH: repairs.EVERYTHING,
}


async def check_signature(examination: Examination) -> Sequence[Finding]:
    """A signed POST in both styles, with a key of this run, verified from what the probe says arrived."""
    pem = new_rsa_private_pem()
    private = read_private_pem(pem)
    owner = f"{examination.urls.base}/probe-of-doctor"
    key = SigningKey(f"{owner}#key", private)
    public = PublicKey(key.key_id, owner, private.public_key())
    url = f"{examination.public.probe}/signed?q=%C3%A9"
    body = json.dumps({"@context": AS2, "type": "Note", "content": "مجاورة"}).encode()
    found = []
    for style, sign in _SIGNED:
        headers = sign("POST", url, body, key, examination.clock.now(), content_type=ACTIVITY_JSON)
        sent = {name.title(): value for name, value in headers.items()}
        response = await examination.public.ask(url, ACCEPT_AS2, body=body, headers=sent)
        arrived = examination.public.arrived(response)
        if arrived is None:
            return [fault("signature", "no_post", *repairs.EVERYTHING, status=response.status)]
        verdict = verify(
            SignedRequest(
                arrived.method, arrived.target, arrived.headers, arrived.body.encode("latin-1")
            ),
            scheme=examination.urls.scheme,
            authority=examination.urls.host,
            now=examination.clock.now(),
            load_key=lambda _key_id: public,
        )
        if not isinstance(verdict, Verified):
            reason = verdict.reason if isinstance(verdict, Refused) else Reason.MISSING
            found.append(judge_refusal(style, reason, arrived, sent, body))
    return found or [well("signature")]


def judge_refusal(
    style: str, reason: Reason, arrived: Arrived, sent: Mapping[str, str], body: bytes
) -> Finding:
    """What was changed on the way, from what was sent and what arrived."""
    lost = [name for name in _KEPT if name.title() in sent and not arrived.lines(name)]
    lines = _FORWARDED.get(reason, repairs.EVERYTHING)
    if lost:
        return fault("signature", "lost", *lines, style=style, names=", ".join(lost))
    if arrived.sha256 != hashlib.sha256(body).hexdigest():
        return fault("signature", "body", *lines, style=style)
    if arrived.method != "POST":
        return fault("signature", "no_post", *lines, status=200)
    if reason is Reason.HOST or arrived.lines("host") != [sent["Host"]]:
        seen = ", ".join(arrived.lines("host"))
        return fault("signature", "host", *repairs.HOST, style=style, seen=seen)
    changed = [
        name
        for name in _KEPT
        if name.title() in sent and arrived.lines(name) != [sent[name.title()]]
    ]
    if changed:
        return fault("signature", "changed", *lines, style=style, names=", ".join(changed))
    return fault("signature", "refused", *lines, style=style, reason=reason.value)


async def check_inbox(examination: Examination) -> Sequence[Finding]:
    """An unsigned POST must come through to us and be refused by us: 401."""
    stranger = "https://stranger.invalid/probe"
    activity = {
        "@context": AS2,
        "id": f"{stranger}/like",
        "type": "Like",
        "actor": stranger,
        "object": examination.urls.base,
    }
    response = await examination.public.ask(
        examination.urls.shared_inbox(),
        ACCEPT_AS2,
        body=json.dumps(activity).encode(),
        headers={"Content-Type": ACTIVITY_JSON},
    )
    return [judge_inbox(response)]


def judge_inbox(response: Response) -> Finding:
    """Whose answer this is, and what it means for those who send us something."""
    status = response.status
    if status == 401 and "www-authenticate" not in response.headers:
        return well("inbox")
    if status == 421:
        return fault("inbox", "host", *repairs.HOST)
    if status in (403, 503) and "cf-mitigated" in response.headers:
        return fault("inbox", "robots", status=status)
    if 300 <= status < 400:
        return fault("inbox", "redirected", *repairs.EVERYTHING, status=status)
    return fault("inbox", "closed", *repairs.EVERYTHING, status=status)


async def check_body(examination: Examination) -> Sequence[Finding]:
    """An activity of nearly the size we accept comes through."""
    body = b"x" * BODY_BYTES
    headers = {"Content-Type": ACTIVITY_JSON}
    url = f"{examination.public.probe}/body"
    kb = BODY_BYTES // 1000
    try:
        response = await examination.public.ask(url, body=body, headers=headers)
    except RemoteUnreachable:
        # some proxies hang up in the middle instead of saying 413
        return [fault("body", "cut", *repairs.BODY, kb=kb)]
    arrived = examination.public.arrived(response)
    if arrived is None:
        return [judge_body(response.status, kb)]
    if arrived.sha256 != hashlib.sha256(body).hexdigest():
        return [fault("body", "changed", *repairs.EVERYTHING, kb=kb)]
    return [well("body", kb=kb)]


def judge_body(status: int, kb: int) -> Finding:
    """Why a large body did not reach the probe."""
    if status == 413:
        return fault("body", "cut", *repairs.BODY, kb=kb)
    return fault("body", "refused", *repairs.BODY, kb=kb, status=status)
