"""Two faces at one address, asked in turn: a cache that mixes them breaks either people or servers (wire 10.2, S74)."""

from collections.abc import Sequence
from typing import Final

from fedi.doctor import repairs
from fedi.doctor.examination import Examination
from fedi.doctor.finding import Finding, fault, warning, well
from fedi.doctor.probe import FACE
from fedi.http.headers import ACCEPT_AS2, is_as2
from fedi.http.transport import Response

BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def check_cache(examination: Examination) -> Sequence[Finding]:
    """Document, page, document: at an address made for it, and at the first collective's own."""
    urls = [f"{examination.public.probe}/{FACE}"]
    if examination.facts is not None:
        urls += [uri for _, uri in examination.facts.collectives[:1]]
    found: dict[str, Finding] = {}
    for url in urls:
        first = await examination.public.ask(url, ACCEPT_AS2)
        page = await examination.public.ask(url, BROWSER)
        again = await examination.public.ask(url, ACCEPT_AS2)
        for finding in judge(first, page, again):
            found.setdefault(finding.key, finding)
    return list(found.values()) or [well("cache")]


def judge(first: Response, page: Response, again: Response) -> list[Finding]:
    """Whether each got its own face, and whether caches further out are told that there are two."""
    if not _is_document(first):
        return [fault("cache", "no_document", *repairs.CACHE, type=_type(first))]
    if _is_document(page):
        return [fault("cache", "document_for_people", *repairs.CACHE)]
    if not _is_document(again):
        return [fault("cache", "page_for_servers", *repairs.CACHE)]
    if not all(_varies(each) for each in (first, page, again)):
        return [warning("cache", "no_vary", *repairs.CACHE)]
    return []


def _is_document(response: Response) -> bool:
    return is_as2(response.headers.get("content-type", ""))


def _type(response: Response) -> str:
    return response.headers.get("content-type", "")[:80] or str(response.status)


def _varies(response: Response) -> bool:
    names = response.headers.get("vary", "").lower()
    return "accept" in {name.strip() for name in names.split(",")} or names.strip() == "*"
