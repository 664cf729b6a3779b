"""What a program made with Fedify finds in our documents, as a running instance serves them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedi.publications.aid.model import AidDetails
from fedi.publications.compose import Draft, DraftText
from fedi.publications.event.model import EventDetails
from fedi.publications.place import Place
from fedi.vocab.terms import PUBLIC
from tests.peers.live.fedify_peer import FedifyPeer
from tests.peers.live.our_server import Collective

pytestmark = [pytest.mark.peer, pytest.mark.asyncio(loop_scope="module")]

BEGINS = datetime(2031, 5, 3, 17, 0, tzinfo=UTC)
PLACE = Place(name="دار الجيران", locality="تونس", country="TN", latitude=36.8, longitude=10.18)

DRAFTS: dict[str, Draft] = {
    "Event": Draft(
        "event",
        {
            "ar": DraftText("اجتماع الحي", "**تعالوا** كلكم. #حي"),
            "fr": DraftText("Assemblée du quartier", "**Venez** toutes et tous."),
        },
        details=EventDetails(BEGINS, BEGINS + timedelta(hours=3), "Africa/Tunis", place=PLACE),
    ),
    "Article": Draft("statement", {"ar": DraftText("بيان الأول من ماي", "نحن هنا. #حي")}),
    "Note": Draft(
        "aid_request",
        {"ar": DraftText("بطانيات للشتاء", "نجمعها قبل البرد. #حي")},
        details=AidDetails("request", what="clothing", quantity="40", until=BEGINS, place=PLACE),
    ),
}
TITLES = {kind: draft.texts["ar"].title for kind, draft in DRAFTS.items()}
KINDS = pytest.mark.parametrize("kind", DRAFTS)


async def read(agora: Collective, fedify: FedifyPeer, kind: str) -> dict[str, Any]:
    return await fedify.read(await agora.publish(DRAFTS[kind]))


def in_language(found: list[Any], language: str) -> list[str]:
    return [one["text"] for one in found if isinstance(one, dict) and one["language"] == language]


@KINDS
async def test_a_publication_shows_its_kind_author_audience_and_tag(
    agora: Collective, fedify: FedifyPeer, kind: str
) -> None:
    found = await read(agora, fedify, kind)
    assert (found["readAs"], found["author"]) == (kind, agora.uri)
    assert (found["to"], found["cc"]) == ([PUBLIC], [f"{agora.uri}/followers"])
    assert found["tags"] == [["Hashtag", "#حي", found["tags"][0][2]]]
    assert found["urls"] == [found["id"]]
    assert found["replies"] == f"{found['id']}/replies"
    assert found["published"] is not None


@KINDS
async def test_a_publication_shows_its_title_and_words_with_their_language(
    agora: Collective, fedify: FedifyPeer, kind: str
) -> None:
    found = await read(agora, fedify, kind)
    source = DRAFTS[kind].texts["ar"].source.replace("**", "").split(".")[0]
    [content] = in_language(found["contents"], "ar")
    plain = content.replace("<strong>", "").replace("</strong>", "")
    assert in_language(found["names"], "ar") == [TITLES[kind]]
    assert source in plain
    # readers that know no languages take the bare value
    assert (found["names"][0], found["contents"][0]) == (TITLES[kind], content)


async def test_an_event_shows_its_times_and_place(agora: Collective, fedify: FedifyPeer) -> None:
    found = await read(agora, fedify, "Event")
    assert (found["startTime"], found["endTime"]) == (
        "2031-05-03T17:00:00Z",
        "2031-05-03T20:00:00Z",
    )
    assert found["location"] == {"name": "دار الجيران", "latitude": 36.8, "longitude": 10.18}


async def test_an_event_shows_when_and_where_in_its_summary(
    agora: Collective, fedify: FedifyPeer
) -> None:
    found = await read(agora, fedify, "Event")
    [summary] = in_language(found["summaries"], "fr")
    assert summary == "samedi 3 mai 2031 de 18h à 21h (heure de Tunis) – دار الجيران, تونس"


async def test_an_event_shows_its_translation(agora: Collective, fedify: FedifyPeer) -> None:
    found = await read(agora, fedify, "Event")
    assert in_language(found["names"], "fr") == ["Assemblée du quartier"]
    assert in_language(found["contents"], "fr") == ["<p><strong>Venez</strong> toutes et tous.</p>"]


async def test_a_statement_shows_its_beginning_as_its_summary(
    agora: Collective, fedify: FedifyPeer
) -> None:
    found = await read(agora, fedify, "Article")
    [summary] = in_language(found["summaries"], "ar")
    assert summary.startswith("نحن هنا.")


async def test_an_aid_request_shows_what_is_needed_until_when_and_where(
    agora: Collective, fedify: FedifyPeer
) -> None:
    found = await read(agora, fedify, "Note")
    [content] = in_language(found["contents"], "ar")
    assert all(words in content for words in (TITLES["Note"], "40", "2031", "دار الجيران"))
    assert found["endTime"] == "2031-05-03T17:00:00Z"
    assert found["location"]["name"] == "دار الجيران"
    # a summary would hide the words of a Note behind a warning
    assert found["summaries"] == []


async def test_an_actor_shows_its_name_and_where_to_write(
    agora: Collective, fedify: FedifyPeer
) -> None:
    found = await fedify.read(agora.handle)
    assert (found["readAs"], found["id"], found["names"]) == ("Group", agora.uri, ["ساحة الجيران"])
    assert found["actor"] == {
        "preferredUsername": agora.made.username,
        "inbox": f"{agora.uri}/inbox",
        "sharedInbox": f"https://{agora.server.host}/inbox",
        "followers": f"{agora.uri}/followers",
        "approvesFollowers": False,
        "publicKey": "RSASSA-PKCS1-v1_5",
        "assertionMethods": ["Ed25519"],
        "outbox": [],
    }


async def test_the_page_of_an_actor_leads_to_the_actor(
    agora: Collective, fedify: FedifyPeer
) -> None:
    page = f"https://{agora.server.host}/@{agora.made.username}"
    assert (await fedify.read(page))["id"] == agora.uri


async def test_the_outbox_of_an_actor_shows_its_publications_newest_first(
    agora: Collective, fedify: FedifyPeer
) -> None:
    published = [await agora.publish(draft) for draft in DRAFTS.values()]
    found = await fedify.read(agora.handle)
    assert found["actor"]["outbox"] == published[::-1]
