"""Where a request may go."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi.errors import ForbiddenAddress
from fedi.http.guard import Policy, check_address, check_url
from tests.harness.chance import examples

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


@pytest.mark.parametrize(
    "ip",
    [
        "0.0.0.0",  # noqa: S104
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.168.1.1",
        "192.175.48.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:10.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:7f00:1::",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:1ff::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "2620:4f:8000::1",
        "3fff::1",
        "3fff:fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%lo",
        "2606:4700::1%lo",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_an_address_that_is_not_public_is_forbidden(ip: str) -> None:
    with pytest.raises(ForbiddenAddress) as refused:
        check_address(ip)
    assert refused.value.detail == "private_address"


@pytest.mark.parametrize(
    "ip",
    ["", "agora.example", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::1]", "1.2.3.4/32"],
)
def test_what_is_no_address_is_forbidden(ip: str) -> None:
    with pytest.raises(ForbiddenAddress):
        check_address(ip, LOOPBACK)


@pytest.mark.parametrize(
    "ip",
    [
        "1.1.1.1",
        "8.8.8.8",
        "172.15.255.255",
        "172.32.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "::ffff:8.8.8.8",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:4700::1111",
        "2a00:1450::1",
    ],
)
def test_a_public_address_is_permitted(ip: str) -> None:
    check_address(ip)


@examples(300)
@given(st.ip_addresses(v=4))
def test_no_ipv4_address_passes_that_the_standard_library_calls_private(
    address: ipaddress.IPv4Address,
) -> None:
    if address.is_global and not address.is_multicast:
        return
    with pytest.raises(ForbiddenAddress):
        check_address(str(address))


@examples(300)
@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_judged_like_the_one_it_wraps(address: ipaddress.IPv4Address) -> None:
    def is_permitted(text: str) -> bool:
        try:
            check_address(text)
        except ForbiddenAddress:
            return False
        return True

    assert is_permitted(f"::ffff:{address}") == is_permitted(str(address))


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_an_exception_permits_exactly_its_networks(ip: str) -> None:
    check_address(ip, LOOPBACK)


@pytest.mark.parametrize("ip", ["10.0.0.1", "::2", "64:ff9b::7f00:1", "2002:7f00:1::"])
def test_an_exception_permits_nothing_else(ip: str) -> None:
    with pytest.raises(ForbiddenAddress):
        check_address(ip, LOOPBACK)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://agora.example/", "scheme"),
        ("http://agora.example:443/", "scheme"),
        ("ftp://agora.example/", "not_a_url"),
        ("file:///etc/passwd", "not_a_url"),
        ("https://u@agora.example/", "not_a_url"),
        ("https://agora.example:80/", "port"),
        ("https://agora.example:22/", "port"),
        ("https://agora.example:25/", "port"),
        ("https://agora.example:1023/", "port"),
        ("https://agora.example:5432/", "port"),
        ("https://agora.example:6379/", "port"),
        ("https://agora.example:11211/", "port"),
        ("https://agora.example:27017/", "port"),
        ("http://abcdef.onion/", "onion_without_proxy"),
        ("https://abcdef.onion/", "onion_without_proxy"),
        ("https://sub.abcdef.onion:8443/", "onion_without_proxy"),
        ("https://8.8.8.8/", "address_as_name"),
        ("https://127.0.0.1/", "address_as_name"),
        ("https://127.0.0.1./", "address_as_name"),
        ("https://[::1]/", "address_as_name"),
        ("https://[::1]:8443/", "address_as_name"),
        ("https://[2606:4700::1111]/", "address_as_name"),
        ("https://１２７.0.0.1/", "address_as_name"),
        ("https://127。0。0。1/", "address_as_name"),
        ("https://①②⑦.0.0.1/", "address_as_name"),
        ("https://127.1/", "not_a_url"),
        ("https://0x7f.1/", "not_a_url"),
        ("https://2130706433/", "not_a_url"),
        ("https://0177.0.0.1/", "not_a_url"),
        ("https://here.example/inbox", "own_host"),
        ("https://HERE.example.:443/inbox", "own_host"),
        ("https://there.example:8443/inbox", "own_host"),
    ],
)
def test_a_forbidden_url_is_refused_with_its_reason(url: str, code: str) -> None:
    policy = Policy(own_hosts=frozenset({"here.example", "there.example:8443"}))
    with pytest.raises(ForbiddenAddress) as refused:
        check_url(url, policy)
    assert refused.value.detail == code


@pytest.mark.parametrize(
    "url",
    [
        "https://agora.example/",
        "https://agora.example:8443/",
        "https://agora.example:1024/",
        "https://localhost/",
        "https://there.example/",
    ],
)
def test_an_ordinary_url_is_permitted(url: str) -> None:
    check_url(url, Policy(own_hosts=frozenset({"there.example:8443"})))


def test_through_a_proxy_names_alone_decide_and_onion_names_are_permitted() -> None:
    policy = Policy(is_proxied=True)
    for url in ("http://abcdef.onion/", "https://abcdef.onion/", "https://agora.example/"):
        check_url(url, policy)
    for url, code in (
        ("http://abcdef.onion:6379/", "port"),
        ("http://agora.example/", "scheme"),
        ("https://localhost/", "private_name"),
        ("https://8.8.8.8/", "address_as_name"),
    ):
        with pytest.raises(ForbiddenAddress) as refused:
            check_url(url, policy)
        assert refused.value.detail == code


def test_plain_http_is_permitted_when_the_steward_says_so() -> None:
    check_url("http://agora.example:8080/", Policy(allow_http=True))


def test_an_address_as_name_is_permitted_within_the_excepted_networks() -> None:
    policy = Policy(allow_http=True, allowed_networks=LOOPBACK)
    check_url("http://127.0.0.1:8080/", policy)
    check_url("http://[::1]:8080/", policy)
    check_url("http://[::ffff:127.0.0.1]:8080/", policy)
    with pytest.raises(ForbiddenAddress):
        check_url("http://10.0.0.1:8080/", policy)
