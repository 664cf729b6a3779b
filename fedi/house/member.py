"""Who is signed in, and for which collective they came through this door. Made at the gate alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from starlette.requests import Request

from actors import factors, people, sessions
from actors import store as actor_store
from actors.model import Actor
from fedi import settings
from fedi.db.engine import Reader
from fedi.errors import NotFound
from fedi.house import cookies
from fedi.house.factor.duty import Duty, duty_of
from fedi.house.rights import Right, allows
from fedi.instance import Instance
from fedi.web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Member:
    """A person who is signed in. `collectives`: those for which they have a role, in the order in which they were founded.

    `actor` and `role`: the collective named in the address of the page and what the person is there; None and empty on pages
    that concern the person or the whole house. `is_house_steward`: whether they look after the instance. `duty` and
    `has_factor`: whether a second factor is expected of them, and whether there is one (looked up only where it is expected).
    """

    person: people.Person
    session: sessions.Session
    form_token: str
    collectives: Sequence[Actor]
    actor: Actor | None
    role: str
    is_house_steward: bool
    duty: Duty = Duty.NONE
    has_factor: bool = False

    def may(self, right: Right) -> bool:
        """Whether this person may do that here."""
        if right is Right.HOUSE:
            return self.is_house_steward
        return allows(self.role, right)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a member that the gate let through."""

    instance: Instance
    request: Request
    member: Member
    visitor: Visitor

    @property
    def actor(self) -> Actor:
        """The collective of this page; only for doors that ask a right of a collective."""
        assert self.member.actor is not None
        return self.member.actor

    @property
    def username(self) -> str:
        """Its user name: what orders at the desk call it by."""
        return self.actor.username


def load_member(
    rx: Reader,
    person: people.Person,
    session: sessions.Session,
    form_token: str,
    username: str | None,
) -> Member:
    """The person of a session, before the door of this collective.

    Raises NotFound, alike for a collective that is not there and for one in which they have no role (S81).
    """
    known = actor_store.list_collectives(rx)
    mine = [each for each in known if each.uri in person.roles]
    actor = next((each for each in mine if each.username == username), None)
    if username is not None and actor is None:
        raise NotFound(detail="collective of the house")
    return Member(
        person=person,
        session=session,
        form_token=form_token,
        collectives=mine,
        actor=actor,
        role=person.roles.get(actor.uri, "") if actor is not None else "",
        is_house_steward=bool(known) and person.roles.get(known[0].uri) == "steward",
    )


def life_of(instance: Instance) -> sessions.Life:
    """How long sessions last here."""
    people_config = instance.config.people
    return sessions.Life(
        timedelta(hours=people_config.session_idle_hours),
        timedelta(days=people_config.session_days),
    )


async def find_member(instance: Instance, request: Request, username: str | None) -> Member | None:
    """Who is signed in, before the door of this collective; None when nobody is. Raises NotFound like `load_member`."""
    secret = cookies.secret_in(instance, request, cookies.SESSION)
    if not secret:
        return None
    now, life = instance.clock.now(), life_of(instance)

    def look(rx: Reader) -> tuple[Member | None, bool]:
        session = sessions.find(rx, secret, now, life)
        if session is None or session.stage != sessions.FULL:
            return None, False
        person = people.find_by_id(rx, session.person_id)
        if person is None:
            return None, False
        token = cookies.form_token(instance, secret)
        found = load_member(rx, person, session, token, username)
        duty = duty_of(instance.config, person.roles.values())
        has_factor = duty is not Duty.NONE and factors.has(rx, person.id)
        member = replace(found, duty=duty, has_factor=has_factor)
        return member, member.is_house_steward and settings.must_note_steward(rx, now)

    member, is_steward_news = await instance.look(look)
    if is_steward_news:
        await instance.change(settings.note_steward)
    if member is not None and now >= member.session.seen_at + sessions.SEEN_STEP:
        await instance.change(lambda unit: sessions.note_seen(unit, member.session))
    return member
