"""How an engine would find the answer to a question: along an index, or by reading everything."""

from collections.abc import Sequence
from dataclasses import dataclass

from fedi.db.engine import Reader
from fedi.db.postgres import PostgresReader

# Tables in tests are so small that PostgreSQL would rather read and sort them whole: it is to show what it can.
_UNWILLING = (
    "enable_seqscan",
    "enable_sort",
    "enable_hashjoin",
    "enable_mergejoin",
    "enable_bitmapscan",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """`whole`: steps that read a table from end to end. `sorts`: whether rows come otherwise than along an index."""

    text: str
    whole: Sequence[str]
    sorts: bool


def plan_of(rx: Reader, sql: str, *values: object) -> Plan:
    """The plan of this question with these values."""
    if isinstance(rx, PostgresReader):
        for each in _UNWILLING:
            rx.all(f"SET LOCAL {each} = off")
        steps = [str(row[0]).strip() for row in rx.all(f"EXPLAIN (COSTS OFF) {sql}", *values)]
        for each in _UNWILLING:
            rx.all(f"SET LOCAL {each} = on")
        # what is only sorted among equals is nearly in order
        whole = [step for step in steps if "Seq Scan on" in step]
        return Plan(
            "\n".join(steps), whole, any(step.removeprefix("->  ") == "Sort" for step in steps)
        )
    steps = [str(row[3]) for row in rx.all(f"EXPLAIN QUERY PLAN {sql}", *values)]
    # `looked_at` is what is left of a subquery with a limit
    whole = [
        step
        for step in steps
        if step.startswith("SCAN") and "INDEX" not in step and step != "SCAN looked_at"
    ]
    return Plan("\n".join(steps), whole, any("TEMP B-TREE FOR ORDER BY" in step for step in steps))
