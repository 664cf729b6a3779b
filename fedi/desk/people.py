"""People who may act for a collective: who they are, what they may do, how they get in."""

from datetime import datetime

from actors import members, rules
from actors import people as store
from actors import store as actor_store
from actors import welcome as first_door
from fedi.config import LANGUAGES
from fedi.db.engine import Reader
from fedi.desk.collectives import NoOrder
from fedi.desk.order import Done, Order, Result, choice
from fedi.desk.speaker import load_speaker
from fedi.errors import Invalid, NotFound
from fedi.instance import Instance
from fedi.unit import Unit

NO_ROLE = "none"


class AddOrder(Order, frozen=True, kw_only=True):
    """A new person; with `role`, what they may do for the collective `actor`."""

    name: str
    language: str = ""
    role: str = ""
    actor: str = ""


class RoleOrder(Order, frozen=True, kw_only=True):
    """What a person may do for a collective; `none` takes it away."""

    name: str
    role: str
    actor: str = ""


class NameOrder(Order, frozen=True, kw_only=True):
    """A person."""

    name: str


class TokenOrder(Order, frozen=True, kw_only=True):
    """A secret for a program that acts for a person."""

    name: str
    label: str = ""
    scopes: tuple[str, ...] = ("read",)


class Person(Result, frozen=True, kw_only=True):
    """Somebody who may sign in; `roles`: user name of a collective → role."""

    name: str
    language: str
    roles: dict[str, str]


class People(Result, frozen=True, kw_only=True):
    """Everybody, by name."""

    people: list[Person]


class ConsentOrder(Order, frozen=True, kw_only=True):
    """Whether what a collective publishes needs the consent of a second person."""

    two_people: bool
    actor: str = ""


class Consent(Result, frozen=True, kw_only=True):
    """What holds for a collective."""

    actor: str
    two_people: bool


class Invited(Result, frozen=True, kw_only=True):
    """An invitation: the secret is told this once."""

    name: str
    token: str
    url: str
    expires_at: datetime


class Welcome(Result, frozen=True, kw_only=True):
    """The one-time address with which the first steward comes in; empty once a steward can sign in."""

    url: str


class Token(Result, frozen=True, kw_only=True):
    """A secret, told this once."""

    name: str
    label: str
    scopes: list[str]
    token: str


async def add(instance: Instance, order: AddOrder, by: int = members.MACHINE) -> Person:
    """Add a person. Raises Invalid, Conflict when the name is taken, NotFound for an unknown collective.

    Here and below `by` is the person who asks for it; without one it was done on the machine itself.
    """
    if order.language:
        choice(order.language, LANGUAGES, "language")
    if order.role:
        choice(order.role, store.ROLES, "role")
    _check_name(order.name)

    def work(unit: Unit) -> Person:
        uri = load_speaker(unit.tx, order.actor).uri if order.role else ""
        person = members.add(unit, order.name, order.language or None, uri, order.role, by)
        return _shown(unit.tx, person)

    return await instance.change(work)


async def set_role(instance: Instance, order: RoleOrder, by: int = members.MACHINE) -> Person:
    """Give or take a role; whoever holds another one is signed out. Raises Invalid, NotFound, Conflict for the last steward."""
    choice(order.role, (*store.ROLES, NO_ROLE), "role")

    def work(unit: Unit) -> Person:
        person = _load(unit.tx, order.name)
        ours = load_speaker(unit.tx, order.actor)
        if order.role != NO_ROLE:
            members.set_role(unit, person, ours.uri, order.role, by)
        elif ours.uri in person.roles:
            members.take_role(unit, person, ours.uri, by)
        else:
            raise NotFound("desk.no_role", name=person.name, actor=ours.username)
        return _shown(unit.tx, store.load(unit.tx, person.name))

    return await instance.change(work)


async def invite(instance: Instance, order: NameOrder, by: int = members.MACHINE) -> Invited:
    """A link with which a person signs in for the first time, or again; older unused ones end. Raises NotFound."""

    def work(unit: Unit) -> Invited:
        person = _load(unit.tx, order.name)
        token, expires_at = members.invite(unit, person, by)
        url = unit.urls.invitation(token)
        return Invited(name=person.name, token=token, url=url, expires_at=expires_at)

    return await instance.change(work)


async def remove(instance: Instance, order: NameOrder, by: int = members.MACHINE) -> Done:
    """This person does not belong here any more: out everywhere, at once. Raises NotFound, Conflict for the last steward."""

    def work(unit: Unit) -> Done:
        members.remove(unit, _load(unit.tx, order.name), by)
        return Done()

    return await instance.change(work)


async def take_factor(instance: Instance, order: NameOrder, by: int = members.MACHINE) -> Done:
    """The second factor is lost: the password alone lets this person in again, and they are told. Raises NotFound."""

    def work(unit: Unit) -> Done:
        return Done(changed=members.take_factor(unit, _load(unit.tx, order.name), by))

    return await instance.change(work)


async def set_consent(
    instance: Instance, order: ConsentOrder, by: int = members.MACHINE
) -> Consent:
    """Say whether publications of a collective need a second person. Raises NotFound, Invalid."""

    def work(unit: Unit) -> Consent:
        ours = load_speaker(unit.tx, order.actor)
        members.set_rule(unit, ours.uri, rules.Rule(two_people=order.two_people), by)
        return Consent(actor=ours.username, two_people=order.two_people)

    return await instance.change(work)


async def welcome(instance: Instance, _order: NoOrder) -> Welcome:
    """The address for the first steward, the same until it is used."""

    def work(unit: Unit) -> Welcome:
        token = first_door.offer(unit, instance.keyring.secret)
        return Welcome(url=unit.urls.welcome(token) if token else "")

    return await instance.change(work)


async def add_token(instance: Instance, order: TokenOrder) -> Token:
    """A secret for a program. Raises NotFound, Invalid for an unknown scope."""
    for scope in order.scopes or ("",):
        choice(scope, store.SCOPES, "scopes")
    if "\x00" in order.label or len(order.label) > store.NAME_MAX:
        raise Invalid("desk.line_too_long", field="label", limit=store.NAME_MAX)

    def work(unit: Unit) -> Token:
        person = _load(unit.tx, order.name)
        token = store.add_token(unit, person.id, order.label, order.scopes)
        scopes = list(dict.fromkeys(order.scopes))
        return Token(name=person.name, label=order.label, scopes=scopes, token=token)

    return await instance.change(work)


async def list_all(instance: Instance, _order: NoOrder) -> People:
    """Everybody who may sign in."""
    return await instance.look(
        lambda rx: People(people=[_shown(rx, person) for person in store.list_all(rx)])
    )


def _check_name(name: str) -> None:
    if "\x00" in name:
        raise Invalid("desk.not_text", field="name")
    if len(name) > store.NAME_MAX:
        raise Invalid("desk.line_too_long", field="name", limit=store.NAME_MAX)


def _load(rx: Reader, name: str) -> store.Person:
    _check_name(name)
    return store.load(rx, " ".join(name.split()))


def _shown(rx: Reader, person: store.Person) -> Person:
    known = actor_store.list_by_uri(rx, list(person.roles))
    return Person(
        name=person.name,
        language=person.language or "",
        roles={
            known[uri].username if uri in known else uri: role for uri, role in person.roles.items()
        },
    )
