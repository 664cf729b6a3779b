"""How an event that is about to be published takes answers, as wished → `Gathering`. Pure."""

from dataclasses import replace

from fedi.desk.details import Reading, read_place
from fedi.desk.wishes import AnswersWish, PlaceWish
from fedi.publications.contract import Problem
from fedi.publications.event import gathering
from fedi.publications.event.gathering import FORM_MODES, Gathering
from fedi.vocab.read import href_of

# The fields of the form; those of the public place bear the same names without this.
PREFIX = "answers_"


def read_answers(reading: Reading, wish: AnswersWish, posture: str) -> Gathering | None:
    """How it takes them; None when nothing was wished. What is wrong is told in `reading`."""
    if wish == AnswersWish():
        return None
    usual = gathering.usual(posture)
    if wish.form and wish.form not in FORM_MODES:
        allowed = ", ".join(FORM_MODES)
        reading.wrong(f"{PREFIX}form", "desk.choice", value=wish.form[:60], allowed=allowed)
    online = href_of(wish.online_url) if wish.online_url else None
    if wish.online_url and online is None:
        reading.wrong(f"{PREFIX}online_url", "error.address")
    own = Reading()
    place = read_place(own, wish.place, None) if wish.place != PlaceWish() else None
    reading.problems += [
        Problem(f"{PREFIX}{each.field}", each.message_key, each.values) for each in own.problems
    ]
    return replace(
        usual,
        has_waiting=usual.has_waiting if wish.waiting is None else wish.waiting,
        form=wish.form if wish.form in FORM_MODES else usual.form,  # type: ignore[arg-type]
        shows_counts=usual.shows_counts if wish.counts is None else wish.counts,
        place=place,
        online_url=online,
    )
