"""Which style of signature each host understands is found out once and remembered, also over a restart."""

from fedi.http.schemes import CAVAGE, RFC9421
from fedi.http.transport import Request
from fedi.jobs.absence import write_down_schemes
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import Post, Stranger, deliver, say, stranger


def _styles(made: World) -> list[str]:
    """The style of every letter from now on."""
    seen: list[str] = []

    def watch(request: Request) -> None:
        if request.method == "POST":
            seen.append(RFC9421 if "Signature-Input" in request.headers else CAVAGE)

    made.wire.watchers.append(watch)
    return seen


def _only_rfc9421(post: Post) -> tuple[int, dict[str, str]]:
    return (202 if "Signature-Input" in post.headers else 401), {}


async def _followed_by(made: World, there: Stranger, scheme: str, **members: object) -> str:
    agora = await made.collective("agora.test", "agora")
    reader = there.person("reader", **members)
    await deliver(made, "agora.test", reader.key, say(reader, "Follow", agora.uri), scheme=scheme)
    await made.settle()
    await made.publish(agora, a_note("words"))
    return agora.uri


async def test_whoever_signs_in_the_new_style_is_answered_in_it() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        styles = _styles(made)
        await _followed_by(made, there, RFC9421)
        await made.settle()
        assert styles == [RFC9421, RFC9421]


async def test_whoever_says_that_it_understands_the_new_style_is_spoken_to_in_it() -> None:
    capability = {"href": "https://datatracker.ietf.org/doc/html/rfc9421", "name": "RFC-9421"}
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        styles = _styles(made)
        await _followed_by(
            made, there, CAVAGE, generator={"type": "Application", "implements": [capability]}
        )
        await made.settle()
        assert set(styles) == {RFC9421}


async def test_a_host_that_understands_only_the_new_style_hears_the_old_one_once() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        there.answer = _only_rfc9421
        styles = _styles(made)
        await _followed_by(made, there, CAVAGE)
        await made.settle()
        assert styles[0] == CAVAGE
        assert styles[1:] == [RFC9421] * (len(styles) - 1)


async def test_what_was_found_out_survives_a_restart() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        there.answer = _only_rfc9421
        uri = await _followed_by(made, there, CAVAGE)
        await made.settle()
        await write_down_schemes(made["agora.test"])
        known = await made["agora.test"].look(
            lambda rx: rx.one("SELECT signature_scheme FROM host WHERE host = 'there.test'")
        )
        assert known == (RFC9421,)
        assert uri.startswith("https://agora.test/")


async def test_a_refusal_says_what_a_signature_must_cover() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        await made.collective("agora.test", "agora")
        eve, other = there.person("eve"), there.person("other", 1)
        heard = await deliver(
            made, "agora.test", other.key, say(eve, "Follow", "https://agora.test/")
        )
        assert heard.status == 401
        assert "@target-uri" in heard.headers["accept-signature"]
