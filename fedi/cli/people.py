"""`fedi person` and `fedi token`."""

import click

from fedi.cli.output import give, handle, moment, pairs, table
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.desk.collectives import NoOrder
from fedi.desk.order import Done
from fedi.desk.people import (
    AddOrder,
    Consent,
    ConsentOrder,
    Invited,
    NameOrder,
    People,
    Person,
    RoleOrder,
    Token,
    TokenOrder,
    Welcome,
)

_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
_ROLES = "steward|editor|author|reader"


@group("person")
def person() -> None:
    """People who may sign in."""


@command("add", "person.add")
@click.argument("name")
@option("--role", default="", metavar=_ROLES, help="cli.opt.role")
@option("--lang", default="", metavar="LANG", help="cli.opt.person_lang")
@_AS
def add(name: str, role: str, lang: str, actor: str) -> None:
    """A new person."""
    here = session()
    order = AddOrder(name=name, role=role, language=lang, actor=actor)
    made = here.ask("person.add", order, Person)
    give(made, _lines(made), as_json=here.as_json)


@command("list", "person.list")
def list_people() -> None:
    """Everybody who may sign in."""
    here = session()
    found = here.ask("person.list", NoOrder(), People)
    rows = [(each.name, _roles(each)) for each in found.people]
    give(found, table(rows) or [t("cli.nothing_yet")], as_json=here.as_json)


@command("role", "person.role")
@click.argument("name")
@click.argument("role", metavar=f"{_ROLES}|none")
@_AS
def role(name: str, role: str, actor: str) -> None:
    """What a person may do for a collective."""
    here = session()
    changed = here.ask("person.role", RoleOrder(name=name, role=role, actor=actor), Person)
    give(changed, _lines(changed), as_json=here.as_json)


@command("link", "person.link")
@click.argument("name")
def link(name: str) -> None:
    """A link with which a person signs in."""
    here = session()
    found = here.ask("person.link", NameOrder(name=name), Invited)
    rows = [
        (t("cli.label.person"), found.name),
        (t("cli.label.link"), handle(found.url)),
        (t("cli.label.until"), moment(found.expires_at)),
    ]
    give(found, [*pairs(rows), t("cli.told_once")], as_json=here.as_json)


@command("remove", "person.remove")
@click.argument("name")
def remove(name: str) -> None:
    """Somebody who does not belong here any more."""
    here = session()
    done = here.ask("person.remove", NameOrder(name=name), Done)
    give(done, [t("person.removed", name=name)], as_json=here.as_json)


@command("forget-factor", "person.forget_factor")
@click.argument("name")
def forget_factor(name: str) -> None:
    """Somebody who lost the second factor."""
    here = session()
    done = here.ask("person.factor", NameOrder(name=name), Done)
    said = "person.factor_taken" if done.changed else "person.factor_none"
    give(done, [t(said, name=name)], as_json=here.as_json)


@command("consent", "person.consent")
@click.argument("people", type=click.Choice(["one", "two"]))
@_AS
def consent(people: str, actor: str) -> None:
    """How many people a publication needs."""
    here = session()
    order = ConsentOrder(two_people=people == "two", actor=actor)
    found = here.ask("person.consent", order, Consent)
    said = "person.consent_two" if found.two_people else "person.consent_one"
    give(found, [t(said, actor=found.actor)], as_json=here.as_json)


for _each in (add, list_people, role, link, remove, forget_factor, consent):
    person.add_command(_each)


@command("welcome")
def welcome() -> None:
    """The address with which the first steward comes in."""
    here = session()
    found = here.ask("welcome", NoOrder(), Welcome)
    lines = (
        [handle(found.url), t("cli.welcome.once")]
        if found.url
        else [t("cli.welcome.nobody_awaited")]
    )
    give(found, lines, as_json=here.as_json)


@group("token")
def token() -> None:
    """Secrets for programs."""


@command("add", "token.add")
@click.argument("name")
@option("--label", default="", help="cli.opt.label")
@option("--scope", "scopes", multiple=True, metavar="read|write", help="cli.opt.scope")
def add_token(name: str, label: str, scopes: tuple[str, ...]) -> None:
    """A secret with which a program acts for a person."""
    here = session()
    order = TokenOrder(name=name, label=label, scopes=scopes or ("read",))
    made = here.ask("token.add", order, Token)
    rows = [
        (t("cli.label.person"), made.name),
        (t("cli.label.scopes"), " ".join(made.scopes)),
        (t("cli.label.token"), handle(made.token)),
    ]
    give(made, [*pairs(rows), t("cli.told_once")], as_json=here.as_json)


token.add_command(add_token)


def _lines(one: Person) -> list[str]:
    return pairs([(t("cli.label.person"), one.name), (t("cli.label.roles"), _roles(one))])


def _roles(one: Person) -> str:
    return ", ".join(f"{actor}: {t(f'role.{role}')}" for actor, role in one.roles.items())
