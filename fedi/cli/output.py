"""Results in words, aligned and safe for both directions of writing, or as one JSON document."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import click
import msgspec

from fedi.cli.speech import isolated, speaker, t, width_of, zone
from fedi.desk.order import Notice, Result
from fedi.desk.refusal import Refusal, refusal_of
from fedi.errors import FediError, SetupError
from fedi.i18n.dates import moment_line, zone_of

# Where the field of a mistake is called otherwise on the command line.
_OPTIONS: Final = {
    "name": "--title",
    "content": "--text",
    "starts_at": "--start",
    "ends_at": "--end",
    "timezone": "--zone",
    "zone": "--zone",
    "place": "--place-name",
    "place_name": "--place-name",
    "place_street": "--street",
    "place_postal_code": "--postal-code",
    "place_locality": "--city",
    "place_region": "--region",
    "place_country": "--country",
    "latitude": "--lat",
    "longitude": "--lon",
    "online_url": "--online-url",
    "external_url": "--join-url",
    "join_mode": "--join",
    "language": "--lang",
    "drop_languages": "--drop-lang",
    "abstract": "--summary",
    "actor": "--as",
    "pictures": "--image",
    "alt": "--alt",
    "scopes": "--scope",
    "most": "--most",
    "until": "--until",
    "quantity": "--quantity",
    "minimum": "--minimum",
    "unit": "--unit",
    "what": "--what",
    "capacity": "--capacity",
    "category": "--category",
    "status": "--status",
    "visibility": "--visibility",
    "summary": "--summary",
    "role": "--role",
    "type": "--type",
    "before": "--before",
    "kind": "--kind",
    "seconds": "--seconds",
    "host": "HOST",
    "which": "URI",
    "link": "--link",
}


def write_json(document: Any) -> None:
    """One JSON document on standard output, in UTF-8 whatever the terminal speaks."""
    text = json.dumps(msgspec.to_builtins(document), ensure_ascii=False, indent=2) + "\n"
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(text)
    else:
        buffer.write(text.encode())
        buffer.flush()


def give(result: Result, lines: Iterable[str], *, as_json: bool) -> None:
    """The result, for a program or for a person."""
    if as_json:
        write_json(result)
    else:
        for line in lines:
            click.echo(line)


def warn(notices: Sequence[Notice]) -> None:
    """What should be known although it was done, on standard error."""
    for notice in notices:
        message = t(notice.key, **notice.values)
        click.echo(t("cli.notice", message=_with_field(message, notice.field)), err=True)


def say_refusal(problem: FediError, *, as_json: bool) -> None:
    """Why not: on standard error in words, and for programs on standard output as well."""
    refusal = refusal_of(problem)
    is_setup = isinstance(problem, SetupError) and problem.message_key == SetupError.default_key
    sentences = [str(problem)] if is_setup else _sentences(refusal)
    if as_json:
        write_json({"error": {**msgspec.to_builtins(refusal), "message": "\n".join(sentences)}})
    for sentence in sentences:
        click.echo(t("cli.error", message=sentence), err=True)


def pairs(rows: Iterable[tuple[str, str]]) -> list[str]:
    """`label   value` lines, the values aligned; empty values are left out."""
    kept = [(label, value) for label, value in rows if value]
    widest = max((width_of(label) for label, _ in kept), default=0)
    return [f"{label}{' ' * (widest - width_of(label))}  {value}" for label, value in kept]


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns aligned; the last one as long as it likes."""
    if not rows:
        return []
    widths = [max(width_of(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def moment(value: datetime | None) -> str:
    """A moment as people say it."""
    return "" if value is None else moment_line(value, zone(), speaker().language)


def short_moment(value: datetime) -> str:
    """A moment for a column: `2026-11-21 10:45`."""
    return value.astimezone(zone_of(zone())).strftime("%Y-%m-%d %H:%M")


def states(counted: Mapping[str, int]) -> str:
    """`3 sent, 1 waiting` in words."""
    return ", ".join(
        t("cli.counted", n=count, state=t(f"cli.state.{state}")) for state, count in counted.items()
    )


def handle(text: str) -> str:
    """A handle or address inside a sentence."""
    return isolated(text)


def _sentences(refusal: Refusal) -> list[str]:
    if refusal.problems:
        return [_with_field(t(each.key, **each.values), each.field) for each in refusal.problems]
    return [_with_field(t(refusal.key, **refusal.values), refusal.field)]


def _with_field(message: str, field: str) -> str:
    option = _OPTIONS.get(field, field if "." in field or field.startswith("#") else "")
    return f"{isolated(option)}: {message}" if option else message
