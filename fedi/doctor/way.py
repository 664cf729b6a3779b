"""The proxy that everything goes through, when there is one: whether it answers, and keeps circuits apart (S56, S94)."""

from collections.abc import Sequence

from fedi.doctor.examination import Examination
from fedi.doctor.finding import Finding, fault, skipped, warning, well
from fedi.http.socks import greet


async def check_way(examination: Examination) -> Sequence[Finding]:
    """One greeting; nothing is asked of anybody behind it."""
    place = examination.config.network.proxy
    if place is None:
        return [skipped("way", "direct")]
    return [judge(await greet(*place), "{}:{}".format(*place))]


def judge(outcome: str, place: str) -> Finding:
    """`outcome` as `fedi.http.socks.greet` gives it."""
    if outcome == "ok":
        return well("way", place=place)
    if outcome == "no_password":
        return warning("way", "no_password", place=place)
    if outcome == "not_socks":
        return fault("way", "not_socks", place=place)
    return fault("way", "silent", place=place)
