"""A whole examination of an instance that listens without a proxy, and of folders in all sorts of states."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from actors import births, journal
from fedi.app import assemble
from fedi.config import Config, parse_config
from fedi.desk.publishing import publish
from fedi.desk.wishes import PublishOrder, Words
from fedi.doctor.facts import gather
from fedi.doctor.finding import Finding, Verdict
from fedi.doctor.pass_file import NAME, write_pass
from fedi.doctor.probe import PREFIX
from fedi.doctor.public import Public
from fedi.doctor.run import INSIDE, OUTSIDE, examine
from fedi.http.server import serve
from fedi.http.transport import Response
from fedi.http.way_out import open_way_to_ourselves
from fedi.instance import Instance
from fedi.opening import DATABASE, open_instance
from fedi.secret import SECRET
from fedi.unit import Unit
from inbox.limits import HostLimits
from outbox import store as outbox_store


@dataclass(frozen=True, slots=True)
class Running:
    """An instance that listens on loopback, and a way to ask it."""

    instance: Instance
    config: Config
    public: Public


def config_for(folder: Path, port: int = 1, more: str = "") -> Config:
    return parse_config(
        f'[instance]\nbase_url = "http://localhost:{port}"\n[storage]\nfolder = "{folder}/data"\n{more}',
        {},
    )


@asynccontextmanager
async def running(folder: Path, unused_port: int) -> AsyncIterator[Running]:
    config = config_for(folder, unused_port)
    async with open_instance(config) as instance:
        await births.add_collective(instance, births.NewCollective("agora", "Agora"))
        stop, ready = asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(
            serve(
                assemble(instance, HostLimits(1_000)),
                bind=f"127.0.0.1:{unused_port}",
                on_ready=lambda _address: ready.set(),
                stop=stop,
                grace_s=0.2,
            )
        )
        await ready.wait()
        way = open_way_to_ourselves(config, None)
        try:
            yield Running(instance, config, Public(instance.urls, way, "the-token", "test"))
        finally:
            await way.close()
            stop.set()
            await serving


@pytest.fixture
def port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def found_in(config: Config, *, inside_only: bool = False) -> dict[str, Finding]:
    return {each.key: each async for each in examine(config, inside_only=inside_only)}


def troubles(findings: Sequence[Finding]) -> set[str]:
    return {each.key for each in findings if each.verdict in (Verdict.WARNING, Verdict.FAULT)}


async def ask(site: Running, rest: str = "", **headers: str) -> Response:
    return await site.public.ask(site.public.probe + rest, headers=headers)


async def test_a_server_for_trying_out_has_no_faults(tmp_path: Path, port: int) -> None:
    async with running(tmp_path, port) as site:
        findings = await found_in(site.config)
    usual = {
        "doctor.settings.localhost",
        "doctor.backup.none",
        "doctor.engine.old",
        "doctor.disk.low",
    }
    assert troubles(list(findings.values())) <= usual
    assert findings["doctor.webfinger.ok"].values == {"n": 2}


async def test_every_check_is_heard_before_it_begins_and_found_after(
    tmp_path: Path, port: int
) -> None:
    heard: list[str] = []
    async with running(tmp_path, port) as site:
        checks = [each.check async for each in examine(site.config, on_check=heard.append)]
    assert heard == [name for name, _ in INSIDE + OUTSIDE]
    assert set(checks) == set(heard)


async def test_a_run_leaves_no_pass_behind(tmp_path: Path, port: int) -> None:
    async with running(tmp_path, port) as site:
        await found_in(site.config)
        assert not (site.config.data_folder / NAME).exists()


async def test_a_run_that_is_given_up_leaves_no_pass_behind(tmp_path: Path, port: int) -> None:
    async with running(tmp_path, port) as site:
        run = examine(site.config)
        await anext(run)
        await run.aclose()  # type: ignore[attr-defined]
        assert not (site.config.data_folder / NAME).exists()


async def test_the_probe_tells_strangers_nothing(tmp_path: Path, port: int) -> None:
    async with running(tmp_path, port) as site:
        before = (await ask(site)).status
        write_pass(site.config.data_folder, "another-token", site.instance.clock.now())
        meanwhile = (await ask(site)).status
    assert (before, meanwhile) == (404, 404)


async def test_the_probe_tells_what_arrived_to_who_knows_the_token(
    tmp_path: Path, port: int
) -> None:
    async with running(tmp_path, port) as site:
        write_pass(site.config.data_folder, "the-token", site.instance.clock.now())
        response = await ask(site, "/a%2Fb?c=%C3%A9", **{"X-Thing": "as sent"})
        arrived = site.public.arrived(response)
    assert arrived is not None
    assert arrived.target == f"{PREFIX}the-token/a%2Fb?c=%C3%A9"
    assert arrived.lines("x-thing") == ["as sent"]


async def test_the_probe_may_be_asked_under_another_name(tmp_path: Path, port: int) -> None:
    async with running(tmp_path, port) as site:
        write_pass(site.config.data_folder, "the-token", site.instance.clock.now())
        arrived = site.public.arrived(await ask(site, Host="elsewhere.test"))
    assert arrived is not None
    assert arrived.lines("host") == ["elsewhere.test"]


async def test_other_addresses_still_refuse_another_name(tmp_path: Path, port: int) -> None:
    async with running(tmp_path, port) as site:
        url = f"{site.instance.urls.base}/.well-known/nodeinfo"
        response = await site.public.ask(url, headers={"Host": "elsewhere.test"})
    assert response.status == 421


async def test_what_the_probe_tells_is_kept_by_no_cache(tmp_path: Path, port: int) -> None:
    async with running(tmp_path, port) as site:
        write_pass(site.config.data_folder, "the-token", site.instance.clock.now())
        response = await ask(site)
    assert response.headers["cache-control"] == "private, no-store"


async def test_a_body_that_is_too_large_is_refused_by_the_probe_too(
    tmp_path: Path, port: int
) -> None:
    async with running(tmp_path, port) as site:
        write_pass(site.config.data_folder, "the-token", site.instance.clock.now())
        response = await site.public.ask(site.public.probe, body=b"x" * 1_000_001)
    assert response.status == 413


async def test_nobody_at_the_public_address_is_one_fault(tmp_path: Path, port: int) -> None:
    findings = await found_in(config_for(tmp_path, port))
    faults = {each.key for each in findings.values() if each.verdict is Verdict.FAULT}
    assert faults == {"doctor.reach.silent"}


async def test_the_inside_alone_asks_nobody(tmp_path: Path, port: int) -> None:
    async with running(tmp_path, port) as site:
        findings = await found_in(site.config, inside_only=True)
    assert {each.check for each in findings.values()} == {name for name, _ in INSIDE}


async def test_a_folder_that_was_never_used_is_left_as_it_is(tmp_path: Path, port: int) -> None:
    await found_in(config_for(tmp_path, port))
    assert list(tmp_path.iterdir()) == []


async def an_instance_that_stopped(config: Config) -> None:
    async with open_instance(config):
        pass


async def test_facts_are_read_without_a_server(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    await an_instance_that_stopped(config)
    facts = await gather(config)
    assert facts is not None
    assert (facts.integrity, facts.base_url) == ("ok", "http://localhost:1")


async def test_facts_are_read_beside_a_running_server(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    async with open_instance(config) as instance:
        await births.add_collective(instance, births.NewCollective("agora", "Agora"))
        facts = await gather(config)
    assert facts is not None
    assert [username for username, _ in facts.collectives] == ["agora"]


async def test_reading_facts_changes_no_file(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    await an_instance_that_stopped(config)
    before = (config.data_folder / DATABASE).read_bytes()
    await gather(config)
    assert (config.data_folder / DATABASE).read_bytes() == before


async def test_a_damaged_database_is_a_fault(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    await an_instance_that_stopped(config)
    file = config.data_folder / DATABASE
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 12] = b"\xa5" * (4096 * 9)
    file.write_bytes(content)
    assert "doctor.database.damaged" in await found_in(config, inside_only=True)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("UPDATE actor_key SET public_text = 'another' WHERE kind = 'rsa'", "doctor.rows.keys"),
        ("UPDATE actor_key SET private_sealed = x'00'", "doctor.rows.keys"),
        (
            "UPDATE actor_key SET private_sealed = (SELECT private_sealed FROM actor_key k WHERE k.uri <> actor_key.uri LIMIT 1)",
            "doctor.rows.keys",
        ),
        (
            "INSERT INTO actor_key (owner_uri, uri, kind, public_text, created_at) "
            "VALUES ('https://a.example/u', 'https://b.example/u#main-key', 'rsa', 'x', 0)",
            "doctor.rows.origins",
        ),
        (
            "UPDATE publication SET is_local = 0, author_uri = 'https://a.example/u'",
            "doctor.rows.origins",
        ),
        ("DELETE FROM outbox_activity", "doctor.rows.orphans"),
        ("DELETE FROM journal", "doctor.rows.journal"),
    ],
)
async def test_rows_that_were_written_by_other_means_are_found(
    tmp_path: Path, written: str, key: str
) -> None:
    """Somebody who has the file for a minute is no server that proved anything (R19)."""
    config = config_for(tmp_path)
    async with open_instance(config) as instance:
        await births.add_collective(instance, births.NewCollective("agora", "Agora"))
        order = PublishOrder(kind="note", words=(Words(language="en", source="Hello"),))
        await publish(instance, order)
        await instance.change(_post_to_somebody)
        await instance.change(lambda unit: journal.note(unit, journal.HOUSE, 1, "journal.named"))
    assert troubles(list((await found_in(config, inside_only=True)).values())).isdisjoint(
        {"doctor.rows.keys", "doctor.rows.origins", "doctor.rows.orphans", "doctor.rows.journal"}
    )
    with closing(sqlite3.connect(config.data_folder / DATABASE)) as opened, opened:
        assert opened.execute(written).rowcount > 0
    findings = await found_in(config, inside_only=True)
    assert key in findings
    assert "doctor.rows.ok" not in findings


def _post_to_somebody(unit: Unit) -> None:
    [row] = unit.tx.all("SELECT id FROM outbox_activity LIMIT 1")
    outbox_store.insert_deliveries(unit, row[0], [("https://a.example/inbox", "a.example")])


async def test_a_file_that_is_no_database_is_a_fault(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    config.data_folder.mkdir(mode=0o700)
    (config.data_folder / DATABASE).write_bytes(b"not a database at all" * 500)
    assert "doctor.database.damaged" in await found_in(config, inside_only=True)


async def test_a_database_without_our_tables_is_not_read(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    config.data_folder.mkdir(mode=0o700)
    with closing(sqlite3.connect(config.data_folder / DATABASE)) as made:
        made.execute("CREATE TABLE other (x)")
    assert "doctor.skipped.no_database" in await found_in(config, inside_only=True)


async def test_the_database_of_another_address_is_a_fault_with_its_repair(tmp_path: Path) -> None:
    await an_instance_that_stopped(config_for(tmp_path, 1))
    finding = (await found_in(config_for(tmp_path, 2), inside_only=True))[
        "doctor.database.other_base"
    ]
    assert finding.lines[0].text == ("[instance]", 'base_url = "http://localhost:1"')


async def test_a_secret_that_others_may_read_is_a_fault(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    await an_instance_that_stopped(config)
    (config.data_folder / SECRET).chmod(0o644)
    finding = (await found_in(config, inside_only=True))["doctor.files.open_secret"]
    assert finding.lines[0].text == (f"chmod 600 {config.data_folder / SECRET}",)


async def test_a_missing_secret_is_a_fault(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    await an_instance_that_stopped(config)
    (config.data_folder / SECRET).unlink()
    assert "doctor.files.no_secret" in await found_in(config, inside_only=True)


async def test_a_folder_that_others_may_enter_is_a_warning(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    await an_instance_that_stopped(config)
    config.data_folder.chmod(0o755)
    assert "doctor.files.open_folder" in await found_in(config, inside_only=True)


async def test_who_may_not_write_the_folder_is_told_to_be_another_user(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    # the tests may run as a user who may write everywhere
    monkeypatch.setattr("fedi.doctor.run.write_pass", refuse)
    findings = await found_in(config_for(tmp_path, port))
    assert "doctor.reach.no_pass" in findings
