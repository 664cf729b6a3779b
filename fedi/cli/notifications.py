"""`fedi notifications`."""

from collections.abc import Iterator

import click

from fedi.cli.output import give, handle, short_moment
from fedi.cli.session import session
from fedi.cli.speech import command, option, t
from fedi.desk.control import Desk
from fedi.desk.notices import AllTold, ListOrder, ReadOrder, Told


@command("notifications")
@option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
@option("--all", "everything", is_flag=True, help="cli.opt.read_too")
@option("--most", default="50", metavar="N", help="cli.opt.most")
@option("--before", default="", metavar="NUMBER", help="cli.opt.before_row")
@option("--mark-read", is_flag=True, help="cli.opt.mark_read")
def notifications(actor: str, everything: bool, most: str, before: str, mark_read: bool) -> None:
    """What a collective should know of."""
    here = session()
    order = ListOrder(
        actor=actor, everything=everything, most=number(most, "--most"), before=before
    )

    async def work(desk: Desk) -> None:
        found = await desk.call("notifications.list", order)
        assert isinstance(found, AllTold)
        if mark_read:
            ids = tuple(each.id for each in found.entries if not each.is_read)
            await desk.call("notifications.read", ReadOrder(actor=actor, ids=ids))
        give(found, _lines(found, everything), as_json=here.as_json)

    here.at_desk(work)


def number(text: str, option_name: str) -> int:
    """A whole number as typed."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise click.BadParameter(t("cli.usage.number"), param_hint=option_name)
    return int(text)


def _lines(found: AllTold, everything: bool) -> Iterator[str]:
    for each in found.entries:
        yield f"{handle(short_moment(each.happened_at))}  {_sentence(each)}"
        if each.title:
            yield f"  {each.title}"
        if each.about not in ("", each.who_uri):
            yield f"  {handle(each.about)}"
        if each.is_held:
            yield f"  {t('notification.held')}"
    if found.has_more:
        yield t("notification.more", row=found.entries[-1].id)
    if not found.entries:
        yield t("notification.none" if everything else "notification.none_new")


def _sentence(told: Told) -> str:
    return t(f"notification.{told.kind}", who=handle(told.who))
