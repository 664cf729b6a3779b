"""Every lie about a signature, and the reason we give for not believing it (security.md S3-S10, S18; wire.md 10.3)."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1

from fedi.signatures.digest import content_digest, digest
from fedi.signatures.keys import public_pem
from fedi.signatures.request import Reason, Refused, SignedRequest, UnknownKey, Verified, key_id_of
from tests.unit.signatures.makers import (
    AS2,
    BODY,
    DATE,
    ED_ID,
    INBOX,
    NOW,
    OWNER,
    RSA_ID,
    SIGN,
    STAMP,
    cavage,
    ed_key,
    judged,
    post,
    received,
    rsa_key,
)

ALL = "(request-target) host date digest"
GET = "(request-target) host date"
VALUES = {"host": "agora.test", "date": DATE, "digest": digest(BODY)}
CAVAGE = Verified(RSA_ID, OWNER, "cavage")
RFC9421 = Verified(RSA_ID, OWNER, "rfc9421")
HALF_HOUR, TWO_HOURS = timedelta(minutes=30), timedelta(hours=2)

Request = Callable[[], SignedRequest]


def sent(covered: str = ALL, **changed: str) -> SignedRequest:
    """A delivery signed over `covered`, with further or other field values."""
    values = {**VALUES, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return received({**values, "signature": cavage(covered, values)})


def with_signature(change: Callable[[str], str]) -> SignedRequest:
    """An honest delivery whose `Signature` text was changed afterwards."""
    return received({**VALUES, "signature": change(cavage(ALL, VALUES))})


def with_more(*lines: tuple[str, str], scheme: str = "cavage") -> SignedRequest:
    """An honest delivery with field lines added."""
    honest = received(post(scheme))
    return SignedRequest(honest.method, honest.target, (*honest.headers, *lines), honest.body)


def with_target(target: str, method: str = "POST") -> SignedRequest:
    """An honest delivery that arrives somewhere else."""
    return received(post(), method=method, target=target)


def made_with(algorithm: str | None, covered: str = ALL, **more: str) -> SignedRequest:
    """Signed by RSA with SHA-256, whatever `algorithm` says."""
    values = {**VALUES, "(created)": STAMP, "(expires)": STAMP}
    text = "".join(f"{name}={value}," for name, value in more.items())
    signature = cavage(covered, values, algorithm=algorithm, more=text)
    return received({**VALUES, "signature": signature})


def hmac_with_the_public_key() -> SignedRequest:
    """What httpsig's own verifier believes: the public key taken for an HMAC secret."""
    fields = {"(request-target)": "post /inbox", **VALUES}
    text = "\n".join(f"{name}: {fields[name]}" for name in ALL.split(" "))
    made = hmac.new(public_pem(rsa_key().private).encode(), text.encode(), hashlib.sha256).digest()
    signature = base64.b64encode(made).decode()
    return received(
        {
            **VALUES,
            "signature": f'keyId="{RSA_ID}",algorithm="hmac-sha256",headers="{ALL}",signature="{signature}"',
        }
    )


def rsa_with_sha1(named: str) -> SignedRequest:
    fields = {"(request-target)": "post /inbox", **VALUES}
    text = "\n".join(f"{name}: {fields[name]}" for name in ALL.split(" "))
    private = rsa_key().private
    assert isinstance(private, RSAPrivateKey)
    made = base64.b64encode(private.sign(text.encode(), PKCS1v15(), SHA1())).decode()  # noqa: S303
    return received(
        {
            **VALUES,
            "signature": f'keyId="{RSA_ID}",algorithm="{named}",headers="{ALL}",signature="{made}"',
        }
    )


HONEST: dict[str, tuple[Request, object]] = {
    "our own delivery": (lambda: received(post()), CAVAGE),
    "our own delivery in the newer style": (lambda: received(post("rfc9421")), RFC9421),
    "names in upper case": (lambda: sent("(request-target) Host Date Digest"), CAVAGE),
    "blanks after commas": (lambda: with_signature(lambda text: text.replace('",', '", ')), CAVAGE),
    "no algorithm named": (lambda: made_with(None), CAVAGE),
    "hs2019": (lambda: made_with("hs2019"), CAVAGE),
    "an unquoted created": (
        lambda: made_with("hs2019", "(request-target) host (created) digest", created=STAMP),
        CAVAGE,
    ),
    "an unquoted expires": (
        lambda: made_with("hs2019", f"{ALL} (expires)", expires=STAMP),
        CAVAGE,
    ),
    "half an hour old": (lambda: received(post(now=NOW - HALF_HOUR)), CAVAGE),
    "half an hour ahead": (lambda: received(post(now=NOW + HALF_HOUR)), CAVAGE),
    "a digest named in lower case": (
        lambda: sent(digest=digest(BODY).replace("SHA", "sha")),
        CAVAGE,
    ),
    "SHA-512 beside SHA-256": (lambda: sent(digest=f"SHA-512=AAAA,{digest(BODY)}"), CAVAGE),
    "content-length covered": (
        lambda: sent(f"{ALL} content-length", content_length=str(len(BODY))),
        CAVAGE,
    ),
    "a target that names us in full": (lambda: with_target(INBOX), CAVAGE),
    "a twice unsigned header": (lambda: with_more(("accept", "a"), ("accept", "b")), CAVAGE),
    "an Ed25519 key in the newer style": (
        lambda: received(post("rfc9421", key=ed_key())),
        Verified(ED_ID, OWNER, "rfc9421"),
    ),
    "an Ed25519 key in the older style": (
        lambda: received(
            {**VALUES, "signature": cavage(ALL, VALUES, algorithm="hs2019", key=ed_key())}
        ),
        Verified(ED_ID, OWNER, "cavage"),
    ),
}

LIES: dict[str, tuple[Request, Reason]] = {
    # nothing to believe
    "no signature": (lambda: received(VALUES), Reason.MISSING),
    "an empty signature header": (lambda: received({**VALUES, "signature": ""}), Reason.MALFORMED),
    "no digest": (lambda: with_no("digest"), Reason.COVERAGE),
    # S3: the algorithm
    "the public key as an HMAC secret": (hmac_with_the_public_key, Reason.ALGORITHM),
    "rsa-sha1": (lambda: rsa_with_sha1("rsa-sha1"), Reason.ALGORITHM),
    "SHA-1 called rsa-sha256": (lambda: rsa_with_sha1("rsa-sha256"), Reason.MISMATCH),
    "no algorithm at all, called none": (lambda: made_with("none"), Reason.ALGORITHM),
    "rsa-sha512": (lambda: made_with("rsa-sha512"), Reason.ALGORITHM),
    "RSA called ed25519": (lambda: made_with("ed25519"), Reason.ALGORITHM),
    "(created) with rsa-sha256": (
        lambda: made_with("rsa-sha256", f"{ALL} (created)", created=STAMP),
        Reason.ALGORITHM,
    ),
    # S4: too little or too much covered
    "the date alone": (lambda: sent("date"), Reason.COVERAGE),
    "the digest not covered": (lambda: sent(GET), Reason.COVERAGE),
    "the host not covered": (lambda: sent("(request-target) date digest"), Reason.COVERAGE),
    "the target not covered": (lambda: sent("host date digest"), Reason.COVERAGE),
    "no time covered": (lambda: sent("(request-target) host digest"), Reason.COVERAGE),
    "no list of headers": (
        lambda: with_signature(lambda text: text.replace(f'headers="{ALL}",', "")),
        Reason.COVERAGE,
    ),
    "an empty list of headers": (
        lambda: with_signature(lambda text: text.replace(ALL, "")),
        Reason.COVERAGE,
    ),
    "two blanks in the list": (
        lambda: with_signature(lambda text: text.replace("host ", "host  ")),
        Reason.COVERAGE,
    ),
    "a header that was not sent": (
        lambda: with_signature(lambda text: text.replace(ALL, f"{ALL} x-absent")),
        Reason.COVERAGE,
    ),
    "an unknown special name": (
        lambda: with_signature(lambda text: text.replace(ALL, f"{ALL} (secret)")),
        Reason.COVERAGE,
    ),
    "(created) without created": (
        lambda: made_with("hs2019", f"{ALL} (created)"),
        Reason.COVERAGE,
    ),
    "a hundred names": (
        lambda: with_signature(lambda text: text.replace(ALL, f"{ALL} {'x ' * 100}x")),
        Reason.COVERAGE,
    ),
    # S5: the body
    "another body": (lambda: received(post(), body=b"{}"), Reason.DIGEST),
    "no body": (lambda: received(post(), body=b""), Reason.DIGEST),
    "SHA-512 alone": (
        lambda: sent(digest=f"SHA-512={base64.b64encode(hashlib.sha512(BODY).digest()).decode()}"),
        Reason.DIGEST,
    ),
    "two SHA-256 in one line": (
        lambda: sent(digest=f"{digest(BODY)},{digest(b'')}"),
        Reason.DIGEST,
    ),
    "junk in the digest": (
        lambda: sent(digest=digest(BODY).replace("=", "=\t!", 1)),
        Reason.DIGEST,
    ),
    "an empty digest": (lambda: sent(digest="SHA-256="), Reason.DIGEST),
    # S6: the time
    "two hours old": (lambda: received(post(now=NOW - TWO_HOURS)), Reason.CLOCK),
    "two hours ahead": (lambda: received(post(now=NOW + TWO_HOURS)), Reason.CLOCK),
    "no time zone": (lambda: sent(date=DATE.removesuffix(" GMT")), Reason.CLOCK),
    "a time zone of nobody": (lambda: sent(date=DATE.replace("GMT", "-0000")), Reason.CLOCK),
    "a negative offset": (lambda: sent(date=DATE.replace("GMT", "-0100")), Reason.CLOCK),
    "the year 9999": (lambda: sent(date=DATE.replace("2026", "9999")), Reason.CLOCK),
    "the year 0000": (lambda: sent(date=DATE.replace("2026", "0000")), Reason.CLOCK),
    "the 31st of November": (lambda: sent(date=DATE.replace("21", "31", 1)), Reason.CLOCK),
    "the 61st second": (lambda: sent(date=DATE.replace(":52", ":61")), Reason.CLOCK),
    "a date in another order": (lambda: sent(date="2026-11-21T07:04:52Z"), Reason.CLOCK),
    "a date in Arabic digits": (
        lambda: received({**VALUES, "date": "٢١", "signature": cavage(ALL, VALUES)}),
        Reason.MALFORMED,
    ),
    "an empty date": (lambda: sent(date=""), Reason.CLOCK),
    "an expired signature": (
        lambda: made_with("hs2019", ALL, expires=str(int(STAMP) - 1)),
        Reason.CLOCK,
    ),
    "expires before created": (
        lambda: made_with("hs2019", ALL, created=str(int(STAMP) + 60), expires=str(int(STAMP) + 1)),
        Reason.CLOCK,
    ),
    "created in words": (
        lambda: made_with("hs2019", f"{ALL} (created)", created='"now"'),
        Reason.CLOCK,
    ),
    "created beyond all time": (
        lambda: made_with("hs2019", f"{ALL} (created)", created="9" * 400),
        Reason.CLOCK,
    ),
    # S7, S8: whom it was made for
    "another host": (lambda: sent(host="other.test"), Reason.HOST),
    "a host that starts like ours": (lambda: sent(host="agora.test.evil.test"), Reason.HOST),
    "another port": (lambda: sent(host="agora.test:8443"), Reason.HOST),
    "another path": (lambda: with_target("/other"), Reason.MISMATCH),
    "a path spelled otherwise": (lambda: with_target("/%69nbox"), Reason.MISMATCH),
    "a query added to a POST": (lambda: with_target("/inbox?x=1"), Reason.MISMATCH),
    "another method": (lambda: with_target("/inbox", "PUT"), Reason.MISMATCH),
    "a target that names another server": (
        lambda: with_target("https://other.test/inbox"),
        Reason.MALFORMED,
    ),
    "a target that only starts like us": (
        lambda: with_target("https://agora.test.evil.test/inbox"),
        Reason.MALFORMED,
    ),
    "a line break in the target": (
        lambda: with_target("/inbox\nhost: agora.test"),
        Reason.MALFORMED,
    ),
    "a line break in a covered header": (
        lambda: sent(f"{ALL} x-note", x_note="a\nb: c"),
        Reason.MALFORMED,
    ),
    # S9: what comes twice
    "two Signature headers": (lambda: with_more(("signature", "x")), Reason.DUPLICATE),
    "two Digest headers": (lambda: with_more(("digest", digest(BODY))), Reason.DUPLICATE),
    "two Date headers": (lambda: with_more(("date", DATE)), Reason.DUPLICATE),
    "two Host headers": (lambda: with_more(("host", "agora.test")), Reason.DUPLICATE),
    "keyId twice": (
        lambda: with_signature(lambda text: f'keyId="https://evil.test/#k",{text}'),
        Reason.DUPLICATE,
    ),
    "keyId twice in different case": (
        lambda: with_signature(lambda text: f'{text},KEYID="{RSA_ID}"'),
        Reason.DUPLICATE,
    ),
    "the digest covered twice": (
        lambda: with_signature(lambda text: text.replace(ALL, f"{ALL} digest")),
        Reason.DUPLICATE,
    ),
    # S10: the text of the header
    "junk in the signature": (
        lambda: with_signature(lambda text: text.replace('signature="', 'signature="!?')),
        Reason.MALFORMED,
    ),
    "a signature cut short": (
        lambda: with_signature(lambda text: text[:-8] + '"'),
        Reason.MALFORMED,
    ),
    "no signature in it": (
        lambda: with_signature(lambda text: text.partition(",signature")[0]),
        Reason.MALFORMED,
    ),
    "no keyId": (
        lambda: with_signature(lambda text: text.partition(",")[2]),
        Reason.MALFORMED,
    ),
    "an escaped quote": (
        lambda: with_signature(lambda text: text.replace("beirut", '\\"beirut')),
        Reason.MALFORMED,
    ),
    "a comma at the end": (lambda: with_signature(lambda text: f"{text},"), Reason.MALFORMED),
    "a word at the end": (lambda: with_signature(lambda text: f"{text} more"), Reason.MALFORMED),
    "an unquoted keyId": (lambda: with_signature(lambda text: f"{text},nonce=5"), Reason.MALFORMED),
    "a header of a megabyte": (
        lambda: with_signature(lambda text: f'{text},x="{"a" * 1_000_000}"'),
        Reason.MALFORMED,
    ),
    "a signature by another key": (
        lambda: with_signature(lambda text: text[:-20] + "A" * 17 + text[-3:]),
        Reason.MISMATCH,
    ),
}


def with_no(name: str) -> SignedRequest:
    headers = {field: value for field, value in post().items() if field.lower() != name}
    return received(headers)


def newer(change: Callable[[dict[str, str]], dict[str, str]]) -> SignedRequest:
    """An honest delivery in the newer style, changed afterwards."""
    return received(change(post("rfc9421")))


def replaced(name: str, old: str, new: str) -> Request:
    """One whose header `name` was changed."""
    return lambda: newer(lambda made: {**made, name: made[name].replace(old, new)})


INPUT = "Signature-Input"
NEWER_LIES: dict[str, tuple[Request, Reason]] = {
    "another body": (lambda: received(post("rfc9421"), body=b"{}"), Reason.DIGEST),
    "another digest": (
        lambda: newer(lambda made: {**made, "Content-Digest": content_digest(b"{}")}),
        Reason.DIGEST,
    ),
    "another body and its digest": (
        lambda: received({**post("rfc9421"), "Content-Digest": content_digest(b"{}")}, body=b"{}"),
        Reason.MISMATCH,
    ),
    "the digest not covered": (replaced(INPUT, ' "content-digest"', ""), Reason.COVERAGE),
    "the method not covered": (replaced(INPUT, '"@method" ', ""), Reason.COVERAGE),
    "the target not covered": (replaced(INPUT, ' "@target-uri"', ""), Reason.COVERAGE),
    "the path without the authority": (replaced(INPUT, "@target-uri", "@path"), Reason.COVERAGE),
    "a method with a parameter": (replaced(INPUT, '"@method"', '"@method";req'), Reason.COVERAGE),
    "an unknown component": (replaced(INPUT, '"@method"', '"@method" "@x"'), Reason.COVERAGE),
    "an absent field": (replaced(INPUT, '"@method"', '"@method" "x-no"'), Reason.COVERAGE),
    "created left out": (replaced(INPUT, f";created={STAMP}", ""), Reason.COVERAGE),
    "two hours old": (lambda: received(post("rfc9421", now=NOW - TWO_HOURS)), Reason.CLOCK),
    "two hours ahead": (lambda: received(post("rfc9421", now=NOW + TWO_HOURS)), Reason.CLOCK),
    "expired": (replaced(INPUT, ";keyid", f";expires={int(STAMP) - 1};keyid"), Reason.CLOCK),
    "created altered": (replaced(INPUT, STAMP, str(int(STAMP) + 1)), Reason.MISMATCH),
    "created beyond all time": (replaced(INPUT, STAMP, "999999999999999"), Reason.CLOCK),
    "created before all time": (replaced(INPUT, STAMP, "-999999999999999"), Reason.CLOCK),
    "created in words": (replaced(INPUT, STAMP, '"now"'), Reason.MALFORMED),
    "keyid left out": (replaced(INPUT, f';keyid="{RSA_ID}"', ""), Reason.MALFORMED),
    "keyid a number": (replaced(INPUT, f'"{RSA_ID}"', "5"), Reason.MALFORMED),
    "an unknown parameter": (replaced(INPUT, ";keyid", ';x="y";keyid'), Reason.MALFORMED),
    "another algorithm named": (
        replaced(INPUT, ";keyid", ';alg="hmac-sha256";keyid'),
        Reason.ALGORITHM,
    ),
    "no list at all": (replaced(INPUT, post("rfc9421")[INPUT], "sig1=5"), Reason.MALFORMED),
    "numbers for components": (replaced(INPUT, '"@method"', "1"), Reason.MALFORMED),
    "a component twice": (replaced(INPUT, '"@method"', '"@method" "@method"'), Reason.COVERAGE),
    "a label that is not signed": (replaced(INPUT, "sig1=", "sig2="), Reason.MALFORMED),
    "two signatures": (
        lambda: newer(
            lambda made: {
                name: f"{value}, {value.replace('sig1=', 'sig2=')}"
                if name.startswith("Signature")
                else value
                for name, value in made.items()
            }
        ),
        Reason.MALFORMED,
    ),
    "the label twice": (
        lambda: newer(lambda made: {**made, INPUT: f"{made[INPUT]}, {made[INPUT]}"}),
        Reason.MALFORMED,
    ),
    "two Signature-Input lines": (
        lambda: with_more((INPUT.lower(), "sig1=()"), scheme="rfc9421"),
        Reason.DUPLICATE,
    ),
    "two Content-Digest lines": (
        lambda: with_more(("content-digest", content_digest(BODY)), scheme="rfc9421"),
        Reason.DUPLICATE,
    ),
    "a covered field twice": (
        lambda: with_more(("content-type", AS2), scheme="rfc9421"),
        Reason.DUPLICATE,
    ),
    "one member of the digest covered": (
        replaced(INPUT, '"content-digest"', '"content-digest";key="sha-256"'),
        Reason.COVERAGE,
    ),
    "an input beside a good older signature": (
        lambda: with_more((INPUT.lower(), post("rfc9421")[INPUT])),
        Reason.MALFORMED,
    ),
    "an input without a signature": (
        lambda: received({INPUT: post("rfc9421")[INPUT]}),
        Reason.MISSING,
    ),
    "junk in the signature": (replaced("Signature", "=:", "=:!!"), Reason.MALFORMED),
    "a megabyte": (replaced(INPUT, '"@method"', '"@method" ' * 100_000), Reason.MALFORMED),
    "another path": (lambda: received(post("rfc9421"), target="/other"), Reason.MISMATCH),
    "another method": (lambda: received(post("rfc9421"), method="PUT"), Reason.MISMATCH),
    "made for another host": (
        lambda: received(
            SIGN["rfc9421"]("POST", "https://other.test/inbox", BODY, rsa_key(), NOW, "a/b")
        ),
        Reason.MISMATCH,
    ),
    "another host covered": (
        lambda: received(post("rfc9421", also={"Host": "other.test"})),
        Reason.HOST,
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_is_honest_is_believed(name: str) -> None:
    request, wanted = HONEST[name]
    assert judged(request()) == wanted


@pytest.mark.parametrize("name", LIES)
def test_a_lie_in_the_older_style_is_refused_for_its_reason(name: str) -> None:
    request, reason = LIES[name]
    status = 400 if reason in {Reason.MALFORMED, Reason.DUPLICATE} else 401
    assert judged(request()) == Refused(reason, status)


@pytest.mark.parametrize("name", NEWER_LIES)
def test_a_lie_in_the_newer_style_is_refused_for_its_reason(name: str) -> None:
    request, reason = NEWER_LIES[name]
    status = 400 if reason in {Reason.MALFORMED, Reason.DUPLICATE} else 401
    assert judged(request()) == Refused(reason, status)


@pytest.mark.parametrize("scheme", SIGN)
def test_an_unknown_key_is_named_and_nothing_is_believed(scheme: str) -> None:
    assert judged(received(post(scheme)), load_key=lambda _: None) == UnknownKey(RSA_ID)


@pytest.mark.parametrize("scheme", SIGN)
def test_a_bad_body_is_noticed_before_a_key_is_looked_for(scheme: str) -> None:
    asked: list[str] = []
    judged(received(post(scheme), body=b"other"), load_key=asked.append)
    assert asked == []


def test_an_algorithm_of_no_key_is_refused_before_a_key_is_looked_for() -> None:
    asked: list[str] = []
    judged(hmac_with_the_public_key(), load_key=asked.append)
    assert asked == []


@pytest.mark.parametrize("scheme", SIGN)
def test_the_key_id_is_readable_before_verification(scheme: str) -> None:
    assert key_id_of(received(post(scheme))) == RSA_ID


def test_the_query_may_be_left_out_of_a_signed_get() -> None:
    url = "https://agora.test/outbox?page=2"
    headers = SIGN["cavage"]("GET", url, None, rsa_key(), NOW, with_query=False)
    assert judged(received(headers, "GET", "/outbox?page=2", b"")) == CAVAGE


def test_a_body_on_a_get_needs_a_digest_too() -> None:
    headers = SIGN["cavage"]("GET", INBOX, None, rsa_key(), NOW)
    assert judged(received(headers, "GET", body=b"{}")) == Refused(Reason.COVERAGE, 401)


@pytest.mark.parametrize(
    ("authority", "host", "believed"),
    [
        ("agora.test:8443", "agora.test:8443", True),
        ("agora.test:8443", "agora.test", True),
        ("agora.test:8443", "agora.test:443", False),
        ("agora.test", "agora.test:443", True),
        ("agora.test", "AGORA.test", True),
        ("[::1]:8443", "[::1]", True),
        ("[::1]", "[::1]:443", True),
        ("[::1]", "[:", False),
    ],
)
def test_our_host_may_be_signed_with_or_without_its_port(
    authority: str, host: str, believed: bool
) -> None:
    verdict = judged(sent(host=host), authority=authority)
    assert verdict == (CAVAGE if believed else Refused(Reason.HOST, 401))
