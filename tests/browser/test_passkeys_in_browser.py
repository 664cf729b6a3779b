"""Passkeys in Chromium, with a device that the browser itself plays: made, signed in with, asked after the password, cancelled."""

from typing import Any

import pytest

from tests.browser.house import Neighbourhood, neighbourhood
from tests.browser.judges import call_judges
from tests.harness.members import PASSWORD, a_member
from tests.harness.npm import NotInstallable

pytestmark = pytest.mark.browser

HOST = "majaz.test"
HERE = f"https://{HOST}"
SMALL = (320, 640)


async def with_device(tab: Any) -> tuple[Any, str]:
    """A telephone that keeps passkeys and verifies its owner."""
    line = await tab.context.new_cdp_session(tab)
    await line.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await line.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return line, made["authenticatorId"]


async def password(tab: Any) -> None:
    await tab.goto(f"{HERE}/sign-in")
    await tab.fill("#f-name", "سلمى")
    await tab.fill("#f-password", PASSWORD)
    await tab.click("button.main")


async def salma(near: Neighbourhood) -> None:
    agora = await near.made.collective(HOST, "majaz")
    await a_member(near.made, agora, "سلمى", language="ar", is_signed_in=False)


async def sign_out(tab: Any) -> None:
    await tab.evaluate("document.querySelector('form[action=\"/sign-out\"]').submit()")
    await tab.wait_for_url(f"{HERE}/")


async def test_made_then_signed_out_then_signed_in_without_a_password() -> None:
    async with neighbourhood(HOST) as near:
        await salma(near)
        tab = await near.tab("ar", size=SMALL)
        line, device = await with_device(tab)
        await password(tab)
        await tab.goto(f"{HERE}/me/factor")
        await tab.click("a[href='/me/factor/passkeys']")
        # without a name nothing is asked of the device
        await tab.click("[data-passkey=create]")
        held = await line.send("WebAuthn.getCredentials", {"authenticatorId": device})
        assert held["credentials"] == []
        await tab.fill("#f-label", "الهاتف الأزرق")
        await tab.press("#f-label", "Enter")
        await tab.wait_for_selector(".codes li")
        held = await line.send("WebAuthn.getCredentials", {"authenticatorId": device})
        (credential,) = held["credentials"]
        assert credential["isResidentCredential"]
        assert credential["rpId"] == HOST
        # the same device has one already
        await tab.goto(f"{HERE}/me/factor/passkeys")
        await tab.fill("#f-label", "مرة أخرى")
        await tab.click("[data-passkey=create]")
        await tab.wait_for_selector(".passkey [role=status]:not(:empty)")
        await sign_out(tab)
        await tab.goto(f"{HERE}/sign-in?next=/me/factor")
        await tab.click("[data-passkey=get]")
        await tab.wait_for_url(f"{HERE}/me/factor")
        assert "الهاتف الأزرق" in await tab.inner_text("main")
        assert near.complaints == []
        assert near.strangers == []


@pytest.mark.thorough
async def test_after_the_password_it_is_the_second_step_and_who_is_not_verified_stays_outside() -> (
    None
):
    async with neighbourhood(HOST) as near:
        await salma(near)
        tab = await near.tab("en")
        line, device = await with_device(tab)
        await password(tab)
        await tab.goto(f"{HERE}/me/factor/passkeys")
        await tab.fill("#f-label", "Blue phone")
        await tab.click("[data-passkey=create]")
        await tab.wait_for_selector(".codes li")
        await sign_out(tab)
        await password(tab)
        verified = {"authenticatorId": device, "isUserVerified": False}
        await line.send("WebAuthn.setUserVerified", verified)
        await tab.click("[data-passkey=get]")
        await tab.wait_for_selector(".passkey [role=status]:not(:empty)")
        await line.send("WebAuthn.setUserVerified", {**verified, "isUserVerified": True})
        await tab.click("[data-passkey=get]")
        await tab.wait_for_url(f"{HERE}/house/majaz")
        assert near.complaints == []


@pytest.mark.thorough
async def test_without_scripts_there_is_no_button_that_does_nothing() -> None:
    async with neighbourhood(HOST) as near:
        await salma(near)
        tab = await near.tab("en", scripts=False)
        await tab.goto(f"{HERE}/sign-in")
        assert not await tab.is_visible("[data-passkey]")
        await password(tab)
        await tab.goto(f"{HERE}/me/factor")
        assert await tab.query_selector("a[href='/me/factor/passkeys']")
        assert not await tab.is_visible("a[href='/me/factor/passkeys']")
        await tab.goto(f"{HERE}/me/factor/passkeys")
        assert not await tab.is_visible("#f-label")
        assert await tab.is_visible("noscript p")


@pytest.mark.thorough
async def test_pages_with_a_passkey_please_the_judges_and_the_smallest_phone() -> None:
    try:
        judges = call_judges()
    except NotInstallable as problem:
        pytest.skip(f"axe-core is not available: {problem}")
    async with neighbourhood(HOST) as near:
        await salma(near)
        tab = await near.tab("ar", size=SMALL, scheme="dark")
        await with_device(tab)
        await password(tab)
        await tab.goto(f"{HERE}/me/factor/passkeys")
        await tab.fill("#f-label", "الهاتف الأزرق")
        await tab.click("[data-passkey=create]")
        await tab.wait_for_selector(".codes li")
        sources = {}

        async def judge(name: str) -> None:
            assert await tab.evaluate("document.documentElement.scrollWidth") == SMALL[0], name
            assert await judges.violations(tab) == [], name
            sources[name] = await tab.content()

        await tab.goto(f"{HERE}/me/factor")
        await judge("mine")
        await tab.click("main li a.button")
        await tab.wait_for_selector("form[action$='/remove']")
        await judge("one")
        await sign_out(tab)
        await password(tab)
        await tab.wait_for_selector("form[action='/sign-in/code']")
        await judge("second step")
        if judges.java:
            assert judges.errors(sources) == []
