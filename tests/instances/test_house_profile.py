"""A collective's profile changed on pages, as others see it afterwards; moving away; founding a further collective."""

import io

import pytest
from PIL import Image

from actors import journal, refresh
from actors import store as actor_store
from actors.model import Actor
from fedi.desk import house
from fedi.desk.relations import ReactionOrder
from fedi.publications import featured
from tests.harness.browser import Browser
from tests.harness.gallery import a_picture
from tests.harness.members import a_member
from tests.harness.world import FOLLOWERS, World, a_note, world

PROFILE = "/house/agora/profile"


async def load(made: World, host: str, uri: str) -> Actor:
    return await made[host].look(lambda rx: actor_store.load(rx, uri))


async def test_a_changed_profile_reaches_followers_with_pictures_and_links() -> None:
    async with world("agora.test", "far.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.follow(await made.collective("far.test", "far"), agora)
        ana = await a_member(made, agora)
        form = (await ana.get(PROFILE)).form(PROFILE, "summary")
        page = await ana.send(
            form,
            files={"avatar": ("me.jpg", a_picture()), "header": ("wide.jpg", a_picture())},
            name="ساحة الجيران",
            summary="**We** meet <script>alert(1)</script> here",
            avatar_alt="An olive tree",
            field_name_1="Site",
            field_value_1="https://agora.example/about",
            field_name_2="متى",
            field_value_2="كل يوم <b>أحد</b>",
            approves_followers="yes",
        )
        assert page.status == 200, page.text
        await made.settle()
        there = await load(made, "far.test", agora.uri)
        assert there.name == "ساحة الجيران"
        assert "<strong>We</strong>" in there.summary
        assert "<script" not in there.summary
        assert there.icon is not None
        assert there.icon.alt == "An olive tree"
        assert there.image is not None
        assert there.approves_followers
        assert [each.name for each in there.fields] == ["Site", "متى"]
        assert "&lt;b&gt;" in there.fields[1].value
        # the public page says whose the link is, and only of what the collective itself names
        public = (await Browser(made, "agora.test").get("/@agora")).text
        assert (
            '<a href="https://agora.example/about" rel="me nofollow noopener noreferrer">' in public
        )
        # nothing changed: nobody is told
        before = await made.rows("agora.test")
        form = (await ana.get(PROFILE)).form(PROFILE, "summary")
        await ana.send(form)
        after = await made.rows("agora.test")
        assert after["outbox_activity"] == before["outbox_activity"]
        done = await made["agora.test"].look(lambda rx: journal.list_newest(rx, agora.uri, 5))
        assert [each.done for each in done] == ["journal.profile_changed"]


async def test_pictures_are_taken_away_and_their_words_changed() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        form = (await ana.get(PROFILE)).form(PROFILE, "summary")
        await ana.send(form, files={"avatar": ("me.png", a_picture())}, avatar_alt="one")
        form = (await ana.get(PROFILE)).form(PROFILE, "summary")
        await ana.send(form, avatar_alt="two")
        icon = (await load(made, "agora.test", agora.uri)).icon
        assert icon is not None
        assert icon.alt == "two"
        form = (await ana.get(PROFILE)).form(PROFILE, "summary")
        await ana.send(form, avatar_remove="yes")
        assert (await load(made, "agora.test", agora.uri)).icon is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": ""}, "f-name"),
        ({"name": "x" * 201}, "f-name"),
        ({"summary": "x" * 25_000}, "f-summary"),
        ({"language": "xx"}, "f-language"),
        ({"field_name_1": "only a name"}, "f-field_value_1"),
        ({"field_name_3": "x" * 61, "field_value_3": "y"}, "f-field_name_3"),
        ({"avatar_alt": "x" * 1501}, "f-avatar_alt"),
    ],
)
async def test_a_profile_with_a_mistake_comes_back_as_typed_and_changes_nothing(
    typed: dict[str, str], said: str
) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        before = await load(made, "agora.test", agora.uri)
        ana = await a_member(made, agora)
        files = {"avatar": ("me.png", a_picture())} if "avatar_alt" in typed else None
        form = (await ana.get(PROFILE)).form(PROFILE, "summary")
        page = await ana.send(form, files=files, **typed)
        assert page.status == 400
        assert f'href="#{said}"' in page.text
        again = dict(page.form(PROFILE, "summary").fields)
        name, value = next(iter(typed.items()))
        if name != "language":
            assert again[name] == value
        assert await load(made, "agora.test", agora.uri) == before


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"<svg onload=alert(1)>", b"\xff\xd8\xff" + b"0" * 500, b"MZ" * 90]
)
async def test_what_is_no_picture_is_refused_and_nothing_is_kept(content: bytes) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        form = (await ana.get(PROFILE)).form(PROFILE, "summary")
        page = await ana.send(form, files={"avatar": ("evil.png", content)}, name="Other")
        if content:
            assert page.status == 400
            assert 'href="#f-avatar"' in page.text
            assert (await load(made, "agora.test", agora.uri)).name == agora.name
        assert (await made.rows("agora.test"))["media"] == 0


async def test_every_server_is_given_the_part_that_was_chosen() -> None:
    """A photograph: red on the left, blue on the right."""
    async with world("agora.test", "far.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        photograph = Image.new("RGB", (900, 600), (220, 20, 20))
        photograph.paste((20, 20, 220), (450, 0, 900, 600))
        written = io.BytesIO()
        photograph.save(written, "JPEG", quality=90)
        form = (await ana.get(PROFILE)).form(PROFILE, "summary")
        file = ("us.jpg", written.getvalue())
        page = await ana.send(form, files={"avatar": file, "header": file}, avatar_focal="1,0")
        assert page.status == 200, page.text
        there = await refresh.fetch_actor(made["far.test"], agora.uri)
        assert there.icon is not None
        assert there.image is not None
        found = {}
        for name, image in (("avatar", there.icon), ("header", there.image)):
            fetched, _ = await made["far.test"].http.fetch_media(image.url, bytes_max=10**7)
            found[name] = Image.open(io.BytesIO(fetched))
        assert found["avatar"].size == (600, 600)
        assert found["header"].size == (900, 300)
        red, _, blue = found["avatar"].convert("RGB").getpixel((300, 300))  # type: ignore[misc]
        assert blue > 180 > red


async def test_pins_are_ordered_by_a_person() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        notes = [await made.publish(agora, a_note(words)) for words in ("one", "two")]
        ana = await a_member(made, agora)
        pins = f"{PROFILE}/pins"
        for note in notes:
            form = (await ana.get(PROFILE)).forms[-1]
            page = await ana.send(form, which=note.uri, act="pin")
            made.clock.advance(minutes=1)
        here = made["agora.test"]
        order = [notes[1].uri, notes[0].uri]
        assert await here.look(lambda rx: featured.list_uris(rx, agora.uri)) == order
        await ana.send(page.form(pins, notes[0].uri), act="first")
        order.reverse()
        assert await here.look(lambda rx: featured.list_uris(rx, agora.uri)) == order
        page = await ana.send(
            (await ana.get(PROFILE)).forms[-1], which="https://x.test/1", act="pin"
        )
        assert page.status == 400


async def test_moving_away_needs_the_handle_typed_and_leads_the_followers() -> None:
    async with world("agora.test", "new.test", "far.test") as made:
        agora = await made.collective("agora.test", "agora")
        new = await made.collective("new.test", "agora")
        far = await made.collective("far.test", "far")
        await made.follow(far, agora)
        ana = await a_member(made, agora)
        bilal = await a_member(made, new, "Bilal")
        moving = "/house/agora/moving"
        form = (await bilal.get(moving)).form(moving)
        assert (await bilal.send(form, alias=agora.handle, act="add")).status == 200
        form = (await ana.get(moving)).form(f"{moving}/away")
        refused = await ana.send(form, who=new.handle, confirmation="agora")
        assert refused.status == 400
        assert dict(refused.form(f"{moving}/away").fields)["who"] == new.handle
        assert (await load(made, "agora.test", agora.uri)).moved_to is None
        page = await ana.send(form, who=new.handle, confirmation=agora.handle)
        assert page.status == 200
        await made.settle()
        assert await made.followers(new) == [far.uri]


async def test_a_house_steward_founds_a_collective_and_looks_after_it() -> None:
    async with world("agora.test", "far.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        form = (await ana.get("/steward/collectives")).form("/steward/collectives")
        page = await ana.send(form, username="atelier", name="ورشة", language="ar")
        assert page.path.startswith("/house/atelier/profile")
        again = await ana.send(form, username="atelier", name="Second")
        assert again.status == 400
        assert dict(again.form("/steward/collectives").fields)["name"] == "Second"
        for username in ("", "no spaces", "../x", "ورشة"):
            assert (await ana.send(form, username=username)).status == 400
        found = await refresh.find_or_fetch_by_handle(made["far.test"], "@atelier@agora.test")
        assert found.name == "ورشة"


async def test_what_is_pinned_stands_first_for_everybody_in_its_order_and_only_if_public() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        here = made["agora.test"]
        said = [await made.publish(agora, a_note(words)) for words in ("Water", "Bread", "Roses")]
        quiet = await made.publish(agora, a_note("Secret", visibility=FOLLOWERS))
        for each in (said[0], said[1]):
            await house.pin(here, ReactionOrder(actor="agora", which=each.uri))
            made.clock.advance(minutes=1)
        await here.change(lambda unit: featured.add(unit, agora.uri, quiet.uri))
        page = await Browser(made, "agora.test").get("/@agora")
        first, _, rest = page.text.partition("Published")
        assert first.index("Bread") < first.index("Water")
        assert "Roses" not in first
        assert "Roses" in rest
        assert "Secret" not in page.text
