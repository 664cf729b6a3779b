"""`docs/security.md` is true: every rule is in its table once, and every test that it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (S\d+b?) \| ([^|]+) \| ([^|]+) \|$", TABLE, re.MULTILINE)
RULES = [*(f"S{number}" for number in range(1, 129)), "S50b"]
FAULTS = re.findall(r"^\| (F\d+) \| ([^|]+) \| ([^|]+) \|$", TABLE, re.MULTILINE)
PROMISES = re.findall(r"^\| (R\d+) \| ([^|]+) \| ([^|]+) \|$", TABLE, re.MULTILINE)
REASONS = ("Not yet", "Does not apply", "Outside the program")


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the test functions in a file below tests/."""
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, functions) and node.name.startswith("test_")
    )


def test_every_rule_is_listed_once() -> None:
    assert sorted(rule for rule, _, _ in ROWS) == sorted(RULES)


def test_every_fault_is_listed_once_and_in_its_order() -> None:
    assert [fault for fault, _, _ in FAULTS] == [f"F{number}" for number in range(1, 31)]


def test_every_promise_is_put_to_the_test_by_some_fault() -> None:
    named = {promise for _, what, _ in FAULTS for promise in re.findall(r"R\d+", what)}
    assert {f"R{number}" for number in range(1, 19)} <= named


def test_the_promises_about_no_single_fault_are_listed_once_and_in_their_order() -> None:
    assert [promise for promise, _, _ in PROMISES] == [f"R{number}" for number in range(19, 23)]


@pytest.mark.parametrize(
    ("rule", "held"), [(number, held) for number, _, held in (*ROWS, *PROMISES, *FAULTS)]
)
def test_a_rule_is_held_by_tests_that_exist_or_has_a_reason(rule: str, held: str) -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", held)
    assert [f"{file}::{name}" for file, name in named if name not in names_in(file)] == []
    reasons = [part for part in held.split(" · ") if "::" not in part]
    assert all(reason.startswith(REASONS) for reason in reasons), reasons
    assert named or reasons, rule


def test_the_rules_beside_the_project_are_the_ones_in_the_table() -> None:
    rules = ROOT.parent / "shared" / "security.md"
    if not rules.exists():
        pytest.skip("the rules themselves lie beside the project and are not here")
    known = set(re.findall(r"^- \*\*(S\d+b?)\*\*", rules.read_text(encoding="utf-8"), re.MULTILINE))
    assert known == set(RULES)
