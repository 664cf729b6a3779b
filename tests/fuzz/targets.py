"""TARGETS: one for each reader of what comes from outside. Bytes enter; a broken promise is an exception that leaves.

A reader may give a value or refuse with the error it names; anything else, an endless output or another reading the
second time is a finding. `seeds` are honest inputs and known tricks from which inputs are made by cutting and gluing.
"""

import gzip
import io
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request

from actors import authenticators
from actors.documents import parse_actor
from actors.intents import fill, find_door
from actors.software import document_in, name_in
from actors.webfinger import split_handle
from fedi.backup.archive import Entry, limit_of, pack, read_about, unpack
from fedi.canonical import canonical, host_of, is_canonical, origin_of
from fedi.config import parse_config
from fedi.desk.held import row_of
from fedi.desk.letters import read_answer, read_question
from fedi.desk.moments import day_after, end_of_day, parse_typed
from fedi.desk.refusal import Refused as RefusedAnswer
from fedi.errors import FediError, Invalid, SetupError, TooLarge
from fedi.house import cookies as house_cookies
from fedi.house import forms as house_forms
from fedi.house.entry.enter import target_of
from fedi.house.parts import Brings, Held
from fedi.http.headers import RETRY_AFTER_S_MAX, is_as2, moment_of, retry_after_s, skew_s
from fedi.http.rates import registrable_domain
from fedi.i18n.negotiate import accepted, choose_language
from fedi.media import child
from fedi.moderation.listed_hosts import COMMENT_MAX, ROWS_MAX, host_name, parse_list
from fedi.publications.activitystreams import build_object, parse_publication
from fedi.signatures import base58
from fedi.signatures.cavage_header import parse_cavage_header
from fedi.signatures.digest import content_digest_problem, digest_problem
from fedi.signatures.keys import read_multikey, read_private_pem, read_public_pem
from fedi.signatures.proofs import check_proof
from fedi.signatures.request import Refused, SignedRequest, UnknownKey, Verified, key_id_of
from fedi.signatures.window import read_http_date
from fedi.sources.model import EVENTS_MAX, TITLE_MAX, Around
from fedi.sources.reading import read as read_events
from fedi.text.direction import clean_line, clean_text
from fedi.text.excerpt import excerpt
from fedi.text.hashtags import normalise_hashtag
from fedi.text.html import sanitise, text_of
from fedi.text.links import checked_link, honest_text
from fedi.text.markup import find_hashtags, find_mentions, render
from fedi.text.plain import from_plain_text
from fedi.text.typed import typed_from
from fedi.views.paging import parse_cursor
from fedi.vocab import jsonld, read
from fedi.vocab.activity import parse_activity
from fedi.vocab.follower_digest import build_header, parse_header
from fedi.vocab.strict import dump, parse_document
from fedi.web.negotiate import wants_activity
from fedi.web.pages.forms import _fields
from fedi.web.pages.language import is_local_path
from tests.harness.authenticator import Device
from tests.unit.signatures.makers import DATE, NOW, judged, known, post

Target = Callable[[bytes], None]
LOCAL: Final = ZoneInfo("Africa/Tunis")
FOLLOWERS: Final = "https://a.example/u/followers"
BRINGS: Final = Brings(16, 1000, 4000)


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A reader, and what to start from."""

    check: Target
    seeds: tuple[bytes, ...]


def _text(raw: bytes) -> str:
    """What a reader of text gets; strange characters included."""
    return raw.decode("utf-8", "replace")


def _lines(raw: bytes) -> list[str]:
    """What a reader of header lines gets: characters of one byte, split at line ends."""
    return raw.decode("latin-1").split("\n")


def _json(raw: bytes) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(raw)
    return None


def strict_json(raw: bytes) -> None:
    """What is read is written and read again as the same; Python's own reader agrees."""
    try:
        document = parse_document(raw)
    except Invalid:
        return
    assert parse_document(dump(document)) == document
    assert json.loads(raw) == document


def backup(raw: bytes) -> None:
    """A tar, with its compression or without: the files of a backup or a refusal, and never a name that leads elsewhere."""
    for packed in (raw, gzip.compress(raw, 1)):
        with suppress(Invalid):
            for number, member in enumerate(unpack(io.BytesIO(packed))):
                assert limit_of(member.name) >= member.size
                assert ".." not in member.name
                if number == 0:
                    read_about(member)


_BACKUP: Final = b"".join(
    pack(
        [
            Entry("about.json", 2, lambda: io.BytesIO(b"{}")),
            Entry("secret", 3, lambda: io.BytesIO(b"abc")),
        ]
    )
)


def activity(raw: bytes) -> None:
    with suppress(Invalid):
        found = parse_activity(parse_document(raw))
        assert found.uri is None or is_canonical(found.uri)
        assert is_canonical(found.actor)


def actor(raw: bytes) -> None:
    with suppress(Invalid):
        found, keys = parse_actor(parse_document(raw), now=NOW)
        doors = [found.inbox, found.shared_inbox, found.outbox, found.followers, found.featured]
        doors += [key.uri for key in keys]
        assert {origin_of(each) for each in doors if each} == {origin_of(found.uri)}


def publication(raw: bytes) -> None:
    """What was read can be written."""
    with suppress(Invalid):
        dump(build_object(parse_publication(parse_document(raw), now=NOW)))


def software(raw: bytes) -> None:
    """Nothing but the host itself says what it runs."""
    value = _json(raw)
    if isinstance(value, dict):
        href = document_in(value, "https://a.example")
        assert not href or origin_of(href) == "https://a.example"
        assert len(name_in(value)) <= 120


def members(raw: bytes) -> None:
    """The tolerant readers of single members take whatever JSON there is."""
    value = _json(raw)
    assert len(read.ids_of(value)) <= read.AUDIENCE_MAX
    assert len(read.audience_of(value)) <= read.AUDIENCE_MAX
    assert len(read.link_list_of(value)) <= 64
    for reader in (
        read.one_of, read.id_of, read.type_of, read.text_of, read.language_tag, read.number_of, read.count_of,
        read.bool_of, read.href_of, read.media_type_of, read.url_of, read.zone_of, read.local_moment_of,
    ):  # fmt: skip
        reader(value)
    moment = read.moment_of(value)
    assert moment is None or moment.tzinfo is not None
    if isinstance(value, dict):
        assert len(read.language_map_of(value, "contentMap")) <= read.LANGUAGES_MAX


def json_ld(raw: bytes) -> None:
    with suppress(Invalid):
        jsonld.expand(parse_document(raw))


def nquads(raw: bytes) -> None:
    with suppress(Invalid):
        once = jsonld.canonicalise_quads(_text(raw))
        assert jsonld.canonicalise_quads(once) == once


def proof(raw: bytes) -> None:
    value = _json(raw)
    if isinstance(value, dict):
        assert isinstance(check_proof(value, known, now=NOW), Verified | UnknownKey | Refused)


def signed_request(raw: bytes) -> None:
    """Header lines `name: value`; whoever is believed signed what was sent."""
    head, _, body = raw.partition(b"\n\n")
    lines = [line.partition(":") for line in _lines(head)[:20]]
    fields = tuple((name.strip().lower(), value.strip()) for name, _, value in lines)
    request = SignedRequest("POST", "/inbox", fields, body)
    assert isinstance(judged(request), Verified | UnknownKey | Refused)
    key_id_of(request)


def cavage_header(raw: bytes) -> None:
    parse_cavage_header(raw.decode("latin-1"))


def digests(raw: bytes) -> None:
    digest_problem(_lines(raw), b"body")
    content_digest_problem(_lines(raw), b"body")


def keys(raw: bytes) -> None:
    text = _text(raw)
    for candidate in (text, f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----"):
        with suppress(Invalid):
            read_public_pem(candidate)
    for reader in (read_multikey, base58.decode):
        with suppress(Invalid):
            reader(text)
    with suppress(Invalid):
        read_private_pem(raw)


def handle(raw: bytes) -> None:
    with suppress(Invalid):
        name, host = split_handle(_text(raw))
        assert split_handle(f"@{name}@{host}") == (name, host)


def address(raw: bytes) -> None:
    """The canonical spelling is its own canonical spelling, with the same host."""
    text = _text(raw)
    host_name(text)
    registrable_domain(text)
    is_local_path(text)
    is_canonical(text)
    with suppress(Invalid):
        once = canonical(text)
        assert is_canonical(once)
        assert canonical(once) == once
        assert origin_of(once).endswith(host_of(once))


def link(raw: bytes) -> None:
    """Only harmless schemes, and nobody's name before the host."""
    href = checked_link(_text(raw))
    if href is not None:
        assert href.lower().startswith(("http://", "https://", "mailto:"))
        honest_text("https://a.example/", href)


def html(raw: bytes) -> None:
    """Cleaning twice is cleaning once, and nothing swells without bound."""
    text = _text(raw)
    once = sanitise(text)
    assert sanitise(once) == once
    assert "<script" not in once.lower()
    assert len(once) <= 60 * len(text) + 1000
    assert len(excerpt(text, 100)) <= 101
    text_of(text)


def markdown(raw: bytes) -> None:
    """What is rendered can be cleaned once more without becoming something else than clean."""
    text = _text(raw)
    shown = render(text, mention_link=lambda _: None, hashtag_url=lambda _: "https://a.example/t")
    assert sanitise(sanitise(shown)) == sanitise(shown)
    assert "<script" not in shown.lower()
    assert len(find_mentions(text)) <= 50
    assert len(find_hashtags(text)) <= 50
    from_plain_text(text)


def names(raw: bytes) -> None:
    text = _text(raw)
    line = clean_line(text, 100)
    assert len(line) <= 100
    assert "\n" not in line
    assert clean_line(line, 100) == line
    clean_text(text, 100)
    tag = normalise_hashtag(text)
    assert normalise_hashtag(tag) == tag


def moments(raw: bytes) -> None:
    """Whatever is a moment has a zone; a typed day ends after it began."""
    text = _text(raw)
    for reader in (moment_of, read.moment_of):
        found = reader(text)
        assert found is None or found.tzinfo is not None
    at_s = read_http_date(text)
    assert at_s is None or isinstance(at_s, float)
    read.zone_of(text)
    skew_s(text, NOW)
    with suppress(Invalid):
        typed = parse_typed(text, LOCAL, "x")
        assert typed.at.tzinfo is not None
        if typed.is_day:
            assert typed.at < end_of_day(typed, LOCAL) < day_after(typed, LOCAL)


def headers(raw: bytes) -> None:
    """Headers that anybody may send or answer."""
    text = raw.decode("latin-1")
    wait_s = retry_after_s(text, NOW)
    assert wait_s is None or 1 <= wait_s <= RETRY_AFTER_S_MAX
    assert choose_language(text, text, "ar") in {"ar", "en", "es", "fr"}
    accepted(text)
    wants_activity(text)
    is_as2(text)
    parse_cursor(text)


def follower_digest(raw: bytes) -> None:
    said = parse_header(raw.decode("latin-1"), followers_uri=FOLLOWERS)
    if said is not None:
        assert origin_of(said.url) == origin_of(FOLLOWERS)
        assert parse_header(build_header(said), followers_uri=FOLLOWERS) == said


def block_list(raw: bytes) -> None:
    with suppress(Invalid):
        found = parse_list(raw)
        assert len(found.hosts) <= ROWS_MAX + 1
        for each in found.hosts:
            assert host_name(each.host) == each.host
            assert len(each.comment) <= COMMENT_MAX


def events_elsewhere(raw: bytes) -> None:
    """Whatever is read, its events are within bounds, and no markup in them can do harm."""
    now = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
    with suppress(Invalid):
        found = read_events(raw, Around("https://there.example/x", now, "Africa/Tunis"))
        assert len(found.events) <= EVENTS_MAX
        for each in found.events:
            assert each.title
            assert clean_line(each.title, TITLE_MAX) == each.title
            assert sanitise(each.html) == each.html
            assert each.ends_at is None or each.ends_at > each.starts_at
            typed_from(each.html)


def configuration(raw: bytes) -> None:
    """Whatever is wrong is said in one error for people."""
    with suppress(SetupError):
        parse_config(_text(raw), {})


def desk(raw: bytes) -> None:
    """Both ends of the socket for commands."""
    with suppress(FediError):
        read_question(raw)
    with suppress(Invalid, RefusedAnswer):
        read_answer(raw, "timeline")


def picture(raw: bytes) -> None:
    """What a file is, and what the child says of it."""
    kind = child.sniff(raw)
    if kind is None:
        header, parts = child.answer(raw)
        assert ("refused" in header) == (parts == [])


def form(raw: bytes) -> None:
    assert len(_fields(_text(raw))) <= 10


def _request_of(raw: bytes, **scope: Any) -> Request:
    """A POST whose first lines are headers, up to an empty one; the rest is its body."""
    head, _, body = raw.partition(b"\n\n")
    pairs = [line.partition(b":") for line in head.split(b"\n")[:20]]
    lines = [(name.strip().lower(), value.strip()) for name, _, value in pairs]
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    around = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": lines}
    return Request({**around, **scope}, receive)


def _done(work: Coroutine[Any, Any, Any]) -> Any:
    """The value of what waits for nothing: all that is read is in memory."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    work.close()
    raise AssertionError("it waits for something")


def house_form(raw: bytes) -> None:
    """A form of the house, of many parts or of one line: read within bounds, or refused for people."""
    try:
        with Held().claim() as claim:
            read_now = _done(house_forms.read(_request_of(raw), brings=BRINGS, claim=claim))
    except (Invalid, TooLarge):
        return
    assert sum(map(len, read_now.texts.values())) <= house_forms.FIELDS_MAX
    assert sum(map(len, read_now.files.values())) <= BRINGS.files
    for name in read_now.texts:
        assert read_now.get(name) == read_now.all(name)[-1]
        with suppress(Invalid):
            number = read_now.number(name)
            assert number is None or abs(number) < 2**63
    assert all(name != house_forms.TOKEN for name, _ in read_now.pairs())


def cookies(raw: bytes) -> None:
    """Cookies, and where a browser says that it comes from."""
    request = _request_of(raw)
    assert all(isinstance(each, str) for each in request.cookies.values())
    origins = [v for n, v in request.headers.items() if n == "origin"]
    if house_cookies.is_from_here(request) and len(origins) == 1:
        assert origins[0].lower().endswith(request.headers.get("host", "").lower())


def passkey(raw: bytes) -> None:
    """What a browser says of a passkey is read and refused, or proved; nothing else ever leaves."""
    place, question = authenticators.Place("agora.test", "https://agora.test"), bytes(64)
    with suppress(Invalid):
        authenticators.read_new(_text(raw), place, question)
    with suppress(Invalid):
        answer = authenticators.read_answer(_text(raw))
        authenticators.prove(answer, place, question, raw)
        raise AssertionError("proved without a key")


def query(raw: bytes) -> None:
    """What stands behind the question mark of any page: where to go on is always here."""
    request = _request_of(b"", query_string=raw.replace(b"\n", b""))
    for name, value in request.query_params.multi_items():
        target = target_of(value)
        assert target.startswith("/")
        assert not target.startswith(("//", "/\\"))
        parse_cursor(value)
        clean_line(name, 40)
        with suppress(Invalid):
            row = row_of(value)
            assert row is None or 0 <= row < 2**63


def template(raw: bytes) -> None:
    """Nothing that is filled in decides where a template of another server leads."""
    first, second = (fill(_text(raw), "uri", each) for each in ("x", "https://b.example/?@:/"))
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert first.host == second.host
    value = _json(raw)
    if isinstance(value, dict):
        find_door(value, "answer", "https://a.example/x")


_OBJECT: Final = dump(
    {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "https://a.example/1",
        "type": "Event",
        "attributedTo": "https://a.example/u",
        "to": "as:Public",
        "name": "سلام",
        "contentMap": {"ar": "<p>x</p>", "fr": "<p>y</p>"},
        "startTime": "2026-12-05T18:00:00Z",
        "endTime": "P1D",
        "timezone": "Africa/Tunis",
        "duration": "PT1H",
        "location": {"type": "Place", "name": "Dar", "latitude": 36.8, "longitude": "1e9"},
        "tag": [
            {"type": "Mention", "href": "https://b.example/u"},
            {"type": "Hashtag", "name": "#x"},
        ],
        "attachment": [
            {"type": "Document", "mediaType": "image/png", "url": "https://a.example/x.png"}
        ],
    }
)
_QUESTION: Final = dump(
    {
        "id": "https://a.example/1",
        "type": "Question",
        "attributedTo": "https://a.example/u",
        "content": "<p>When?</p>",
        "timezone": "Africa/Tunis",
        "endTime": "2026-12-01T00:00:00Z",
        "closed": "2026-12-01T00:00:00Z",
        "votersCount": 3,
        "anyOf": [
            {
                "type": "Note",
                "id": f"https://a.example/1#date-{number}",
                "name": f"{number} December",
                "startTime": f"2026-12-0{number}T18:00:00Z",
                "endTime": f"2026-12-0{number}T19:00:00Z",
                "replies": {"type": "Collection", "totalItems": number},
            }
            for number in (1, 2)
        ],
    }
)
_NODEINFO: Final = dump(
    {
        "links": [
            {
                "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0",
                "href": "https://a.example/nodeinfo/2.0",
            }
        ],
        "software": {"name": "Mastodon"},
    }
)
_ACTOR: Final = dump(
    {
        "id": "https://a.example/u",
        "type": "Group",
        "preferredUsername": "u",
        "inbox": "https://a.example/u/inbox",
        "outbox": "https://a.example/u/outbox",
        "endpoints": {"sharedInbox": "https://a.example/inbox"},
        "publicKey": {
            "id": "https://a.example/u#k",
            "owner": "https://a.example/u",
            "publicKeyPem": "x",
        },
        "assertionMethod": [
            {"id": "https://a.example/u#e", "type": "Multikey", "publicKeyMultibase": "z6Mk"}
        ],
    }
)
_ACTIVITY: Final = dump(
    {
        "id": "https://a.example/2",
        "type": "Create",
        "actor": "https://a.example/u",
        "object": json.loads(_OBJECT),
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
    }
)
_PROOF: Final = (
    b'{"a":1,"proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","proofValue":"z1",'
    b'"verificationMethod":"https://beirut.test/actors/x#ed25519-key","proofPurpose":"assertionMethod",'
    b'"created":"2026-11-21T07:04:52Z"}}'
)


def _request(scheme: str) -> bytes:
    made = post(scheme)
    return "\n".join(f"{name}: {value}" for name, value in made.items()).encode() + b"\n\n{}"


def _passkeys() -> tuple[bytes, ...]:
    device, question = Device("https://agora.test"), "A" * 86
    made = {"rp": {"id": "agora.test"}, "user": {"id": "AA"}, "challenge": question}
    used = {"rpId": "agora.test", "challenge": question}
    return device.make(made).encode(), device.use(used).encode(), b'{"id":"' + b"A" * 40 + b'"}'


TARGETS: Final[dict[str, Fuzzed]] = {
    "strict_json": Fuzzed(strict_json, (_OBJECT, b'{"a":1,"a":2}', b'{"a":[1e400,"\\ud800\\u0000"]}', b"[" * 80)),
    "activity": Fuzzed(activity, (_ACTIVITY, b'{"type":["Create","Note"],"actor":{"id":"https://a.example/u"}}')),
    "actor": Fuzzed(actor, (_ACTOR,)),
    "publication": Fuzzed(publication, (_OBJECT, _QUESTION)),
    "software": Fuzzed(software, (_NODEINFO,)),
    "members": Fuzzed(members, (_OBJECT, b'"2026-12-05T18:00:00+99:99"', b'["x",{"@id":1},null]', b"1e400", b"-1", b'"9999-12-31T23:59:59-14:00"')),
    "json_ld": Fuzzed(json_ld, (_OBJECT, b'{"@context":{"@vocab":"x:","a":{"@reverse":"b"}},"@graph":[{"@list":[1]}]}')),
    "nquads": Fuzzed(nquads, (b'_:a <x:p> _:b .\n_:b <x:p> "v"@ar .\n', b'<x:s> <x:p> "1"^^<x:t> <x:g> .\n')),
    "proof": Fuzzed(proof, (_PROOF,)),
    "signed_request": Fuzzed(signed_request, (_request("cavage"), _request("rfc9421"))),
    "cavage_header": Fuzzed(cavage_header, (post()["Signature"].encode(), b'keyId="a\\"b",headers="(created)",created=1')),
    "digests": Fuzzed(digests, (b"SHA-256=AAAA,sha-512=x", b"sha-256=:AAAA:", b"SHA-256=\nSHA-256=")),
    "keys": Fuzzed(keys, (b"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", b"MCowBQYDK2VwAyEA", b"zzz", b"-----BEGIN PRIVATE KEY-----")),
    "handle": Fuzzed(handle, (b"@agora@agora.test", b"acct:a@[::1]:80", "@سلام@ß.example".encode())),
    "address": Fuzzed(address, (b"https://A.example:443/%7e/../x?y#z", b"http://[::1%25a]/", "https://ﬀ.example./".encode(), b"//\\evil")),
    "link": Fuzzed(link, (b"https://a.example/x", b"mailto:a@b.example", b"java\tscript:x", b"https://x@y/")),
    "html": Fuzzed(html, (b"<p>a<b>x</p><script>y", b"<svg><style><img src=x onerror=y>", b"<a href=javascript:x>y</a><!--", b"<p>" * 20)),
    "markdown": Fuzzed(markdown, (b"# a\n- b **c** [d](https://a.example) #tag @a@b.example", b"```\n<x>\n> " * 3, b"[" * 30 + b"](" * 10, b"|a|\n|-|\n")),
    "names": Fuzzed(names, ("\u202eabc\u2066 #وسم".encode(), b"#a\x00b\n", "İı\u0345ﬃ".encode())),
    "moments": Fuzzed(moments, (DATE.encode(), b"2026-12-05T18:00+01:00", b"0001-01-01", b"9999-12-31T23:59:59-23:59", b"Sat, 31 Dec 9999 23:59:59 -2359", "٢٠٢٦-١٢-٠٥".encode(), b"Africa/Tunis", b"../etc/passwd")),
    "headers": Fuzzed(headers, (b"ar;q=0.5, en-*;q=x, *", b'application/ld+json; profile="https://www.w3.org/ns/activitystreams"; q=1', b"120", b"1.2e3", b"-1")),
    "follower_digest": Fuzzed(follower_digest, (b'collectionId="https://a.example/u/followers", url="https://a.example/u/s", digest="' + b"0" * 64 + b'"',)),
    "block_list": Fuzzed(block_list, (b"#domain,#severity,#public_comment\nbad.example,suspend,x\n", b'a.example\n"b\n', "ü.example,silence\n".encode("utf-16"))),
    "events_elsewhere": Fuzzed(events_elsewhere, (
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Paris:20261205T240000\nDURATION:P1D\nSUMMARY;X=\"a:b\":x\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3\nGEO:1;2\nX-ALT-DESC;FMTTYPE=text/html:<b>x\nEND:VEVENT\n",
        b'<script type="application/ld+json">{"@type":"Event","name":"a","startDate":"2026-12-05","location":{"address":{}},"description":"&lt;p&gt;"}</script>',
        b'<div itemscope itemtype="https://schema.org/Event"><b itemprop=name>x</b><i itemprop=startDate content="2026-12-05T18:00">',
        b'[{"id":1,"title":"a","start_datetime":1796500800,"place":{"name":"b","latitude":1e9},"tags":[{"tag":"x"}]}]',
        b'{"data":[{"uuid":"u","title":"a","beginsOn":"2026-12-05T18:00:00Z","physicalAddress":{"geom":"1;2"}}]}',
    )),
    "configuration": Fuzzed(configuration, (b'[instance]\nposture = "open"\nbase_url = "https://a.example"\n', b"[inbox]\nhost_per_minute = -1\n", b'[server]\nbind = "[::1]:x"\n')),
    "desk": Fuzzed(desk, (b'{"command":"timeline","order":{"most":1}}\n', b'{"result":{"entries":[]}}\n', b'{"error":{"key":"x","status":400}}\n', b'{"command":"publish","order":' + b"[" * 200, b'{"result":' + b"[" * 4000)),
    "picture": Fuzzed(picture, (b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xe0", b"RIFF\x00\x00\x00\x00WEBP", b"<svg")),
    "form": Fuzzed(form, (b"a=b&next=//x", b"&" * 20, b"a=%ff%00;b=c")),
    "house_form": Fuzzed(house_form, (
        b"content-type: application/x-www-form-urlencoded\n\na=b&form_token=x&n=-5&n=%ff",
        b'content-type: multipart/form-data; boundary=x\n\n--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n',
        b"content-type: multipart/form-data; boundary=\n\n--", b'content-type: multipart/form-data; charset=utf-7; boundary="x"\n\n--x\r\n\r\n\r\n--x--',
    )),
    "cookies": Fuzzed(cookies, (b'cookie: __Host-session=abc; language="ar"; =; a\norigin: https://a.example\nhost: a.example', b"origin: http://[\nhost: a.example", b"origin: null\nsec-fetch-site: same-origin")),
    "passkey": Fuzzed(passkey, _passkeys()),
    "query": Fuzzed(query, (b"next=%2Fhouse&before=12&next=//evil&q=%D8%B3", b"next=/\\evil&a=%00&b&=c;d", b"before=" + b"9" * 30)),
    "backup": Fuzzed(backup, (gzip.decompress(_BACKUP), _BACKUP[:40], gzip.decompress(_BACKUP).replace(b"secret", b"../../"))),
    "template": Fuzzed(template, (b"https://a.example/i?u={uri}&x={on-success}", b'{"links":[{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://a.example/{uri}"}]}')),
}  # fmt: skip
