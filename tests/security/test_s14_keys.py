"""S14, S16, S20, S113: asking for keys has bounds, a host that is down is not taken for a liar, large keys hold up nobody."""

import asyncio
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa as make_rsa

import inbox.authenticate
from fedi.signatures.keys import SigningKey, public_pem
from tests.harness.world import world
from tests.hostile.stranger import Person, deliver, rsa, say, stranger

HERE = "agora.test"


async def test_a_host_that_does_not_answer_means_later_and_not_never() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        made.wire.cut.add("mars.test")
        heard = await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))
        assert heard.status == 503
        assert int(heard.headers["retry-after"]) >= 1


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_host_in_trouble_means_later_and_not_never(status: int) -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        made.wire.answers["mars.test"] = (status, {})
        heard = await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))
        assert (heard.status, "retry-after" in heard.headers) == (503, True)


async def test_a_key_that_is_not_there_is_refused_for_good_and_not_asked_for_again() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        nobody = Person(mars.url("/nobody"), SigningKey(mars.url("/nobody#main-key"), rsa(0)))
        for number in range(3):
            heard = await deliver(made, HERE, nobody.key, say(nobody, "Follow", us.uri, number))
            assert heard.status == 401
        assert mars.asked == ["/nobody"]


async def test_bad_signatures_in_its_name_make_us_ask_a_host_thirty_times_an_hour_at_most() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        statuses = []
        for number in range(35):
            uri = mars.url(f"/made-up-{number}")
            liar = Person(uri, SigningKey(f"{uri}#main-key", rsa(0)))
            statuses.append(
                (await deliver(made, HERE, liar.key, say(liar, "Follow", us.uri))).status
            )
        assert statuses == [401] * 30 + [429] * 5
        assert len(mars.asked) == 30
        made.clock.advance(hours=1)
        ali = mars.person("ali")
        assert (await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))).status == 202


async def test_a_known_key_that_does_not_fit_is_asked_for_once_in_five_minutes() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        assert (await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))).status == 202
        mars.asked.clear()
        forged = SigningKey(ali.key.key_id, rsa(1))
        for number in range(4):
            heard = await deliver(made, HERE, forged, say(ali, "Like", us.uri, number))
            assert heard.status == 401
        assert mars.asked == ["/ali"]
        made.clock.advance(minutes=6)
        await deliver(made, HERE, forged, say(ali, "Like", us.uri, "later"))
        assert mars.asked == ["/ali", "/ali"]


async def test_a_large_key_is_checked_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    really = inbox.authenticate.verify

    def noting(*given: object, **named: object) -> object:
        threads.append(threading.current_thread() is threading.main_thread())
        return really(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox.authenticate, "verify", noting)
    large = await asyncio.to_thread(make_rsa.generate_private_key, 65537, 3072)
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        for name, private in (("small", rsa(0)), ("large", large)):
            person = mars.person(name)
            person.key = SigningKey(person.key.key_id, private)
            shown = person.document()
            shown["publicKey"]["publicKeyPem"] = public_pem(private)
            mars.show(person.uri, shown)
            threads.clear()
            heard = await deliver(made, HERE, person.key, say(person, "Follow", us.uri))
            assert heard.status == 202
            # the first look knows no key yet, the second has it
            assert threads[-1] is (name == "small")
