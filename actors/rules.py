"""What a collective agreed on for itself: whether one person may publish alone. Owner of `rule`."""

from dataclasses import dataclass

from fedi.db.engine import Reader
from fedi.unit import Unit


@dataclass(frozen=True, slots=True)
class Rule:
    """`two_people`: a publication needs the consent of a second person who may publish."""

    two_people: bool = False


def rule_of(rx: Reader, actor_uri: str) -> Rule:
    """What holds for this collective; for one that decided nothing, and for anybody else: one person is enough."""
    row = rx.one("SELECT two_people FROM rule WHERE actor_uri = ?", actor_uri)
    return Rule(bool(row[0])) if row else Rule()


def set_rule(unit: Unit, actor_uri: str, rule: Rule) -> None:
    """From now on this holds."""
    unit.tx.run(
        "INSERT INTO rule (actor_uri, two_people, changed_at) VALUES (?, ?, ?) "
        "ON CONFLICT (actor_uri) DO UPDATE SET two_people = excluded.two_people, changed_at = excluded.changed_at",
        actor_uri,
        int(rule.two_people),
        unit.now_ms,
    )
