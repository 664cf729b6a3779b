"""What keeps a publication from going out, said about the field of the form; and that every reason has words."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import fedi
from fedi.publications.aid.model import CATEGORIES, UNITS
from fedi.publications.kinds import KIND_NAMES, KINDS
from fedi.publications.model import Publication, Text
from tests.peers.samples import AID_REQUEST, EVENT, NOTE, SAMPLES, SHORT_STATEMENT, STATEMENT
from tests.properties.test_strict_json import HOSTILE

LOCALES = Path(fedi.__file__).parent / "i18n" / "locales"
LANGUAGES = ("ar", "en", "es", "fr")


def problems(publication: Publication) -> set[tuple[str, str]]:
    found = KIND_NAMES[publication.kind].check(publication)
    return {(problem.field, problem.message_key) for problem in found}


def words(publication: Publication, **changes: Any) -> Publication:
    return replace(publication, texts={"ar": replace(publication.original, **changes)})


def detailed(publication: Publication, **changes: Any) -> Publication:
    assert publication.details is not None
    return replace(publication, details=replace(publication.details, **changes))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_what_is_complete_may_go_out(name: str) -> None:
    assert problems(SAMPLES[name]) == set()


START = EVENT.event.starts_at
BROKEN: list[tuple[Publication, str, str]] = [
    (words(EVENT, name=None), "name", "publication.name_missing"),
    (detailed(EVENT, ends_at=START), "ends_at", "event.ends_before_start"),
    (detailed(EVENT, ends_at=START - timedelta(1)), "ends_at", "event.ends_before_start"),
    (detailed(EVENT, timezone="Mars/Olympus"), "timezone", "event.timezone_unknown"),
    (detailed(EVENT, place=None, online_url=None), "place", "event.place_missing"),
    (detailed(EVENT, is_online=True, online_url=None), "online_url", "event.online_url_missing"),
    (detailed(EVENT, capacity=0), "capacity", "event.capacity_too_small"),
    (detailed(EVENT, join_mode="external"), "external_url", "event.external_url_missing"),
    (words(STATEMENT, name=None), "name", "publication.name_missing"),
    (words(STATEMENT, content=""), "content", "publication.content_missing"),
    (words(SHORT_STATEMENT, content=""), "content", "publication.content_missing"),
    (words(NOTE, content=""), "content", "publication.content_missing"),
    (words(AID_REQUEST, name=None), "name", "publication.name_missing"),
    (detailed(AID_REQUEST, what="gold"), "what", "aid.what_unknown"),
    (detailed(AID_REQUEST, quantity="many"), "quantity", "aid.quantity_malformed"),
    (detailed(AID_REQUEST, minimum="1e3"), "minimum", "aid.quantity_malformed"),
    (detailed(AID_REQUEST, quantity="0", minimum=None), "quantity", "aid.quantity_zero"),
    (detailed(AID_REQUEST, minimum="40.5"), "minimum", "aid.minimum_too_large"),
    (detailed(AID_REQUEST, until=datetime(2026, 1, 1, tzinfo=UTC)), "until", "aid.until_past"),
]


@pytest.mark.parametrize(
    ("publication", "field", "key"), BROKEN, ids=[f"{key} {field}" for _, field, key in BROKEN]
)
def test_what_is_wrong_is_said_about_its_field(
    publication: Publication, field: str, key: str
) -> None:
    assert problems(publication) == {(field, key)}


def test_a_picture_alone_is_a_note() -> None:
    silent = replace(NOTE, texts={"ar": Text(None, None, "")}, attachments=STATEMENT.attachments)
    assert problems(silent) == set()


def messages(language: str) -> dict[str, Any]:
    return tomllib.loads((LOCALES / language / "publications.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_kind_category_and_unit_has_words(language: str) -> None:
    needed = {key for _, _, key in BROKEN}
    needed |= {f"kind.{kind.name}" for kind in KINDS}
    needed |= {f"aid.what.{category}" for category in CATEGORIES}
    needed |= {f"aid.unit.{unit}" for unit in UNITS}
    needed |= {
        "publication.not_object",
        "publication.type_unknown",
        "publication.id",
        "publication.author",
    }
    needed |= {"event.starts_at", "aid.purpose", "aid.publishes"}
    needed |= {f"activity.{part}" for part in ("not_object", "id", "type", "actor")}
    needed |= {key for _, _, key in HOSTILE} | {"json.moved_meaning"}
    assert needed - messages(language).keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_have_the_same_messages(language: str) -> None:
    assert messages(language).keys() == messages("en").keys()
