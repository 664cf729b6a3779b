"""`fedi show` and `fedi timeline`."""

from collections.abc import Iterator

import click

from fedi.cli.output import give, handle, moment, pairs, short_moment, states, table
from fedi.cli.session import session
from fedi.cli.speech import command, option, speaker, t
from fedi.desk.shown import Line, Shown, ShowOrder, Timeline, TimelineOrder
from fedi.i18n.catalog import messages_of


@command("show")
@click.argument("which", metavar="URI")
def show(which: str) -> None:
    """One publication in full."""
    here = session()
    language = speaker().language
    found = here.ask("show", ShowOrder(which=which, language=language), Shown)
    give(found, _page(found), as_json=here.as_json)


@command("timeline")
@option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
@option(
    "--kind", default="", metavar="event|statement|aid_request|aid_offer|note", help="cli.opt.kind"
)
@option("--most", default="20", metavar="N", help="cli.opt.most")
@option("--before", default="", metavar="WHEN", help="cli.opt.before")
def timeline(actor: str, kind: str, most: str, before: str) -> None:
    """The newest of what a collective has in front of it."""
    here = session()
    if not (most.isascii() and most.isdecimal() and len(most) < 10):
        raise click.BadParameter(t("cli.usage.number"), param_hint="--most")
    order = TimelineOrder(actor=actor, kind=kind.replace("-", "_"), most=int(most), before=before)
    found = here.ask("timeline", order, Timeline)
    lines = table([row_of(each) for each in found.entries]) or [t("cli.nothing_yet")]
    give(found, lines, as_json=here.as_json)


def row_of(line: Line) -> tuple[str, ...]:
    """One line of a list of publications, as columns."""
    who = handle(line.author)
    if line.boosted_by:
        who = t("cli.boosted_by", author=who, by=handle(line.boosted_by))
    return (
        handle(short_moment(line.published_at)),
        t(f"kind.{line.kind}"),
        who,
        line.title,
        handle(line.uri),
    )


def _page(found: Shown) -> Iterator[str]:
    author = f"{found.author_name} {handle(found.author)}".strip()
    yield from pairs(
        [
            (t("cli.label.kind"), t(f"kind.{found.kind}")),
            (t("cli.label.author"), author),
            (t("cli.label.essential"), found.line),
            (t("cli.label.online"), handle(found.online_url) if found.online_url else ""),
            (t("cli.label.address"), handle(found.uri)),
            (t("cli.label.reply_to"), handle(found.in_reply_to) if found.in_reply_to else ""),
            (t("cli.label.visibility"), t(f"visibility.{found.visibility}")),
            (t("cli.label.published_at"), moment(found.published_at)),
            (t("cli.label.updated_at"), moment(found.updated_at)),
            (t("cli.label.deliveries"), states(found.deliveries)),
            (t("cli.label.held"), t("cli.held") if found.is_held else ""),
        ]
    )
    for words in found.words:
        yield ""
        yield f"[{_language(words.language)}] {words.title}".rstrip()
        if words.summary and words.summary != found.line:
            yield words.summary
        if words.text:
            yield words.text
    if found.files:
        yield ""
        for file in found.files:
            yield f"{handle(file.url)}  {file.alt or t('cli.no_alt')}"
    if found.replies:
        yield ""
        yield t("cli.replies")
        yield from table([(f"  {handle(each.author)}", each.title) for each in found.replies])


def _language(tag: str) -> str:
    key = f"language.{tag.partition('-')[0]}"
    return t(key) if key in messages_of(speaker().language) else tag
