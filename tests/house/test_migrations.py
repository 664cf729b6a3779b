"""Their owners' statements are understood by PostgreSQL too, as far as one connection can tell without running them."""

from collections.abc import Iterator

import psycopg
import pytest

from fedi.db.postgres import numbered
from tests.harness.postgres import cluster
from tests.house.test_sql import every_statement, ready


@pytest.fixture(scope="module")
def line() -> Iterator[psycopg.Connection]:
    made = cluster()
    with made.database(has_tables=True) as url, psycopg.connect(url, autocommit=True) as opened:
        yield opened


def complaint(line: psycopg.Connection, sql: str) -> str:
    """What PostgreSQL says of a statement that it is to prepare, or nothing."""
    try:
        line.execute(f"PREPARE said AS {numbered(sql)}".encode())
    except psycopg.Error as problem:
        return str(problem)
    line.execute("DEALLOCATE said")
    return ""


def test_postgres_understands_every_statement(line: psycopg.Connection) -> None:
    found = [
        (each.place, complaint(line, text)) for each in every_statement() for text in ready(each)
    ]
    assert [each for each in found if each[1]] == []


def test_postgres_would_complain_about_what_it_does_not_understand(
    line: psycopg.Connection,
) -> None:
    assert "nothing_such" in complaint(line, "SELECT nothing_such FROM setting")
