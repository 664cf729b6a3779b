"""What a form that is sent twice would do twice is done once. Owner of `once`."""

from datetime import timedelta
from typing import Final

from fedi.clock import to_ms
from fedi.unit import Unit

KEPT: Final = timedelta(days=1)
_WORD_MAX: Final = 64


def take(unit: Unit, person_id: int, word: str) -> bool:
    """Whether this form of this person comes for the first time. One without a word always does."""
    unit.tx.run("DELETE FROM once WHERE at < ?", to_ms(unit.now - KEPT))
    if not word:
        return True
    return (
        unit.tx.run(
            "INSERT INTO once (word, at) VALUES (?, ?) ON CONFLICT (word) DO NOTHING",
            _of(person_id, word),
            unit.now_ms,
        )
        > 0
    )


def give_back(unit: Unit, person_id: int, word: str) -> None:
    """It came to nothing: the same form may be sent again."""
    unit.tx.run("DELETE FROM once WHERE word = ?", _of(person_id, word))


def _of(person_id: int, word: str) -> str:
    return f"{person_id}.{word[:_WORD_MAX]}"
