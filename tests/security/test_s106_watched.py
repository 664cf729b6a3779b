"""S106: when nobody looks after an instance any more, strangers do not speak on its pages by themselves."""

from tests.harness.members import PASSWORD, a_member
from tests.harness.world import World, world
from tests.hostile.stranger import Person, a_note_of, deliver, say, stranger


async def speak(made: World, person: Person, uri: str, number: int) -> bool:
    """Somebody nobody knows answers; whether it is held."""
    note = a_note_of(person, number, f"<p>{number}</p>") | {
        "to": [uri, "https://www.w3.org/ns/activitystreams#Public"],
        "tag": [{"type": "Mention", "href": uri, "name": "@agora"}],
    }
    heard = await deliver(made, "agora.test", person.key, say(person, "Create", note, number))
    assert heard.status == 202
    await made.settle()
    row = await made["agora.test"].look(
        lambda rx: rx.one("SELECT is_held FROM publication WHERE uri = ?", note["id"])
    )
    assert row is not None
    return bool(row[0])


async def test_words_of_strangers_wait_while_nobody_has_looked_for_two_weeks() -> None:
    async with world("agora.test") as made, stranger(made, "one.test") as one:
        agora = await made.collective("agora.test", "agora")
        person = one.person("somebody")
        assert not await speak(made, person, agora.uri, 1), (
            "nobody ever came: looked after elsewhere"
        )
        reader = await a_member(made, agora, "Jo", "reader")
        salma = await a_member(made, agora, "Salma", "steward")
        made.clock.advance(days=13)
        assert not await speak(made, person, agora.uri, 2)
        made.clock.advance(days=2)
        await reader.sign_in("Jo", PASSWORD)
        assert await speak(made, person, agora.uri, 3)
        await salma.sign_in("Salma", PASSWORD)
        assert not await speak(made, person, agora.uri, 4)
