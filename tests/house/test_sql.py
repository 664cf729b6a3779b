"""The rules for SQL: one table one hand, nothing put into a statement but fixed fragments, and the database understands it."""

import ast
import importlib
import re
import sqlite3
from collections.abc import Mapping
from functools import cache
from typing import Any

from fedi.db.engine import marks
from fedi.db.migrate import list_migrations, statements_of
from tests.house.source import Statement, modules, statements

OWNER = re.compile(r"^-- owner: (\S+)\s*\nCREATE TABLE (?:IF NOT EXISTS )?(\w+)", re.MULTILINE)
CHANGE = re.compile(
    r"\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)\s+(?!SET\b)(\w+|\{[^}]+\})"
)
FIXED = re.compile(r"^_?[A-Z][A-Z0-9_]*$|^marks\(.*\)$")
# The engine's own ledger, made before the first migration.
LEDGER = {"schema_version": "fedi/db/migrate.py"}
# What one engine says to itself alone is in no common language; and what carries whole databases names every table.
ALONE = {
    f"fedi/db/{name}.py"
    for name in ("moving", "postgres", "postgres_beside", "postgres_ear", "sqlite")
}


@cache
def every_statement() -> tuple[Statement, ...]:
    """Every SQL statement of ours. Read when the first test asks, for each process collects this module."""
    return tuple(
        each for module in modules() if module.path not in ALONE for each in statements(module)
    )


def owners() -> dict[str, str]:
    """table → the file that alone writes it."""
    text = "\n".join(migration.text for migration in list_migrations())
    return {table: owner for owner, table in OWNER.findall(text)} | LEDGER


def fixed_values(statement: Statement, name: str) -> tuple[str, ...]:
    """What a loop variable may be, when it walks a tuple of texts written in the same function."""
    for node in ast.walk(statement.function) if statement.function else ():
        if isinstance(node, ast.For | ast.comprehension):
            target, source = node.target, node.iter
            if isinstance(target, ast.Name) and target.id == name and isinstance(source, ast.Tuple):
                return tuple(
                    str(each.value) for each in source.elts if isinstance(each, ast.Constant)
                )
    return ()


def inserted(statement: Statement) -> list[str]:
    node = statement.node
    parts = node.values if isinstance(node, ast.JoinedStr) else []
    return [ast.unparse(part.value) for part in parts if isinstance(part, ast.FormattedValue)]


def changed_tables(statement: Statement) -> list[str]:
    found: list[str] = []
    for table in CHANGE.findall(statement.text):
        found.extend(fixed_values(statement, table.strip("{}")) if "{" in table else [table])
    return found


def ready(statement: Statement) -> list[str]:
    """The statement as the database sees it: once, or once per value of a fixed tuple."""
    home = importlib.import_module(statement.path.removesuffix(".py").replace("/", "."))
    if statement.constant:
        return [str(getattr(home, statement.constant))]
    names = vars(home)
    texts = [statement.text]
    for expression in inserted(statement):
        values = fixed_values(statement, expression)
        if not values:
            values = (_value(expression, names),)
        hole = "{" + expression + "}"
        texts = [text.replace(hole, value) for text in texts for value in values]
    return texts


def _value(expression: str, names: Mapping[str, Any]) -> str:
    if not expression.startswith("marks("):
        return str(names[expression])
    count = expression[6:-1]
    if re.fullmatch(r"\d+|len\(_?[A-Z_]+\)( \+ 1)?", count):
        return marks(eval(count, {}, dict(names)))  # noqa: S307 - our own source, two fixed shapes
    return "?, ?"


def test_every_table_has_an_owner_that_exists() -> None:
    text = "\n".join(migration.text for migration in list_migrations())
    tables = set(re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", text))
    paths = {module.path for module in modules()}
    assert tables == owners().keys() - LEDGER.keys()
    assert {owner for owner in owners().values() if owner not in paths} == set()


def test_only_its_owner_writes_a_table() -> None:
    wrong = [
        f"{statement.place} writes {table}, which belongs to {owners().get(table, 'nobody')}"
        for statement in every_statement()
        for table in changed_tables(statement)
        if owners().get(table) != statement.path
    ]
    assert wrong == []


def test_every_table_is_written_by_its_owner() -> None:
    written = {table for statement in every_statement() for table in changed_tables(statement)}
    assert owners().keys() - written == set()


def test_only_fixed_fragments_are_put_into_a_statement() -> None:
    loose = [
        f"{statement.place}: {expression}"
        for statement in every_statement()
        for expression in inserted(statement)
        if not statement.constant
        and not FIXED.match(expression)
        and not fixed_values(statement, expression)
    ]
    assert loose == []


def test_statements_are_not_put_together_in_other_ways() -> None:
    """`+`, `%`, `.format` and `.join` hide from the test above what goes into a statement."""
    found = []
    for module in modules():
        texts = {id(each.node) for each in statements(module) if not each.constant}
        for node in module.nodes:
            joined = isinstance(node, ast.BinOp) and {id(node.left), id(node.right)} & texts
            method = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and id(node.func.value) in texts
            )
            if joined or method:
                found.append(f"{module.path}:{getattr(node, 'lineno', 0)}")
    assert found == []


def test_what_is_executed_is_written_where_it_is_executed() -> None:
    """The first word of `one`, `all`, `run` and `run_many` is a literal or a constant, never a variable."""
    found = []
    for module in modules():
        for node in module.nodes:
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            asked = ast.unparse(node.func.value).rpartition(".")[2]
            if asked not in {"rx", "tx"} or node.func.attr not in {"one", "all", "run", "run_many"}:
                continue
            sql = node.args[0]
            if isinstance(sql, ast.Constant | ast.JoinedStr):
                continue
            if not (isinstance(sql, ast.Name) and FIXED.match(sql.id)):
                found.append(f"{module.path}:{node.lineno}: {ast.unparse(sql)}")
    assert [each for each in found if not each.startswith("fedi/db/")] == []


def test_sqlite_understands_every_statement() -> None:
    connection = sqlite3.connect(":memory:")
    for migration in list_migrations():
        for statement in statements_of(migration.text, "sqlite"):
            connection.execute(statement)
    connection.execute(
        "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, title TEXT, checksum TEXT, applied_at BIGINT)"
    )
    wrong = []
    for each in every_statement():
        for text in ready(each):
            try:
                connection.execute(f"EXPLAIN {text}", [1] * text.count("?"))
            except sqlite3.Error as problem:
                wrong.append(f"{each.place}: {problem}")
    connection.close()
    assert wrong == []
