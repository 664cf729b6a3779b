"""Deliveries, queue, relays, words, room, health and safety on pages."""

from datetime import UTC, datetime

import pytest

from actors import blocks, journal
from fedi import settings
from fedi.desk.instance import LanguageOrder, SayOrder, say, show_words
from fedi.doctor.nightly import AWAKE_S, NIGHT, SETTLED_S, look_at_night
from fedi.errors import Invalid
from fedi.observe.now import measure
from fedi.observe.text import written
from fedi.unit import Unit
from outbox import store as outbox_store
from tests.harness.browser import Browser
from tests.harness.clock import FakeClock
from tests.harness.members import a_member
from tests.harness.world import ENGINE, a_note, a_statement, world


async def test_the_ledger_of_a_publication_tells_what_did_not_arrive_and_tries_again() -> None:
    async with world("agora.test", "far.test", "near.test") as made:
        agora = await made.collective("agora.test", "agora")
        for host in ("far", "near"):
            await made.follow(await made.collective(f"{host}.test", host), agora)
        made.wire.cut.add("far.test")
        note = await made.publish(agora, a_statement("بيان"))
        await made.settle()
        ana = await a_member(made, agora, role="editor")
        path = f"/house/agora/deliveries/{note.uri.rpartition('/')[2]}"
        listed = await ana.get("/house/agora/deliveries")
        assert path in listed.text
        page = await ana.get(path)
        assert "far.test" in page.text
        assert "cannot be reached" in page.text
        assert "It has arrived at 1 server" in page.text
        reader = await a_member(made, agora, "Bilal", "reader")
        refused = await reader.get(path)
        assert refused.status == 200
        assert all(form.action != path for form in refused.forms)
        made.wire.cut.clear()
        await ana.send(page.form(path))
        await made.settle()
        assert "Everything that was sent has arrived" in (await ana.get(path)).text


async def test_the_ledger_of_another_collective_is_not_there() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        agora = await made.collective("agora.test", "third")
        note = await made.publish(agora, a_note("ours"))
        ana = await a_member(made, atelier)
        public_id = note.uri.rpartition("/")[2]
        assert (await ana.get(f"/house/atelier/deliveries/{public_id}")).status == 404
        for wrong in ("x", "..", "%00", "0" * 26):
            assert (await ana.get(f"/house/atelier/deliveries/{wrong}")).status == 404


async def test_the_queue_names_who_does_not_take_it_and_gives_up_when_told() -> None:
    async with world("agora.test", "far.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.follow(await made.collective("far.test", "far"), agora)
        made.wire.cut.add("far.test")
        await made.publish(agora, a_note("words"))
        await made.settle()
        ana = await a_member(made, agora)
        page = await ana.get("/steward/queue")
        assert "1 delivery waits" in page.text
        form = page.form("/steward/queue", "far.test")
        page = await ana.send(form, act="drop")
        assert "1 delivery waits" not in page.text
        assert (await ana.send(form, act="drop")).status == 400
        assert (await ana.send(form, act="burn")).status == 400
        made.wire.cut.clear()
        await ana.send(form, act="retry")
        made.clock.advance(hours=1)
        await made.settle()
        assert await made.titles("far.test") == ["<p>words</p>"]
        log = (await ana.get("/steward/moderation/history")).text
        assert "gave up what waited for" in log


async def test_rules_and_appeal_stand_on_the_public_page_in_the_readers_language() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        form = (await ana.get("/steward/words?in=ar")).form("/steward/words")
        page = await ana.send(
            form,
            rules="**لا** إهانة <script>alert(1)</script>",
            appeal="اكتبوا إلينا",
            contact="stewards@agora.example",
        )
        assert page.path.startswith("/steward/words?in=ar")
        form = (await ana.get("/steward/words?in=fr")).form("/steward/words")
        await ana.send(form, rules="Pas d’insulte")
        arabic = (await Browser(made, "agora.test", "ar").get("/about")).text
        french = (await Browser(made, "agora.test", "fr").get("/about")).text
        spanish = (await Browser(made, "agora.test", "es").get("/about")).text
        assert "<strong>لا</strong> إهانة" in arabic
        assert "<script>alert" not in arabic
        assert "stewards@agora.example" in arabic
        assert "Pas d’insulte" in french
        assert 'lang="ar"' in spanish
        done = await made["agora.test"].look(lambda rx: journal.list_newest(rx, journal.HOUSE, 5))
        assert {each.done for each in done} == {"journal.instance_words"}


@pytest.mark.parametrize("field", ["about", "rules", "appeal"])
async def test_words_too_long_come_back_as_typed(field: str) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        form = (await ana.get("/steward/words?in=en")).form("/steward/words")
        page = await ana.send(form, **{field: "x" * 25_000})
        assert page.status == 400
        assert dict(page.form("/steward/words").fields)[field] == "x" * 25_000
        here = made["agora.test"]
        assert getattr(await show_words(here, LanguageOrder(language="en")), field) == ""
        with pytest.raises(Invalid):
            await say(here, SayOrder(language="xx", rules="no"))


async def test_everybody_is_signed_out_but_who_asks() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        bilal = await a_member(made, agora, "Bilal", "author")
        form = (await ana.get("/steward/safety")).form("/steward/safety/sessions")
        assert (await ana.send(form)).status == 400
        assert (await bilal.get("/me")).path == "/me"
        await ana.send(form, sure="yes")
        assert (await bilal.get("/me")).path.startswith("/sign-in")
        assert (await ana.get("/me")).path == "/me"


async def test_new_keys_are_made_for_a_collective_and_the_server() -> None:
    async with world("agora.test", "far.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.follow(await made.collective("far.test", "far"), agora)
        ana = await a_member(made, agora)
        form = (await ana.get("/steward/safety")).form("/steward/safety")
        assert (await ana.send(form, whose="")).status == 400
        assert (await ana.send(form, whose="nobody")).status in (400, 404)
        for whose in ("agora", "-server"):
            assert (await ana.send(form, whose=whose)).status == 200
        await made.settle()
        await made.publish(agora, a_note("after"))
        await made.settle()
        assert await made.titles("far.test") == ["<p>after</p>"]


async def test_settings_are_shown_without_secrets_and_the_doctor_looks_from_inside() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await ana.get("/steward/instance")
        for words in ("requests_per_source", "https://agora.test", "posture", "in the file"):
            assert words in page.text
        assert made["agora.test"].keyring.secret.hex() not in page.text
        page = await ana.send((await ana.get("/steward/health")).form("/steward/health"))
        assert page.status == 200
        assert ("PostgreSQL" if ENGINE[0] == "postgres" else "SQLite") in page.text


def at(hour: int, day: int = 1) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begin", "passes_h", "looks"),
    [
        # by day nothing, then once in the night, though it is asked every hour
        (at(14), 11, 0),
        (at(14), 15, 1),
        (at(14), 24, 1),
        (at(14), 39, 2),
        # up for an hour by day after two days without a look
        (at(9), 1, 0),
    ],
)
async def test_the_server_looks_at_itself_once_a_night(
    begin: datetime, passes_h: int, looks: int
) -> None:
    async with world("agora.test", clock=FakeClock(begin)) as made:
        here, counted = made["agora.test"], 0
        assert await look_at_night(here) == 0
        here.metrics._began_s -= SETTLED_S
        for _ in range(passes_h + 1):
            counted += await look_at_night(here)
            made.clock.advance(hours=1)
    assert counted == looks


async def test_a_machine_that_is_off_at_night_is_looked_at_by_day() -> None:
    async with world("agora.test", clock=FakeClock(at(9))) as made:
        here = made["agora.test"]
        at_the_start = await look_at_night(here)
        here.metrics._began_s -= AWAKE_S
        assert (at_the_start, await look_at_night(here), await look_at_night(here)) == (0, 1, 0)


async def test_what_is_found_at_night_is_shown_to_stewards_and_counted() -> None:
    async with world("agora.test", clock=FakeClock(at(3))) as made:
        here = made["agora.test"]
        agora = await made.collective("agora.test", "agora")
        await made.publish(agora, a_note("words"))
        await here.change(_post_to_somebody)
        ana = await a_member(made, agora)
        assert "looked at itself" not in (await ana.get("/steward/health")).text
        await here.change(lambda unit: unit.tx.run("DELETE FROM outbox_activity"))
        here.metrics._began_s -= SETTLED_S
        assert await look_at_night(here) == 1
        made.clock.advance(hours=2)
        page = (await ana.get("/steward/health")).text
        assert "looked at itself" in page
        assert "Letters whose words are gone" in page
        told = written(await measure(here))
    assert 'mujawara_self_check_findings{verdict="warning"}' in told
    assert "mujawara_self_check_age_seconds 7200" in told


@pytest.mark.parametrize(
    "kept",
    [
        "{",
        "[]",
        '{"at_ms": "yesterday"}',
        '{"at_ms": 99999999999999999}',
        '{"at_ms": 1, "findings": [{"check": "rows", "verdict": "doomed", "key": "doctor.rows.ok"}]}',
    ],
)
async def test_a_look_that_another_version_wrote_down_is_as_good_as_none(kept: str) -> None:
    async with world("agora.test", clock=FakeClock(at(3))) as made:
        here = made["agora.test"]
        ana = await a_member(made, await made.collective("agora.test", "agora"))
        await here.change(lambda unit: settings.put(unit, NIGHT, kept))
        page = await ana.get("/steward/health")
        assert (page.status, "looked at itself" in page.text) == (200, False)
        assert "\nmujawara_self_check_age_seconds " not in written(await measure(here))
        here.metrics._began_s -= SETTLED_S
        assert await look_at_night(here) == 1
        assert "looked at itself" in (await ana.get("/steward/health")).text


def _post_to_somebody(unit: Unit) -> None:
    [row] = unit.tx.all("SELECT id FROM outbox_activity LIMIT 1")
    outbox_store.insert_deliveries(unit, row[0], [("https://a.example/inbox", "a.example")])


async def test_room_is_shown_and_made() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await ana.get("/steward/room")
        assert "MB" in page.text
        page = await ana.send(page.form("/steward/room"), act="weigh")
        assert page.status == 200
        form = (await ana.get("/steward/room")).form("/steward/room")
        for act in ("prune", "purge"):
            assert (await ana.send(form, act=act)).status == 200
        assert (await ana.send(form, act="burn")).status == 400


async def test_a_relay_that_is_none_comes_back_as_typed() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        form = (await ana.get("/steward/relays")).form("/steward/relays")
        for typed in ("", "nonsense", "https://agora.test/inbox", "javascript:alert(1)"):
            page = await ana.send(form, address=typed)
            assert page.status == 400
            assert dict(page.form("/steward/relays").fields)["address"] == typed
        await made["agora.test"].change(
            lambda unit: blocks.add(unit, "", "relay.example", blocks.HOST)
        )
        page = await ana.send(form, address="https://relay.example/inbox")
        assert page.status == 400
