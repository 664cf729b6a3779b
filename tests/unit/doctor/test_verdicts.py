"""What facts and answers mean: one table per check, from plain values to a verdict."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fedi.config import Config, InstanceConfig, NetworkConfig, parse_config
from fedi.doctor import (
    caches,
    certificate,
    discovery,
    doors,
    inside,
    machine,
    names,
    proxy,
    repairs,
    times,
)
from fedi.doctor.examination import Examination
from fedi.doctor.facts import Facts
from fedi.doctor.finding import Finding, Verdict, exit_code, fault, skipped, warning, well, worst
from fedi.doctor.public import Arrived
from fedi.http.transport import Response
from fedi.onion import name_of
from fedi.signatures.request import Reason
from fedi.urls import Urls
from tests.harness.clock import FakeClock

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)
HOUR = 3_600_000
URLS = Urls.of("https://agora.test")
ONION = name_of(bytes(range(32)))
AS2_TYPE = {"content-type": "application/activity+json", "vary": "Accept"}
PAGE = {"content-type": "text/html; charset=utf-8", "vary": "Accept, Accept-Encoding"}
QUIET = Facts(
    base_url="https://agora.test",
    server_username="agora.test",
    collectives=(),
    inbox_waiting=0,
    inbox_quarantined=0,
    inbox_oldest_ms=None,
    deliveries_waiting=0,
    deliveries_oldest_ms=None,
    troubled=(),
    healthy_hosts=(),
    backup_at_ms=None,
)
ARRIVED = Arrived(
    probe="t",
    method="POST",
    target="/",
    headers=(
        ("host", "agora.test"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-for", "198.51.100.7"),
    ),
    scheme="https",
    client="127.0.0.1",
    size=0,
    sha256="",
    body="",
)


def response(
    status: int = 200, headers: Mapping[str, str] | None = None, body: object = None
) -> Response:
    return Response(status, headers or {}, msgspec.json.encode(body), "https://agora.test/")


def with_headers(**headers: str) -> Arrived:
    lines = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return msgspec.structs.replace(ARRIVED, headers=lines)


def keys(findings: list[Finding]) -> list[str]:
    return [each.key.removeprefix("doctor.") for each in findings]


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([], 0),
        ([well("disk")], 0),
        ([well("disk"), skipped("names", "onion")], 0),
        ([skipped("names", "onion"), warning("disk", "low")], 1),
        ([fault("disk", "full"), warning("disk", "low"), well("disk")], 2),
    ],
)
def test_the_gravest_finding_decides_the_status(found: list[Finding], code: int) -> None:
    assert exit_code(found) == code


def test_nothing_found_is_well() -> None:
    assert worst([]) is Verdict.OK


@pytest.mark.parametrize(
    ("free_mib", "whole_mib", "outcome"),
    [
        (50_000, 100_000, "ok"),
        (4_900, 100_000, "low"),
        (199, 1_000, "low"),
        (1_999, 100_000, "full"),
        (49, 100, "full"),
        (0, 0, "full"),
    ],
)
def test_room_on_the_disk_is_judged_by_share_and_by_size(
    free_mib: int, whole_mib: int, outcome: str
) -> None:
    finding = machine.judge_disk(free_mib * machine.MIB, whole_mib * machine.MIB)
    assert keys([finding]) == [f"disk.{outcome}"]


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        ((3, 40, 1), "old"),
        ((3, 44, 5), "old"),
        ((3, 44, 6), "ok"),
        ((3, 45, 0), "old"),
        ((3, 50, 6), "old"),
        ((3, 50, 7), "ok"),
        ((3, 51, 2), "old"),
        ((3, 51, 3), "ok"),
        ((3, 53, 0), "ok"),
    ],
)
def test_sqlite_is_recent_enough_from_3_51_3_on_and_in_two_older_lines(
    version: tuple[int, ...], outcome: str
) -> None:
    assert keys([machine.judge_sqlite(version)]) == [f"engine.{outcome}"]


@pytest.mark.parametrize(
    ("base", "network", "expected"),
    [
        ("https://agora.example", {}, ["settings.ok"]),
        ("http://localhost:8080", {}, ["settings.localhost"]),
        ("https://127.0.0.1:8443", {}, ["settings.localhost"]),
        ("http://agora.example", {}, ["settings.no_https"]),
        (f"http://{ONION}", {"socks_proxy": "socks5h://127.0.0.1:9050"}, ["settings.ok"]),
        ("https://agora.example", {"unsafe_allow_http": True}, ["settings.unsafe"]),
        ("https://agora.example", {"allowed_networks": ("10.0.0.0/8",)}, ["settings.networks"]),
        (
            "http://localhost",
            {"unsafe_allow_http": True, "allowed_networks": ("127.0.0.0/8",)},
            ["settings.localhost", "settings.unsafe", "settings.networks"],
        ),
    ],
)
def test_settings_for_trying_out_are_named(
    base: str, network: dict[str, Any], expected: list[str]
) -> None:
    config = Config(instance=InstanceConfig(base_url=base), network=NetworkConfig(**network))
    assert keys(machine.judge_settings(config)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["arrivals.ok"]),
        ({"inbox_waiting": 3, "inbox_oldest_ms": MS - 60_000}, ["arrivals.ok"]),
        ({"inbox_waiting": 3, "inbox_oldest_ms": MS - HOUR}, ["arrivals.late"]),
        ({"inbox_waiting": 80}, ["arrivals.many"]),
        ({"inbox_waiting": 100}, ["arrivals.full"]),
        ({"inbox_quarantined": 1}, ["arrivals.set_aside"]),
        ({"inbox_waiting": 100, "inbox_quarantined": 2}, ["arrivals.full", "arrivals.set_aside"]),
        # our clock was set back: nothing waits a negative time
        ({"inbox_waiting": 1, "inbox_oldest_ms": MS + HOUR}, ["arrivals.ok"]),
    ],
)
def test_what_waits_inside_is_judged(changes: dict[str, Any], expected: list[str]) -> None:
    facts = msgspec.structs.replace(QUIET, **changes)
    assert keys(inside.judge_arrivals(facts, NOW, backlog_max=100)) == expected


@pytest.mark.parametrize(
    ("oldest_ms", "outcome"), [(None, "ok"), (MS - HOUR + 1, "ok"), (MS - HOUR - 1, "late")]
)
def test_what_waits_to_leave_is_judged(oldest_ms: int | None, outcome: str) -> None:
    facts = msgspec.structs.replace(QUIET, deliveries_oldest_ms=oldest_ms)
    assert keys([inside.judge_deliveries(facts, NOW)]) == [f"deliveries.{outcome}"]


@pytest.mark.parametrize(
    ("made_at", "outcome"),
    [(None, "none"), (MS - 24 * HOUR, "ok"), (MS - 9 * 24 * HOUR, "old")],
)
def test_a_backup_grows_old(made_at: int | None, outcome: str) -> None:
    assert keys([inside.judge_backup(made_at, NOW)]) == [f"backup.{outcome}"]


@pytest.mark.parametrize(("hours", "outcome"), [(12, "ok"), (12 + 1, "late"), (24 * 9, "late")])
def test_a_backup_that_the_server_should_have_made_is_late_sooner(hours: int, outcome: str) -> None:
    finding = inside.judge_backup(MS - hours * HOUR, NOW, every_hours=6)
    assert keys([finding]) == [f"backup.{outcome}"]


async def judged(
    tmp_path: Path, file: Path | None, settings: str = "", **facts: object
) -> list[str]:
    config = parse_config(f'[backup]\nfolder = "{tmp_path}"\n{settings}', {})
    known = msgspec.structs.replace(
        QUIET, backup_at_ms=MS, backup_file=str(file) if file else "", **facts
    )
    urls = Urls.of(config.instance.base_url, "")
    return keys(
        await inside.check_backup(
            Examination(config, urls, FakeClock(NOW), None, None, known)  # type: ignore[arg-type]
        )
    )


async def test_a_backup_that_is_not_there_or_no_backup_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mujawara-x.tar.gz.age"
    assert await judged(tmp_path, file) == ["backup.missing"]
    file.write_bytes(b"\0" * 100)
    assert await judged(tmp_path, file) == ["backup.unreadable"]
    file.write_bytes(b"age-encryption.org/v1\n")
    assert await judged(tmp_path, file) == ["backup.ok"]
    # on a disk that lies in a drawer
    assert await judged(tmp_path, tmp_path / "stick" / "x.age") == ["backup.ok"]


async def test_a_server_that_should_make_backups_and_has_no_key_is_told(tmp_path: Path) -> None:
    assert await judged(tmp_path, None, "every_hours = 24") == ["backup.no_key"]
    assert await judged(tmp_path, None, "every_hours = 24", has_backup_key=True) == ["backup.ok"]


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ((), "names.none"),
        (("93.184.215.14",), "names.ok"),
        (("93.184.215.14", "2606:2800:21f::1"), "names.ok"),
        (("127.0.0.1", "::1"), "skipped.loopback"),
        (("192.168.1.5",), "names.private"),
        (("93.184.215.14", "fd00::1"), "names.private"),
        (("100.64.0.1",), "names.private"),
        (("fe80::1%eth0",), "names.private"),
    ],
)
def test_addresses_that_others_cannot_reach_are_noticed(
    addresses: tuple[str, ...], expected: str
) -> None:
    assert keys([names.judge("agora.test", addresses)]) == [expected]


@pytest.mark.parametrize(
    ("dead", "outcome"),
    [([], "ok"), (["2606:2800:21f::1"], "dead"), (["93.184.215.14", "2606:2800:21f::1"], "ok")],
)
def test_an_address_where_nobody_answers_is_noticed_beside_one_that_does(
    dead: list[str], outcome: str
) -> None:
    finding = names.judge("agora.test", ("93.184.215.14", "2606:2800:21f::1"), dead)
    assert keys([finding]) == [f"names.{outcome}"]


@pytest.mark.parametrize(
    ("days", "outcome"), [(90, "ok"), (14, "ok"), (13, "ends_soon"), (0, "ends_soon")]
)
def test_a_certificate_that_ends_soon_is_noticed(days: int, outcome: str) -> None:
    assert keys([certificate.judge_days(days, "agora.test")]) == [f"certificate.{outcome}"]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (10, "expired"),
        (20, "chain"),
        (21, "chain"),
        (18, "self_signed"),
        (62, "other_name"),
        (9, "refused"),
    ],
)
def test_a_certificate_that_is_not_believed_says_why(code: int, outcome: str) -> None:
    finding = certificate.judge_refusal(code, "agora.test", "words")
    assert keys([finding]) == [f"certificate.{outcome}"]


@pytest.mark.parametrize(
    ("own", "others", "expected"),
    [
        (0, [], "clock.alone"),
        (None, [1], "clock.alone"),
        (2, [0, -3, 1], "clock.ok"),
        # one server with a wrong clock proves nothing
        (0, [4_000, 0, 1], "clock.ok"),
        (0, [90, 91], "clock.differs"),
        (0, [-90, -95, -91], "clock.differs"),
        (120, [0, 1], "clock.proxy_differs"),
        (-120, [], "clock.proxy_differs"),
    ],
)
def test_clocks_are_compared_by_the_middle_of_several(
    own: int | None, others: list[int], expected: str
) -> None:
    assert keys([times.judge(own, others)]) == [expected]


def test_five_minutes_are_too_much_for_strict_servers() -> None:
    assert times.judge(0, [400, 401]).verdict is Verdict.FAULT


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (502, {}, "reach.behind"),
        (504, {}, "reach.behind"),
        (301, {"location": "https://www.agora.test/"}, "reach.redirected"),
        (404, {}, "reach.elsewhere"),
        (403, {}, "reach.status"),
        (200, {}, "reach.status"),
    ],
)
def test_an_answer_that_is_not_ours_is_told_apart(
    status: int, headers: dict[str, str], expected: str
) -> None:
    finding = proxy.judge_answer(response(status, headers), False, URLS.base)
    assert keys([finding]) == [expected]


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        ({"host": "agora.test"}, "ok"),
        ({"host": "AGORA.test"}, "ok"),
        ({"host": "127.0.0.1:8080"}, "altered"),
        ({"host": "agora.test:443"}, "altered"),
        ({}, "altered"),
    ],
)
def test_host_must_arrive_as_sent(seen: dict[str, str], outcome: str) -> None:
    assert keys([proxy.judge_host(with_headers(**seen), "agora.test")]) == [f"host.{outcome}"]


@pytest.mark.parametrize(
    ("headers", "scheme", "has_trusted", "expected"),
    [
        ({"x_forwarded_proto": "https", "x_forwarded_for": "::1"}, "https", True, ["scheme.ok"]),
        ({"x_forwarded_for": "::1"}, "http", True, ["scheme.missing"]),
        (
            {"x_forwarded_proto": "http", "x_forwarded_for": "::1"},
            "http",
            True,
            ["scheme.wrong"],
        ),
        ({"x_forwarded_proto": "https"}, "https", True, ["scheme.no_source"]),
        (
            {"x_forwarded_proto": "https", "x_forwarded_for": "::1"},
            "http",
            False,
            ["scheme.not_trusted"],
        ),
        (
            {"x_forwarded_proto": "https", "x_forwarded_for": "::1"},
            "http",
            True,
            ["scheme.other_proxy"],
        ),
        ({}, "http", True, ["scheme.missing", "scheme.no_source"]),
    ],
)
def test_what_the_proxy_tells_is_judged(
    headers: dict[str, str], scheme: str, has_trusted: bool, expected: list[str]
) -> None:
    arrived = msgspec.structs.replace(with_headers(**headers), scheme=scheme)
    assert keys(proxy.judge_scheme(arrived, has_trusted=has_trusted)) == expected


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (401, {}, "inbox.ok"),
        (401, {"www-authenticate": "Basic"}, "inbox.closed"),
        (421, {}, "inbox.host"),
        (403, {"cf-mitigated": "challenge"}, "inbox.robots"),
        (403, {}, "inbox.closed"),
        (404, {}, "inbox.closed"),
        (405, {}, "inbox.closed"),
        (413, {}, "inbox.closed"),
        (308, {}, "inbox.redirected"),
        (202, {}, "inbox.closed"),
    ],
)
def test_only_our_own_refusal_proves_that_the_inbox_is_open(
    status: int, headers: dict[str, str], expected: str
) -> None:
    assert keys([doors.judge_inbox(response(status, headers))]) == [expected]


SENT = {"Host": "agora.test", "Date": "today", "Digest": "SHA-256=x", "Signature": "s"}


@pytest.mark.parametrize(
    ("headers", "body", "reason", "expected"),
    [
        ({"date": "today", "digest": "SHA-256=x"}, b"b", Reason.MISSING, "signature.lost"),
        (
            {"host": "fedi", "date": "today", "digest": "SHA-256=x", "signature": "s"},
            b"b",
            Reason.HOST,
            "signature.host",
        ),
        (
            {"host": "agora.test", "date": "today", "digest": "SHA-256=x", "signature": "s"},
            b"other",
            Reason.DIGEST,
            "signature.body",
        ),
        (
            {"host": "agora.test", "date": "later", "digest": "SHA-256=x", "signature": "s"},
            b"b",
            Reason.MISMATCH,
            "signature.changed",
        ),
        (
            {"host": "agora.test", "date": "today", "digest": "SHA-256=x", "signature": "s"},
            b"b",
            Reason.MISMATCH,
            "signature.refused",
        ),
    ],
)
def test_a_signature_that_did_not_survive_says_what_was_changed(
    headers: dict[str, str], body: bytes, reason: Reason, expected: str
) -> None:
    arrived = msgspec.structs.replace(
        with_headers(**headers),
        sha256="3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d",  # of b"b"
    )
    assert keys([doors.judge_refusal("cavage", reason, arrived, SENT, body)]) == [expected]


def test_a_body_over_the_proxys_limit_is_told_from_other_refusals() -> None:
    assert keys([doors.judge_body(413, 900), doors.judge_body(403, 900)]) == [
        "body.cut",
        "body.refused",
    ]


ACTOR = "https://agora.test/actor/1"
LINK = {"rel": "self", "type": "application/activity+json", "href": ACTOR}
JRD = {"content-type": "application/jrd+json; charset=utf-8"}
NAME = "acct:agora@agora.test"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (response(200, JRD, {"subject": NAME, "links": [LINK]}), None),
        (response(404, JRD, {}), "webfinger.status"),
        (response(200, {"content-type": "text/html"}, {}), "webfinger.type"),
        (response(200, JRD, {"links": [LINK]}), "webfinger.subject"),
        (response(200, JRD, {"subject": "acct:agora@other.test"}), "webfinger.subject"),
        (response(200, JRD, {"subject": NAME, "links": []}), "webfinger.self_link"),
        (
            response(200, JRD, {"subject": NAME, "links": [LINK | {"href": ACTOR + "/"}]}),
            "webfinger.self_link",
        ),
        (
            response(200, JRD, {"subject": NAME, "links": [LINK | {"type": "text/html"}]}),
            "webfinger.self_link",
        ),
        (response(200, JRD, {"subject": NAME, "links": "x"}), "webfinger.self_link"),
    ],
)
def test_webfinger_must_lead_to_the_actor_byte_for_byte(
    answer: Response, expected: str | None
) -> None:
    finding = discovery.judge_webfinger(answer, NAME, ACTOR, URLS)
    assert (keys([finding])[0] if finding else None) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (response(200, AS2_TYPE, {"id": ACTOR}), None),
        (response(403, AS2_TYPE, {"id": ACTOR}), "actor.status"),
        (response(200, {"content-type": "application/json"}, {"id": ACTOR}), "actor.type"),
        (response(200, AS2_TYPE, {"id": "http://agora.test/actor/1"}), "actor.other_id"),
        (response(200, AS2_TYPE, {}), "actor.other_id"),
    ],
)
def test_an_actor_must_stand_at_its_own_id(answer: Response, expected: str | None) -> None:
    finding = discovery.judge_actor(answer, ACTOR)
    assert (keys([finding])[0] if finding else None) == expected


@pytest.mark.parametrize(
    ("first", "page", "again", "expected"),
    [
        (AS2_TYPE, PAGE, AS2_TYPE, []),
        (AS2_TYPE, AS2_TYPE, AS2_TYPE, ["cache.document_for_people"]),
        (AS2_TYPE, PAGE, PAGE, ["cache.page_for_servers"]),
        (PAGE, PAGE, PAGE, ["cache.no_document"]),
        ({}, PAGE, AS2_TYPE, ["cache.no_document"]),
        (AS2_TYPE, PAGE | {"vary": "Accept-Encoding"}, AS2_TYPE, ["cache.no_vary"]),
        (AS2_TYPE, PAGE | {"vary": "*"}, AS2_TYPE, []),
    ],
)
def test_two_faces_at_one_address_must_stay_apart(
    first: dict[str, str], page: dict[str, str], again: dict[str, str], expected: list[str]
) -> None:
    answers = (response(200, headers) for headers in (first, page, again))
    assert keys(caches.judge(*answers)) == expected


def test_a_setting_is_repaired_in_its_own_section() -> None:
    assert repairs.setting("network", "x = 1").text == ("[network]", "x = 1")


def test_ages_are_counted_from_now() -> None:
    assert inside.judge_backup(MS, NOW + timedelta(days=3)).values == {"n": 3}
