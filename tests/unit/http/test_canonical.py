"""One spelling of every address, and the odd ones refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from fedi.canonical import canonical, host_of, is_canonical, origin_of, same_origin
from fedi.errors import Invalid
from tests.harness.chance import examples


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://agora.example/actors/a", "https://agora.example/actors/a"),
        ("https://agora.example", "https://agora.example"),
        ("HTTPS://Agora.Example/A%2fb?C=d#E", "https://agora.example/A%2fb?C=d#E"),
        ("https://agora.example:443/a", "https://agora.example/a"),
        ("http://agora.example:80/a", "http://agora.example/a"),
        ("http://agora.example:443/a", "http://agora.example:443/a"),
        ("https://agora.example:8443/a", "https://agora.example:8443/a"),
        ("https://agora.example./a", "https://agora.example/a"),
        ("https://مثال.إختبار/a", "https://xn--mgbh0fb.xn--kgbechtv/a"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://xn--mgbh0fb.xn--kgbechtv/", "https://xn--mgbh0fb.xn--kgbechtv/"),
        ("https://agora.example/فعالية", "https://agora.example/فعالية"),
        ("https://agora.example//a/../b/", "https://agora.example//a/../b/"),
        ("https://[2001:DB8:0:0::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        ("https://192.0.2.1/a", "https://192.0.2.1/a"),
        ("https://a--b.example/", "https://a--b.example/"),
        ("https://a.b.c.d.e.f.example/", "https://a.b.c.d.e.f.example/"),
    ],
)
def test_a_url_has_one_spelling(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "agora.example/a",
        "//agora.example/a",
        "ftp://agora.example/a",
        "javascript:alert(1)",
        "https:agora.example/a",
        "https:///a",
        "https://",
        "https://user@agora.example/",
        "https://user:word@agora.example/",
        "https://agora.example\\@evil.example/",
        "https://evil.example\\.agora.example/",
        "https://agora.example/a b",
        "https://agora.example/a\tb",
        "https://agora.exa\nmple/",
        " https://agora.example/",
        "https://agora.example/\u00a0",
        "https://agora.example/\u202e",
        "https://agora.example/\x00",
        "https://agora.example/\x7f",
        "https://agora.example/\ud800",
        'https://agora.example/"onclick',
        "https://agora.example/<b>",
        "https://agora.example:/",
        "https://agora.example:0/",
        "https://agora.example:0443/",
        "https://agora.example:65536/",
        "https://agora.example:+443/",
        "https://agora.example:٤٤٣/",
        "https://agora..example/",
        "https://.agora.example/",
        "https://agora.example../",
        "https://-agora.example/",
        "https://ag%6fra.example/",
        "https://agora_1.example/",
        "https://xn--zzzzzzzzzz-9a.example/",
        "https://xn--.example/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://1.2.3.4.5/",
        "https://agora.example.0x10/",
        "https://[::1/",
        "https://[::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[::1]x/",
        "https://::1/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 127 + "example/",
        "https://agora.example/" + "a" * 2048,
        "https://" + "إ" * 2000 + "/",
    ],
)
def test_what_two_readers_could_read_differently_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        canonical(url)


def test_fullwidth_digits_become_the_number_they_look_like() -> None:
    assert host_of("https://１２７.０.０.１/") == "127.0.0.1"


@pytest.mark.parametrize(
    ("url", "origin", "host"),
    [
        ("https://agora.example/a?b#c", "https://agora.example", "agora.example"),
        ("https://Agora.example:443/a", "https://agora.example", "agora.example"),
        ("https://agora.example:8443/a", "https://agora.example:8443", "agora.example:8443"),
        ("http://agora.example", "http://agora.example", "agora.example"),
        ("https://[::1]:8443/", "https://[::1]:8443", "[::1]:8443"),
    ],
)
def test_origin_and_host_carry_a_port_only_when_it_is_unusual(
    url: str, origin: str, host: str
) -> None:
    assert (origin_of(url), host_of(url)) == (origin, host)


@pytest.mark.parametrize(
    "other",
    [
        "http://agora.example/",
        "https://agora.example:8443/",
        "https://www.agora.example/",
        "https://agora.example.evil.example/",
        "https://evilagora.example/",
        "https://agora.example@evil.example/",
        "not a url",
    ],
)
def test_another_scheme_host_or_port_is_another_origin(other: str) -> None:
    assert not same_origin("https://agora.example/a", other)


def test_spellings_of_one_origin_are_the_same_origin() -> None:
    assert same_origin("https://agora.example/a", "HTTPS://AGORA.example:443/b")


def test_only_the_canonical_spelling_is_canonical() -> None:
    assert is_canonical("https://agora.example/A")
    assert not is_canonical("https://Agora.example/A")
    assert not is_canonical("https://user@agora.example/")


_HOSTS = st.one_of(
    st.from_regex(r"[a-zA-Z0-9.-]{1,30}", fullmatch=True),
    st.text(alphabet="aZß.إ１xn-:[]@%\\_0", min_size=1, max_size=20),
    st.sampled_from(["example.org", "xn--mgbh0fb.example", "مثال.إختبار", "[::1]", "10.0.0.1"]),
)
_TAILS = st.text(alphabet="/?#%20aZ:@é[];.=&", max_size=20)
_URLS = st.one_of(
    st.text(max_size=40),
    st.builds(
        lambda scheme, host, port, tail: f"{scheme}://{host}{port}{tail}",
        st.sampled_from(["https", "http", "HTTPS"]),
        _HOSTS,
        st.sampled_from(["", ":443", ":80", ":8443", ":"]),
        _TAILS,
    ),
)


@examples(300)
@given(_URLS)
def test_the_canonical_spelling_of_anything_is_canonical_or_refused(url: str) -> None:
    try:
        once = canonical(url)
    except Invalid:
        return
    assert canonical(once) == once
    assert once.startswith(origin_of(url))


@examples(300)
@given(_URLS)
def test_the_host_we_judge_is_the_host_the_connection_goes_to(url: str) -> None:
    try:
        once = canonical(url)
    except Invalid:
        return
    asked = URL(once, encoded=True)
    assert asked.raw_host is not None
    host = f"[{asked.raw_host}]" if ":" in asked.raw_host else asked.raw_host
    default = {"http": 80, "https": 443}[asked.scheme]
    assert host_of(url) == (host if asked.port == default else f"{host}:{asked.port}")
