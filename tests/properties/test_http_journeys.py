"""Journeys over every route: somebody who never signs in, a member and a steward open pages, go on from what they show,
send the forms that stand there as they are, spoiled, twice, or as somebody else. No answer of 500, nothing in the log about
a defect, and whoever is not signed in changes nothing.

The addresses are those the application has; the forms are those it showed. The order is hypothesis's.
"""

import asyncio
import logging
import re
from contextlib import AsyncExitStack
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fedi.house.routes import routes
from tests.harness.browser import PageForm, forms_in
from tests.harness.members import a_member
from tests.harness.surface import Came, Surface
from tests.harness.world import a_note, a_statement, an_event, world
from tests.hostile.stranger import a_note_of, deliver, say, stranger
from tests.security.test_s71_headers import CAREFUL

HERE = "agora.test"
NOBODY, MEMBER, STEWARD, STALE = "nobody", "editor", "steward", "stale"
WHO = (NOBODY, MEMBER, STEWARD, STALE)
LINK = re.compile(r'(?:href|action|src)="(/[^"]*)"')
ODD = [
    "", "0", "-1", "9" * 30, "\x00", "\ud83d", "a" * 3_000, "سلام", "<b>", "'--", "../..", "https://evil.test/", "@eve@mars.test",
    "mars.test", "2026-13-45T99:99", "2026-12-05", "on", "null", "\u202e", "١٢", "1e9", "agora", "ar", "xx-yy-zz",
]  # fmt: skip
ORIGINS = [
    "https://agora.test",
    "null",
    "http://[",
    "https://evil.test",
    "",
    "https://agora.test:99999999",
]

odd = st.sampled_from(ODD) | st.text(max_size=20)
who = st.sampled_from(WHO)


class _Log(logging.Handler):
    """What tells of a defect."""

    def __init__(self) -> None:
        super().__init__()
        self.defects: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR or record.exc_info:
            self.defects.append(self.format(record))


class Journeys(RuleBasedStateMachine):
    """One instance, four browsers, whatever they do."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.log = _Log()
        logging.getLogger("fedi").addHandler(self.log)
        self.cookies: dict[str, dict[str, str]] = {name: {} for name in WHO}
        self.forms: list[PageForm] = []
        self.links: list[str] = []

    @initialize()
    def open(self) -> None:
        self.surface = self.loop.run_until_complete(self._prepare())
        paths = [(each.path, each.methods or set()) for each in routes(self.instance)]
        self.asks = sorted({path for path, methods in paths if "GET" in methods})
        self.tells = sorted({path for path, methods in paths if "POST" in methods})

    async def _prepare(self) -> Surface:
        made = await self.stack.enter_async_context(world(HERE))
        mars = await self.stack.enter_async_context(stranger(made, "mars.test"))
        us, eve = await made.collective(HERE, "agora"), mars.person("eve")
        self.instance = made[HERE]
        said = [await made.publish(us, draft) for draft in (an_event(), a_statement(), a_note())]
        answer = a_note_of(eve, 1, "<p>I come</p>", inReplyTo=said[2].uri, cc=[us.uri])
        for kind, subject, number in (("Follow", us.uri, 2), ("Create", answer, 1), ("Flag", us.uri, 3)):  # fmt: skip
            told = say(eve, kind, subject, number, to=[us.uri])
            assert (await deliver(made, HERE, eve.key, told)).status == 202
        await made.settle()
        for name, role in ((MEMBER, "editor"), (STEWARD, "steward")):
            browser = await a_member(made, us, name, role)
            self.cookies[name] = dict(browser.cookies)
        gone = await a_member(made, us, "gone", "editor")
        self.cookies[STALE] = dict(gone.cookies)
        page = await gone.get("/house/agora")
        await gone.send(page.form("/sign-out"))
        self.known = [
            "agora",
            eve.uri,
            *(each.uri for each in said),
            said[2].uri.rpartition("/")[2],
        ]
        return Surface(self.loop, made, HERE)

    def _ask(self, name: str, method: str, address: str, body: bytes = b"", **headers: str) -> Came:
        path, _, asked = address.partition("?")
        lines = [("accept", "text/html"), ("accept-language", "en")]
        lines += [(key.replace("_", "-"), value) for key, value in headers.items()]
        jar = self.cookies[name]
        if jar:
            lines.append(("cookie", "; ".join(f"{key}={value}" for key, value in jar.items())))
        before = self.surface.writes()
        came = self.surface.ask(method, path, asked, lines, body)
        where = f"{name}: {method} {address} {body[:300]!r}"
        assert 200 <= came.status < 500 or came.status in (502, 503, 504), (where, came.status)
        assert all(came.get(key) for key in CAREFUL), where
        if name in (NOBODY, STALE):
            assert self.surface.writes() == before, where
        for key, value in came.headers:
            if key == "set-cookie" and name in (MEMBER, STEWARD):
                crumb, _, rest = value.partition(";")
                cookie, _, content = crumb.partition("=")
                if "max-age=0" in rest.lower():
                    jar.pop(cookie, None)
                else:
                    jar[cookie] = content
        location = came.get("location")
        if location is not None:
            assert urlsplit(location).netloc in ("", HERE), (where, location)
        if (came.get("content-type") or "").startswith("text/html"):
            text = came.body.decode()
            self.forms = [*forms_in(text, path), *self.forms][:60]
            found = [unescape(each) for each in LINK.findall(text)]
            self.links = list(dict.fromkeys([*found, *self.links]))[:200]
        return came

    def _filled(self, path: str, data: st.DataObject) -> str:
        while "{" in path:
            found = data.draw(st.sampled_from(self.known) | odd)
            start, end = path.index("{"), path.index("}")
            path = path[:start] + re.sub("[/?{}]", "", found) + path[end + 1 :]
        return path

    @rule(name=who, data=st.data())
    def open_a_page(self, name: str, data: st.DataObject) -> None:
        path = self._filled(data.draw(st.sampled_from(self.asks)), data)
        names = st.sampled_from(["next", "before", "told", "who", "which", "about", "list", "q", "kind", "part", "target", "source", "language"])  # fmt: skip
        pairs = data.draw(st.lists(st.tuples(names, st.sampled_from(self.known) | odd), max_size=3))
        asked = urlencode(pairs, errors="replace")
        self._ask(name, "GET", f"{path}?{asked}" if asked else path)

    @precondition(lambda self: self.links)
    @rule(name=who, data=st.data())
    def go_on(self, name: str, data: st.DataObject) -> None:
        self._ask(name, "GET", data.draw(st.sampled_from(self.links)))

    @precondition(lambda self: self.forms)
    @rule(name=who, data=st.data(), is_whole=st.booleans())
    def send_a_form(self, name: str, data: st.DataObject, is_whole: bool) -> None:
        form = data.draw(st.sampled_from(self.forms))
        fields = list(form.fields)
        if not is_whole:
            for _ in range(data.draw(st.integers(1, 4))):
                fields = self._spoiled(fields, data)
        self._send(name, form.action, fields, data)

    @rule(name=who, data=st.data())
    def send_what_no_page_asked_for(self, name: str, data: st.DataObject) -> None:
        path = self._filled(data.draw(st.sampled_from(self.tells)), data)
        body = data.draw(st.sampled_from([b"", b"a=b", b"\xff" * 40, b"--x\r\n", b"&" * 900]))
        kinds = ["application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", "text/plain", ""]  # fmt: skip
        origin = data.draw(st.sampled_from(ORIGINS))
        self._ask(name, "POST", path, body, content_type=data.draw(st.sampled_from(kinds)), origin=origin)  # fmt: skip

    def _spoiled(self, fields: list[tuple[str, str]], data: st.DataObject) -> list[tuple[str, str]]:
        if not fields:
            return [("form_token", data.draw(odd))]
        place = data.draw(st.integers(0, len(fields) - 1))
        name, value = fields[place]
        how = data.draw(st.sampled_from(["drop", "twice", "other", "other", "add"]))
        if how == "drop":
            return fields[:place] + fields[place + 1 :]
        if how == "twice":
            return [*fields, (name, value)]
        if how == "add":
            return [*fields, (data.draw(odd), data.draw(odd))]
        # the word that proves the form is left alone more often, so that what is behind it is reached
        if name == "form_token" and len(fields) > 1:
            return fields
        return [*fields[:place], (name, data.draw(st.sampled_from(self.known) | odd)), *fields[place + 1 :]]  # fmt: skip

    def _send(
        self, name: str, path: str, fields: list[tuple[str, str]], data: st.DataObject
    ) -> None:
        headers: dict[str, Any] = {"origin": f"https://{HERE}", "sec_fetch_site": "same-origin"}
        if data.draw(st.integers(0, 9)) == 0:
            headers = {"origin": data.draw(st.sampled_from(ORIGINS))}
        if data.draw(st.booleans()):
            headers["content_type"] = "application/x-www-form-urlencoded"
            body = urlencode(fields, errors="replace").encode()
        else:
            headers["content_type"] = "multipart/form-data; boundary=mark"
            parts = [
                f'--mark\r\nContent-Disposition: form-data; name="{_quoted(key)}"\r\n\r\n{value}\r\n'
                for key, value in fields
            ]
            body = ("".join(parts) + "--mark--\r\n").encode("utf-8", "replace")
        self._ask(name, "POST", path, body, **headers)

    @invariant()
    def nothing_is_a_defect(self) -> None:
        assert self.log.defects == []

    def teardown(self) -> None:
        logging.getLogger("fedi").removeHandler(self.log)
        if hasattr(self, "surface"):
            self.surface.close()
        self.loop.run_until_complete(self.stack.aclose())
        self.loop.close()


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


Journeys.TestCase.settings = settings(
    max_examples=6,
    stateful_step_count=60,
    deadline=None,
    # each step costs a whole journey: the first one that breaks is told as it is
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
TestWhateverIsDoneNothingBreaksAndStrangersChangeNothing = Journeys.TestCase
