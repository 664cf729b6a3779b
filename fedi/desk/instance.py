"""The whole instance: its settings and where each comes from, the words it says of itself, ending everybody's sessions."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from actors import journal, sessions
from fedi import settings
from fedi.config import LANGUAGES, SECTIONS
from fedi.db.engine import Reader
from fedi.desk.collectives import NoOrder
from fedi.desk.details import Reading
from fedi.desk.order import Done, Order, Result, Unfit, choice
from fedi.instance import Instance
from fedi.settings import CONTACT, SAID
from fedi.text.subset import TEXT_BYTES_MAX
from fedi.unit import Unit

WORDS_BYTES_MAX: Final = min(20_000, TEXT_BYTES_MAX)
CONTACT_MAX: Final = 200
# Where a value comes from.
DEFAULT: Final = "default"
FILE: Final = "file"
ENVIRONMENT: Final = "environment"


class Setting(Result, frozen=True, kw_only=True):
    """One setting of the configuration. `meaning` is the sentence of `config.example.toml`, in English."""

    section: str
    name: str
    value: str
    place: str
    meaning: str


class Settings(Result, frozen=True, kw_only=True):
    """All of them in the order of the file; `path` of that file, or empty."""

    settings: list[Setting]
    path: str


class LanguageOrder(Order, frozen=True, kw_only=True):
    """In which of the interface's languages."""

    language: str


class Words(Result, frozen=True, kw_only=True):
    """What the instance says of itself in one language, as Markdown; and how its stewards are reached."""

    language: str
    about: str
    rules: str
    appeal: str
    contact: str


class SayOrder(Order, frozen=True, kw_only=True):
    """New words; None leaves them as they are, an empty text takes them away."""

    language: str
    about: str | None = None
    rules: str | None = None
    appeal: str | None = None
    contact: str | None = None
    person: int = 0


class EndOrder(Order, frozen=True, kw_only=True):
    """Who asks, and which of their sessions stays."""

    person: int = 0
    but: int = 0


class Ended(Result, frozen=True, kw_only=True):
    """How many sessions ended."""

    sessions: int


async def list_settings(instance: Instance, _order: NoOrder) -> Settings:
    """Every setting with its value and where that comes from. Names and passwords in addresses are left out."""
    config = instance.config
    written = _read_file(config.path)
    found = []
    for section, kind in SECTIONS.items():
        values = getattr(config, section)
        for each in fields(kind):
            value = getattr(values, each.name)
            found.append(
                Setting(
                    section=section,
                    name=each.name,
                    value=_shown(value),
                    place=_place(section, each.name, value == each.default, written),
                    meaning=each.metadata["doc"],
                )
            )
    return Settings(settings=found, path=str(config.path) if config.path else "")


async def show_words(instance: Instance, order: LanguageOrder) -> Words:
    """What the instance says of itself. Raises Invalid for an unknown language."""
    language = choice(order.language, LANGUAGES, "language")

    def look(rx: Reader) -> Words:
        said = {name: settings.find_words(rx, name, language) for name in SAID}
        contact = settings.find(rx, CONTACT)
        usual = instance.config.instance.contact
        return Words(language=language, contact=usual if contact is None else contact, **said)

    return await instance.look(look)


async def say(instance: Instance, order: SayOrder) -> Done:
    """Change what the instance says of itself. Raises Unfit, Invalid."""
    language = choice(order.language, LANGUAGES, "language")
    contact = _checked(order)

    def work(unit: Unit) -> Done:
        for name in SAID:
            text = getattr(order, name)
            if text is not None:
                settings.put_words(unit, name, language, text.strip())
        if contact is not None:
            settings.put(unit, CONTACT, contact)
        if order.person:
            journal.note(unit, journal.HOUSE, order.person, "journal.instance_words", language)
        return Done()

    return await instance.change(work)


def _checked(order: SayOrder) -> str | None:
    """The contact as one line, when all the words may be kept. Raises Unfit."""
    reading = Reading()
    for name in SAID:
        text = getattr(order, name) or ""
        if "\x00" in text:
            reading.wrong(name, "desk.not_text")
        if len(text.encode("utf-8", "replace")) > WORDS_BYTES_MAX:
            reading.wrong(name, "desk.text_too_long", limit=WORDS_BYTES_MAX // 1000)
    contact = None
    if order.contact is not None:
        contact = reading.line(order.contact, "contact", CONTACT_MAX) or ""
    if reading.problems:
        raise Unfit(reading.problems)
    return contact


async def end_sessions(instance: Instance, order: EndOrder) -> Ended:
    """Everybody has to sign in again, but for the session that asks."""

    def work(unit: Unit) -> Ended:
        count = sessions.end_everybodys(unit, order.but)
        if order.person:
            journal.note(unit, journal.HOUSE, order.person, "journal.sessions_ended")
        return Ended(sessions=count)

    return await instance.change(work)


def _read_file(path: Path | None) -> Mapping[str, Any]:
    """What the file says now; nothing when it cannot be read any more."""
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def _place(section: str, name: str, is_default: bool, written: Mapping[str, Any]) -> str:
    if f"FEDI_{section}_{name}".upper() in os.environ:
        return ENVIRONMENT
    inside = written.get(section)
    if isinstance(inside, dict) and name in inside:
        return FILE
    return DEFAULT if is_default else ENVIRONMENT


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(_shown(each) for each in value)
    text = str(value)
    if "@" in text and "://" in text:
        parts = urlsplit(text)
        return parts._replace(netloc=f"…@{parts.netloc.rpartition('@')[2]}").geturl()
    return text
