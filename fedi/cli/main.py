"""`fedi`: the entry point. Arguments enter; words or one JSON document leave, and a status: 0 done, 1 refused, 2 wrong usage."""

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Final, NoReturn

import click

from fedi.cli.speech import Group, Wishes, choose_language, common_options, speak_in, t
from fedi.collector import collect_rarely
from fedi.errors import FediError

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130

_COMMANDS: Final = {
    "init": "fedi.cli.start:init",
    "serve": "fedi.cli.start:serve",
    "work": "fedi.cli.start:work",
    "publish": "fedi.cli.publish:publish",
    "edit": "fedi.cli.publish:edit",
    "delete": "fedi.cli.publish:delete",
    "show": "fedi.cli.look:show",
    "timeline": "fedi.cli.look:timeline",
    "follow": "fedi.cli.relations:follow",
    "unfollow": "fedi.cli.relations:unfollow",
    "followers": "fedi.cli.relations:followers",
    "following": "fedi.cli.relations:following",
    "notifications": "fedi.cli.notifications:notifications",
    "like": "fedi.cli.relations:like",
    "boost": "fedi.cli.relations:boost",
    "queue": "fedi.cli.queue:queue",
    "top": "fedi.cli.top:top",
    "deliveries": "fedi.cli.deliveries:deliveries",
    "actor": "fedi.cli.collectives:actor",
    "person": "fedi.cli.people:person",
    "token": "fedi.cli.people:token",
    "welcome": "fedi.cli.people:welcome",
    "block": "fedi.cli.blocks:block",
    "unblock": "fedi.cli.blocks:unblock",
    "limit": "fedi.cli.blocks:limit",
    "unlimit": "fedi.cli.blocks:unlimit",
    "allow": "fedi.cli.blocks:allow",
    "blocklist": "fedi.cli.blocklists:blocklist",
    "held": "fedi.cli.held:held",
    "attend": "fedi.cli.attending:attend",
    "organise": "fedi.cli.organising:organise",
    "programme": "fedi.cli.programme:programme",
    "tour": "fedi.cli.touring:tour",
    "attendance": "fedi.cli.attendance:attendance",
    "invitation": "fedi.cli.inviting:invitation",
    "dates": "fedi.cli.dates:dates",
    "quarantine": "fedi.cli.quarantine:quarantine",
    "quote": "fedi.cli.quotes:quote",
    "circle": "fedi.cli.circles:circle",
    "tags": "fedi.cli.tags:tags",
    "search": "fedi.cli.search:search",
    "relay": "fedi.cli.relays:relay",
    "source": "fedi.cli.sources:source",
    "flags": "fedi.cli.blocks:flags",
    "flag": "fedi.cli.stewards:flag",
    "hide": "fedi.cli.stewards:hide",
    "hidden": "fedi.cli.stewards:hidden",
    "note": "fedi.cli.stewards:note",
    "history": "fedi.cli.stewards:history",
    "media": "fedi.cli.media:media",
    "hosts": "fedi.cli.hosts:hosts",
    "purge": "fedi.cli.purge:purge",
    "vote": "fedi.cli.house:vote",
    "pin": "fedi.cli.house:pin",
    "report": "fedi.cli.house:report",
    "alias": "fedi.cli.house:alias",
    "move": "fedi.cli.house:move",
    "keys": "fedi.cli.house:keys",
    "secret": "fedi.cli.secret:secret",
    "export": "fedi.cli.luggage:export",
    "import": "fedi.cli.luggage:import_group",
    "settings": "fedi.cli.instance:settings",
    "words": "fedi.cli.instance:words",
    "signout": "fedi.cli.instance:sign_out",
    "database": "fedi.cli.database:database",
    "backup": "fedi.cli.backup:backup",
    "restore": "fedi.cli.backup:restore_command",
    "doctor": "fedi.cli.doctor:doctor",
    "inspect": "fedi.cli.inspect:inspect",
    "world": "fedi.cli.demonstration:world",
}


def _print_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow

        try:
            number = version("mujawara")
        except PackageNotFoundError:
            number = "0"
        click.echo(f"mujawara {number}")
        ctx.exit(DONE)


def make() -> Group:
    """The whole tree of commands; what a command needs is imported when it is asked for."""
    version_option = click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print_version,
        help=t("cli.opt.version"),
    )
    lazy = {name: place for name, place in _COMMANDS.items() if _exists(place)}
    return Group(
        "fedi",
        lazy=lazy,
        help="cli.cmd.fedi",
        params=[*common_options(), version_option],
        no_args_is_help=True,
    )


def main() -> NoReturn:
    """Run one command and leave."""
    # whatever is written is for this user alone (S119)
    os.umask(0o077)
    collect_rarely()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its status. Nothing but a defect under `--debug` shows a traceback."""
    speak_in(choose_language(arguments, os.environ))
    wishes = Wishes()
    # known before click reads them, so that a mistake in the arguments is told in the right form
    wishes.json, wishes.debug = "--json" in arguments, "--debug" in arguments
    try:
        _check_encoding(arguments)
        answer = make().main(list(arguments), prog_name="fedi", standalone_mode=False, obj=wishes)
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort, EOFError):
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read has enough; keep the interpreter from complaining when it flushes
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except Exception as problem:  # noqa: BLE001 - the edge of the process
        return _say(problem, wishes)
    return answer if isinstance(answer, int) else DONE


def _say(problem: Exception, wishes: Wishes) -> int:
    """What went wrong, in words for who is at the keyboard."""
    if isinstance(problem, click.exceptions.NoArgsIsHelpError):
        click.echo(problem.format_message(), err=True)
        return USAGE
    if isinstance(problem, click.UsageError):
        return _say_usage(problem, wishes)
    if isinstance(problem, click.ClickException):
        click.echo(problem.format_message(), err=True)
        return REFUSED
    if isinstance(problem, FediError):
        return _say_refusal(problem, wishes)
    return _apologise(problem, wishes)


def _exists(place: str) -> bool:
    from importlib.util import find_spec  # noqa: PLC0415

    return find_spec(place.partition(":")[0]) is not None


def _check_encoding(arguments: Sequence[str]) -> None:
    for number, argument in enumerate(arguments, 1):
        if any("\ud800" <= char <= "\udfff" for char in argument):
            raise click.UsageError(t("cli.argument_encoding", number=number))


def _say_usage(problem: click.UsageError, wishes: Wishes) -> int:
    from fedi.cli.usage import sentence  # noqa: PLC0415

    message = sentence(problem)
    if wishes.json:
        from fedi.cli.output import write_json  # noqa: PLC0415

        write_json({"error": {"key": "cli.usage", "status": 400, "message": message}})
    click.echo(t("cli.error", message=message), err=True)
    if problem.ctx is not None:
        click.echo(t("cli.see_help", command=f"{problem.ctx.command_path} --help"), err=True)
    return USAGE


def _say_refusal(problem: FediError, wishes: Wishes) -> int:
    from fedi.cli.output import say_refusal  # noqa: PLC0415

    say_refusal(problem, as_json=wishes.json)
    if wishes.debug:
        traceback.print_exception(problem)
    return REFUSED


def _apologise(defect: Exception, wishes: Wishes) -> int:
    if wishes.json:
        from fedi.cli.output import write_json  # noqa: PLC0415

        write_json({"error": {"key": "error.internal", "status": 500}})
    click.echo(t("cli.defect", kind=type(defect).__name__), err=True)
    if wishes.debug:
        traceback.print_exception(defect)
    return REFUSED
