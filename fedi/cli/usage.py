"""Mistakes in the arguments, said in the language of the command."""

import click

from fedi.cli.speech import t


def sentence(problem: click.UsageError) -> str:
    """What is wrong with the arguments."""
    if isinstance(problem, click.MissingParameter):
        return t("cli.usage.missing", name=_name(problem.param) or _hint(problem))
    if isinstance(problem, click.NoSuchOption):
        return t("cli.usage.no_option", name=problem.option_name)
    if isinstance(problem, click.BadParameter):
        return t(
            "cli.usage.bad", name=_name(problem.param) or _hint(problem), message=problem.message
        )
    if isinstance(problem, click.BadOptionUsage):
        return t("cli.usage.option", name=problem.option_name)
    if problem.message.startswith(("Got unexpected", "No such command", "Missing command")):
        return t("cli.usage.arguments", message=_quoted(problem.message))
    return problem.format_message()


def _hint(problem: click.BadParameter) -> str:
    hint = problem.param_hint
    return hint if isinstance(hint, str) else " ".join(hint or ())


def _name(parameter: click.Parameter | None) -> str:
    if parameter is None:
        return ""
    if isinstance(parameter, click.Option):
        return parameter.opts[-1]
    return str(parameter.human_readable_name)


def _quoted(message: str) -> str:
    """What click names in its own sentence."""
    inside = (
        message.partition("'")[2].rpartition("'")[0] or message.partition("(")[2].rpartition(")")[0]
    )
    return inside or "–"
