"""Several processes on one PostgreSQL: who may come in, that none takes what another has, and that each knows what changed."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from actors import keys, refresh
from actors.model import Actor
from fedi import chores, settings
from fedi.cache import Rendered
from fedi.config import Config, parse_config
from fedi.db.postgres import open_postgres
from fedi.desk.collectives import AddOrder, Collectives, NoOrder
from fedi.desk.control import call, open_desk, serve_control
from fedi.desk.keys import RotateOrder, rotate_keys
from fedi.desk.publishing import delete, publish
from fedi.desk.wishes import DeleteOrder, Picture, PublishOrder
from fedi.errors import SetupError, Unavailable
from fedi.instance import Instance
from fedi.jobs import retention
from fedi.jobs.run import settle
from fedi.opening import CONTROL, open_instance
from fedi.unit import Unit
from fedi.wake import DELIVERY
from inbox import store as inbox_store
from inbox.process import Processor
from inbox.store import Arrival, Kept
from outbox import hosts
from outbox.seal import current_key
from outbox.synchronise import Digests
from tests.contract.test_postgres import cut, let_in
from tests.harness import objects
from tests.harness.gallery import a_picture
from tests.harness.postgres import cluster
from tests.harness.world import Site, World, a_note, world

HERE, THERE = "agora.test", "beirut.test"
LEASE = timedelta(seconds=30)


async def until(holds: Callable[[], bool]) -> None:
    """What another connection tells comes when it comes."""
    async with asyncio.timeout(90):
        while not holds():
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedi.db.postgres.AWAY_S", 0.0)
    monkeypatch.setattr("fedi.db.postgres.KEEP_S", 0.2)
    monkeypatch.setattr("fedi.db.postgres_ear.AGAIN_S", 0.01)
    monkeypatch.setattr("fedi.db.postgres_ear.BEAT_S", 0.05)


@asynccontextmanager
async def two_processes(
    settings: str = "", *, wants_duty: bool = False
) -> AsyncIterator[tuple[World, Actor, Instance, Instance]]:
    """A collective, and two processes that share its database and hear each other."""
    async with world() as made:
        await made.start(HERE, settings, engine="postgres")
        agora = await made.collective(HERE, "agora")
        await made.stop(HERE)
        one, other = [(await heard(made, wants_duty)).instance for _ in range(2)]
        yield made, agora, one, other


async def heard(made: World, wants_duty: bool = False) -> Site:
    site = await made.share(HERE, wants_duty=wants_duty)
    company = site.instance.company
    assert company is not None
    await company.is_heard.wait()
    return site


def shown(instance: Instance, uri: str) -> None:
    """Something that this process remembers of what is shown under an id."""
    instance.documents.put(b"/x", Rendered(uri, b"{}", b'"1"', ()), instance.documents.generation)


async def refusal_of(opening: object) -> str:
    with pytest.raises(SetupError) as caught:
        async with opening:  # type: ignore[attr-defined]
            pass
    return caught.value.message_key


async def test_a_file_is_not_shared_and_nothing_is_made_for_it(tmp_path: Path) -> None:
    config = parse_config(f'[storage]\nfolder = "{tmp_path / "data"}"', {})
    opening = open_instance(config, is_shared=True)
    assert await refusal_of(opening) == "database.file_is_not_shared"
    assert list(tmp_path.iterdir()) == []


async def test_who_has_the_database_alone_and_who_shares_it_keep_each_other_out() -> None:
    async with world() as made:
        await made.start(HERE, engine="postgres")
        url = made.database(HERE)
        with pytest.raises(SetupError) as caught:
            await open_postgres(url, is_shared=True)
        assert caught.value.message_key == "database.in_use"
        await made.stop(HERE)
        await made.share(HERE)
        await made.share(HERE)
        with pytest.raises(SetupError) as caught:
            await open_postgres(url)
        assert caught.value.message_key == "database.shared"


async def test_who_would_like_to_have_it_alone_keeps_nobody_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits, goes_on = threading.Event(), threading.Event()

    def rest(_seconds: float) -> None:
        waits.set()
        goes_on.wait(20)

    async with two_processes() as (made, _, _, _):
        monkeypatch.setattr("fedi.db.postgres.time.sleep", rest)
        alone = asyncio.create_task(open_postgres(made.database(HERE)))
        await asyncio.to_thread(waits.wait, 20)
        await (await open_postgres(made.database(HERE), is_shared=True)).close()
        goes_on.set()
        with pytest.raises(SetupError) as caught:
            await alone
    assert caught.value.message_key == "database.shared"


async def test_an_instance_is_begun_by_one_and_shared_afterwards(tmp_path: Path) -> None:
    with cluster().database() as url:
        config = parse_config(f'[storage]\nfolder = "{tmp_path}"\n[database]\nurl = "{url}"', {})
        assert await refusal_of(open_instance(config, is_shared=True)) == "database.not_begun"
        async with open_instance(config):
            pass
        async with open_instance(config, is_shared=True) as instance:
            assert instance.db.is_shared


@pytest.mark.thorough
async def test_tables_of_another_version_are_changed_by_one_that_is_alone() -> None:
    async with world() as made:
        await made.start(HERE, engine="postgres")
        await made.stop(HERE)
        url = made.database(HERE)
        last = cluster().execute("SELECT max(version) FROM schema_version", name_of(url))[0][0]
        first = await made.share(HERE)
        await first.instance.db.write(
            lambda tx: tx.run("UPDATE schema_version SET checksum = '' WHERE version = ?", last)
        )
        config = made.configs[HERE]
        assert await refusal_of(open_instance(config, is_shared=True)) == "database.upgrade_alone"


def name_of(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


async def test_what_one_process_changes_the_other_no_longer_shows() -> None:
    async with two_processes() as (_, agora, one, other):
        shown(one, agora.uri)
        shown(other, "https://elsewhere.test/x")
        shown(other, agora.uri)
        digests = Digests(one)
        before = await digests.headers(agora.uri, f"https://{THERE}/inbox")
        assert one.documents.entries == 1

        def work(unit: Unit) -> None:
            unit.touched.add(agora.uri)

        await other.change(work)
        await until(lambda: one.documents.find(b"/x") is None)
        assert await digests.headers(agora.uri, f"https://{THERE}/inbox") == before


@pytest.mark.thorough
async def test_more_changes_than_one_message_holds_are_all_told() -> None:
    uris = [f"https://{HERE}/{number}/{'x' * 500}" for number in range(200)]
    async with two_processes() as (_, _, one, other):
        for number, uri in enumerate(uris):
            one.documents.put(
                b"%d" % number, Rendered(uri, b"{}", b'"1"', ()), one.documents.generation
            )
        assert one.documents.entries == len(uris)
        await other.change(lambda unit: unit.touched.update(uris))
        await until(lambda: one.documents.entries == 0)


async def test_while_others_are_not_heard_nothing_is_remembered() -> None:
    async with two_processes() as (made, agora, one, _):
        shown(one, agora.uri)
        await current_key(one, agora.uri, keys.RSA)
        assert one.company is not None
        url = made.database(HERE)
        cut(url, for_good=True)
        await until(lambda: not one.documents.is_kept)
        assert one.documents.find(b"/x") is None
        assert not one.keyring.current
        shown(one, agora.uri)
        assert one.documents.find(b"/x") is None
        let_in(url)
        await one.company.is_heard.wait()
        shown(one, agora.uri)
        assert one.documents.find(b"/x") is not None


async def test_a_server_that_is_silent_and_not_gone_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fedi.db.postgres_ear.ANSWER_S", 0.2)
    async with two_processes() as (_, agora, one, _):
        shown(one, agora.uri)
        monkeypatch.setattr("fedi.db.postgres_ear._BEAT", "SELECT pg_sleep(2)")
        await until(lambda: not one.documents.is_kept)
        assert one.documents.find(b"/x") is None


async def test_work_that_one_process_makes_wakes_the_others() -> None:
    async with two_processes() as (_, _, one, other):
        await asyncio.sleep(0)
        for bell in one.wake.bells.values():
            await bell.wait(0)
        await other.change(lambda unit: unit.wakes.add(DELIVERY))
        async with asyncio.timeout(90):
            await one.wake.wait(DELIVERY, 600)


async def test_two_workers_never_take_the_same_lane_or_chore() -> None:
    names = [f"h{number}.test" for number in range(40)]

    def begin(unit: Unit) -> None:
        hosts.enqueue(unit, names)
        for name in names:
            chores.add(unit, chores.LOOK, name)

    async with two_processes() as (_, _, one, other):
        await one.change(begin)
        lanes = await asyncio.gather(
            *(
                each.claim(lambda unit: hosts.claim(unit, 5, LEASE, own_host=HERE))
                for each in (one, other) * 4
            )
        )
        done = await asyncio.gather(
            *(each.claim(lambda unit: chores.claim(unit, 5, LEASE)) for each in (one, other) * 4)
        )
    taken = [lane.host for some in lanes for lane in some]
    assert (len(taken), len(set(taken))) == (40, 40)
    subjects = [chore.subject for some in done for chore in some]
    assert (len(subjects), len(set(subjects))) == (40, 40)


def arrivals(unit: Unit, actors: int, each: int) -> None:
    for number in range(each):
        for actor in range(actors):
            uri = f"https://{THERE}/{actor}"
            inbox_store.keep(
                unit, Arrival(f"{uri}/{number}", uri, "", "Create", b"{}", "", "cavage")
            )


async def test_what_one_actor_said_is_in_one_hand_at_a_time_and_in_order() -> None:
    async with two_processes() as (_, _, one, other):
        await one.change(lambda unit: arrivals(unit, 12, 10))
        in_hand: list[list[str]] = await asyncio.gather(
            *(actors_claimed(each) for each in (one, other) * 3)
        )
        assert sum(map(bool, in_hand)) == 3
        taken = [actor for some in in_hand for actor in set(some)]
        assert len(taken) == len(set(taken))
        waiting = await one.look(
            lambda rx: rx.all(
                "SELECT actor_uri, uri, claimed_until FROM inbox_activity ORDER BY id"
            )
        )
    for actor in set(taken):
        held = [until > 0 for uri, _, until in waiting if uri == actor]
        # the oldest first, and none behind one that was left
        assert held == sorted(held, reverse=True)


async def test_what_kills_its_process_three_times_is_set_aside_and_the_rest_goes_on() -> None:
    async with two_processes() as (made, _, one, _):
        await one.change(lambda unit: arrivals(unit, 2, 2))
        poison = await one.look(lambda rx: rx.one("SELECT MIN(id) FROM inbox_activity"))
        assert poison is not None
        taken = []
        for _ in range(4):
            # each time a process that has just begun, and dies of it
            site = await made.share(HERE)
            worker = Processor(site.instance, site.limits)
            claimed, _is_alone = await site.instance.claim(
                lambda unit, worker=worker: worker._take(unit, opens=True)
            )
            taken.append([each.id for each in claimed])
            await site.stack.aclose()
            made.clock.advance(seconds=31)
        site = await made.share(HERE)
        await Processor(site.instance, site.limits).drain()
        rows = await one.look(
            lambda rx: rx.all("SELECT id, state, reason FROM inbox_activity ORDER BY id")
        )
    assert [len(each) for each in taken] == [4, 4, 1, 1]
    assert (taken[3][0], rows[0][1:]) == (poison[0], ("quarantined", "deadly"))
    assert {state for _, state, _ in rows[1:]} & {"waiting", "quarantined"} == set()


async def actors_claimed(instance: Instance) -> list[str]:
    taken = await instance.claim(claimed)
    return [each.arrival.actor_uri for each in taken]


def claimed(unit: Unit) -> Sequence[Kept]:
    """As a worker claims."""
    inbox_store.note_deaths(unit)
    return inbox_store.claim_among_others(unit, 5, LEASE)


async def test_what_a_dead_worker_held_is_taken_over_and_what_it_does_late_is_undone() -> None:
    async with two_processes() as (made, _, one, other):
        await one.change(lambda unit: arrivals(unit, 1, 1))
        await one.change(lambda unit: hosts.enqueue(unit, [THERE]))

        async def take(each: Instance) -> tuple[object, ...]:
            kept = await each.claim(claimed)
            lanes = await each.claim(lambda unit: hosts.claim(unit, 9, LEASE, own_host=HERE))
            return (*kept, *lanes)

        kept, lane = await take(one)
        assert await take(other) == ()
        made.clock.advance(seconds=20)
        await one.change(
            lambda unit: inbox_store.keep_claimed(unit, [(kept.id, kept.attempts)], LEASE)
        )
        assert await one.change(lambda unit: hosts.extend(unit, lane, LEASE))
        made.clock.advance(seconds=20)
        assert await take(other) == ()
        made.clock.advance(seconds=20)
        kept_anew, lane_anew = await take(other)
        assert not await one.change(lambda unit: hosts.extend(unit, lane, LEASE))
        await one.change(lambda unit: hosts.release(unit, lane, None))
        await one.change(lambda unit: hosts.note_trouble(unit, lane, "internal", made.clock.now()))
        late = await one.change(
            lambda unit: inbox_store.finish(unit, kept.id, kept.attempts, "done", "")
        )
        assert not late
        assert await take(one) == ()
        assert await other.change(lambda unit: hosts.extend(unit, lane_anew, LEASE))
        assert await other.change(
            lambda unit: inbox_store.finish(unit, kept_anew.id, kept_anew.attempts, "done", "")
        )


async def test_keys_that_were_exchanged_are_believed_and_used_by_nobody_any_more() -> None:
    async with two_processes() as (_, agora, one, other):
        server = one.urls.server_actor()
        old = [await current_key(one, uri, keys.RSA) for uri in (agora.uri, server)]
        signed = one.http._server_key().key_id
        await rotate_keys(other, RotateOrder(actor="agora"))
        await rotate_keys(other, RotateOrder(server=True))
        await until(lambda: (server, keys.RSA) in one.keyring.current)
        await until(lambda: one.http._server_key().key_id != signed)
        new = [await current_key(one, uri, keys.RSA) for uri in (agora.uri, server)]
        assert not set(old) & set(new)
        assert new == [await current_key(other, uri, keys.RSA) for uri in (agora.uri, server)]


async def test_a_key_that_another_process_saw_replaced_is_forgotten() -> None:
    async with world() as made:
        await made.start(HERE, engine="postgres")
        await made.start(THERE, engine="sqlite")
        beirut = await made.collective(THERE, "beirut")
        await made.stop(HERE)
        one, other = [(await heard(made)).instance for _ in range(2)]
        key_id = await current_key(made[THERE], beirut.uri, keys.RSA)
        await refresh.fetch_key(one, key_id)
        assert one.keyring.recall(key_id) is not None
        await rotate_keys(made[THERE], RotateOrder(actor="beirut"))
        await refresh.fetch_actor(other, beirut.uri)
        await until(lambda: one.keyring.recall(key_id) is None)


async def test_one_of_many_is_on_duty_and_the_next_takes_its_place() -> None:
    async with world() as made:
        await made.start(HERE, engine="postgres")
        await made.stop(HERE)
        first = await heard(made, wants_duty=True)
        second = await heard(made, wants_duty=True)
        bystander = await heard(made)
        companies = [each.instance.company for each in (first, second, bystander)]
        assert all(companies)
        duties = [each.duty for each in companies if each is not None]
        await duties[0].wait()
        assert [duty.is_set() for duty in duties] == [True, False, False]
        await first.stack.aclose()
        await duties[1].wait()
        assert [duty.is_set() for duty in duties] == [False, True, False]


async def test_who_was_cut_off_while_somebody_had_the_database_alone_does_not_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with two_processes() as (made, _, one, _):
        assert one.company is not None
        monkeypatch.setattr("fedi.db.postgres_ear.AGAIN_S", 1.0)
        cut(made.database(HERE), for_good=False)
        await (await open_postgres(made.database(HERE))).close()
        async with asyncio.timeout(90):
            await one.company.is_shut_out.wait()
        with pytest.raises(Unavailable):
            await one.look(lambda rx: settings.find(rx, settings.BASE_URL))


async def test_a_database_that_crashed_shuts_nobody_out() -> None:
    """What the server writes ahead of itself in its journal is not taken for somebody who was there meanwhile."""
    async with two_processes() as (_, _, one, _):
        assert one.company is not None
        await asyncio.to_thread(cluster().crash)
        await until(lambda: one.company is not None and not one.company.is_heard.is_set())
        cluster().start()
        async with asyncio.timeout(90):
            await one.company.is_heard.wait()
        assert not one.company.is_shut_out.is_set()
        assert await one.look(lambda rx: settings.find(rx, settings.BASE_URL)) is not None
        await one.change(lambda unit: unit.tx.run("DELETE FROM delivery"))


@pytest.mark.thorough
async def test_letters_of_one_process_are_delivered_by_another() -> None:
    async with world() as made:
        await made.start(HERE, engine="postgres")
        await made.start(THERE, engine="sqlite")
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective(THERE, "beirut")
        await made.follow(beirut, agora)
        await made.stop(HERE)
        web, worker = [await heard(made) for _ in range(2)]
        made.sites[HERE] = web
        await made.publish(agora, a_note("words"))
        del made.sites[HERE]
        await settle(worker.instance, worker.limits)
        await made.settle()
        assert await made.titles(THERE) == ["<p>words</p>"]


@pytest.mark.thorough
async def test_several_processes_work_one_inbox_without_doing_anything_twice() -> None:
    async with world() as made:
        await made.start(HERE, engine="postgres")
        await made.start(THERE, engine="sqlite")
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective(THERE, "beirut")
        await made.follow(agora, beirut)
        for number in range(20):
            await made.publish(beirut, a_note(f"{number}"))
        there = made.sites[THERE]
        await settle(there.instance, there.limits)
        await made.stop(HERE)
        workers = [await heard(made) for _ in range(3)]
        while sum(
            await asyncio.gather(
                *(Processor(each.instance, each.limits).drain() for each in workers)
            )
        ):
            pass
        states = await workers[0].instance.look(inbox_store.count_states)
        made.sites[HERE] = workers[0]
        titles = await made.titles(HERE)
        del made.sites[HERE]
    assert set(states) == {"done"}
    assert titles == [f"<p>{number}</p>" for number in range(20)]


@pytest.mark.thorough
async def test_a_command_reaches_whichever_process_answers_or_shares_by_itself() -> None:
    async with world() as made:
        await made.start(HERE, engine="postgres")
        await made.stop(HERE)
        config = made.configs[HERE]
        stops = [asyncio.Event(), asyncio.Event()]
        sites = [await heard(made) for _ in stops]
        desks = [
            asyncio.create_task(serve_control(site.instance, config.data_folder / CONTROL, stop))
            for site, stop in zip(sites, stops, strict=True)
        ]
        await until((config.data_folder / CONTROL).exists)
        await call(config, "actor.add", AddOrder(username="one"))
        stops[0].set()
        await desks[0]
        await call(config, "actor.add", AddOrder(username="two"))
        stops[1].set()
        await desks[1]
        await sites[0].stack.aclose()
        # nobody answers here, others share the database from elsewhere
        elsewhere = another_machine(made)
        async with open_desk(elsewhere) as desk:
            assert desk.is_served
            found = await desk.call("actor.list", NoOrder())
    assert isinstance(found, Collectives)
    assert {each.handle.split("@")[1] for each in found.collectives} == {"one", "two"}


def another_machine(made: World, bucket: str = "") -> Config:
    """The same instance on another machine: settings and secret are copied, pictures are in the same folders or `bucket`."""
    there = made.folder / "elsewhere"
    there.mkdir()
    here = made.configs[HERE].data_folder
    shutil.copy2(here / "secret", there)
    for name in () if bucket else ("media", "seen"):
        (here / name).mkdir(exist_ok=True)
        (there / name).symlink_to(here / name, target_is_directory=True)
    return parse_config(
        f'[storage]\nfolder = "{there}"\n{bucket}',
        {"FEDI_INSTANCE_BASE_URL": f"https://{HERE}", "FEDI_DATABASE_URL": made.database(HERE)},
    )


@pytest.mark.thorough
@pytest.mark.parametrize("where", ["folder", "bucket"])
async def test_a_picture_taken_in_on_one_machine_is_shown_by_another(
    where: str, tmp_path: Path
) -> None:
    with objects.place(tmp_path) if where == "bucket" else nullcontext() as place:
        bucket = place.settings() if place else ""
        async with two_processes(bucket) as (made, _, one, _):
            picture = Picture(content=a_picture(), alt="a picture")
            published = await publish(one, PublishOrder(kind="note", pictures=(picture,)))
            keys_put = {each.key for each in one.media.iterate()}
            config = another_machine(made, bucket)
            async with open_instance(config, made.outside(HERE, config), is_shared=True) as other:
                seen = [other.media.exists(key) for key in keys_put]
                await delete(other, DeleteOrder(which=published.uri))
                await retention.forget(other)
                made.clock.advance(days=400)
                await retention.forget(other)
            left = [one.media.exists(key) for key in keys_put]
            assert (config.data_folder / "media").exists() == (where == "folder")
    assert (seen, left) == ([True, True], [False, False])
