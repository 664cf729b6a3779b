"""The certificate that others see: whether they can believe it, and for how many days still."""

import asyncio
import ssl
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from fedi.doctor import repairs
from fedi.doctor.examination import Examination
from fedi.doctor.finding import Finding, fault, skipped, warning, well
from fedi.errors import RemoteError
from fedi.http.guard import Policy, check_url
from fedi.http.socks import Proxy

HANDSHAKE_S: Final = 10.0
DAYS_LOW: Final = 14
# What OpenSSL calls the usual mistakes (X509_V_ERR_…).
_EXPIRED: Final = 10
_CHAIN: Final = frozenset({2, 20, 21})
_SELF_SIGNED: Final = frozenset({18, 19})
_OTHER_NAME: Final = frozenset({62, 64})


async def check_certificate(examination: Examination) -> Sequence[Finding]:
    """Handshake as a careful server would, and read until when it holds."""
    parts = urlsplit(examination.urls.base)
    if parts.scheme != "https":
        return [skipped("certificate", "no_https")]
    host, port = parts.hostname or "", parts.port or 443
    if examination.config.network.proxy is None and not examination.addresses:
        return [skipped("certificate", "unreached")]
    try:
        async with asyncio.timeout(HANDSHAKE_S):
            ends_at = await _shake_hands(examination, host, port)
    except ssl.SSLCertVerificationError as problem:
        return [judge_refusal(problem.verify_code, host, problem.verify_message)]
    except (OSError, TimeoutError, RemoteError):
        # the next check says who does not answer
        return [skipped("certificate", "unreached")]
    return [judge_days((ends_at - examination.clock.now()).days, host)]


def judge_days(days: int, host: str) -> Finding:
    """Whether somebody renews it in time."""
    if days < DAYS_LOW:
        return warning("certificate", "ends_soon", host=host, n=max(days, 0))
    return well("certificate", host=host, n=days)


def judge_refusal(code: int, host: str, words: str) -> Finding:
    """Why other servers will not believe this certificate."""
    if code == _EXPIRED:
        return fault("certificate", "expired", host=host)
    if code in _CHAIN:
        return fault("certificate", "chain", *repairs.CERTIFICATE, host=host)
    if code in _SELF_SIGNED:
        return fault("certificate", "self_signed", host=host)
    if code in _OTHER_NAME:
        return fault("certificate", "other_name", host=host)
    return fault("certificate", "refused", host=host, reason=words)


async def _place(examination: Examination, host: str, port: int) -> tuple[str, int]:
    if examination.resolver is None:
        return examination.addresses[0], port
    found = examination.resolver(host, port)
    listed = await found if isinstance(found, Awaitable) else found
    return listed[0]


async def _connect(
    examination: Examination, host: str, port: int, context: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    proxy = examination.config.network.proxy
    if proxy is None:
        place = await _place(examination, host, port)
        return await asyncio.open_connection(*place, ssl=context, server_hostname=host)
    check_url(f"{examination.urls.base}/", Policy(is_proxied=True))
    connected = await Proxy(*proxy).connect(host, port, HANDSHAKE_S)
    return await asyncio.open_connection(sock=connected, ssl=context, server_hostname=host)


async def _shake_hands(examination: Examination, host: str, port: int) -> datetime:
    config = examination.config
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if config.network.extra_ca_file:
        await asyncio.to_thread(context.load_verify_locations, config.network.extra_ca_file)
    _, writer = await _connect(examination, host, port, context)
    try:
        shown = writer.get_extra_info("peercert") or {}
        seconds = ssl.cert_time_to_seconds(str(shown.get("notAfter")))
    finally:
        writer.close()
    return datetime.fromtimestamp(seconds, UTC)
