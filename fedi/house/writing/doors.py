"""The doors of the room where members write."""

from typing import Final

from fedi.desk.pictures import PICTURES_BYTES_MAX
from fedi.house.gate import Door
from fedi.house.parts import Brings
from fedi.house.rights import Right
from fedi.house.writing import composer, look, one, own, suggest
from fedi.media.intake import UPLOAD_BYTES_MAX

# twice as many as may be: that there are too many is said beside the words
_PICTURES: Final = Brings(16, UPLOAD_BYTES_MAX, PICTURES_BYTES_MAX)

DOORS: Final = (
    Door(
        "/house/{username}/write",
        Right.DRAFT,
        ask=composer.choose,
        tell=composer.begin,
        brings=_PICTURES,
    ),
    Door(
        "/house/{username}/draft/{id}",
        Right.DRAFT,
        ask=composer.show,
        tell=composer.save,
        brings=_PICTURES,
    ),
    Door("/house/{username}/draft/{id}/look", Right.DRAFT, ask=look.show, tell=look.tell),
    Door("/house/{username}/draft/{id}/discard", Right.DRAFT, tell=composer.discard),
    Door("/house/{username}/suggest", Right.DRAFT, ask=suggest.suggest),
    Door("/house/{username}/names", Right.DRAFT, ask=suggest.look_up),
    Door("/house/{username}/publications", Right.READ, ask=own.show),
    Door("/house/{username}/publications/{id}", Right.READ, ask=one.show),
    Door("/house/{username}/publications/{id}/change", Right.DRAFT, tell=one.change),
    Door("/house/{username}/publications/{id}/pin", Right.PUBLISH, tell=one.pin),
    Door("/house/{username}/publications/{id}/repeat", Right.PUBLISH, tell=one.end_repeat),
    Door("/house/{username}/publications/{id}/delete", Right.PUBLISH, tell=one.delete),
    Door("/house/{username}/publications/{id}/retry", Right.PUBLISH, tell=one.retry),
)
