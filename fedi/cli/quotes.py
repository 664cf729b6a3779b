"""`fedi quote`: who may quote us."""

import click

from fedi.cli.notifications import number
from fedi.cli.output import give, handle, short_moment, table
from fedi.cli.relations import send
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.desk.quotes import ListOrder, Permissions, RevokeOrder

_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")


@group("quote")
def quote() -> None:
    """Permissions to quote."""


@command("list", "quote.list")
@option("--most", default="50", metavar="N", help="cli.opt.most")
@option("--before", default="", metavar="URI", help="cli.opt.before_stamp")
@_AS
def list_permissions(most: str, before: str, actor: str) -> None:
    """The permissions in force."""
    here = session()
    order = ListOrder(actor=actor, most=number(most, "--most"), before=before)
    found = here.ask("quote.list", order, Permissions)
    rows = [
        (
            handle(short_moment(each.granted_at)),
            handle(each.who),
            handle(each.quote),
            handle(each.quoted),
        )
        for each in found.permissions
    ]
    give(found, table(rows) or [t("cli.nothing_yet")], as_json=here.as_json)


@command("revoke", "quote.revoke")
@click.argument("which", metavar="URI")
@_AS
@option("--deliver", is_flag=True, help="cli.opt.deliver")
def revoke(which: str, actor: str, deliver: bool) -> None:
    """Take a permission back."""
    send("quote.revoke", RevokeOrder(which=which, actor=actor), deliver, done="cli.quote_revoked")


for _each in (list_permissions, revoke):
    quote.add_command(_each)
