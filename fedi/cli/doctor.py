"""`fedi doctor`: what the examination finds, for people on a terminal and for scripts. Status: 0 well, 1 warnings, 2 faults."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

import click

from fedi.cli.output import write_json
from fedi.cli.session import session
from fedi.cli.speech import command, isolated, option, speaker, t
from fedi.doctor.finding import Finding, Verdict, exit_code, worst
from fedi.doctor.repairs import CONFIG, SHELL
from fedi.doctor.run import examine
from fedi.http.server import new_event_loop
from fedi.logs import set_up_logs

_MARKS: Final = {
    Verdict.OK: "✓",
    Verdict.WARNING: "!",
    Verdict.FAULT: "✗",
    Verdict.SKIPPED: "–",
}
_UNREACHED: Final = "doctor.skipped.unreached"
# Values that may be short codes of the client that asked.
_CODES: Final = ("code", "reason")
_CLEAR: Final = "\r\x1b[K"
_SHARED_REPAIRS: Final = {CONFIG: "doctor.repair.config", SHELL: "doctor.repair.shell"}


@command("doctor")
@option("--inside", is_flag=True, help="cli.opt.inside")
def doctor(inside: bool) -> int:
    """Examine the instance of this configuration."""
    this = session()
    config = this.load()
    set_up_logs("debug" if this.wishes.debug else "error", "text")

    async def examined() -> list[Finding]:
        found = []
        async for finding in examine(config, inside_only=inside, on_check=_progress):
            _clear()
            found.append(finding)
            if not this.as_json and finding.key != _UNREACHED:
                for line in words_of(finding):
                    click.echo(line)
        return found

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        findings = runner.run(examined())
    if this.as_json:
        write_json({"verdict": worst(findings), "findings": [as_document(f) for f in findings]})
    else:
        for line in end_of(findings):
            click.echo(line)
    return exit_code(findings)


def words_of(finding: Finding) -> Iterator[str]:
    """A finding as people read it: name and sentence, then how to mend it."""
    family = finding.key.partition(".")[0]
    own_name = f"{family}.name.{finding.check}"
    name = t(own_name if speaker().has(own_name) else f"doctor.name.{finding.check}")
    yield f"{_MARKS[finding.verdict]} {name}: {sentence_of(finding)}"
    repair = repair_of(finding)
    if repair:
        yield f"    {t('doctor.mend', repair=repair)}"
    for lines in finding.lines:
        yield f"      {lines.program}"
        yield from (f"          {isolated(line)}" for line in lines.text)


def sentence_of(finding: Finding) -> str:
    """What was found. A value that is itself a message key is said in words."""
    return t(finding.key, **dict(_spoken(finding.values)))


def repair_of(finding: Finding) -> str:
    """How to mend it, in words; empty when there is nothing to mend."""
    own = f"{finding.key}_repair"
    if speaker().has(own):
        return t(own, **dict(_spoken(finding.values)))
    if not finding.lines:
        return ""
    return t(_SHARED_REPAIRS.get(finding.lines[0].program, "doctor.repair.proxy"))


def end_of(findings: Sequence[Finding]) -> Iterator[str]:
    """What could not be tried, in one line; then the sum."""
    untried = [t(f"doctor.name.{each.check}") for each in findings if each.key == _UNREACHED]
    if untried:
        comma = "، " if speaker().language == "ar" else ", "
        yield f"{_MARKS[Verdict.SKIPPED]} {t('doctor.sum.unreached', names=comma.join(untried))}"
    yield ""
    gravest = worst(findings)
    if gravest in (Verdict.OK, Verdict.SKIPPED):
        yield t("doctor.sum.ok")
    else:
        yield t(f"doctor.sum.{gravest}", n=sum(each.verdict is gravest for each in findings))


def as_document(finding: Finding) -> dict[str, Any]:
    """A finding for programs, with the words beside the keys."""
    return {
        "check": finding.check,
        "verdict": finding.verdict,
        "key": finding.key,
        "values": finding.values,
        "text": sentence_of(finding),
        "repair": repair_of(finding),
        "lines": {lines.program: list(lines.text) for lines in finding.lines},
    }


def _spoken(values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if not isinstance(value, str):
            yield name, value
        elif speaker().has(value):
            yield name, t(value)
        elif name in _CODES and speaker().has(f"doctor.code.{value}"):
            yield name, t(f"doctor.code.{value}")
        else:
            yield name, isolated(value)


def _progress(check: str) -> None:
    if sys.stderr.isatty():
        name = t(f"doctor.name.{check}")
        click.echo(_CLEAR + t("doctor.progress", name=name), err=True, nl=False)


def _clear() -> None:
    if sys.stderr.isatty():
        click.echo(_CLEAR, err=True, nl=False)
