"""`fedi hosts`: what other servers cost this one."""

import click

from fedi.cli.output import give, handle, table
from fedi.cli.session import session
from fedi.cli.speech import command, option, speaker, t
from fedi.desk.hosts import Hosts, HostsOrder

_KILO = 1024


@command("hosts")
@option("--most", default="20", metavar="N", help="cli.opt.most_hosts")
def hosts(most: str) -> None:
    """What other servers cost, the heaviest first."""
    here = session()
    if not (most.isascii() and most.isdecimal() and len(most) < 10):
        raise click.BadParameter(t("cli.usage.number"), param_hint="--most")
    found = here.ask("hosts.list", HostsOrder(most=int(most)), Hosts)
    rows = [
        (
            handle(each.host),
            t("hosts.share", share=f"{each.share_percent:.0f}"),
            t("hosts.cpu", ms=f"{each.cpu_ms:.0f}"),
            t("hosts.size", size=f"{each.size_bytes / _KILO:.0f}"),
            speaker().plural("hosts.rows", each.rows),
            speaker().plural("hosts.fetches", each.fetches),
        )
        for each in found.hosts
    ]
    closing = t("hosts.explained") if rows else t("hosts.none")
    give(found, [*table(rows), closing], as_json=here.as_json)
