"""What we send looks the way the strictest readers want it (wire.md 2.1, 2.6)."""

import re
import warnings

import pytest

from fedi.signatures.cavage import sign_cavage
from fedi.signatures.digest import content_digest, digest
from fedi.signatures.keys import SigningKey
from fedi.signatures.rfc9421 import sign_rfc9421
from tests.unit.signatures.makers import (
    AS2,
    BODY,
    DATE,
    INBOX,
    NOW,
    RSA_ID,
    STAMP,
    ed_key,
    post,
    rsa_key,
)


def shape(text: str) -> str:
    return re.sub(r"[A-Za-z0-9+/]{300,}=*", "…", text)


def test_a_delivery_carries_what_is_signed() -> None:
    made = post()
    assert {name: value for name, value in made.items() if name != "Signature"} == {
        "Host": "agora.test",
        "Date": DATE,
        "Digest": digest(BODY),
        "Content-Type": AS2,
    }


def test_the_signature_of_a_delivery_has_the_order_that_all_read_and_no_blank_after_commas() -> (
    None
):
    assert shape(post()["Signature"]) == (
        f'keyId="{RSA_ID}",algorithm="rsa-sha256",'
        'headers="(request-target) host date digest content-type",signature="…"'
    )


def test_a_fetch_signs_target_host_and_date() -> None:
    made = sign_cavage("GET", "https://agora.test:8443/a?b=c", None, rsa_key(), NOW)
    assert made["Host"] == "agora.test:8443"
    assert 'headers="(request-target) host date",' in made["Signature"]


def test_further_headers_are_covered_and_returned() -> None:
    made = sign_cavage(
        "POST", INBOX, BODY, rsa_key(), NOW, AS2, also={"Collection-Synchronization": "x"}
    )
    assert made["Collection-Synchronization"] == "x"
    assert 'content-type collection-synchronization"' in made["Signature"]


def test_a_percent_sign_in_a_key_id_survives() -> None:
    key = SigningKey("https://beirut.test/%D8%B3#main-key", rsa_key().private)
    made = sign_cavage("GET", INBOX, None, key, NOW)
    assert made["Signature"].startswith('keyId="https://beirut.test/%D8%B3#main-key",')


def test_the_older_style_is_not_signed_with_ed25519() -> None:
    with pytest.raises(TypeError):
        sign_cavage("GET", INBOX, None, ed_key(), NOW)


def test_a_delivery_in_the_newer_style_covers_what_the_strictest_demand() -> None:
    made = sign_rfc9421("POST", f"{INBOX}?a=b", BODY, rsa_key(), NOW, AS2)
    assert made["Content-Digest"] == content_digest(BODY)
    assert made["Signature-Input"] == (
        'sig1=("@method" "@target-uri" "@query" "content-digest" "content-type")'
        f';created={STAMP};keyid="{RSA_ID}"'
    )
    assert shape(made["Signature"]) == "sig1=:…:"


def test_a_fetch_in_the_newer_style_covers_method_and_address() -> None:
    made = sign_rfc9421("GET", "https://agora.test", None, rsa_key(), NOW)
    assert made["Signature-Input"].startswith('sig1=("@method" "@target-uri");created=')


def test_signing_and_verifying_warn_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        post("rfc9421")
