"""A place told less exactly holds nothing finer than was chosen."""

import pytest

from fedi.publications.place import Place, coarsened

HOME = Place(
    name="Dar Amal", street="12 bis, rue de la Paix", postal_code="1053", locality="Tunis", region="Tunis", country="TN",
    latitude=36.8, longitude=10.2, uri="https://x.example/place/1",
)  # fmt: skip


def test_exactly_keeps_everything() -> None:
    assert coarsened(HOME, "exact") == HOME


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("12 bis, rue de la Paix", "rue de la Paix"),
        ("rue de la Paix 12a", "rue de la Paix"),
        ("شارع الحرية، رقم ٧", "شارع الحرية"),
        ("٧ شارع الحرية", "شارع الحرية"),
        ("Calle Mayor n.º 5-7", "Calle Mayor"),
        ("Rue du 18 Janvier", "Rue du Janvier"),
        ("4", None),
    ],
)
def test_a_street_loses_its_number(typed: str, told: str | None) -> None:
    place = coarsened(Place(street=typed, name="Dar", locality="Tunis"), "street")
    assert place == Place(street=told, locality="Tunis")


def test_a_neighbourhood_is_all_there_is_besides_the_city() -> None:
    assert coarsened(HOME, "neighbourhood", "Lac") == Place(
        name="Lac", postal_code="1053", locality="Tunis", region="Tunis", country="TN"
    )


@pytest.mark.parametrize("precision", ["city", "nonsense", ""])
def test_a_city_is_only_a_city(precision: str) -> None:
    assert coarsened(HOME, precision, "Lac") == Place(
        locality="Tunis", region="Tunis", country="TN"
    )
