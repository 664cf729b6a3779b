"""Whose words wait for approval (S106, S107, S108): asked by every road on which words of others come in."""

from collections.abc import Iterable

from actors import blocks, follows
from fedi import settings
from fedi.unit import Unit


def must_wait(unit: Unit, author_uri: str, spoken_to: Iterable[str]) -> bool:
    """Whether words of this author, whom nobody here follows, are held until somebody lets them through.

    Those of the limited always are; outside the open posture, and while nobody has looked after the instance for two weeks
    (S106), those of everybody who does not follow, with their consent, any of those they speak to.
    """
    if blocks.is_limited(unit.tx, author_uri):
        return True
    if unit.posture == "open" and settings.is_watched(unit.tx, unit.now):
        return False
    return not any(follows.is_follower(unit.tx, author_uri, uri) for uri in spoken_to)
