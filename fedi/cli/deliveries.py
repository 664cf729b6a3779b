"""`fedi deliveries`: what became of everything that was sent, in plain words, and trying again."""

import click
from msgspec.structs import replace

from fedi.cli.output import give, handle, moment
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.desk.deliveries import Delivery, Ledger, Retried, RetryOrder, WhichOrder


@group("deliveries")
def deliveries() -> None:
    """What became of what was sent."""


@command("show", "deliveries.show")
@click.argument("which", metavar="[URI]", default="")
def show(which: str) -> None:
    """Every delivery about a publication, or whatever did not arrive."""
    here = session()
    found = here.ask("deliveries.show", WhichOrder(which=which), Ledger)
    told = replace(
        found, deliveries=[replace(each, story=story_of(each)) for each in found.deliveries]
    )
    lines = [line for each in told.deliveries for line in _lines(each)]
    nothing = t("cli.no_deliveries") if which else t("ledger.all_arrived")
    give(told, lines or [nothing], as_json=here.as_json)


@command("retry", "deliveries.retry")
@click.argument("which", metavar="[URI]", default="")
@option("--host", default="", metavar="HOST", help="cli.opt.host")
@option("--quarantined", is_flag=True, help="cli.opt.quarantined")
def retry(which: str, host: str, quarantined: bool) -> None:
    """Try again at once."""
    here = session()
    order = RetryOrder(which=which, host=host, quarantined=quarantined)
    found = here.ask("deliveries.retry", order, Retried)
    lines = [speaker().plural("cli.retried", found.hosts)]
    if quarantined:
        lines.append(speaker().plural("cli.retried_arrivals", found.arrivals))
    give(found, lines, as_json=here.as_json)


for _each in (show, retry):
    deliveries.add_command(_each)


def story_of(delivery: Delivery) -> str:
    """The story of a delivery in the language of this command."""
    parts = [t(each.key, **each.values) for each in delivery.sentences]
    if delivery.next_try_at is not None:
        parts.append(t("ledger.next_try", when=moment(delivery.next_try_at)))
    return " ".join(parts)


def _lines(delivery: Delivery) -> list[str]:
    head = f"{delivery.type}  {handle(delivery.host)}  {t(f'cli.state.{delivery.state}')}"
    if delivery.last_at is not None:
        head += f"  {moment(delivery.last_at)}"
    return [head, f"  {story_of(delivery)}"]
