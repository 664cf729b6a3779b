"""What the proxies in front of us make of a request: name, scheme, source and path, sent beside arrived."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from fedi.doctor import repairs
from fedi.doctor.examination import Examination
from fedi.doctor.finding import Finding, fault, skipped, warning, well
from fedi.doctor.public import Arrived
from fedi.errors import RemoteUnreachable
from fedi.http.headers import moment_of
from fedi.http.transport import Response

# An encoded slash, a doubled slash, an upper and a lower escape, a plus: what a careless proxy "tidies".
PATH_TRIED: Final = "/a%2Fb//c%c3%A9?q=%2f+%C3%a9&empty=&x"
_BEHIND: Final = frozenset({502, 503, 504})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


async def check_reach(examination: Examination) -> Sequence[Finding]:
    """Whether this very server answers at its public address."""
    if not examination.may_announce:
        return [fault("reach", "no_pass", folder=str(examination.config.data_folder))]
    before = examination.clock.now()
    try:
        response = await examination.public.ask(examination.public.probe)
    except RemoteUnreachable as problem:
        return [fault("reach", "silent", base=examination.urls.base, code=problem.detail)]
    examination.arrived = examination.public.arrived(response)
    dated = moment_of(response.headers.get("date", ""))
    if dated is not None:
        examination.answered_at = (before, dated)
    return [judge_answer(response, examination.is_reached, examination.urls.base)]


def judge_answer(response: Response, is_ours: bool, base: str) -> Finding:
    """What an answer of the public address says of what stands in between."""
    status = response.status
    if is_ours:
        return well("reach", base=base)
    if status in _BEHIND:
        return fault("reach", "behind", base=base, status=status)
    if status in _REDIRECTS:
        to = response.headers.get("location", "")[:200]
        return fault("reach", "redirected", base=base, to=to)
    if status == 404:
        return fault("reach", "elsewhere", *repairs.EVERYTHING, base=base)
    return fault("reach", "status", *repairs.EVERYTHING, base=base, status=status)


async def check_host(examination: Examination) -> Sequence[Finding]:
    """`Host` as others sent it: signatures cover it (S7), and requests for another name are refused."""
    assert examination.arrived is not None
    return [judge_host(examination.arrived, examination.urls.host)]


def judge_host(arrived: Arrived, host: str) -> Finding:
    """The `Host` that arrived beside the one that was sent."""
    seen = ", ".join(arrived.lines("host"))
    if seen.lower() == host:
        return well("host", host=host)
    return fault("host", "altered", *repairs.HOST, host=host, seen=seen)


async def check_scheme(examination: Examination) -> Sequence[Finding]:
    """Scheme and source as the proxy tells them, and whether it is believed."""
    if examination.speaks_tls or urlsplit(examination.urls.base).scheme != "https":
        return [skipped("scheme", "no_proxy")]
    assert examination.arrived is not None
    proxies = bool(examination.config.server.trusted_proxies)
    return judge_scheme(examination.arrived, has_trusted=proxies)


def judge_scheme(arrived: Arrived, *, has_trusted: bool) -> list[Finding]:
    """Which forwarded header is missing, or not believed because the proxy is not named in the configuration."""
    said = arrived.lines("x-forwarded-proto")
    found = []
    if not said:
        found.append(warning("scheme", "missing", *repairs.SCHEME))
    elif said[-1].rpartition(",")[2].strip() != "https":
        found.append(warning("scheme", "wrong", *repairs.SCHEME, seen=said[-1][:40]))
    elif arrived.scheme != "https" and has_trusted:
        found.append(warning("scheme", "other_proxy", *repairs.TRUSTED, client=arrived.client))
    elif arrived.scheme != "https":
        found.append(warning("scheme", "not_trusted", *repairs.TRUSTED, client=arrived.client))
    if not arrived.lines("x-forwarded-for"):
        found.append(warning("scheme", "no_source", *repairs.SOURCE))
    return found or [well("scheme")]


async def check_path(examination: Examination) -> Sequence[Finding]:
    """Path and query byte for byte: signatures cover them as they were sent (S8)."""
    url = examination.public.probe + PATH_TRIED
    response = await examination.public.ask(url)
    arrived = examination.public.arrived(response)
    if arrived is None:
        return [fault("path", "refused", *repairs.PATH, status=response.status)]
    sent = url.removeprefix(examination.urls.base)
    if arrived.target == sent:
        return [well("path")]
    token = examination.public.token
    values = {
        "sent": sent.partition(token)[2],
        "seen": arrived.target.partition(token)[2] or arrived.target[:100],
    }
    return [fault("path", "altered", *repairs.PATH, **values)]
