"""`fedi inspect ADDRESS`: an account or publication elsewhere as this server sees it, with a verdict for each check."""

import json
from collections.abc import Iterator

import click

from fedi.cli.doctor import as_document, words_of
from fedi.cli.output import moment, table, write_json
from fedi.cli.session import session
from fedi.cli.speech import command, isolated, option, t
from fedi.desk.control import Desk
from fedi.doctor.commands import COMMANDS
from fedi.doctor.finding import exit_code
from fedi.doctor.inspect import inspect as look
from fedi.doctor.inspected import Inspected, InspectOrder, Known, Sent


@command("inspect")
@click.argument("address")
@option("--raw", is_flag=True, help="cli.opt.raw")
def inspect(address: str, raw: bool) -> int:
    """Ask, judge, show. Status: 0 well, 1 warnings, 2 faults."""
    order = InspectOrder(address=address)

    async def ask(desk: Desk) -> Inspected:
        if desk.instance is not None:
            return await look(desk.instance, order)
        result = await desk.call(next(iter(COMMANDS)), order)
        assert isinstance(result, Inspected)
        return result

    this = session()
    seen = this.at_desk(ask)
    if this.as_json:
        write_json({"inspected": seen, "findings": [as_document(each) for each in seen.findings]})
    elif raw:
        click.echo(json.dumps(seen.document, ensure_ascii=False, indent=2))
    else:
        for line in lines_of(seen):
            click.echo(line)
    return exit_code(seen.findings)


def lines_of(seen: Inspected) -> Iterator[str]:
    """The whole answer in words."""
    for finding in seen.findings:
        yield from words_of(finding)
    if seen.document is not None:
        yield ""
        yield t("inspect.mastodon") if seen.mastodon else t("inspect.mastodon_nothing")
        for part, text in seen.mastodon:
            yield f"    {t(f'inspect.part.{part}')}: {text}"
    yield ""
    yield from _known(seen.known)
    yield from _sent(seen.known.host, seen.deliveries)


def _known(known: Known) -> Iterator[str]:
    host = isolated(known.host)
    if known.scheme:
        yield t("inspect.scheme", host=host, scheme=known.scheme)
    else:
        yield t("inspect.scheme_unknown", host=host)
    if known.failures:
        yield t("inspect.trouble", host=host, n=known.failures, reason=known.last_reason or "–")


def _sent(host: str, deliveries: tuple[Sent, ...]) -> Iterator[str]:
    if not deliveries:
        yield t("inspect.deliveries_none", host=isolated(host))
        return
    yield t("inspect.deliveries", host=isolated(host))
    rows = [
        (
            moment(each.at) or "–",
            each.type,
            each.state,
            str(each.status or "–"),
            each.reason or "–",
            isolated(each.inbox),
        )
        for each in deliveries
    ]
    yield from (f"    {line}" for line in table(rows))
