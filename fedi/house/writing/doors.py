"""The doors of the room where members write."""

from typing import Final

from fedi.house.gate import Door
from fedi.house.rights import Right
from fedi.house.writing import composer, look, one, own, suggest

DOORS: Final = (
    Door(
        "/house/{username}/write", Right.DRAFT, ask=composer.choose, tell=composer.begin, files=True
    ),
    Door(
        "/house/{username}/draft/{id}",
        Right.DRAFT,
        ask=composer.show,
        tell=composer.save,
        files=True,
    ),
    Door("/house/{username}/draft/{id}/look", Right.DRAFT, ask=look.show, tell=look.tell),
    Door("/house/{username}/draft/{id}/discard", Right.DRAFT, tell=composer.discard),
    Door("/house/{username}/suggest", Right.DRAFT, ask=suggest.suggest),
    Door("/house/{username}/names", Right.DRAFT, ask=suggest.look_up),
    Door("/house/{username}/publications", Right.READ, ask=own.show),
    Door("/house/{username}/publications/{id}", Right.READ, ask=one.show),
    Door("/house/{username}/publications/{id}/change", Right.DRAFT, tell=one.change),
    Door("/house/{username}/publications/{id}/pin", Right.PUBLISH, tell=one.pin),
    Door("/house/{username}/publications/{id}/delete", Right.PUBLISH, tell=one.delete),
    Door("/house/{username}/publications/{id}/retry", Right.PUBLISH, tell=one.retry),
)
