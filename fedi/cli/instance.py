"""`fedi settings`, `words`, `signout`: what concerns the whole instance."""

import click

from fedi.cli.output import give, pairs, table
from fedi.cli.relations import send
from fedi.cli.session import session
from fedi.cli.speech import command, option, speaker, t
from fedi.desk.collectives import NoOrder
from fedi.desk.instance import Ended, EndOrder, LanguageOrder, SayOrder, Settings, Words


@command("settings")
def settings() -> None:
    """Every setting, its value, and where it is set."""
    here = session()
    found = here.ask("instance.settings", NoOrder(), Settings)
    rows = [
        (f"{each.section}.{each.name}", each.value, t(f"settings.place.{each.place}"))
        for each in found.settings
    ]
    give(found, table(rows), as_json=here.as_json)


@command("words")
@click.argument("tongue", metavar="ar|en|es|fr")
@option("--about", metavar="TEXT", help="cli.opt.words_about")
@option("--rules", metavar="TEXT", help="cli.opt.words_rules")
@option("--appeal", metavar="TEXT", help="cli.opt.words_appeal")
@option("--contact", metavar="TEXT", help="cli.opt.words_contact")
def words(
    tongue: str, about: str | None, rules: str | None, appeal: str | None, contact: str | None
) -> None:
    """What the instance says of itself: shown, or changed when something is given."""
    order = SayOrder(language=tongue, about=about, rules=rules, appeal=appeal, contact=contact)
    if order != SayOrder(language=tongue):
        send("instance.say", order, deliver=False, done="settings.words.saved")
        return
    here = session()
    found = here.ask("instance.words", LanguageOrder(language=tongue), Words)
    lines = pairs(
        [
            (t("settings.words.about"), found.about or t("cli.none")),
            (t("settings.words.rules"), found.rules or t("cli.none")),
            (t("settings.words.appeal"), found.appeal or t("cli.none")),
            (t("settings.words.contact"), found.contact or t("cli.none")),
        ]
    )
    give(found, lines, as_json=here.as_json)


@command("signout")
def sign_out() -> None:
    """End the sessions of everybody."""
    here = session()
    found = here.ask("sessions.end", EndOrder(), Ended)
    give(found, [speaker().plural("settings.safety.ended", found.sessions)], as_json=here.as_json)
