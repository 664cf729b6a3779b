"""Somebody with a browser but without scripts: keeps cookies, reads forms as they stand in the page, sends them back.

ana = Browser(made, "agora.test")
page = await ana.get("/sign-in")
page = await ana.send(page.form("/sign-in"), name="Ana", password="…")
"""

import io
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from tests.harness.world import World


@dataclass(slots=True)
class PageForm:
    """A form as it stands in a page: where it goes and what its fields hold."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """What came: `text` as sent, `headers` by small name, `forms` in their order."""

    status: int
    path: str
    text: str
    headers: Mapping[str, str]

    @cached_property
    def forms(self) -> tuple[PageForm, ...]:
        """Read when somebody asks: most pages are only looked at."""
        return forms_in(self.text, self.path)

    def form(self, action: str, holding: str = "") -> PageForm:
        """The form that goes to this path; with `holding`, the one with a field of this name or value."""
        for each in self.forms:
            names = {part for pair in each.fields for part in pair}
            if each.action == action and (not holding or holding in names):
                return each
        raise AssertionError(
            f"no form to {action} in {self.path}: {[each.action for each in self.forms]}"
        )


class Browser:
    """One person's browser. `language`: what it asks for."""

    def __init__(self, made: World, host: str, language: str = "en") -> None:
        self._made = made
        self.host = host
        self.language = language
        self.cookies: dict[str, str] = {}

    async def get(self, path: str, **headers: str) -> Page:
        """Open a page, following where it leads."""
        return await self._ask("GET", path, None, headers)

    async def send(
        self, form: PageForm, files: Mapping[str, tuple[str, bytes]] | None = None, **typed: str
    ) -> Page:
        """Fill a form in, send it as a browser does, and follow where it leads."""
        fields = [pair for pair in form.fields if pair[0] not in typed] + list(typed.items())
        return await self.post(form.action, fields, files)

    async def post(
        self,
        path: str,
        fields: list[tuple[str, str]],
        files: Mapping[str, tuple[str, bytes]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """Send these fields, whatever the page said."""
        body = aiohttp.FormData(fields, default_to_multipart=bool(files))
        for name, (file_name, content) in (files or {}).items():
            body.add_field(name, io.BytesIO(content), filename=file_name)
        sent = {
            "Origin": f"https://{self.host}",
            "Sec-Fetch-Site": "same-origin",
            **(headers or {}),
        }
        return await self._ask("POST", path, body, sent)

    async def sign_in(self, name: str, password: str) -> Page:
        """Come in by name and password."""
        page = await self.get("/sign-in")
        return await self.send(page.form("/sign-in"), name=name, password=password)

    async def _ask(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Page:
        port = self._made.wire.ports[self.host]
        session = await self._open()
        for _ in range(6):
            sent = {
                "Host": self.host,
                "Accept": "text/html",
                "Accept-Language": self.language,
                **headers,
            }
            if self.cookies:
                sent["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
            address = URL(f"https://127.0.0.1:{port}{path}", encoded=True)
            async with session.request(
                method, address, data=body, headers=sent, allow_redirects=False
            ) as answer:
                for name, morsel in answer.cookies.items():
                    if morsel["max-age"] == "0":
                        self.cookies.pop(name, None)
                    else:
                        self.cookies[name] = morsel.value
                if answer.status not in (301, 302, 303):
                    text = await answer.text()
                    if answer.status >= 400:
                        # who was refused may find the door shut the next time
                        answer.close()
                    known = {k.lower(): v for k, v in answer.headers.items()}
                    return Page(answer.status, path, text, known)
                path = urljoin(path, answer.headers["Location"])
                assert not urlsplit(path).netloc, path
                method, body, headers = "GET", None, {}
        raise AssertionError("led in circles")

    async def _open(self) -> aiohttp.ClientSession:
        """Connections that all browsers of a world use again while the same process answers; closed with the world."""
        answers = self._made[self.host]
        found, lines = self._made.lines.get(self.host, (None, None))
        if lines is None or found is not answers:
            if lines is not None:
                await lines.close()
            # given up long before the server does, which would cut off a form on its way
            connector = aiohttp.TCPConnector(ssl=_without_names(), keepalive_timeout=1)
            lines = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
            self._made.lines[self.host] = answers, lines
            self._made.at_the_end(lines.close)
        return lines


@cache
def _without_names() -> ssl.SSLContext:
    """Trusts whoever answers: reading the authorities of this machine for each question takes longer than the answer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def forms_in(text: str, path: str) -> tuple[PageForm, ...]:
    """Every form of a page; `path` is where it stands."""
    reader = _Reader(path)
    reader.feed(text)
    return tuple(reader.forms)


class _Reader(HTMLParser):
    """Reads what a browser would send of each form: a button is pressed by giving its name when sending."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._path = path
        self._form: PageForm | None = None
        self._area = ""
        self._text = ""
        self._select = ""
        self._option: tuple[str, bool] | None = None
        self._chosen: list[str] = []
        self._first: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "form" and known.get("method", "").lower() == "post":
            self._form = PageForm(known.get("action") or self._path)
            self.forms.append(self._form)
        if self._form is None or not known.get("name"):
            if tag == "option" and self._select:
                value = known.get("value", "")
                self._first = value if self._first is None else self._first
                if "selected" in known:
                    self._chosen.append(value)
            return
        if tag == "input":
            kind = known.get("type", "text")
            if kind in ("checkbox", "radio") and "checked" not in known:
                return
            if kind not in ("file", "submit", "button"):
                self._form.fields.append(
                    (known["name"], known.get("value", "on" if kind == "checkbox" else ""))
                )
        elif tag == "textarea":
            self._area, self._text = known["name"], ""
        elif tag == "select":
            self._select, self._chosen, self._first = known["name"], [], None

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if self._form is None:
            return
        if tag == "textarea" and self._area:
            self._form.fields.append((self._area, self._text.removeprefix("\n")))
            self._area = ""
        elif tag == "select" and self._select:
            for value in self._chosen or ([self._first] if self._first is not None else []):
                self._form.fields.append((self._select, value))
            self._select = ""
        elif tag == "form":
            self._form = None
