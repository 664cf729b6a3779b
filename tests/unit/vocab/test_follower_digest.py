"""The digest and the header of followers synchronisation (FEP-8fcf)."""

import hashlib

import pytest

from fedi.vocab.follower_digest import (
    Synchronisation,
    at_origin,
    build_header,
    digest_of,
    digests_by_origin,
    parse_header,
)

FOLLOWERS = "https://a.test/actor/1/followers"
SAID = Synchronisation(FOLLOWERS, "ab" * 32, "https://a.test/actor/1/followers_synchronization")


def test_nobody_has_a_digest_of_zeros() -> None:
    assert digest_of([]) == "0" * 64


def test_the_digest_of_one_follower_is_the_hash_of_its_id() -> None:
    uri = "https://b.test/users/ana"
    assert digest_of([uri]) == hashlib.sha256(uri.encode()).hexdigest()


def test_the_digest_does_not_depend_on_order() -> None:
    assert digest_of(["https://b.test/1", "https://b.test/2"]) == digest_of(
        ["https://b.test/2", "https://b.test/1"]
    )


def test_two_hosts_whose_names_begin_alike_are_kept_apart() -> None:
    uris = ["https://b.test/1", "https://b.test.evil.example/2", "https://b.test:8443/3"]
    assert at_origin(uris, "https://b.test") == ["https://b.test/1"]


def test_each_origin_has_the_digest_of_its_own_followers() -> None:
    here, there = "https://b.test/1", "https://c.test:8443/2"
    assert digests_by_origin([here, there]) == {
        "https://b.test": digest_of([here]),
        "https://c.test:8443": digest_of([there]),
    }


def test_the_header_is_read_back() -> None:
    assert parse_header(build_header(SAID), followers_uri=FOLLOWERS) == SAID


@pytest.mark.parametrize(
    "value",
    [
        "",
        'digest="' + "ab" * 32 + '"',
        build_header(SAID).replace("a.test/actor/1/followers_", "evil.test/"),
        build_header(SAID).replace("ab" * 32, "zz" * 32),
        build_header(SAID).replace("ab" * 32, "ab"),
        build_header(SAID).replace(
            "https://a.test/actor/1/followers_synchronization", "http://127.0.0.1/"
        ),
        "x" * 6_000,
        'collectionId="' * 500,
    ],
)
def test_a_header_about_anything_else_is_not_read(value: str) -> None:
    assert parse_header(value, followers_uri=FOLLOWERS) is None


def test_a_header_about_somebody_elses_followers_is_not_read() -> None:
    assert (
        parse_header(build_header(SAID), followers_uri="https://a.test/actor/2/followers") is None
    )
