"""An event with everything people ask before they come: written in the form, told on the page, arrived elsewhere."""

import re

from fedi.publications.event import gathering
from tests.harness.browser import Browser
from tests.harness.members import a_member
from tests.harness.world import world
from tests.instances.test_house_writing import composer, fresh, published, send

WHEN = {"starts_day": "2026-12-05", "starts_hour": "18:00", "zone": "Africa/Tunis"}


async def test_languages_cost_access_and_how_answers_are_taken_go_out_with_the_event() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora", language="en")
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, agora)
        ana = await a_member(made, agora)
        typed = {
            "title__en": "Assembly",
            **WHEN,
            "place_locality": "Tunis",
            "online_url": "https://rooms.example/1",
            "has_room": "yes",
            "spoken": "ar, fr",
            "cost": "free",
            "wheelchair": "partially",
            "childcare": "from 3 years",
            "interpretation": "Arabic – French",
            "contact": "hello@agora.test",
            "answers_form": "off",
            "answers_waiting": "no",
            "answers_counts": "yes",
            "answers_place_street": "12 Olive Street",
        }
        page = await send(ana, await fresh(ana, "event"), "publish", **typed)
        assert page.status == 200, page.text
        [event] = await published(made, agora)
        await made.settle()
        there = await made.find("beirut.test", event.uri)
        assert there is not None
        for found in (event.event, there.event):
            assert (found.spoken, found.cost, found.wheelchair) == (("ar", "fr"), "free", "partially")  # fmt: skip
            assert (found.childcare, found.contact) == ("from 3 years", "hello@agora.test")
            assert found.interpretation == "Arabic – French"
            assert found.is_online
        assert there.event.takes_form is False
        kept = await made["agora.test"].look(lambda rx: gathering.find(rx, event.uri, "open"))
        assert (kept.form, kept.has_waiting, kept.shows_counts) == ("off", False, True)
        assert kept.place is not None
        assert kept.place.street == "12 Olive Street"
        shown = (await Browser(made, "agora.test", "fr").get(f"/event/{event.uri[-26:]}")).text
        for said in ("arabe, français", "en partie", "from 3 years", "hello@agora.test"):
            assert said in shown
        # told to those who come alone
        assert "Olive" not in shown


async def test_what_is_wrong_is_said_beside_its_field_and_nothing_goes_out() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora", language="en")
        ana = await a_member(made, agora)
        typed = {
            "title__en": "Assembly",
            **WHEN,
            "place_locality": "Tunis",
            "has_room": "yes",
            "spoken": "arabic!",
            "wheelchair": "often",
            "cost": "x" * 301,
            "answers_form": "sometimes",
            "answers_online_url": "javascript:alert(1)",
        }
        page = await send(ana, await fresh(ana, "event"), "publish", **typed)
        wrong = set(re.findall(r'id="w-([\w.]+)"', page.text))
        assert wrong >= {
            "online_url",
            "spoken",
            "wheelchair",
            "cost",
            "answers_form",
            "answers_online_url",
        }
        assert await published(made, agora) == []


async def test_the_former_date_stays_beside_the_new_one() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora", language="en")
        ana = await a_member(made, agora)
        typed = {"title__en": "Assembly", **WHEN, "place_locality": "Tunis"}
        page = await send(ana, await fresh(ana, "event"), "publish", **typed)
        page = await ana.send(page.form(f"{page.path.partition('?')[0]}/change"))
        assert composer(page)
        page = await send(ana, page, "publish", status="postponed", starts_day="2026-12-12")
        assert page.status == 200, page.text
        [event, _] = sorted(await published(made, agora), key=lambda each: each.kind)
        shown = (await Browser(made, "agora.test", "en").get(f"/event/{event.uri[-26:]}")).text
        assert "Formerly Sat, Dec 5, 2026" in shown or "5 Dec" in shown, shown
        assert "Postponed" in shown
