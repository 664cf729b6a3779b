"""The language a command speaks, and click's help in that language: a help text in the code is a message key."""

import os
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, cast

import click

from fedi.i18n.catalog import LANGUAGES, Translator, known_language, translator

_ISOLATE, _END = "\u2066", "\u2069"
_spoken: list[str] = ["en"]
_zone: list[str] = ["UTC"]


def choose_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """What `--language` says, else the environment as gettext reads it, else English."""
    for index, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == "--language" and index + 1 < len(arguments):
            return known_language(arguments[index + 1]) or "en"
        if argument.startswith("--language="):
            return known_language(argument.partition("=")[2]) or "en"
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(variable, "").partition(".")[0]
        if value:
            return known_language(value) or "en"
    return "en"


def speak_in(language: str) -> None:
    """From now on this process speaks `language`."""
    _spoken[0] = language if language in LANGUAGES else "en"


def t(key: str, /, **values: Any) -> str:
    """The sentence for `key` in the language of this command."""
    return speaker()(key, **values)


def live_in(zone: str) -> None:
    """From now on this process tells moments as clocks in `zone` show them."""
    _zone[0] = zone


def zone() -> str:
    """The zone in which moments are told."""
    return _zone[0]


def speaker() -> Translator:
    """The translator of this command."""
    return translator(_spoken[0])


def isolated(text: str) -> str:
    """An address or handle that keeps its order between Arabic words; untouched where a program may read it."""
    return f"{_ISOLATE}{text}{_END}" if _spoken[0] == "ar" and sys.stdout.isatty() else text


def width_of(text: str) -> int:
    """How many columns a text takes."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    unseen = sum(unicodedata.category(char) in {"Mn", "Me", "Cf"} for char in text)
    return len(text) + wide - unseen


class Option(click.Option):
    """An option whose help is a message key."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        if record is None or not self.help:
            return record
        return record[0], record[1].replace(self.help, t(self.help))


def option(*names: str, **settings: Any) -> Callable[[Any], Any]:
    """`click.option` with a message key as help."""
    return click.option(*names, cls=Option, **settings)


class _Translated(click.Command):
    """A command whose help is a message key."""

    def get_short_help_str(self, limit: int = 45) -> str:
        return t(self.help or "")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(t(self.help or ""))

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = t("cli.opt.help")
        return found


class Command(_Translated):
    """A command that takes the options common to all."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.params.extend(common_options())


class Group(_Translated, click.Group):
    """A group whose commands may live in modules that are imported when they are asked for."""

    command_class = Command

    def __init__(
        self, *arguments: Any, lazy: Mapping[str, str] | None = None, **settings: Any
    ) -> None:
        super().__init__(*arguments, **settings)
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.lazy, *(name for name in self.commands if name not in self.lazy)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = self.lazy.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        return cast(click.Command, getattr(import_module(module), name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every command on one line, without importing those that are lazy."""
        rows = []
        for name in self.list_commands(ctx):
            if name in self.lazy:
                rows.append((name, t(f"cli.cmd.{name}")))
            else:
                rows.append((name, self.commands[name].get_short_help_str()))
        with formatter.section(t("cli.help.commands")):
            formatter.write_dl(rows)


Group.group_class = Group


def group(name: str) -> Callable[[Any], Group]:
    """A group whose help is the message `cli.cmd.<name>`."""
    return click.group(name, cls=Group, help=f"cli.cmd.{name}")


def command(name: str, key: str = "") -> Callable[[Any], Command]:
    """A command whose help is the message `cli.cmd.<key>`."""
    return click.command(name, cls=Command, help=f"cli.cmd.{key or name}")


class Wishes:
    """What the common options said. `environment` is where settings may come from."""

    def __init__(self) -> None:
        self.config: str | None = None
        self.data: str | None = None
        self.language: str | None = None
        self.json = False
        self.debug = False
        self.environment: Mapping[str, str] = os.environ


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
    wishes = ctx.ensure_object(Wishes)
    if value not in (None, False):
        if parameter.name == "language" and value not in LANGUAGES:
            raise click.BadParameter(
                t("desk.choice", value=value[:40], allowed=", ".join(LANGUAGES)), ctx, parameter
            )
        setattr(wishes, str(parameter.name), value)
    return value


def common_options() -> list[click.Parameter]:
    """Options that every command takes, before or after its name."""
    plain: dict[str, Any] = {"expose_value": False, "callback": _remember}
    return [
        Option(["--config"], metavar="PATH", help="cli.opt.config", **plain),
        Option(["--data"], metavar="FOLDER", help="cli.opt.data", **plain),
        Option(["--language"], metavar="ar|en|es|fr", help="cli.opt.language", **plain),
        Option(["--json"], is_flag=True, help="cli.opt.json", **plain),
        Option(["--debug"], is_flag=True, help="cli.opt.debug", **plain),
    ]
