"""Headers that every answer carries."""

from typing import Any

import pytest

from fedi.web.headers import with_security_headers


async def headers_of(given: list[tuple[bytes, bytes]], *, https: bool) -> dict[bytes, bytes]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": given})
        await send({"type": "http.response.body", "body": b""})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await with_security_headers(app, https=https)({"type": "http"}, None, send)
    return dict(sent[0]["headers"])


@pytest.mark.parametrize(
    "directive",
    [
        b"default-src 'none'",
        b"img-src 'self'",
        b"style-src 'self'",
        b"form-action 'self'",
        b"base-uri 'none'",
        b"frame-ancestors 'none'",
    ],
)
async def test_the_content_policy_allows_nothing_but_our_own(directive: bytes) -> None:
    policy = (await headers_of([], https=True))[b"content-security-policy"]
    assert directive in policy.split(b"; ")


async def test_the_content_policy_has_no_hole() -> None:
    policy = (await headers_of([], https=True))[b"content-security-policy"]
    assert not any(word in policy for word in (b"unsafe", b"http", b"*", b"data:", b"script"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
    ],
)
async def test_browsers_are_told_to_be_careful(name: bytes, value: bytes) -> None:
    assert (await headers_of([], https=False))[name] == value


async def test_a_stricter_policy_of_an_answer_stays() -> None:
    own = [(b"Content-Security-Policy", b"sandbox")]
    headers = await headers_of(own, https=True)
    assert headers[b"Content-Security-Policy"] == b"sandbox"
    assert b"content-security-policy" not in headers


@pytest.mark.parametrize("https", [True, False])
async def test_only_https_addresses_promise_https(https: bool) -> None:
    assert (b"strict-transport-security" in await headers_of([], https=https)) is https


async def test_what_is_not_http_passes_untouched() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((receive, send))

    await with_security_headers(app, https=True)({"type": "lifespan"}, 1, 2)
    assert seen == [(1, 2)]
