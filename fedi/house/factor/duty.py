"""Who must have a second factor, and who is asked for one. Pure."""

from collections.abc import Iterable
from enum import StrEnum

from fedi.config import Config
from fedi.house.rights import Right, allows


class Duty(StrEnum):
    """What is expected of somebody: nothing, kindly asked, or nothing else can be done before."""

    NONE = ""
    ASKED = "asked"
    MUST = "must"


def duty_of(config: Config, roles: Iterable[str]) -> Duty:
    """What is expected of somebody with these roles. Without a setting it follows the posture (S79)."""
    held = set(roles)
    publishes = any(allows(role, Right.PUBLISH) for role in held)
    setting = config.people.second_factor
    if not setting and config.instance.posture == "open":
        return Duty.ASKED if "steward" in held else Duty.NONE
    if setting == "nobody":
        return Duty.NONE
    is_meant = "steward" in held if setting == "stewards" else publishes
    return Duty.MUST if is_meant else Duty.NONE
