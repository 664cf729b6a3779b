"""Our collectives quote others: with consent, or with a link (FEP-044f). Two whole instances; and a stranger who says odd things."""

from typing import Any

import pytest

from actors.model import Actor
from fedi.desk import publishing, quotes
from fedi.desk.publishing import PublishOrder
from fedi.desk.quotes import RevokeOrder
from fedi.desk.wishes import EditOrder, Words
from fedi.publications import quoting
from fedi.publications.model import Publication
from fedi.vocab.audience import Visibility
from tests.harness.browser import Browser, Page
from tests.harness.members import a_member
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import Stranger, a_note_of, deliver, say, stranger

HERE, THERE = "agora.test", "beirut.test"


async def comment(who: Browser, about: str, words: str = "We agree") -> Page:
    """Pass something on with words of one's own, as a member does it in the page."""
    page = await who.get(f"/house/agora/thread?about={about}")
    [form] = [each for each in page.forms if ("what", "comment") in each.fields]
    return await who.send(form, words=words)


async def quote_of(made: World, host: str = HERE) -> Publication:
    """The newest of what an instance says itself."""
    [row, *_] = await made[host].look(
        lambda rx: rx.all("SELECT uri FROM publication WHERE is_local AND kind = 'note' ORDER BY id DESC")
    )  # fmt: skip
    found = await made.find(host, row[0])
    assert found is not None
    return found


async def state_of(made: World, quote: str) -> str:
    found = await made[HERE].look(lambda rx: quoting.find(rx, quote))
    return found.state if found else ""


async def neighbours(made: World) -> tuple[Actor, Actor, Browser]:
    """Agora, whom Beirut follows and the other way round, and a steward of agora."""
    agora = await made.collective(HERE, "agora")
    beirut = await made.collective(THERE, "beirut")
    await made.follow(agora, beirut)
    await made.follow(beirut, agora)
    return agora, beirut, await a_member(made, agora)


async def test_a_comment_becomes_a_quote_when_its_author_agrees() -> None:
    async with world(HERE, THERE) as made:
        _, beirut, ana = await neighbours(made)
        said = await made.publish(beirut, a_note("Bread for all"))
        await made.settle()
        page = await comment(ana, said.uri)
        assert "Their author is asked" in page.text
        quote = await quote_of(made)
        assert (quote.quote, quote.quote_stamp, await state_of(made, quote.uri)) == (
            said.uri,
            None,
            "asked",
        )
        page = await ana.get(f"/house/agora/thread?about={quote.uri}")
        assert "has not answered yet" in page.text
        await made.settle()
        quote = await quote_of(made)
        assert await state_of(made, quote.uri) == "given"
        # it is no change of the words, and nobody is told that it was edited
        assert quote.updated_at is None
        assert quote.quote_stamp is not None
        stamp = (await made[HERE].http.fetch_document(quote.quote_stamp)).document
        assert (stamp["interactingObject"], stamp["interactionTarget"]) == (quote.uri, said.uri)
        document = (await made[THERE].http.fetch_document(quote.uri)).document
        assert document["quoteAuthorization"] == quote.quote_stamp
        assert {document[each] for each in ("quote", "quoteUri", "quoteUrl", "_misskey_quote")} == {
            said.uri
        }
        assert document["content"].endswith(
            f'<p class="quote-inline">RE: <a href="{said.uri}">{said.uri}</a></p>\n'
        )
        for path in (
            f"/house/agora/thread?about={quote.uri}",
            f"/house/agora/publications/{quote.uri.rpartition('/')[2]}",
        ):
            assert "its author agreed" in (await ana.get(path)).text
        arrived = await made.find(THERE, quote.uri)
        assert arrived is not None
        assert arrived.quote == said.uri


async def test_a_consent_that_is_taken_back_leaves_a_link() -> None:
    async with world(HERE, THERE) as made:
        _, beirut, ana = await neighbours(made)
        said = await made.publish(beirut, a_note("Bread for all"))
        await made.settle()
        await comment(ana, said.uri)
        await made.settle()
        quote = await quote_of(made)
        await quotes.revoke(made[THERE], RevokeOrder(which=quote.uri, actor="beirut"))
        await made.settle()
        after = await quote_of(made)
        assert (after.uri, after.quote, after.quote_stamp) == (quote.uri, None, None)
        assert said.uri in after.original.content
        page = await ana.get(f"/house/agora/thread?about={quote.uri}")
        assert "does not want to be quoted" in page.text
        document = (await made[THERE].http.fetch_document(quote.uri)).document
        assert not {"quote", "quoteUrl", "quoteAuthorization"} & set(document)


async def test_changing_the_words_of_a_quote_keeps_it_one() -> None:
    async with world(HERE, THERE) as made:
        _, beirut, ana = await neighbours(made)
        said = await made.publish(beirut, a_note("Bread for all"))
        await made.settle()
        await comment(ana, said.uri)
        await made.settle()
        before = await quote_of(made)
        source = before.original.source or ""
        words = (Words(source=source.replace("agree", "agree and come")),)
        await publishing.edit(made[HERE], EditOrder(which=before.uri, actor="agora", words=words))
        after = await quote_of(made)
        assert "agree and come" in after.original.content
        assert (after.quote, after.quote_stamp) == (before.quote, before.quote_stamp)
        assert after.original.content.count("quote-inline") == 1


async def test_own_words_are_quoted_without_asking_anybody() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        said = await made.publish(agora, a_note("Bread"))
        page = await comment(ana, said.uri)
        assert "Passed on with your words." in page.text
        quote = await quote_of(made)
        assert (quote.quote, await state_of(made, quote.uri)) == (said.uri, "")


async def test_a_collective_next_door_is_asked_like_any_other() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        atelier = await made.collective(HERE, "atelier")
        ana = await a_member(made, agora)
        said = await made.publish(atelier, a_note("Bread"))
        await comment(ana, said.uri)
        quote = await quote_of(made)
        await made.settle()
        assert await state_of(made, quote.uri) == "given"


async def test_what_is_not_for_everybody_is_not_quoted() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        said = await made.publish(agora, a_note("Few", visibility=Visibility.FOLLOWERS))
        order = PublishOrder(
            kind="note", actor="agora", words=(Words(source="See"),), quotes=said.uri
        )
        with pytest.raises(publishing.Unfit):
            await publishing.publish(made[HERE], order)


POLICIES: list[tuple[str, Any, bool]] = [
    ("everybody", {"canQuote": {"automaticApproval": ["https://www.w3.org/ns/activitystreams#Public"]}}, True),
    ("everybody, one word", {"canQuote": {"automaticApproval": "as:Public"}}, True),
    ("everybody, after a look", {"canQuote": {"automaticApproval": [], "manualApproval": ["https://www.w3.org/ns/activitystreams#Public"]}}, True),
    ("us", {"canQuote": {"manualApproval": ["https://agora.test/c/agora", "{agora}"]}}, True),
    ("nobody else", {"canQuote": {"automaticApproval": ["{author}"]}}, False),
    ("followers, and we are none", {"canQuote": {"automaticApproval": ["{author}/followers"]}}, False),
    ("nothing said", None, False),
    ("nonsense", "yes", False),
    ("more nonsense", {"canQuote": ["https://www.w3.org/ns/activitystreams#Public"]}, False),
    ("deeper nonsense", {"canQuote": {"automaticApproval": [{"a": 1}, None, 7, ["x"]]}}, False),
]  # fmt: skip


async def test_the_author_is_asked_only_where_the_policy_allows_it() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        for number, (name, policy, asks) in enumerate(POLICIES):
            uri = await heard(made, mars, agora, spelled(policy, agora, mars), number)
            page = await comment(ana, uri)
            quote = await quote_of(made)
            assert quote.quote == (uri if asks else None), name
            assert uri in quote.original.content
            assert ("Their author is asked" if asks else "does not allow quotes") in page.text
            await made.settle()
            asked = [
                post.document for post in mars.posts if post.document["type"] == "QuoteRequest"
            ]
            assert [each["instrument"]["id"] for each in asked if each["object"] == uri] == [
                quote.uri
            ][: int(asks)]
            made.clock.advance(minutes=1)


def spelled(policy: Any, agora: Actor, mars: Stranger) -> Any:
    """The policy with the names of those who take part."""
    if isinstance(policy, dict):
        return {key: spelled(value, agora, mars) for key, value in policy.items()}
    if isinstance(policy, list):
        return [spelled(each, agora, mars) for each in policy]
    if isinstance(policy, str):
        return policy.replace("{agora}", agora.uri).replace("{author}", mars.person("ali").uri)
    return policy


async def heard(made: World, mars: Stranger, agora: Actor, policy: Any, number: int = 1) -> str:
    """Words of a stranger that mention us, which lie at their own server too."""
    ali = mars.person("ali")
    tag = {"type": "Mention", "href": agora.uri, "name": "@agora@agora.test"}
    note = a_note_of(ali, number, cc=[agora.uri], tag=[tag])
    if policy is not None:
        note["interactionPolicy"] = policy
    uri = str(note["id"])
    mars.show(uri, note)
    told = say(ali, "Create", note, number, to=note["to"], cc=note["cc"])
    assert (await deliver(made, HERE, ali.key, told)).status == 202
    await made.settle()
    return uri


LIES: list[tuple[str, str, dict[str, Any]]] = [
    ("a stamp of another server", "ali", {"result": "https://venus.test/stamps/1"}),
    ("no stamp", "ali", {}),
    ("a stamp that is no address", "ali", {"result": {"a": 1}}),
    ("somebody else of the same server", "eve", {"result": "{mars}/stamps/1"}),
]


async def test_a_consent_counts_only_from_the_author_and_with_their_stamp() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        quote, request = await asked(made, mars)
        for number, (name, who, more) in enumerate(LIES):
            result = str(more.get("result")).replace("{mars}", mars.url(""))
            told = more | {"result": result} if isinstance(more.get("result"), str) else more
            speaker = mars.person(who, int(who != "ali"))
            await deliver(made, HERE, speaker.key, say(speaker, "Accept", request, number, **told))
            await made.settle()
            assert await state_of(made, quote.uri) == "asked", name
            assert (await quote_of(made)).quote_stamp is None


@pytest.mark.parametrize("embeds", [True, False])
async def test_a_refusal_is_final_and_consent_may_be_taken_back(embeds: bool) -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        quote, request = await asked(made, mars)
        ali, subject = mars.person("ali"), request if embeds else request["id"]
        stamp = {"result": mars.url("/stamps/1")}
        for number, (verb, more, expected) in enumerate(
            [("Accept", stamp, "given"), ("Reject", {}, "refused"), ("Accept", stamp, "refused")],
            10,
        ):
            told = say(ali, verb, subject, number, **more)
            assert (await deliver(made, HERE, ali.key, told)).status == 202
            await made.settle()
            assert await state_of(made, quote.uri) == expected


async def test_nobody_but_its_author_takes_a_stamp_back() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        quote, request = await asked(made, mars)
        ali, eve = mars.person("ali"), mars.person("eve", 1)
        stamp = mars.url("/stamps/1")
        await deliver(made, HERE, ali.key, say(ali, "Accept", request, result=stamp))
        await made.settle()
        for who, expected in ((eve, "given"), (ali, "refused")):
            await deliver(made, HERE, who.key, say(who, "Delete", stamp, 20))
            await made.settle()
            assert await state_of(made, quote.uri) == expected


async def asked(made: World, mars: Stranger) -> tuple[Publication, dict[str, Any]]:
    """A quote of a stranger's words, and the question as it reached them."""
    agora = await made.collective(HERE, "agora")
    ana = await a_member(made, agora)
    uri = await heard(made, mars, agora, {"canQuote": {"automaticApproval": "as:Public"}})
    await comment(ana, uri)
    await made.settle()
    [request] = [post.document for post in mars.posts if post.document["type"] == "QuoteRequest"]
    return await quote_of(made), {
        key: request[key] for key in ("id", "type", "actor", "object", "instrument")
    }
