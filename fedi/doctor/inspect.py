"""What we see of somebody else: the handle, the document, what we would make of it, what we remember of the host."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from msgspec.structs import replace

from actors import blocks, keys
from actors.webfinger import ACCEPT as ACCEPT_JRD
from actors.webfinger import scheme_of, split_handle
from fedi.canonical import canonical, host_of
from fedi.clock import from_ms
from fedi.db.engine import Reader
from fedi.doctor import judging
from fedi.doctor.finding import Finding, Verdict
from fedi.doctor.inspected import Inspected, InspectOrder, Known, Sent
from fedi.doctor.judging import say
from fedi.doctor.proofs import judge_proof
from fedi.doctor.seen import mastodon_view
from fedi.errors import Invalid, RemoteError
from fedi.http.client import Fetched
from fedi.instance import Instance
from fedi.vocab.read import id_of

DELIVERIES_MAX: Final = 10
ADDRESS_MAX: Final = 2048


async def inspect(instance: Instance, order: InspectOrder) -> Inspected:
    """Look at an address of somebody else. What goes wrong on the way is part of the answer.

    Raises Invalid when it is no address, or one of ours.
    """
    address = order.address.strip()
    handle, host = understand(address, instance.urls.own_hosts)
    known, deliveries = await instance.look(
        lambda rx: (look_at_host(rx, host), list_sent(rx, host))
    )
    seen = Inspected(address=address, known=known, deliveries=deliveries)
    if known.is_blocked:
        return replace(seen, findings=(say(Verdict.WARNING, "blocked.yes", host=host),))
    findings = [say(Verdict.OK, "blocked.no", host=host)]
    webfinger: dict[str, Any] | None = None
    url: str | None = address
    if handle:
        webfinger, problems = await _ask_webfinger(instance, handle, host)
        findings += problems
        url = judging.self_link(webfinger or {})
    fetched, problems = await _fetch(instance, url) if url else (None, [])
    findings += problems
    seen = replace(seen, url=url or "", webfinger=webfinger)
    if fetched is None:
        return replace(seen, findings=tuple(findings))
    kind, normal, judged = judging.judge_kind(
        fetched.document, instance.clock.now(), instance.config.delivery.inbox_pairs
    )
    findings += judging.judge_identity(fetched.document, fetched.url) + judged
    findings += await judge_proof(instance, fetched.document)
    if kind == judging.ACTOR:
        uri = id_of(fetched.document.get("id")) or ""
        changed = await instance.look(lambda rx: keys.changed_at(rx, uri))
        if changed is not None:
            findings.append(say(Verdict.WARNING, "keys.changed", day=changed.date().isoformat()))
        webfinger, looped = await _loop(instance, fetched.document, webfinger, handle)
        findings += looped
    return replace(
        seen,
        url=fetched.url,
        kind=kind,
        findings=tuple(findings),
        webfinger=webfinger,
        document=fetched.document,
        normal=normal,
        mastodon=tuple(mastodon_view(fetched.document)),
    )


def look_at_host(rx: Reader, host: str) -> Known:
    """What is remembered of a host."""
    row = rx.one(
        "SELECT signature_scheme, failures, failing_since, last_sent_at, last_heard_at, last_reason FROM host "
        "WHERE host = ?",
        host,
    )
    is_blocked = blocks.is_host_blocked(rx, host)
    if row is None:
        return Known(host, is_blocked)
    return Known(
        host,
        is_blocked,
        row[0] or "",
        int(row[1]),
        failing_since=_moment(row[2]),
        last_sent_at=_moment(row[3]),
        last_heard_at=_moment(row[4]),
        last_reason=row[5],
    )


def list_sent(rx: Reader, host: str) -> tuple[Sent, ...]:
    """The last lines of the ledger for a host, the newest first."""
    rows = rx.all(
        "SELECT a.type, d.inbox, d.state, d.attempts, d.last_status, d.last_reason, d.last_at FROM delivery d "
        "JOIN outbox_activity a ON a.id = d.activity_id WHERE d.host = ? ORDER BY d.id DESC LIMIT ?",
        host,
        DELIVERIES_MAX,
    )
    return tuple(
        Sent(row[0], row[1], row[2], row[3], row[4], row[5], _moment(row[6])) for row in rows
    )


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


def understand(address: str, own_hosts: frozenset[str]) -> tuple[str, str]:
    """(user name or empty, host). Raises Invalid for what is no address, or one of ours."""
    if len(address) > ADDRESS_MAX:
        raise Invalid("actor.handle_form", field="address")
    if address.startswith(("https://", "http://")):
        name, host = "", host_of(canonical(address))
    else:
        name, host = split_handle(address)
    if host in own_hosts:
        raise Invalid("inspect.ours", field="address")
    return name, host


async def _ask_webfinger(
    instance: Instance, username: str, host: str
) -> tuple[dict[str, Any] | None, list[Finding]]:
    scheme = scheme_of(instance, host)
    resource = quote(f"acct:{username}@{host}", safe=":@")
    url = f"{scheme}://{host}/.well-known/webfinger?resource={resource}"
    try:
        answer = await instance.http.fetch_json(url, ACCEPT_JRD)
    except RemoteError as problem:
        return None, [_trouble("webfinger.failed", problem, url)]
    found = []
    subject = answer.get("subject")
    if not isinstance(subject, str) or subject.lower() != f"acct:{username}@{host}".lower():
        found.append(say(Verdict.FAULT, "webfinger.subject", seen=str(subject)[:200]))
    if judging.self_link(answer) is None:
        found.append(say(Verdict.FAULT, "webfinger.no_actor", url=url))
    return answer, found or [say(Verdict.OK, "webfinger.answered", subject=str(subject))]


async def _fetch(instance: Instance, url: str) -> tuple[Fetched | None, list[Finding]]:
    """The document as it comes, signed like every fetch; media type, size and redirects are the client's to judge."""
    try:
        fetched = await instance.http.fetch_document(url, across_origins=True, check_id=False)
    except RemoteError as problem:
        return None, [_trouble("document.failed", problem, url)]
    if await instance.look(lambda rx: blocks.is_host_blocked(rx, host_of(fetched.url))):
        return None, [say(Verdict.WARNING, "blocked.yes", host=host_of(fetched.url))]
    return fetched, [say(Verdict.OK, "document.fetched", url=fetched.url, status=fetched.status)]


async def _loop(
    instance: Instance, document: Mapping[str, Any], webfinger: dict[str, Any] | None, asked: str
) -> tuple[dict[str, Any] | None, list[Finding]]:
    """From the actor's own name back to the actor; asked once more only when another name was typed."""
    uri, name = str(document.get("id")), str(document.get("preferredUsername") or "")
    try:
        host = host_of(uri)
    except Invalid:
        return webfinger, []
    found: list[Finding] = []
    if webfinger is None or name.lower() != asked.lower():
        if not name:
            return webfinger, []
        webfinger, found = await _ask_webfinger(instance, name, host)
    if webfinger is None:
        return None, found
    loop = judging.judge_loop(webfinger, uri, f"@{name}@{host}")
    return webfinger, [each for each in found if each.verdict is not Verdict.OK] + [loop]


def _trouble(outcome: str, problem: RemoteError, url: str) -> Finding:
    """A refusal of our own client by its reason, or of the other side by its status."""
    reason = problem.detail or problem.message_key
    return say(
        Verdict.FAULT, outcome, url=url, reason=reason[:100], status=problem.http_status or "–"
    )
