"""Nothing is dropped in silence (R22): whatever came and whatever was to go ends somewhere, with a reason, and all of it adds up."""

from dataclasses import replace

import pytest

from fedi.db.engine import Row
from inbox.handlers import BY_ACTIVITY
from inbox.verdicts import ANSWERED
from outbox import store
from tests.harness.world import World, a_statement
from tests.hostile.stranger import a_note_of, deliver, say
from tests.instances.test_ledger import HOST, nine_servers

ARRIVED_ENDS = {"done", "ignored", "refused", "quarantined"}
SENT_ENDS = {"sent", "refused", "gone", "given_up", "superseded"}


async def rows(made: World, sql: str) -> list[Row]:
    return list(await made[HOST].look(lambda rx: rx.all(sql)))


async def test_whatever_came_and_whatever_was_to_go_ends_with_a_reason_and_adds_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(_unit: object, _incoming: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(BY_ACTIVITY, "Flag", replace(BY_ACTIVITY["Flag"], apply=breaks))
    async with nine_servers() as there:
        made, agora = there.made, there.agora
        ali = there.servers["healthy.test"].person("ali", 1)
        eve = there.servers["slow.test"].person("eve", 2)
        note = a_note_of(ali, 1, tag=[{"type": "Mention", "href": agora.uri}])
        said = [
            (ali, say(ali, "Create", note)),
            (eve, say(eve, "Delete", note["id"])),
            (eve, say(eve, "Update", {**note, "content": "<p>mine now</p>"})),
            (ali, say(ali, "Like", "https://nowhere.test/never-heard-of")),
            (ali, say(ali, "Arrive", agora.uri)),
            (ali, say(ali, "Flag", [agora.uri], content="breaks us")),
            (ali, say(ali, "Create", note)),
        ]
        asked = len(await rows(made, "SELECT id FROM inbox_activity"))
        for speaker, activity in said:
            asked += (await deliver(made, HOST, speaker.key, activity)).status == 202
        published = await there.publish()
        for name in ("Anew", "Once more"):
            # the second takes the place of the first where that one still waits
            texts = {each: replace(text, name=name) for each, text in published.texts.items()}
            published = await made.edit(agora, replace(published, texts=texts))
        await made.publish(agora, a_statement("And more"))
        for _ in range(60):
            await made.settle()
            made.clock.advance(hours=8)
        await made.settle()

        came = await rows(made, "SELECT uri, state, reason, type FROM inbox_activity")
        # what matters to nobody here ends at the door, counted by its reason; the rest is a row each
        reasons = {
            each.labels["verdict"]: int(each.value)
            for each in made[HOST].metrics.samples(ANSWERED)
            if each.labels["status"] == "202"
        }
        assert sum(reasons.values()) == asked
        assert reasons["kept"] == len(came)
        assert "other" not in reasons
        assert len(reasons) > 1
        assert {row[1] for row in came} == ARRIVED_ENDS
        assert [tuple(row) for row in came if row[1] != "done" and not row[2]] == []

        sent = await rows(
            made, "SELECT d.state, d.last_reason, d.last_status, d.host FROM delivery d"
        )
        assert {row[0] for row in sent} == SENT_ENDS
        counted = await made[HOST].look(store.count_states)
        assert sum(counted.values()) == len(sent)
        unexplained = [
            tuple(row) for row in sent if row[0] not in ("sent", "superseded") and not row[1]
        ]
        assert unexplained == []
