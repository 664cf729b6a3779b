"""A long Arabic statement from one instance to two others: whole, edited once, then withdrawn."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from fedi.publications import store
from fedi.publications.compose import DraftText
from tests.harness.wire import Wire
from tests.harness.world import a_statement, world

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"
HOSTS = ("beirut.test", "tunis.test")


def seed() -> str:
    found = sorted(SEEDS.glob("002_*.txt"))
    if not found:
        pytest.skip(f"the seeds are not beside the project: {SEEDS}")
    return found[0].read_text(encoding="utf-8")


def words_of(text: str) -> list[str]:
    return re.findall(r"[\u0621-\u064a]+", re.sub(r"<[^>]+>", " ", text))


async def test_an_arabic_statement_arrives_whole_is_edited_and_withdrawn() -> None:
    source = seed()
    bodies: list[bytes] = []
    async with world("agora.test", *HOSTS) as made:
        agora = await made.collective("agora.test", "agora")
        for host in HOSTS:
            await made.follow(await made.collective(host, host.partition(".")[0]), agora)
        wire: Wire = made.wire
        wire.watchers.append(lambda request: bodies.append(request.body or b""))
        marked = f"## عنوان\n\n- أولا\n- ثانيا\n\n{source}"
        draft = replace(
            a_statement("بيان", marked, "ar"),
            texts={"ar": DraftText("بيان", marked), "en": DraftText("Statement", "In short.")},
        )
        statement = await made.publish(agora, draft)
        await made.settle()
        sent = next(body for body in bodies if b'"Create"' in body)
        assert 0 < sent.index(b'"contentMap":{"ar":') < sent.index(b'"en":"<p>In short')
        for host in HOSTS:
            arrived = await made.find(host, statement.uri)
            assert arrived is not None
            assert list(arrived.texts) == ["ar", "en"]
            assert arrived.original.content == statement.original.content
            assert set(words_of(source)) <= set(words_of(arrived.original.content))
            assert re.search(r"<h[2-4][ >]", arrived.original.content)
            assert "<li" in arrived.original.content

        texts = dict(statement.texts) | {
            "ar": replace(statement.original, content="<p>نص جديد</p>")
        }
        made.clock.advance(minutes=1)
        newer = await made.edit(agora, replace(statement, texts=texts))
        await made.settle()
        for host in HOSTS:
            arrived = await made.find(host, statement.uri)
            assert arrived is not None
            assert arrived.original.content == "<p>نص جديد</p>"
            assert arrived.updated_at is not None
            assert arrived.updated_at > statement.published_at
            edits = await made[host].look(lambda rx: store.list_edits(rx, statement.uri))
            assert [edit.texts["ar"].content for edit in edits] == [statement.original.content]

        await made.delete(agora, newer)
        await made.settle()
        for host in HOSTS:
            assert await made.find(host, statement.uri) is None
            stone = await made[host].look(lambda rx: store.find_tombstone(rx, statement.uri))
            assert stone is not None
