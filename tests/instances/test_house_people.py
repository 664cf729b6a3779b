"""The people of a collective: who is in it, what they may do, and what nobody can do to it or to them."""

from actors.rules import Rule, rule_of, set_rule
from tests.harness.world import world


async def test_a_second_person_is_asked_for_only_where_a_collective_decided_so() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        other = await made.collective("agora.test", "atelier")
        instance = made["agora.test"]
        assert not (await instance.look(lambda rx: rule_of(rx, agora.uri))).two_people
        await instance.change(lambda unit: set_rule(unit, agora.uri, Rule(two_people=True)))
        assert (await instance.look(lambda rx: rule_of(rx, agora.uri))).two_people
        assert not (await instance.look(lambda rx: rule_of(rx, other.uri))).two_people
        await instance.change(lambda unit: set_rule(unit, agora.uri, Rule(two_people=False)))
        assert not (await instance.look(lambda rx: rule_of(rx, agora.uri))).two_people
