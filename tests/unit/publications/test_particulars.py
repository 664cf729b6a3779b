"""What people ask before they come: written for Mobilizon, read back, and nothing else taken for it."""

from dataclasses import replace
from typing import Any

import pytest

from fedi.publications.activitystreams import build_object, parse_publication
from fedi.publications.event.particulars import languages_in, parse_particulars
from fedi.vocab.strict import dump, parse_document
from tests.peers.samples import EVENT, FOLLOWERS, NOW

SAID: dict[str, Any] = {
    "spoken": ("ar", "fr-CA"),
    "cost": "مجانًا، أو بقدر الاستطاعة",
    "wheelchair": "partially",
    "childcare": "من سنّ الثالثة",
    "interpretation": "عربي – فرنسي، ولغة الإشارة",
    "contact": "hello@hadiqa.example",
}
FULL = replace(EVENT, details=replace(EVENT.event, **SAID))


def attached(key: object, value: object) -> dict[str, Any]:
    item = {"type": "PropertyValue", "propertyID": key, "value": value}
    return parse_particulars({"attachment": [item]})


def test_all_of_it_comes_back_as_it_was() -> None:
    there = parse_publication(
        parse_document(dump(build_object(FULL))), now=NOW, followers_uri=FOLLOWERS
    )
    assert there == FULL


def test_mobilizon_gets_its_own_key_and_a_name_for_every_other() -> None:
    found = [x for x in build_object(FULL)["attachment"] if x["type"] == "PropertyValue"]
    by_key = {each["propertyID"]: each for each in found}
    assert by_key["mz:accessibility:wheelchairAccessible"]["value"] == "partially"
    assert by_key["mj:cost"]["name"] == "الكلفة"
    assert all(isinstance(each["value"], str) for each in found)
    # Gancio asks every attachment for this until it sees a picture
    assert all(isinstance(each["mediaType"], str) for each in found)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mz:accessibility:wheelchairAccessible", "perhaps"),
        ("mz:accessibility:wheelchairAccessible", ["fully"]),
        ("mj:cost", {"a": 1}),
        ("mj:cost", "\u0000\u202e "),
        ("mj:spokenLanguages", "not-a-language-because-far-too-long, 12"),
        ("mj:unheard", "x"),
        (["mj:cost"], "x"),
    ],
)
def test_what_makes_no_sense_is_left_out(key: object, value: object) -> None:
    assert attached(key, value) == {}


def test_long_lines_are_cut_and_the_first_of_several_counts() -> None:
    assert len(attached("mj:cost", "x" * 5000)["cost"]) <= 300
    items = [
        {"type": "PropertyValue", "propertyID": "mj:contact", "value": each} for each in ("a", "b")
    ]
    assert parse_particulars({"attachment": items}) == {"contact": "a"}


def test_languages_are_separated_by_any_comma() -> None:
    assert languages_in("ar، fr,EN  es,ar") == (("ar", "fr", "en", "es"), ())
    assert languages_in("ar, arabic!") == (("ar",), ("arabic!",))
