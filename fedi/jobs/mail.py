"""Sending the letters that wait: for a new password, to prove an address, to say that something waits. Written only now, so no link lies on disk."""

import logging
from datetime import timedelta
from email.utils import format_datetime
from functools import partial

from actors import journal, mail, notifications, people
from actors.mail import Wish
from fedi.db.engine import Reader
from fedi.errors import FediError, RemoteUnreachable
from fedi.http.post import hand_over, letter_of
from fedi.i18n.catalog import Translator, translator
from fedi.ids import new_token
from fedi.instance import Instance
from fedi.unit import Unit

log = logging.getLogger("fedi.jobs")

AT_ONCE = 5
DIGESTS_AT_ONCE = 200
LEASE = timedelta(minutes=2)
AGAIN = tuple(timedelta(minutes=n) for n in (1, 5, 15, 60))


async def send_due(instance: Instance) -> int:
    """Send some of what is due; how many. Without a mail server nothing is touched."""
    if not instance.config.mail.host:
        return 0
    secret = instance.keyring.secret
    claimed = await instance.claim(lambda unit: mail.claim(unit, secret, AT_ONCE, LEASE))
    began = instance.clock.monotonic()
    for wish in claimed:
        if instance.clock.monotonic() - began > LEASE.total_seconds() / 2:
            # a slow mail server: what is left comes back before anybody could have it twice
            break
        await _send(instance, wish)
    return len(claimed)


async def _send(instance: Instance, wish: Wish) -> None:
    try:
        if wish.kind == "lost":
            await _write_to_owners(instance, wish)
        elif wish.kind == "digest":
            await _write_digest(instance, wish)
        else:
            await _write_code(instance, wish)
    except RemoteUnreachable as problem:
        if wish.attempts <= len(AGAIN):
            after = AGAIN[wish.attempts - 1]
            await instance.change(partial(mail.postpone, row_id=wish.id, after=after))
            return
        log.warning("letter given up", extra={"reason": problem.detail})
    except FediError as problem:
        log.warning("letter given up", extra={"reason": problem.detail})
    await instance.change(partial(mail.finish, row_id=wish.id))


async def _write_to_owners(instance: Instance, wish: Wish) -> None:
    """A link for everybody who proved that this address is theirs; for nobody, nothing."""
    secret = instance.keyring.secret
    for person_id in await instance.look(lambda rx: mail.owners(rx, secret, wish.address)):

        def invite(unit: Unit, person_id: int = person_id) -> tuple[people.Person, str]:
            person = people.load_by_id(unit.tx, person_id)
            journal.note(unit, journal.HOUSE, person.id, "journal.mail_link")
            return person, people.invite(unit, person.id)[0]

        person, token = await instance.change(invite)
        t = _words(instance, person)
        url = instance.urls.invitation(token)
        text = t("mail.lost.text", name=person.name, host=instance.urls.host, url=url)
        await _hand_over(
            instance, wish.address, t("mail.lost.subject", host=instance.urls.host), text
        )


async def _write_code(instance: Instance, wish: Wish) -> None:
    secret = instance.keyring.secret
    person, found, code = await instance.look(
        lambda rx: (
            people.find_by_id(rx, wish.person_id),
            mail.find(rx, secret, wish.person_id),
            mail.code_of(rx, secret, wish.person_id),
        )
    )
    if person is None or found is None or found.text != wish.address:
        return
    t = _words(instance, person)
    text = t("mail.confirm.text", name=person.name, host=instance.urls.host, code=code)
    subject = t("mail.confirm.subject", host=instance.urls.host)
    await _hand_over(instance, wish.address, subject, text)


async def wish_digests(instance: Instance) -> int:
    """Have a letter written to everybody for whom something waits, as often as they wish; how many.

    With nothing waiting nobody is written to.
    """
    if not instance.config.mail.host:
        return 0
    secret = instance.keyring.secret

    def work(unit: Unit) -> int:
        written = 0
        for person_id in mail.list_digests_due(unit.tx, unit.now, DIGESTS_AT_ONCE):
            found = mail.find(unit.tx, secret, person_id)
            mail.note_digest(unit, person_id)
            if found is not None and _waiting_for(unit.tx, person_id):
                mail.wish(unit, secret, "digest", found.text, person_id)
                written += 1
        return written

    return await instance.change(work)


def _waiting_for(rx: Reader, person_id: int) -> int:
    """How much nobody has looked at, in the collectives of this person."""
    person = people.find_by_id(rx, person_id)
    return 0 if person is None else notifications.count_unread(rx, list(person.roles))


async def _write_digest(instance: Instance, wish: Wish) -> None:
    """That something waits and where, and nothing of what it is (S83)."""
    secret = instance.keyring.secret
    person, found, waiting = await instance.look(
        lambda rx: (
            people.find_by_id(rx, wish.person_id),
            mail.find(rx, secret, wish.person_id),
            _waiting_for(rx, wish.person_id),
        )
    )
    if person is None or found is None or found.text != wish.address or not found.digest_days:
        return
    if not waiting:
        return
    t, host = _words(instance, person), instance.urls.host
    url = f"{instance.urls.base}/house"
    text = t("mail.digest.text", name=person.name, host=host, url=url)
    line = t.plural("mail.digest.waiting", waiting)
    await _hand_over(
        instance, wish.address, t("mail.digest.subject", host=host), f"{line}\n\n{text}"
    )


def _words(instance: Instance, person: people.Person) -> Translator:
    return translator(person.language or instance.config.instance.language)


async def _hand_over(instance: Instance, to: str, subject: str, text: str) -> None:
    host = instance.urls.host.partition(":")[0]
    letter = letter_of(
        instance.config.mail.sender,
        to,
        subject,
        text + "\n",
        f"<{new_token()}@{host}>",
        format_datetime(instance.clock.now()),
    )
    await hand_over(instance.config, host, letter)
