"""Finding a date across instances: yes, perhaps, no from ours, a poll for everybody else; one is taken, and all are told."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from actors.model import Actor
from fedi.desk import dates as desk
from fedi.desk.blocking import ActorOrder, block_actor
from fedi.desk.order import Unfit
from fedi.desk.publishing import edit
from fedi.desk.wishes import EditOrder, PlaceWish, Words
from fedi.errors import Conflict, Invalid, NotFound
from fedi.jobs.retention import apply as forget_in_time
from fedi.publications.dates.model import DatesDetails
from outbox.actions.block import block
from tests.harness.browser import Browser
from tests.harness.gathering import HERE, told
from tests.harness.members import a_member
from tests.harness.world import World, world
from tests.hostile.stranger import Person, deliver, say, stranger

THERE = "beirut.test"


@dataclass(slots=True)
class Question:
    """A question for a date of ours."""

    made: World
    agora: Actor
    uri: str

    @property
    def which(self) -> str:
        return self.uri.rpartition("/")[2]

    async def slots(self, host: str = HERE) -> list[str]:
        found = await self.made.find(host, self.uri)
        assert found is not None
        assert isinstance(found.details, DatesDetails)
        return [each.uri for each in found.details.slots]

    async def table(self) -> desk.Table:
        return await desk.show(self.made[HERE], desk.WhichOrder(which=self.uri, actor="agora"))

    async def counts(self) -> list[tuple[int, int, int]]:
        choices = (await self.table()).choices
        return [(each.coming, each.maybe, each.not_coming) for each in choices]

    async def hear(self, who: Person, verb: str, subject: object, number: object = 1) -> None:
        said = say(who, verb, subject, number, to=[self.agora.uri], cc=[])
        await deliver(self.made, HERE, who.key, said)
        await self.made.settle()


def day(made: World, days: int, hour: str = "18:00") -> str:
    return f"{made.clock.now() + timedelta(days=days):%Y-%m-%d}T{hour}"


def asking(made: World, **more: Any) -> desk.AskOrder:
    wished: dict[str, Any] = {
        "title": "Feast <of> bread",
        "words": "Bring *songs*",
        "moments": tuple(
            desk.Moment(starts=day(made, n), ends=day(made, n, "21:00")) for n in (9, 7, 8)
        ),
        "zone": "Africa/Tunis",
        "place": PlaceWish(name="Dar Al-Jiran", city="Tunis"),
        "language": "en",
        "actor": "agora",
        **more,
    }
    return desk.AskOrder(**wished)


async def a_question(made: World, **more: Any) -> Question:
    agora = await made.collective(HERE, "agora")
    asked = await desk.ask(made[HERE], asking(made, **more))
    await made.settle()
    return Question(made, agora, asked.uri)


async def test_a_collective_elsewhere_says_yes_perhaps_and_no_and_changes_its_mind() -> None:
    async with world(HERE, THERE) as made:
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective(THERE, "beirut")
        await made.follow(beirut, agora)
        asked = await desk.ask(made[HERE], asking(made))
        await made.settle()
        question = Question(made, agora, asked.uri)
        ana = await a_member(made, beirut, role="editor")
        path = f"/house/beirut/thread?about={question.uri}"
        page = await ana.get(path)
        assert "When can you?" in page.text
        form = page.form("/house/beirut/dates-answer")
        answers = {"wish-1": "coming", "wish-2": "maybe", "wish-3": "not_coming"}
        page = await ana.send(form, **answers)
        await made.settle()
        assert page.status == 200
        assert await question.counts() == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
        [voter] = (await question.table()).voters
        assert (voter.uri, voter.wishes) == (beirut.uri, ["coming", "maybe", "not_coming"])
        # what was said stands in the form, and only what is new is sent
        page = await ana.get(path)
        answers = {"wish-1": "coming", "wish-2": "coming", "wish-3": "not_coming"}
        await ana.send(page.form("/house/beirut/dates-answer"), **answers)
        await made.settle()
        assert await question.counts() == [(1, 0, 0), (1, 0, 0), (0, 0, 1)]


async def test_people_vote_from_mastodon_and_the_document_counts_them_without_names() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        question = await a_question(made)
        ada = there.person("ada")
        page = await Browser(made, HERE).get(f"/note/{question.which}", Accept="application/activity+json")  # fmt: skip
        document = json.loads(page.text)
        options = document["anyOf"]
        assert document["type"] == "Question"
        assert [each["id"] for each in options] == await question.slots()
        # in the order of time, as people read it
        assert [each["startTime"] for each in options] == sorted(e["startTime"] for e in options)
        assert "18:00–21:00 (Tunis time)" in options[0]["name"]
        for number, option in enumerate(options[:2]):
            vote = {
                "id": f"{ada.uri}#votes/{number}",
                "type": "Note",
                "name": option["name"],
                "attributedTo": ada.uri,
                "to": [question.agora.uri],
                "inReplyTo": question.uri,
            }
            await question.hear(ada, "Create", vote, number)
        assert await question.counts() == [(1, 0, 0), (1, 0, 0), (0, 0, 0)]
        page = await Browser(made, HERE).get(f"/note/{question.which}", Accept="application/activity+json")  # fmt: skip
        document = json.loads(page.text)
        votes = [each["replies"]["totalItems"] for each in document["anyOf"]]
        assert (votes, document["votersCount"]) == ([1, 1, 0], 1)
        assert ada.uri not in page.text
        page = await Browser(made, HERE).get(f"/note/{question.which}")
        assert "1 can" in page.text
        assert ada.uri not in page.text
        assert await made.find(HERE, f"{ada.uri}#votes/0") is None


async def test_one_is_taken_the_event_is_made_and_whoever_answered_is_told() -> None:
    async with world(HERE, THERE) as made, stranger(made, "mastodon.test") as there:
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective(THERE, "beirut")
        await made.follow(beirut, agora)
        asked = await desk.ask(made[HERE], asking(made))
        await made.settle()
        question = Question(made, agora, asked.uri)
        order = desk.AnswerOrder(which=question.uri, wishes=("maybe", "coming"))
        await desk.answer(made[THERE], order)
        ada = there.person("ada")
        await question.hear(ada, "Accept", (await question.slots())[1])
        ana = await a_member(made, agora, role="editor")
        page = await ana.get(f"/house/agora/dates/{question.which}")
        assert "2 can" in page.text
        page = await ana.send(page.form(page.path), number="2")
        await made.settle()
        assert (page.status, page.path.startswith("/house/agora/publications/")) == (200, True)
        uri = f"https://{HERE}/event/{page.path.partition('?')[0].rpartition('/')[2]}"
        event = await made.find(HERE, uri)
        assert event is not None
        assert event.original.name == "Feast <of> bread"
        assert f"{event.event.starts_at.astimezone(event.event.zone):%Y-%m-%dT%H:%M}" == day(
            made, 8
        )
        assert event.event.place is not None
        assert event.event.place.name == "Dar Al-Jiran"
        [message] = [each["object"] for each in told(there, "Create") if each["to"] == [ada.uri]]
        assert "There is a date for" in message["content"]
        assert uri in message["content"]
        bo = await a_member(made, beirut, role="editor")
        assert "There is a date for" in (await bo.get("/house/beirut/notifications")).text
        page = await bo.get(f"/house/beirut/thread?about={question.uri}")
        assert "The date is found" in page.text
        # names are gone, the sums stay
        assert (await made.rows(HERE))["date_answer"] == 0
        choices = (await question.table()).choices
        assert [each.coming for each in choices] == [0, 2, 0]
        assert (
            "The date is found" in (await Browser(made, HERE).get(f"/note/{question.which}")).text
        )
        with pytest.raises(Conflict):
            await desk.decide(made[HERE], desk.DecideOrder(which=question.uri, number=1))
        await question.hear(ada, "Accept", (await question.slots())[0], 2)
        assert (await made.rows(HERE))["date_answer"] == 0


async def test_what_is_no_answer_changes_nothing() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        question = await a_question(made, visibility="followers")
        ada, ben = there.person("ada"), there.person("ben", 1)
        [first, *_] = await question.slots()
        # who may not read it may not answer it
        await question.hear(ada, "Accept", first)
        assert await question.counts() == [(0, 0, 0)] * 3
        public = Question(made, question.agora, (await desk.ask(made[HERE], asking(made))).uri)
        await made.settle()
        [first, *_] = await public.slots()
        await block_actor(made[HERE], ActorOrder(who=(await _known(public, ben)).uri))
        await public.hear(ben, "Accept", first, 2)
        for number, moment in enumerate((f"{public.uri}#date-9", f"{public.uri}#main-key"), 3):
            await public.hear(ada, "Accept", moment, number)
        assert await public.counts() == [(0, 0, 0)] * 3
        made.clock.advance(days=8)
        await public.hear(ada, "Accept", first, 9)
        assert await public.counts() == [(0, 0, 0)] * 3


async def _known(question: Question, who: Person) -> Person:
    """Somebody who was heard of once."""
    await question.hear(who, "Accept", (await question.slots())[0])
    return who


async def test_who_is_shut_out_is_forgotten() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        question = await a_question(made)
        ada = there.person("ada")
        await question.hear(ada, "Accept", (await question.slots())[0])
        assert await question.counts() == [(1, 0, 0), (0, 0, 0), (0, 0, 0)]
        await block_actor(made[HERE], ActorOrder(who=ada.uri))
        assert await question.counts() == [(0, 0, 0)] * 3


# what is ordered, the fields and keys that are wrong
WRONG: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"title": " "}, [("title", "publication.name_missing")]),
    ({"moments": ()}, [("moments", "dates.how_many")]),
    ({"place": PlaceWish()}, [("place_name", "event.place_missing")]),
    ({"zone": "Mars/Olympus"}, [("zone", "event.timezone_unknown")]),
    ({"online_url": "javascript:1"}, [("online_url", "error.address")]),
    ({"visibility": "local"}, [("visibility", "reading.audience")]),
    ({"until": "2020-01-01"}, [("until", "dates.past")]),
    ({"until": "soon"}, [("until", "desk.moment_form")]),
]
MOMENTS = [
    (("2030-01-01T18:00", "2030-01-01T18:00"), "dates.twice"),
    (("2030-01-01T18:00", "2020-01-01T18:00"), "dates.past"),
    (("2030-01-01T18:00", "2030-02-29T18:00"), "desk.moment_none"),
    (("2030-01-01T18:00", "2030-01-02"), "dates.hour"),
    (("2030-01-01T18:00", "2030-01-02T18:00/2030-01-02T17:00"), "event.ends_before_start"),
    (tuple(f"2030-01-{n:02}T18:00" for n in range(1, 12)), "dates.how_many"),
]


async def test_what_is_wrong_is_said_and_nothing_goes_out() -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        for more, problems in WRONG:
            with pytest.raises(Unfit) as refusal:
                await desk.ask(made[HERE], asking(made, **more))
            found = [(each.field, each.message_key) for each in refusal.value.problems]
            assert found == problems
        for typed, key in MOMENTS:
            pairs = (each.partition("/") for each in typed)
            moments = tuple(desk.Moment(starts=a, ends=b) for a, _, b in pairs)
            with pytest.raises(Unfit) as refusal:
                await desk.ask(made[HERE], asking(made, moments=moments))
            assert [each.message_key for each in refusal.value.problems] == [key]
        assert (await made.rows(HERE))["publication"] == 0


async def test_a_question_is_asked_in_the_house_and_comes_back_as_typed() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora, role="editor")
        page = await ana.get("/house/agora/dates")
        first, second = day(made, 7).partition("T")[0], day(made, 8).partition("T")[0]
        typed = {
            "title": "Feast",
            "day-1": first,
            "from-1": "18:00",
            "to-1": "21:00",
            "day-2": second,
            "place_name": "Dar",
        }
        page = await ana.send(page.form("/house/agora/dates"), **typed)
        assert (page.status, "at what time it begins" in page.text) == (400, True)
        assert f'value="{second}"' in page.text
        page = await ana.send(page.form("/house/agora/dates"), **{"from-2": "19:00"})
        assert (page.status, page.path.startswith("/house/agora/dates/")) == (200, True)
        which = page.path.partition("?")[0].rpartition("/")[2]
        page = await ana.get(f"/house/agora/publications/{which}")
        assert "Who can when" in page.text
        assert "/change" not in page.text


async def test_what_was_answered_is_not_changed_and_can_be_closed() -> None:
    async with world(HERE) as made:
        question = await a_question(made)
        words = (Words(language="en", source="Something else"),)
        changed = EditOrder(which=question.uri, actor="agora", words=words)
        with pytest.raises(Invalid, match="no_change"):
            await edit(made[HERE], changed)
        with pytest.raises(Invalid):
            await desk.decide(made[HERE], desk.DecideOrder(which=question.uri, number=4))
        await desk.decide(made[HERE], desk.DecideOrder(which=question.uri, number=0))
        table = await question.table()
        assert (table.is_open, table.event_uri) == (False, "")
        hala = await made.collective(HERE, "hala")
        order = desk.DecideOrder(which=question.uri, number=1, actor=hala.username)
        with pytest.raises(NotFound):
            await desk.decide(made[HERE], order)


async def test_who_could_when_is_forgotten_after_the_last_of_the_dates() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        question = await a_question(made)
        ada = there.person("ada")
        await question.hear(ada, "TentativeAccept", (await question.slots())[0])
        assert (await made.rows(HERE))["date_answer"] == 1
        made.clock.advance(days=120)
        await forget_in_time(made[HERE])
        assert (await made.rows(HERE))["date_answer"] == 0


async def test_a_closed_posture_tells_no_numbers() -> None:
    async with world() as made, stranger(made, "mastodon.test") as there:
        await made.start(HERE, '[instance]\nposture = "guarded"\n')
        question = await a_question(made)
        ada = there.person("ada")
        await question.hear(ada, "Accept", (await question.slots())[0])
        # strangers wait, and a vote is nothing that somebody could look at
        assert await question.counts() == [(0, 0, 0)] * 3
        page = await Browser(made, HERE).get(f"/note/{question.which}")
        assert "1 can" not in page.text


async def test_when_the_date_is_found_those_who_were_shut_out_hear_nothing() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        question = await a_question(made)
        ada, ben = there.person("ada"), there.person("ben", 1)
        for who in (ada, ben):
            await question.hear(who, "Accept", (await question.slots())[0])
        await made[HERE].change(lambda unit: block(unit, question.agora, ben.uri))
        assert await question.counts() == [(1, 0, 0), (0, 0, 0), (0, 0, 0)]
        await desk.decide(made[HERE], desk.DecideOrder(which=question.uri, number=1))
        await made.settle()
        assert [each["to"] for each in told(there, "Create")] == [[ada.uri]]


async def test_a_question_is_asked_in_several_languages_and_the_event_has_them_all() -> None:
    also = (Words(language="ar", title="عيد الخبز", source="هاتوا *أغانيكم*"), Words())
    async with world(HERE) as made:
        question = await a_question(made, also=also)
        found = await made.find(HERE, question.uri)
        assert found is not None
        assert list(found.texts) == ["en", "ar"]
        assert "عيد الخبز</strong>" in found.texts["ar"].content
        page = (await Browser(made, HERE, "ar").get(f"/note/{question.which}")).text
        assert "هاتوا" in page
        order = desk.DecideOrder(which=question.uri, number=1, actor="agora")
        event = await made.find(HERE, (await desk.decide(made[HERE], order)).uri)
        assert event is not None
        assert {tag: text.name for tag, text in event.texts.items()} == {
            "en": "Feast <of> bread",
            "ar": "عيد الخبز",
        }


async def test_words_are_changed_in_the_house_while_nobody_has_answered() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        question = await a_question(made)
        ana = await a_member(made, question.agora)
        path = f"/house/agora/dates/{question.which}"
        slots = await question.slots()
        page = await ana.get(path)
        form = page.form(f"{path}/words")
        page = await ana.send(form, title="Feast", **{"language-1": "en", "title-1": "Twice"})
        assert "There are words in this language already." in page.text
        page = await ana.send(form, title="", words="x")
        assert page.status == 400
        words = {"language-2": "fr", "title-2": "Fête", "words-2": "Avec du pain"}
        page = await ana.send(form, title="Feast of songs", **words)
        assert page.status == 200
        found = await made.find(HERE, question.uri)
        assert found is not None
        assert list(found.texts) == ["en", "fr"]
        assert "Feast of songs" in found.texts["en"].content
        assert await question.slots() == slots
        assert (await question.table()).title == "Feast of songs"
        # what people answered stays what it was
        ada = there.person("ada")
        await question.hear(ada, "Accept", slots[0])
        page = await ana.send(form, title="Something else")
        assert page.status == 400
        assert (await question.table()).title == "Feast of songs"
        assert f"{path}/words" not in (await ana.get(path)).text
