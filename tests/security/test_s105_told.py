"""S105, S106: what a stranger can learn about the people here, and whether anybody can let themselves in."""

import json

import pytest

from tests.harness.world import World, world
from tests.hostile.stranger import send_raw
from tests.security.asking import PAGE, ask

HERE = "agora.test"


async def nodeinfo(made: World) -> dict[str, object]:
    heard = await ask(made, f"https://{HERE}/nodeinfo/2.1", "application/json")
    found: dict[str, object] = json.loads(heard.body)
    return found


@pytest.mark.parametrize("posture", ["open", "guarded", "closed"])
async def test_nobody_and_nothing_is_counted_in_public(posture: str) -> None:
    settings = f'[instance]\nposture = "{posture}"\n'
    async with world(HERE, settings=settings) as made:
        await made.collective(HERE, "agora")
        told = await nodeinfo(made)
        assert told["usage"] == {"users": {}}
        assert told["openRegistrations"] is False


@pytest.mark.parametrize("posture", ["guarded", "closed"])
async def test_a_careful_instance_does_not_tell_its_version(posture: str) -> None:
    settings = f'[instance]\nposture = "{posture}"\n'
    async with world(HERE, settings=settings) as made:
        await made.collective(HERE, "agora")
        assert (await nodeinfo(made))["software"] == {"name": "mujawara", "version": "0"}


async def test_nobody_can_register() -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        for path in (
            "/register",
            "/signup",
            "/auth/sign_up",
            "/api/v1/accounts",
            "/users",
            "/join",
        ):
            assert (await ask(made, f"https://{HERE}{path}", PAGE)).status == 404
            posted = await send_raw(made, HERE, path, [("host", HERE)], b"username=eve")
            assert posted.status in {404, 405}
