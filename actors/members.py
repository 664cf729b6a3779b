"""Somebody's place in a collective: given, changed, taken away, together with all that follows from it and who did it."""

from datetime import datetime
from typing import Final

from actors import factors, journal, mail, passwords, people, rules, sessions
from fedi.db.engine import Reader
from fedi.errors import Conflict
from fedi.unit import Unit

# Nobody who signed in: whoever works on the machine itself.
MACHINE: Final = 0


def add(
    unit: Unit, name: str, language: str | None, actor_uri: str, role: str, by: int
) -> people.Person:
    """A new person, with a role for a collective unless it is empty. Raises Invalid, Conflict when the name is taken."""
    person = people.add(unit, name, language)
    if role:
        people.grant(unit, person.id, actor_uri, role)
    journal.note(unit, actor_uri, by, "journal.person_added", person.name)
    return people.load_by_id(unit.tx, person.id)


def set_role(
    unit: Unit, person: people.Person, actor_uri: str, role: str, by: int, *, but: int = 0
) -> None:
    """Another role. Every session of theirs ends but one (`but`), so that no open page goes on under the old one (S79).

    Raises Invalid, Conflict when a collective would be left without a steward.
    """
    if person.roles.get(actor_uri) == role:
        return
    if role != "steward":
        _check_not_last(unit.tx, person, actor_uri)
    _end_links(unit, person, actor_uri)
    people.grant(unit, person.id, actor_uri, role)
    sessions.end_all(unit, person.id, but)
    journal.note(unit, actor_uri, by, f"journal.made_{role}", person.name)


def take_role(unit: Unit, person: people.Person, actor_uri: str, by: int) -> None:
    """No place in this collective any more; without another one the person is gone from here. Raises Conflict like `set_role`."""
    _check_not_last(unit.tx, person, actor_uri)
    _end_links(unit, person, actor_uri)
    people.revoke(unit, person.id, actor_uri)
    sessions.end_all(unit, person.id)
    journal.note(unit, actor_uri, by, "journal.person_removed", person.name)


def remove(unit: Unit, person: people.Person, by: int) -> None:
    """Nothing opens for this person any more. Raises Conflict when a collective would be left without a steward."""
    for actor_uri in person.roles:
        _check_not_last(unit.tx, person, actor_uri)
    for actor_uri in person.roles:
        _end_links(unit, person, actor_uri)
    _forget(unit, person)
    for actor_uri in person.roles or (journal.HOUSE,):
        journal.note(unit, actor_uri, by, "journal.person_removed", person.name)


def leave(unit: Unit, person: people.Person, actor_uri: str, by: int) -> None:
    """Out of this collective, and out of the house when there was no other one. Raises Conflict like `set_role`."""
    if set(person.roles) <= {actor_uri}:
        remove(unit, person, by)
    else:
        take_role(unit, person, actor_uri, by)


def invite(unit: Unit, person: people.Person, by: int) -> tuple[str, datetime]:
    """A link to come in with, for the first time or again: its secret and when it ends."""
    made = people.invite(unit, person.id)
    for actor_uri in person.roles or (journal.HOUSE,):
        journal.note(unit, actor_uri, by, "journal.link_made", person.name)
    return made


def take_factor(unit: Unit, person: people.Person, by: int) -> bool:
    """The telephone is lost: the password alone lets this person in again, and they are told. False without a second factor."""
    if not factors.take(unit, person.id):
        return False
    sessions.end_all(unit, person.id)
    for actor_uri in person.roles or (journal.HOUSE,):
        journal.note(unit, actor_uri, by, "journal.factor_taken", person.name)
    return True


def set_rule(unit: Unit, actor_uri: str, rule: rules.Rule, by: int) -> None:
    """Whether publications of this collective need two people from now on."""
    if rules.rule_of(unit.tx, actor_uri) == rule:
        return
    rules.set_rule(unit, actor_uri, rule)
    said = "journal.two_people" if rule.two_people else "journal.one_person"
    journal.note(unit, actor_uri, by, said)


def _forget(unit: Unit, person: people.Person) -> None:
    sessions.end_all(unit, person.id)
    passwords.forget(unit, person.id)
    factors.forget(unit, person.id)
    mail.forget(unit, person.id)
    people.remove(unit, person.id)


def _end_links(unit: Unit, person: people.Person, actor_uri: str) -> None:
    """Before somebody's place changes: links that would open more than whoever may know them should have.

    One made for somebody who had no place here would open this collective too. One that a steward made for others stays in
    the steward's hands.
    """
    before = person.roles.get(actor_uri)
    if before is None:
        people.end_invitations(unit, person.id)
    elif before == "steward":
        people.end_invitations_of(unit, actor_uri)


def _check_not_last(rx: Reader, person: people.Person, actor_uri: str) -> None:
    if people.is_last_steward(rx, actor_uri, person.id):
        raise Conflict("person.last_steward", name=person.name)
