"""`/house/{username}/people`: who is here, as what; and whether one person may publish alone."""

from starlette.responses import Response

from actors import factors, passwords, people, rules
from fedi.db.engine import Reader
from fedi.desk import people as desk
from fedi.errors import Invalid
from fedi.house.forms import Form
from fedi.house.frame import go, page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.people.roles import choices_of_role
from fedi.house.rights import Right, allows
from fedi.i18n.dates import moment_line


async def show(visit: Visit) -> Response:
    """The page."""
    now, visitor = visit.instance.clock.now(), visit.visitor

    def line(rx: Reader, person: people.Person) -> dict[str, object]:
        until = people.invited_until(rx, person.id, now)
        return {
            "id": person.id,
            "name": person.name,
            "role": person.roles[visit.actor.uri],
            "is_self": person.id == visit.member.person.id,
            "lacks_factor": allows(person.roles[visit.actor.uri], Right.PUBLISH)
            and not factors.has(rx, person.id),
            "has_come": passwords.find(rx, person.id) is not None,
            "until": moment_line(until, visitor.zone, visitor.language, digits=visitor.digits)
            if until
            else "",
        }

    def look(rx: Reader) -> tuple[list[dict[str, object]], rules.Rule]:
        listed = [line(rx, each) for each in people.list_of(rx, visit.actor.uri)]
        return listed, rules.rule_of(rx, visit.actor.uri)

    listed, rule = await visit.instance.look(look)
    return page(
        visit,
        "people/listing.html",
        visitor.t("people.title"),
        section="people",
        people=listed,
        two_people=rule.two_people,
        publishing=sum(each["role"] in ("steward", "editor") for each in listed),
        role_choices=choices_of_role(visit.visitor),
    )


async def save_consent(visit: Visit, form: Form) -> Response:
    """One person, or two."""
    if form.get("consent") not in ("one", "two"):
        raise Invalid("reading.choice", field="consent")
    order = desk.ConsentOrder(actor=visit.username, two_people=form.get("consent") == "two")
    await desk.set_consent(visit.instance, order, by=visit.member.person.id)
    return go(f"/house/{visit.username}/people", "saved")


DOORS = (
    Door("/house/{username}/people", Right.STEWARD, ask=show),
    Door("/house/{username}/people/consent", Right.STEWARD, tell=save_consent),
)
