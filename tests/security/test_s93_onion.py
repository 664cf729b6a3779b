"""S93: pages under an onion name beside another, or under an onion name alone; ids stay what they are."""

import asyncio
import json
import re
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from fedi.config import parse_config
from fedi.errors import SetupError
from fedi.onion import name_of
from tests.harness.members import PASSWORD, a_member
from tests.harness.socks import a_socks_proxy
from tests.harness.world import World, a_statement, an_event, world
from tests.hostile.stranger import AS2, Heard, deliver, headers_for, say, send_raw, stranger

AGORA = "agora.test"
BASE = f"https://{AGORA}"
ONION = name_of(bytes(range(32)))
OTHER_ONION = name_of(bytes(range(1, 33)))
SETTINGS = f'[instance]\nonion_name = "{ONION}"\n'
PAGE = "text/html"
PASSKEYS = rb'<input type="hidden" name="question".*?</div>|<script src="/static/passkey\.[^<]*</script>|\n'


async def ask(
    made: World, host: str, path: str, accept: str = PAGE, method: str = "GET", **more: str
) -> Heard:
    lines = [("host", host), ("accept", accept), *more.items()]
    return await send_raw(made, AGORA, path, lines, b"", method)


async def post_form(made: World, host: str, path: str, form: str, **more: str) -> Heard:
    lines = {"host": host, "content-type": "application/x-www-form-urlencoded", **more}
    return await send_raw(made, AGORA, path, list(lines.items()), form.encode())


class Page(HTMLParser):
    """What a browser loads or sends to by itself, and where links lead."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.loaded: set[str] = set()
        self.links: set[str] = set()
        self.feed(body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_named_only = tag == "link" and given.get("rel") in ("canonical", "alternate")
        if tag == "a":
            self.links.add(given.get("href", ""))
        elif not is_named_only:
            self.loaded |= {given[name] for name in ("src", "href", "action") if name in given}
            self.loaded |= {each.split()[0] for each in given.get("srcset", "").split(",") if each}


def once(body: bytes) -> bytes:
    """A page without the words that its form has for this one visit, and without passkeys, which belong to one name alone."""
    body = re.sub(rb'name="form_(token|word)" value="[^"]+"', b"", body)
    return re.sub(PASSKEYS, b"", body, flags=re.DOTALL)


async def test_every_page_is_the_same_under_both_names_and_leads_on_under_the_same_one() -> None:
    async with world(AGORA, settings=SETTINGS) as made:
        agora = await made.collective(AGORA, "agora")
        event = await made.publish(agora, an_event("Gathering"))
        await made.publish(agora, a_statement("We speak"))
        await made.settle()
        to_see, seen = {"/", event.uri.removeprefix(BASE)}, set[str]()
        while to_see:
            path = to_see.pop()
            seen.add(path)
            here, there = await ask(made, AGORA, path), await ask(made, ONION, path)
            assert (there.status, once(there.body)) == (here.status, once(here.body)), path
            if not there.headers["content-type"].startswith("text/html"):
                continue
            page = Page(there.body)
            own = [each for each in page.loaded if "://" in each or each.startswith("//")]
            assert own == [], path
            to_see |= {each for each in page.links if re.match(r"/[^/]", each)} - seen
        assert {"/", "/about", "/agenda", "/@agora", event.uri.removeprefix(BASE)} <= seen


async def test_pages_under_the_first_name_tell_of_the_second() -> None:
    async with world(AGORA, settings=SETTINGS) as made:
        agora = await made.collective(AGORA, "agora")
        event = await made.publish(agora, an_event("Gathering"))
        path = event.uri.removeprefix(BASE)
        for address in ("/", path, f"{path}?lang=ar", "/nothing%2Fhere", "/about"):
            page = await ask(made, AGORA, address)
            assert page.headers["onion-location"] == f"http://{ONION}{address}"
            assert "strict-transport-security" in page.headers
        document = await ask(made, AGORA, path, AS2)
        assert json.loads(document.body)["id"] == event.uri
        assert "onion-location" not in document.headers
        for spelled in (ONION, ONION.upper()):
            hidden = await ask(made, spelled, path)
            assert hidden.status == 200
            assert not {"onion-location", "strict-transport-security"} & hidden.headers.keys()


async def test_ids_are_canonical_under_the_onion_name_too() -> None:
    async with world(AGORA, settings=SETTINGS) as made:
        agora = await made.collective(AGORA, "agora")
        event = await made.publish(agora, an_event("Gathering"))
        for uri in (event.uri, agora.uri):
            under = [await ask(made, host, uri.removeprefix(BASE), AS2) for host in (ONION, AGORA)]
            assert json.loads(under[0].body)["id"] == uri
            assert under[0].body == under[1].body
            assert ONION.encode() not in under[0].body


async def test_forms_and_cookies_work_under_both_names() -> None:
    async with world(AGORA, settings=SETTINGS) as made:
        await made.collective(AGORA, "agora")
        for host, is_secure in ((AGORA, True), (ONION, False)):
            chosen = await post_form(made, host, "/language", "to=ar&next=%2Fabout")
            assert (chosen.status, chosen.headers["location"]) == (303, "/about")
            assert ("secure" in chosen.headers["set-cookie"].lower()) is is_secure
            cookie = chosen.headers["set-cookie"].partition(";")[0]
            assert b'lang="ar"' in (await ask(made, host, "/about", cookie=cookie)).body
        form = "about=%2F%40agora&handle=nonsense"
        for origin, status in (
            (BASE, 400),
            (f"http://{ONION}", 400),
            (f"https://{ONION}", 403),
            (f"http://{OTHER_ONION}", 403),
            ("https://evil.example", 403),
        ):
            said = await post_form(made, ONION, "/own-server", form, origin=origin)
            assert said.status == status, origin


async def test_members_sign_in_and_out_under_both_names() -> None:
    async with world(AGORA, settings=SETTINGS) as made:
        await a_member(made, await made.collective(AGORA, "agora"), is_signed_in=False)
        for host, base, prefix in ((AGORA, BASE, "__Host-"), (ONION, f"http://{ONION}", "")):
            form = await ask(made, host, "/sign-in")
            entry = form.headers["set-cookie"].partition(";")[0]
            assert entry.startswith(f"{prefix}entry=")
            assert ("secure" in form.headers["set-cookie"].lower()) is bool(prefix)
            token = re.search(r'name="form_token" value="(\w+)"', form.body.decode())
            assert token is not None, form.body
            typed = urlencode({"form_token": token[1], "name": "Ana", "password": PASSWORD})
            said = await post_form(made, host, "/sign-in", typed, cookie=entry, origin=base)
            assert (said.status, said.headers["location"]) == (303, "/house"), said.body
            session = re.search(rf"{prefix}session=[^;]+", said.headers["set-cookie"])
            assert session is not None, said.headers
            house = await ask(made, host, "/house/agora", cookie=session[0])
            assert house.status == 200
            other = AGORA if host == ONION else ONION
            assert (await ask(made, other, "/house/agora", cookie=session[0])).status != 200


@pytest.mark.parametrize(
    "host", [OTHER_ONION, f"sub.{ONION}", f"{ONION}:8080", f"{ONION}.", "127.0.0.1", "evil.example"]
)
async def test_a_name_that_is_not_configured_is_told_nothing(host: str) -> None:
    async with world(AGORA, settings=SETTINGS) as made:
        await made.collective(AGORA, "agora")
        for accept in (PAGE, AS2):
            said = await ask(made, host, "/", accept)
            whole = said.body + repr(said.headers).encode()
            assert said.status == 421
            assert AGORA.encode() not in whole
            assert ONION[:20].encode() not in whole.replace(host.encode(), b"")


async def test_nobody_else_speaks_from_our_onion_name_and_letters_are_signed_for_the_first() -> (
    None
):
    async with world(AGORA, settings=SETTINGS) as made, stranger(made, "far.test") as there:
        agora = await made.collective(AGORA, "agora")
        person = there.person("zaynab")
        lie = say(person, "Follow", agora.uri)
        for scheme in ("http", "https"):
            claimed = {**lie, "actor": f"{scheme}://{ONION}/actor/x", "id": f"{scheme}://{ONION}/1"}
            assert (await deliver(made, AGORA, person.key, claimed)).status == 403
        body = json.dumps(lie).encode()
        signed = headers_for(person.key, f"https://{ONION}/inbox", body, made.clock.now())
        assert (await send_raw(made, AGORA, "/inbox", signed, body)).status == 401
        assert (await deliver(made, AGORA, person.key, lie)).status == 202


async def test_an_instance_may_have_an_onion_name_only() -> None:
    async with world() as made, a_socks_proxy(made.wire.ports) as proxy:
        settings = f'[network]\nsocks_proxy = "{proxy.url}"\n'
        await made.start(ONION, settings, {"FEDI_INSTANCE_BASE_URL": f"http://{ONION}"})
        hidden = await made.collective(ONION, "hidden")
        assert hidden.uri.startswith(f"http://{ONION}/actor/")
        assert hidden.handle == f"@hidden@{ONION}"
        page = await _ask_plainly(made, ONION, "/@hidden")
        assert page.startswith(b"HTTP/1.1 200 ")
        head = page.partition(b"\r\n\r\n")[0].lower()
        assert b"onion-location" not in head
        assert b"strict-transport-security" not in head
        assert b"https://" not in page, "nothing on it is anywhere else"
        assert (await _ask_plainly(made, AGORA, "/")).startswith(b"HTTP/1.1 421 ")
        assert proxy.asked == []


async def _ask_plainly(made: World, host: str, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", made.wire.ports[ONION])
    head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    "name",
    [
        "abc.onion",
        "a" * 56 + ".onion",
        ONION.upper(),
        f"http://{ONION}",
        f"{ONION}/",
        f"www.{ONION}",
        ONION.removesuffix(".onion"),
        ONION[:10] + ("b" if ONION[10] == "a" else "a") + ONION[11:],
        "agora.example",
        "١" * 56 + ".onion",
    ],
)
def test_a_mistyped_onion_name_is_refused_at_the_start(name: str) -> None:
    with pytest.raises(SetupError, match=r"line 2.*hostname"):
        parse_config(f'[instance]\nonion_name = "{name}"\n', {})
    if ".onion" in name and "/" not in name:
        with pytest.raises(SetupError):
            parse_config(
                f'[instance]\nbase_url = "http://{name}"\n[network]\nsocks_proxy = "socks5h://127.0.0.1:9050"\n',
                {},
            )
