"""Ignore: an organiser takes no answers by such words; people sign up somewhere else (FEP-8a8e)."""

from fedi.unit import Unit
from inbox import joined
from inbox.contract import Authority, Handler, Ignored, Incoming, Outcome


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """A Join of ours leads nowhere; our members are shown where to go."""
    return joined.answered(unit, incoming, "elsewhere") or Ignored("ignore.nothing_asked")


HANDLER = Handler(frozenset({"Ignore"}), Authority.ANSWER_TO_US, apply)
