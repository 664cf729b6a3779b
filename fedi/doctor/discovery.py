"""How others find us, asked through the public address: WebFinger and back, the actors, NodeInfo (wire 1.1-1.4)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from actors.webfinger import ACCEPT as ACCEPT_JRD
from fedi.doctor import repairs
from fedi.doctor.examination import Examination
from fedi.doctor.finding import Finding, fault, well
from fedi.doctor.public import read_object
from fedi.http.headers import ACCEPT_AS2, is_as2
from fedi.http.transport import Response
from fedi.urls import Urls
from fedi.vocab.read import as_list
from fedi.vocab.terms import ACTIVITY_JSON, JRD_JSON

SCHEMA: Final = "http://nodeinfo.diaspora.software/ns/schema/"


async def check_webfinger(examination: Examination) -> Sequence[Finding]:
    """Every name of ours leads to its actor, byte for byte."""
    found = []
    for username, uri in who(examination):
        resource = f"acct:{username}@{examination.urls.host}" if username else uri
        url = f"{examination.urls.webfinger()}?resource={quote(resource, safe=':@')}"
        response = await examination.public.ask(url, ACCEPT_JRD)
        problem = judge_webfinger(response, resource, uri, examination.urls)
        if problem is not None:
            found.append(problem)
    return found or [well("webfinger", n=len(who(examination)))]


def who(examination: Examination) -> list[tuple[str, str]]:
    """User name and id of every actor of ours that others may look up; without facts only the server actor."""
    facts = examination.facts
    server = (facts.server_username if facts else "", examination.urls.server_actor())
    return [server, *(facts.collectives if facts else ())]


def judge_webfinger(response: Response, resource: str, uri: str, urls: Urls) -> Finding | None:
    """What is wrong with the answer about `resource`, whose actor is `uri`; None when nothing is."""
    if response.status != 200:
        return fault(
            "webfinger", "status", *repairs.EVERYTHING, name=resource, status=response.status
        )
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    if kind not in (JRD_JSON.partition(";")[0], "application/json"):
        return fault("webfinger", "type", *repairs.EVERYTHING, name=resource, type=kind[:80])
    document = read_object(response.body)
    subject = document.get("subject")
    if not isinstance(subject, str) or (
        subject != resource
        if resource.startswith("acct:")
        else not subject.endswith(f"@{urls.host}")
    ):
        return fault("webfinger", "subject", name=resource, seen=str(subject)[:200])
    href = _self_link(document)
    if href != uri:
        return fault("webfinger", "self_link", name=resource, uri=uri, seen=str(href)[:200])
    return None


def _self_link(document: Mapping[str, Any]) -> object:
    for link in as_list(document.get("links")):
        if (
            isinstance(link, dict)
            and link.get("rel") == "self"
            and link.get("type") == ACTIVITY_JSON
        ):
            return link.get("href")
    return None


async def check_actor(examination: Examination) -> Sequence[Finding]:
    """Every actor's document stands at its own id, in the media type that others insist on."""
    found = []
    for _, uri in who(examination):
        response = await examination.public.ask(uri, ACCEPT_AS2)
        problem = judge_actor(response, uri)
        if problem is not None:
            found.append(problem)
    return found or [well("actor", n=len(who(examination)))]


def judge_actor(response: Response, uri: str) -> Finding | None:
    """What is wrong with an actor's document; None when nothing is."""
    if response.status != 200:
        return fault("actor", "status", *repairs.EVERYTHING, uri=uri, status=response.status)
    kind = response.headers.get("content-type", "")
    if not is_as2(kind):
        return fault("actor", "type", *repairs.CACHE, uri=uri, type=kind[:80])
    seen = read_object(response.body).get("id")
    return None if seen == uri else fault("actor", "other_id", uri=uri, seen=str(seen)[:200])


async def check_nodeinfo(examination: Examination) -> Sequence[Finding]:
    """NodeInfo answers, and its links stay here: without it Gancio takes nothing from us (wire 1.4)."""
    url = f"{examination.urls.base}/.well-known/nodeinfo"
    response = await examination.public.ask(url, "application/json")
    if response.status != 200:
        return [fault("nodeinfo", "status", *repairs.EVERYTHING, url=url, status=response.status)]
    links = [
        link for link in as_list(read_object(response.body).get("links")) if isinstance(link, dict)
    ]
    if not links or not str(links[0].get("rel", "")).startswith(SCHEMA):
        return [fault("nodeinfo", "links", url=url)]
    href = str(links[0].get("href", ""))
    if not examination.urls.is_ours(href):
        return [fault("nodeinfo", "elsewhere", seen=href[:200])]
    response = await examination.public.ask(href, "application/json")
    if response.status != 200 or "software" not in read_object(response.body):
        return [fault("nodeinfo", "status", *repairs.EVERYTHING, url=href, status=response.status)]
    return [well("nodeinfo")]
