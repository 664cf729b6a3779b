"""Keys for the actors of a world. Making an RSA key takes longer than most tests, so a few are made and given out in turn."""

from itertools import count
from threading import Lock

from fedi.signatures.keys import new_pair

# More than any world has actors whose keys must not be mistaken for each other.
_MOST = 24
_made: list[tuple[bytes, bytes]] = []
_turns = count()
_lock = Lock()


def next_pair() -> tuple[bytes, bytes]:
    """A pair that none of the last two dozen actors was given."""
    with _lock:
        turn = next(_turns) % _MOST
        if turn == len(_made):
            _made.append(new_pair())
        return _made[turn]
