"""Keys are read within limits, and nothing but Invalid ever comes of what is no key."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fedi.errors import Invalid
from fedi.signatures import base58
from fedi.signatures.keys import (
    multikey,
    new_ed25519_private_pem,
    new_rsa_private_pem,
    public_pem,
    read_multikey,
    read_private_pem,
    read_public_pem,
)
from tests.unit.signatures.makers import ed_key, rsa_key


def pem_of(
    key: rsa.RSAPublicKey | dsa.DSAPublicKey | ec.EllipticCurvePublicKey | x25519.X25519PublicKey,
) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def rsa_numbers(bits: int, exponent: int = 65537) -> str:
    """A key of that size that nobody could sign with: only its size is looked at."""
    return pem_of(rsa.RSAPublicNumbers(exponent, (1 << (bits - 1)) + 1).public_key())


def good() -> str:
    return public_pem(rsa_key().private)


def pkcs1() -> str:
    key = rsa_key().private.public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()


NO_KEYS: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "words": lambda: "not a key",
    "half a key": lambda: good()[: len(good()) // 2],
    "a key in the old form": pkcs1,
    "a private key": lambda: new_ed25519_private_pem().decode(),
    "two keys": lambda: good() + good(),
    "words before the key": lambda: "x" + good(),
    "words after the key": lambda: good() + "x",
    "an empty block": lambda: "-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----",
    "a block of another thing": lambda: good().replace("PUBLIC KEY", "CERTIFICATE"),
    "letters that are not ASCII": lambda: good().replace("M", "م", 1),
    "a lone surrogate": lambda: good() + "\ud800",
    "eight kilobytes of blanks": lambda: good() + " " * 8192,
    "RSA of 1024 bits": lambda: rsa_numbers(1024),
    "RSA of 2047 bits": lambda: rsa_numbers(2047),
    "RSA of 4097 bits": lambda: rsa_numbers(4097),
    "RSA of 16384 bits": lambda: rsa_numbers(16384),
    "an exponent of 33 bits": lambda: rsa_numbers(2048, 2**32 + 1),
    "a curve nobody signs with here": lambda: pem_of(
        ec.generate_private_key(ec.SECP256R1()).public_key()
    ),
    "a key for agreeing on keys": lambda: pem_of(x25519.X25519PrivateKey.generate().public_key()),
}


@pytest.mark.parametrize("name", NO_KEYS)
def test_what_is_no_usable_public_key_is_invalid(name: str) -> None:
    text = NO_KEYS[name]()
    with pytest.raises(Invalid):
        read_public_pem(text)


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_rsa_keys_of_usual_sizes_are_read(bits: int) -> None:
    key = read_public_pem(rsa_numbers(bits))
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == bits


def test_blanks_and_carriage_returns_around_a_key_do_not_matter() -> None:
    text = "\r\n " + good().replace("\n", "\r\n")
    assert read_public_pem(text) == rsa_key().private.public_key()


def test_a_new_rsa_key_can_be_stored_and_published() -> None:
    private = read_private_pem(new_rsa_private_pem())
    assert read_public_pem(public_pem(private)) == private.public_key()


def test_a_new_ed25519_key_can_be_published_both_ways() -> None:
    private = read_private_pem(new_ed25519_private_pem())
    assert read_public_pem(public_pem(private)) == private.public_key()


@pytest.mark.parametrize("data", [b"", b"no key", b"\xff\x00"])
def test_what_is_no_private_key_is_invalid(data: bytes) -> None:
    with pytest.raises(Invalid):
        read_private_pem(data)


def test_a_multikey_leads_back_to_its_key() -> None:
    public = ed_key().private.public_key()
    assert isinstance(public, Ed25519PublicKey)
    assert multikey(public).startswith("z6Mk")
    assert read_multikey(multikey(public)) == public


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        "z6Mk",
        "z0",
        "zسلام",
        "u" + "A" * 46,
        "z" + "1" * 200,
        "z" + base58.encode(b"\xec\x01" + b"\x07" * 32),
        "z" + base58.encode(b"\xed\x01" + b"\x07" * 31),
        "z" + base58.encode(b"\xed\x01" + b"\x07" * 33),
    ],
)
def test_what_is_no_ed25519_multikey_is_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        read_multikey(text)


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", ""), (b"\0", "1"), (b"\0\0\x3a", "1121"), (b"Hello World!", "2NEpo7TZRRrLZSi2U")],
)
def test_base58_is_the_known_one(data: bytes, text: str) -> None:
    assert (base58.encode(data), base58.decode(text)) == (text, data)
