"""The page of an invitation: for whom, as what, until when, and nothing for guessers."""

import aiohttp
import pytest

from actors import people
from tests.harness.world import World, world


async def _page(made: World, path: str, language: str = "en") -> tuple[int, str, dict[str, str]]:
    port = made.wire.ports["agora.test"]
    headers = {"Host": "agora.test", "Accept": "text/html", "Accept-Language": language}
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session,
        session.get(f"https://127.0.0.1:{port}{path}", headers=headers) as answer,
    ):
        return answer.status, await answer.text(), {k.lower(): v for k, v in answer.headers.items()}


async def _invited(made: World) -> str:
    agora = await made.collective("agora.test", "agora", "ساحة الجيران")

    def work(unit: object) -> str:
        person = people.add(unit, "Ana <b>")  # type: ignore[arg-type]
        people.grant(unit, person.id, agora.uri, "author")  # type: ignore[arg-type]
        return people.invite(unit, person.id)[0]  # type: ignore[arg-type]

    return await made["agora.test"].change(work)


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr"])
async def test_an_invitation_says_for_whom_and_as_what(language: str) -> None:
    async with world("agora.test") as made:
        token = await _invited(made)
        status, text, headers = await _page(made, f"/invitation/{token}", language)
        assert status == 200
        assert f'lang="{language}"' in text
        assert "Ana &lt;b&gt;" in text
        assert "ساحة الجيران" in text
        assert "web." not in text
        assert "no-store" in headers["cache-control"]


async def test_opening_an_invitation_does_not_use_it_up_but_time_does() -> None:
    async with world("agora.test") as made:
        token = await _invited(made)
        for _ in range(2):
            assert (await _page(made, f"/invitation/{token}"))[0] == 200
        made.clock.advance(days=8)
        assert (await _page(made, f"/invitation/{token}"))[0] == 404


@pytest.mark.parametrize("guess", ["x", "a" * 43, "%00", "ي", "a" * 5_000])
async def test_a_guess_finds_nothing(guess: str) -> None:
    async with world("agora.test") as made:
        await _invited(made)
        assert (await _page(made, f"/invitation/{guess}"))[0] == 404
