"""Hostile words in every field that others and members can fill, seen in a browser that obeys no content policy.

The policy would stop a script that got into a page; here nothing would, so that what runs is what was let through. Somebody who
is signed in then follows every link of the house: nothing runs, nothing is asked of anybody else, nothing is broken.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from actors.model import Actor
from fedi.desk.collectives import SetOrder, change
from fedi.desk.publishing import publish
from fedi.desk.wishes import AidWish, EventWish, PlaceWish, PublishOrder, Words
from fedi.unit import Unit
from tests.browser.house import Neighbourhood, neighbourhood, playwright
from tests.harness.members import a_member
from tests.hostile.stranger import Person, Stranger, a_note_of, deliver, say, stranger
from tests.peers.shared import VECTORS

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

HOST = "agora.test"
PAGES_MAX = 160
OWN = (
    "<script>seen('script')</script>",
    "<img src=x onerror=seen('image')>",
    "<svg onload=seen('svg')><animate onbegin=seen('animate') attributeName=x dur=1s>",
    "\"><script>seen('attribute')</script>",
    "' autofocus onfocus=seen('focus') x='",
    "</textarea><script>seen('textarea')</script>",
    "</title><script>seen('title')</script>",
    "</option></select><img src=x onerror=seen('option')>",
    "<a href=\"javascript:seen('link')\">x</a>",
    "[x](javascript:seen('markdown)') ![x](x\"onerror=seen('picture'))",
    "{{ 7 * 7 }} {% print(config) %} ${7*7}",
    "\u202e<script>seen('turned')</script>\u2069",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=seen('mutated')&gt;\">",
    "<iframe srcdoc=\"<script>parent.seen('frame')</script>\"></iframe>",
    "<meta http-equiv=refresh content='0;url=https://evil.test/'><base href=https://evil.test/>",
    "<form action=https://evil.test/><button id=f-password>Go</button></form>",
    "<link rel=stylesheet href=https://evil.test/x.css><style>@import 'https://evil.test/y.css'</style>",
)
WATCH = """
  window.happened = [];
  window.seen = (what) => window.happened.push(what);
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = () => window.happened.push(name);
"""


@dataclass(slots=True)
class Walk:
    """What was met on the way through the house."""

    visited: dict[str, int] = field(default_factory=dict)
    happened: dict[str, list[str]] = field(default_factory=dict)
    led_away: list[str] = field(default_factory=list)


def payloads() -> list[str]:
    found = list(OWN)
    file = VECTORS / "xss" / "dompurify.json"
    if file.exists():
        found += [case["payload"] for case in json.loads(file.read_text(encoding="utf-8"))]
    return found


async def say_everything(near: Neighbourhood, there: Stranger, ours: Actor) -> None:
    """Somebody whom the collective follows, with hostile words in every member that we read."""
    bad = OWN[0] + OWN[1] + OWN[3]
    eve = there.person("eve")
    members = {
        "name": bad,
        "summary": " ".join(OWN),
        "url": f"https://{there.host}/@eve?{OWN[3]}",
        "attachment": [{"type": "PropertyValue", "name": bad, "value": bad}],
        "icon": {"type": "Image", "url": f"https://{there.host}/{OWN[3]}", "name": bad},
    }
    there.show(eve.uri, eve.document(**members))
    await near.made[HOST].change(lambda unit: _follow(unit, ours, eve))
    for number, payload in enumerate(payloads()):
        words = a_note_of(
            eve,
            number,
            payload,
            summary=payload[:400] if number % 3 == 0 else None,
            contentMap={"en": payload, "ar": payload},
            tag=[
                {"type": "Hashtag", "name": f"#{payload[:60]}", "href": "javascript:seen('tag')"},
                {"type": "Mention", "name": payload[:60], "href": ours.uri},
            ],
            attachment=[{"type": "Document", "mediaType": "image/png", "name": payload,
                         "url": f"https://{there.host}/x.png?{payload[:80]}"}],
            published=f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z",
        )  # fmt: skip
        if number % 5 == 1:
            words |= {"type": "Event", "name": payload, "startTime": "2030-01-01T10:00:00Z",
                      "location": {"type": "Place", "name": payload, "address": payload}}  # fmt: skip
        elif number % 5 == 2:
            words |= {"type": "Article", "name": payload, "summary": payload}
        heard = await deliver(near.made, HOST, eve.key, say(eve, "Create", words, number))
        assert heard.status in (202, 400), (heard.status, payload)
    await deliver(near.made, HOST, eve.key, say(eve, "Follow", ours.uri, "f"))
    flag = say(eve, "Flag", [ours.uri], "flag", content=bad)
    await deliver(near.made, HOST, eve.key, flag)
    await near.made.settle()


def _follow(unit: Unit, ours: Actor, eve: Person) -> None:
    unit.tx.run(
        "INSERT INTO follow (follower_uri, followed_uri, activity_uri, state, asked_at) VALUES (?, ?, ?, ?, ?)",
        ours.uri, eve.uri, f"{ours.uri}/f", "accepted", 1,
    )  # fmt: skip


async def write_everything(near: Neighbourhood) -> None:
    """Members whose words are as hostile, in every kind."""
    instance = near.made[HOST]
    bad = " ".join(OWN)
    await change(instance, SetOrder(actor="agora", name=OWN[0][:60], summary=bad))
    for kind in ("statement", "note", "event", "aid_request"):
        order = PublishOrder(
            kind=kind,
            actor="agora",
            words=(Words(language="en", title=OWN[1] + OWN[3], source=bad),
                   Words(language="ar", title=OWN[5], source=bad)),
            event=EventWish(starts="2030-01-01 10:00", category=OWN[3][:40]) if kind == "event" else EventWish(),
            aid=AidWish(what="food", quantity="3") if kind == "aid_request" else AidWish(),
            place=PlaceWish(name=OWN[1], street=OWN[3], city=OWN[0]) if kind in ("event", "aid_request") else PlaceWish(),
        )  # fmt: skip
        await publish(instance, order)


async def walk(tab: Any, starts: list[str]) -> Walk:
    """Every link of our own from these pages on, each kind of page a few times."""
    found = Walk()
    waiting = list(starts)
    while waiting and len(found.visited) < PAGES_MAX:
        path = waiting.pop(0)
        if path in found.visited:
            continue
        try:
            answer = await tab.goto(f"https://{HOST}{path}")
        except playwright.Error as problem:
            if "Download is starting" not in str(problem):
                raise
            found.visited[path] = 200
            continue
        found.visited[path] = answer.status
        found.happened[path] = await tab.evaluate("window.happened")
        if urlsplit(tab.url).netloc != HOST:
            found.led_away.append(f"{path} → {tab.url}")
            continue
        hrefs = await tab.evaluate("[...document.links].map((each) => each.getAttribute('href'))")
        waiting += list(_onward(path, hrefs, found, waiting))
    return found


def _onward(path: str, hrefs: list[str], found: Walk, waiting: list[str]) -> Iterator[str]:
    met = [_shape(each) for each in (*found.visited, *waiting)]
    for href in dict.fromkeys(hrefs):
        there = urlsplit(urljoin(f"https://{HOST}{path}", href or ""))
        if there.scheme not in ("http", "https"):
            found.led_away.append(f"{path} links {href!r}")
            continue
        target = there.path + (f"?{there.query}" if there.query else "")
        is_file = there.path.startswith(("/static/", "/media/", "/seen/")) or there.path.endswith(
            (".ics", ".atom", ".rss", ".zip", ".csv")
        )
        if there.netloc == HOST and not is_file and met.count(_shape(target)) < 3:
            met.append(_shape(target))
            yield target


def _shape(path: str) -> str:
    """Pages that differ only in what they are about are of one shape."""
    there = urlsplit(path)
    parts = ["*" if len(part) > 18 else part for part in there.path.split("/")]
    names = sorted(pair.partition("=")[0] for pair in there.query.split("&"))
    return "/".join(parts) + "?" + "&".join(names)


async def test_no_word_of_anybody_runs_leads_away_or_breaks_a_page() -> None:
    async with neighbourhood(HOST) as near, stranger(near.made, "evil.test") as there:
        ours = await near.made.collective(HOST, "agora", "ساحة")
        salma = await a_member(near.made, ours, OWN[0][:90], "steward", "")
        await say_everything(near, there, ours)
        await write_everything(near)
        context = await near.browser.new_context(
            ignore_https_errors=True, bypass_csp=True, locale="ar"
        )
        await context.add_init_script(WATCH)
        await context.add_cookies(
            [{"name": name, "value": value, "url": f"https://{HOST}"} for name, value in salma.cookies.items()]
        )  # fmt: skip
        tab = await context.new_page()
        near.listen(tab)
        starts = [
            "/house",
            "/steward",
            "/me",
            "/",
            "/agenda",
            "/needs",
            "/archive/statement",
            "/archive/note",
            "/@agora",
        ]
        walked = await walk(tab, starts)
        assert len(walked.visited) > 40
        assert {path: what for path, what in walked.happened.items() if what} == {}
        assert walked.led_away == []
        assert near.strangers == []
        assert {
            path: status for path, status in walked.visited.items() if status not in (200, 404, 410)
        } == {}
