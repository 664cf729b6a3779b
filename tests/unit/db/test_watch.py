"""How a slow statement is told: its text, and nothing that anybody could have written into it."""

import pytest

from fedi.db.watch import without_values


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT a\n   FROM t", "SELECT a FROM t"),
        ("SELECT a FROM t WHERE b IN (?, ?, ?, ?)", "SELECT a FROM t WHERE b IN (?, …)"),
        ("SELECT 'it''s', b FROM t", "SELECT '…', b FROM t"),
        ("x" * 5000, "x" * 1000),
    ],
)
def test_the_text_is_short_and_holds_nothing_between_quotes(sql: str, told: str) -> None:
    assert without_values(sql) == told
