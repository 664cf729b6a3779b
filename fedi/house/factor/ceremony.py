"""What a page asks of somebody's device, so that the answer counts here, now, for this browser and once.

A question is random, says when it was asked, and is signed with the instance secret together with the cookie of the browser and
with what it is for. So nothing is kept of the many that nobody answers; of those that were answered well, the table knows.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from starlette.requests import Request

from actors.authenticators import ALGORITHMS, TIMEOUT_MS, Place, handle_of, place_of
from fedi.clock import from_ms, to_ms
from fedi.errors import Invalid
from fedi.instance import Instance

Purpose = Literal["add", "sign in", "second step"]
LIFE: Final = timedelta(milliseconds=TIMEOUT_MS)
_TIME: Final = 8
_RANDOM: Final = 24
_LENGTH: Final = _TIME + _RANDOM + 32


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for a page: `question` goes into the form, `options` to the browser (WebAuthn, in JSON)."""

    question: str
    options: str


def place_here(instance: Instance, request: Request) -> Place | None:
    """Where passkeys count, for who comes under our first name. They belong to a name: under the onion name there are none."""
    if request.headers.get("host", "").lower() != instance.urls.host:
        return None
    return place_of(instance.urls.base)


def why_none(instance: Instance) -> Invalid:
    """Why there are no passkeys where somebody is: another name of ours, or an address under which browsers have none."""
    if place_of(instance.urls.base) is None:
        return Invalid("passkey.no_tls")
    return Invalid("passkey.not_here", host=instance.urls.host)


def ask_to_use(instance: Instance, request: Request, purpose: Purpose, cookie: str) -> Asked | None:
    """Use a passkey; None where there can be none. Which ones somebody has is not said: the device knows."""
    place = place_here(instance, request)
    if place is None:
        return None
    question = _new(instance, purpose, cookie)
    options = {
        "challenge": question,
        "rpId": place.rp_id,
        "userVerification": "required",
        "timeout": TIMEOUT_MS,
    }
    return Asked(question, json.dumps(options))


def ask_to_add(
    instance: Instance,
    request: Request,
    cookie: str,
    person: tuple[int, str],
    known: Sequence[bytes],
) -> Asked | None:
    """Make a passkey for this person (row, name) on a device that has none of `known`; None where there can be none."""
    place = place_here(instance, request)
    if place is None:
        return None
    person_id, name = person
    question = _new(instance, "add", cookie)
    options = {
        "challenge": question,
        "rp": {"id": place.rp_id, "name": instance.config.instance.name or place.rp_id},
        "user": {
            "id": _text(handle_of(place, person_id)),
            "name": name,
            "displayName": name,
        },
        "pubKeyCredParams": [{"type": "public-key", "alg": each} for each in ALGORITHMS],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
        "excludeCredentials": [{"type": "public-key", "id": _text(each)} for each in known],
        "timeout": TIMEOUT_MS,
    }
    return Asked(question, json.dumps(options))


def read(instance: Instance, purpose: Purpose, cookie: str, text: str) -> bytes | None:
    """The question that a form brings back, when we asked this browser for this, not long ago."""
    try:
        raw = base64.urlsafe_b64decode(f"{text[:200]}==".encode("ascii"))
    except ValueError:
        return None
    if len(raw) != _LENGTH or not cookie:
        return None
    plain, mark = raw[: _TIME + _RANDOM], raw[_TIME + _RANDOM :]
    if not hmac.compare_digest(mark, _mark(instance, purpose, cookie, plain)):
        return None
    now = instance.clock.now()
    return raw if ends_at(raw) - LIFE <= now < ends_at(raw) else None


def ends_at(question: bytes) -> datetime:
    """From when on it is not answered any more."""
    return from_ms(int.from_bytes(question[:_TIME], "big")) + LIFE


def _new(instance: Instance, purpose: Purpose, cookie: str) -> str:
    asked_at = to_ms(instance.clock.now()).to_bytes(_TIME, "big")
    plain = asked_at + secrets.token_bytes(_RANDOM)
    return _text(plain + _mark(instance, purpose, cookie, plain))


def _mark(instance: Instance, purpose: Purpose, cookie: str, plain: bytes) -> bytes:
    bound = hashlib.sha256(cookie.encode("utf-8", "replace")).digest()
    message = b"\x00".join((b"passkey", purpose.encode(), bound + plain))
    return hmac.new(instance.keyring.secret, message, hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
